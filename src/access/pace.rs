//! The exit timer: an answer that must not tell by its time leaves at the next multiple of 250 ms after its request
//! arrived. That hides hashing, locks and unknown accounts alike. Nothing is held while waiting: no connection of the
//! database, no place in the queue of hashes.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::kernel::clock::Timestamp;
use crate::platform::state::App;

const BEAT: Duration = Duration::from_millis(250);

/// How long an answer still has to wait that took `elapsed` so far.
pub fn wait(elapsed: Duration) -> Duration {
    let beats = elapsed.as_nanos().div_ceil(BEAT.as_nanos()).max(1);
    let leaves = BEAT.saturating_mul(u32::try_from(beats).unwrap_or(u32::MAX));
    leaves.saturating_sub(elapsed)
}

/// How answers wait.
#[derive(Debug, Clone, Default)]
pub enum Pace {
    /// They sleep.
    #[default]
    Real,
    /// They say how long they would have slept, and do not (tests).
    Noted(Arc<Mutex<Vec<Duration>>>),
}

/// When a request arrived. The first argument of a handler, so that its body is not yet read.
#[derive(Debug, Clone, Copy)]
pub struct Arrival(Timestamp);

impl FromRequestParts<App> for Arrival {
    type Rejection = Infallible;
    async fn from_request_parts(_: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(app.clock.now()))
    }
}

impl Arrival {
    /// Waits for the next beat.
    pub async fn leave(self, app: &App) {
        let elapsed = (app.clock.now() - self.0).to_std().unwrap_or_default();
        let wait = wait(elapsed);
        match &app.config.pace {
            Pace::Real => tokio::time::sleep(wait).await,
            Pace::Noted(notes) => notes.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(wait),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_leave_on_the_beat() {
        for (elapsed, waits) in [(0, 250), (1, 249), (249, 1), (250, 0), (251, 249), (999, 1), (30_000, 0)] {
            assert_eq!(wait(Duration::from_millis(elapsed)), Duration::from_millis(waits), "{elapsed}");
        }
        assert_eq!(wait(Duration::from_nanos(250_000_001)), Duration::from_nanos(249_999_999));
        assert!(wait(Duration::from_secs(691_200)) < BEAT, "a clock moved meanwhile costs no more than a beat");
    }
}
