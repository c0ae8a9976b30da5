//! Turns *Block all requests* on, off, or to shadow. A save by somebody else meanwhile does not stand in the way: the switch is set on
//! what is in force.

use crate::access::{Permit, grant};
use crate::decision::change::switch_word;
use crate::decision::last_week::LastWeek;
use crate::decision::policy::Policy;
use crate::decision::service::policy::{self, SaveRefused, Saved, Wish};
use crate::decision::verdict::Mode;
use crate::error::{Error, Kind, Result};
use crate::platform::state::App;

/// How often it is tried again when others save at the same moment.
const TRIES: usize = 5;

/// What became of a wish to turn it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switched {
    /// It is turned.
    Done,
    /// It stood so already.
    Same,
    /// It would have refused more than half of last week's good payments, and nobody named how many.
    Unnamed(LastWeek),
    /// A weaker mode lets more through, and the proof of identity is too old.
    Confirm,
}

/// Turns it. The reason, if there is one, goes into the policy's history and the audit log.
///
/// # Errors
/// `Conflict` if others save so often that every try came too late.
pub async fn switch(
    app: &App,
    permit: &Permit<grant::EditProtection>,
    to: Mode,
    reason: &str,
    typed: Option<&str>,
) -> Result<Switched> {
    let mut now = policy::current(app, permit.site_id()).await?;
    let note = note(to, reason);
    for _ in 0..TRIES {
        if now.policy.panic == to {
            return Ok(Switched::Same);
        }
        let new = Policy { panic: to, ..now.policy.clone() };
        let wish = Wish { base: now.version, policy: new, note: &note, typed };
        now = match policy::save(app, permit, wish).await? {
            Ok(Saved::As(_)) => return Ok(Switched::Done),
            Ok(Saved::Unchanged(_)) => return Ok(Switched::Same),
            Err(SaveRefused::Unnamed(week)) => return Ok(Switched::Unnamed(week)),
            Err(SaveRefused::StepUp) => return Ok(Switched::Confirm),
            Err(SaveRefused::Stale(newer)) => newer,
            Err(SaveRefused::Invalid(fields)) => return Err(Error::invalid(fields)),
        };
    }
    Err(Error::new(Kind::Conflict, "Others are saving at this moment. Do it again."))
}

fn note(to: Mode, reason: &str) -> String {
    let word = switch_word(to);
    if reason.is_empty() {
        format!("Block all requests: {word}")
    } else {
        format!("Block all requests: {word}. {reason}")
    }
}
