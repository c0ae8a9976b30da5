//! Effects worked out a moment ago, and whose turn it is to work one out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::decision::backtest::Effect;
use crate::decision::policy::Policy;
use crate::error::{Error, Kind, Result};
use crate::kernel::id::SiteId;

/// Previews worked out at once in a process.
const PLACES: usize = 2;

/// For how much longer an answer that is no longer fresh is shown while another is being worked out.
const OLD: Duration = Duration::from_secs(15 * 60);

/// How long a save waits for another save of its site; well within a request's time.
const LONG_PATIENCE: Duration = Duration::from_secs(10);

/// What was asked.
#[derive(Debug, PartialEq)]
pub(super) struct Question {
    pub site: SiteId,
    pub version: i32,
    pub candidate: Policy,
}

/// Effects worked out a moment ago, and whose turn it is. What took long may be shown for twenty times as long, so a
/// page that is opened again and again costs at most a twentieth of a core; what is quick is always fresh.
#[derive(Debug)]
pub(crate) struct Effects {
    previews: Turns,
    saves: Turns,
    /// For previews of all sites together.
    places: Arc<Semaphore>,
    known: Mutex<Vec<Answer>>,
}

#[derive(Debug)]
struct Answer {
    question: Question,
    fresh_until: Instant,
    effect: Effect,
}

impl Default for Effects {
    fn default() -> Self {
        Self {
            previews: Turns::default(),
            saves: Turns::default(),
            places: Arc::new(Semaphore::new(PLACES)),
            known: Mutex::default(),
        }
    }
}

/// A site's turn: one holder at a time, and sites do not wait for each other.
#[derive(Debug, Default)]
struct Turns(Mutex<HashMap<SiteId, Weak<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// The site's turn, if it comes soon.
    async fn of(&self, site: SiteId, patience: Duration) -> Option<OwnedMutexGuard<()>> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| turn.strong_count() > 0);
            let known = turns.get(&site).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let turn = Arc::default();
                turns.insert(site, Arc::downgrade(&turn));
                turn
            })
        };
        tokio::time::timeout(patience, turn.lock_owned()).await.ok()
    }
}

impl Effects {
    /// How many are kept.
    const MOST: usize = 16;

    /// The site's turn and one of the few places, if they come soon.
    pub(super) async fn preview(
        &self,
        site: SiteId,
        patience: Duration,
    ) -> Option<(OwnedMutexGuard<()>, OwnedSemaphorePermit)> {
        let turn = self.previews.of(site, patience).await?;
        let place = tokio::time::timeout(patience, self.places.clone().acquire_owned()).await.ok()?;
        place.ok().map(|place| (turn, place))
    }

    /// The site's turn to save.
    pub(super) async fn save(&self, site: SiteId) -> Result<OwnedMutexGuard<()>> {
        self.saves.of(site, LONG_PATIENCE).await.ok_or_else(|| {
            let words = "Somebody else at this site is saving. Try again in a moment.";
            Error::new(Kind::Unavailable, words).retry_after(5)
        })
    }

    /// The answer, if it is as good as new.
    pub(super) fn known(&self, question: &Question, now: Instant) -> Option<Effect> {
        self.answer(question, |answer| answer.fresh_until > now)
    }

    /// The answer of a while ago: better than none while another is being worked out.
    pub(super) fn known_before(&self, question: &Question, now: Instant) -> Option<Effect> {
        self.answer(question, |answer| answer.fresh_until + OLD > now)
    }

    fn answer(&self, question: &Question, good: impl Fn(&Answer) -> bool) -> Option<Effect> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|answer| answer.question == *question && good(answer)).map(|answer| answer.effect.clone())
    }

    /// Keeps an answer that took long.
    pub(super) fn learn(&self, question: Question, effect: &Effect, now: Instant) {
        if effect.took < Duration::from_millis(100) {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|answer| answer.question != question && answer.fresh_until + OLD > now);
        if known.len() >= Self::MOST {
            known.remove(0);
        }
        known.push(Answer { question, fresh_until: now + effect.took * 20, effect: effect.clone() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::backtest::{Backtest, DAYS, Tried};
    use crate::kernel::clock::Timestamp;

    const SOON: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn a_site_holds_up_only_its_own_previews_and_no_save() {
        let effects = Effects::default();
        let [one, other, third] = [1, 2, 3].map(|n| SiteId(uuid::Uuid::from_u128(n)));
        let held = effects.preview(one, SOON).await;
        assert!(held.is_some());
        assert!(effects.preview(one, SOON).await.is_none(), "one preview of a site at a time");
        let others = effects.preview(other, SOON).await;
        assert!(others.is_some(), "another site does not wait");
        assert!(effects.preview(third, SOON).await.is_none(), "the places are few");
        assert!(effects.saves.of(one, SOON).await.is_some(), "a save waits for no preview");
        assert!(effects.saves.of(third, SOON).await.is_some());
        drop(held);
        assert!(effects.preview(third, SOON).await.is_some());
    }

    #[test]
    fn what_took_long_is_fresh_for_twenty_times_as_long_and_shown_for_a_while_longer() {
        let effects = Effects::default();
        let question = |version| Question { site: SiteId(uuid::Uuid::nil()), version, candidate: Policy::default() };
        let now = Instant::now();
        let backtest = |took| {
            let policy = Policy::default();
            let tried = Tried { current: &policy, candidate: &policy, trial: None };
            Backtest::new(Timestamp::UNIX_EPOCH, DAYS, tried).done(false, took)
        };
        effects.learn(question(1), &backtest(Duration::from_millis(99)), now);
        assert_eq!(effects.known_before(&question(1), now), None, "what is quick is always fresh");
        let long = backtest(Duration::from_secs(6));
        effects.learn(question(1), &long, now);
        let after = |s| now + Duration::from_secs(s);
        assert_eq!(effects.known(&question(1), after(119)), Some(long.clone()));
        assert_eq!(effects.known(&question(1), after(121)), None);
        assert_eq!(effects.known_before(&question(1), after(121)), Some(long));
        assert_eq!(effects.known_before(&question(1), after(1_021)), None);
        assert_eq!(effects.known(&question(2), now), None, "another version is another question");
    }

    #[tokio::test]
    async fn saves_of_a_site_come_one_after_the_other() {
        let effects = Effects::default();
        let [one, other] = [1, 2].map(|n| SiteId(uuid::Uuid::from_u128(n)));
        let held = effects.saves.of(one, SOON).await;
        assert!(effects.saves.of(one, SOON).await.is_none());
        assert!(effects.saves.of(other, SOON).await.is_some());
        drop(held);
        assert!(effects.saves.of(one, SOON).await.is_some());
    }
}
