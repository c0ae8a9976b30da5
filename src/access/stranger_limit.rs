//! When sign-in stops listening to strangers from anywhere: many failures on many accounts, of which no network made
//! enough to be refused, are password stuffing by a botnet. Pure: what was counted and the hour are arguments. Known
//! devices and passkeys are excepted by the caller.
//!
//! As with [`super::address_limit`], a try takes its slot before its password is compared, and a right password gives it
//! back. What is turned away takes none: strangers are heard again as soon as the oldest failures are ten minutes old.

use chrono::TimeDelta;

use crate::access::address_limit::{WINDOW, different, told};
use crate::decision::verdict::Network;
use crate::kernel::clock::Timestamp;

/// Failures from which on strangers are refused, and slots that are kept.
const FAILURES: usize = 300;
/// Accounts below which the locks of the accounts themselves suffice.
const ACCOUNTS: usize = 100;
/// When a stranger may try again.
pub const AGAIN: TimeDelta = TimeDelta::seconds(60);
const BETWEEN_ROWS: TimeDelta = TimeDelta::hours(1);
const BETWEEN_MAILS: TimeDelta = TimeDelta::days(1);

/// What strangers have tried.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strangers {
    /// When each try that has not succeeded was made, oldest first.
    pub slots: Vec<Timestamp>,
    /// Which account each of them tried.
    pub accounts: Vec<Vec<u8>>,
    /// When it was last recorded that they are refused.
    pub audited_at: Option<Timestamp>,
    /// When the owners were last told.
    pub mailed_at: Option<Timestamp>,
}

/// Who learns of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// The audit log.
    pub row: bool,
    /// The owners.
    pub mail: bool,
}

impl Strangers {
    /// Counts a try, if it may be evaluated; whether it may. A name that is nobody's is `None` and takes no slot: made-up
    /// names, of which anybody has as many as they like, shut no stranger out.
    pub fn enter(&mut self, account: Option<&[u8]>, now: Timestamp) -> bool {
        let old = self.slots.iter().take_while(|slot| now - **slot >= WINDOW).count();
        self.slots.drain(..old);
        self.accounts.drain(..old);
        if self.slots.len() >= FAILURES {
            if self.different_accounts() >= ACCOUNTS {
                return false;
            }
            if account.is_some() {
                self.make_room();
            }
        }
        if let Some(account) = account {
            self.slots.push(now);
            self.accounts.push(account.to_vec());
        }
        true
    }

    /// Whether strangers are refused and nobody needs to learn of it: then the row stays as it is.
    pub fn goes_on(&self, now: Timestamp) -> bool {
        let mut later = self.clone();
        !later.enter(None, now) && later.spread(now) == News { row: false, mail: false }
    }

    /// Drops the oldest try of an account that was tried again later: no account is forgotten, or else who hammers at few
    /// would hide that they try many.
    fn make_room(&mut self) {
        let again = |n: &usize| self.accounts[n + 1..].contains(&self.accounts[*n]);
        let oldest = (0..self.slots.len()).find(again).unwrap_or_default();
        self.slots.remove(oldest);
        self.accounts.remove(oldest);
    }

    /// Takes back what a try that turned out right had counted.
    pub fn forgive(&mut self, account: &[u8], at: Timestamp) {
        let place = self.slots.iter().zip(&self.accounts).position(|(slot, of)| *slot == at && of == account);
        if let Some(place) = place {
            self.slots.remove(place);
            self.accounts.remove(place);
        }
    }

    /// Who learns that somebody is refused now; they have learnt it then.
    pub fn spread(&mut self, now: Timestamp) -> News {
        let due = |last: Option<Timestamp>, between| last.is_none_or(|last| now - last >= between);
        let news = News { row: due(self.audited_at, BETWEEN_ROWS), mail: due(self.mailed_at, BETWEEN_MAILS) };
        if news.row {
            self.audited_at = Some(now);
        }
        if news.mail {
            self.mailed_at = Some(now);
        }
        news
    }

    /// What stands against the limit, as the trace of a sign-in that was refused tells it: the network of all addresses.
    pub fn told(&self, until: Timestamp) -> Network {
        told(0, (self.slots.len(), FAILURES), (self.different_accounts(), ACCOUNTS), Some(until))
    }

    /// How many accounts they have tried.
    pub fn different_accounts(&self) -> usize {
        different(&self.accounts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn at(seconds: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    /// Tries so many times, a second apart, on the accounts that `of` says; how many were evaluated.
    fn stuff(all: &mut Strangers, from: i64, times: i64, of: impl Fn(i64) -> i64) -> usize {
        (0..times).filter(|n| all.enter(Some(&of(*n).to_be_bytes()), at(from + n))).count()
    }

    #[test]
    fn three_hundred_failures_on_a_hundred_accounts_are_admitted_and_then_none_until_the_oldest_is_ten_minutes_old() {
        for accounts in [100, 300] {
            let mut all = Strangers::default();
            assert_eq!(stuff(&mut all, 0, 500, |n| n % accounts), 300, "{accounts}");
            assert!(!all.enter(Some(b"one more"), at(599)));
            assert!(!all.enter(None, at(599)), "nobody learns who is there");
            assert!(all.enter(Some(b"one more"), at(600)));
            assert!(!all.enter(Some(b"another"), at(600)));
            assert!(all.enter(Some(b"another"), at(601)));
        }
    }

    #[test]
    fn on_fewer_accounts_and_more_slowly_nobody_is_refused() {
        assert_eq!(stuff(&mut Strangers::default(), 0, 2_000, |n| n % 99), 2_000);
        let mut all = Strangers::default();
        assert_eq!((0..2_000).filter(|n| all.enter(Some(&i64::to_be_bytes(*n)), at(n * 2 + n / 100))).count(), 2_000);
    }

    #[test]
    fn who_hammers_at_few_accounts_hides_no_others() {
        let mut all = Strangers::default();
        // Four tries of the same account for each of another one.
        let evaluated = stuff(&mut all, 0, 590, |n| if n % 5 == 0 { n } else { -1 });
        assert_eq!(evaluated, 491, "the try of the hundredth account was the last");
        assert!(all.slots.len() <= FAILURES && all.accounts.len() == all.slots.len());
    }

    #[test]
    fn a_right_password_takes_its_own_slot_back_and_no_other() {
        let mut all = Strangers::default();
        stuff(&mut all, 0, 300, |n| n);
        all.forgive(b"nobody", at(5));
        assert!(!all.enter(Some(b"owner"), at(300)));
        all.forgive(&7i64.to_be_bytes(), at(7));
        assert!(all.enter(Some(b"owner"), at(300)));
        assert!(!all.enter(Some(b"owner"), at(300)));
    }

    #[test]
    fn names_that_are_nobodys_fill_nothing() {
        let mut all = Strangers::default();
        stuff(&mut all, 0, 299, |n| n);
        assert!((0..1_000).all(|_| all.enter(None, at(300))));
        assert_eq!(all.slots.len(), 299);
    }

    #[test]
    fn a_refusal_of_which_everybody_knows_changes_nothing() {
        let mut all = Strangers::default();
        stuff(&mut all, 0, 300, |n| n);
        assert!(!all.goes_on(at(300)), "nobody has learnt of it");
        all.spread(at(300));
        assert!(all.goes_on(at(301)) && all.goes_on(at(599)));
        assert!(!all.goes_on(at(600)), "the oldest is ten minutes old");
    }

    #[test]
    fn the_log_learns_of_it_once_an_hour_and_the_owners_once_a_day() {
        let mut all = Strangers::default();
        for (seconds, row, mail) in [
            (0, true, true),
            (1, false, false),
            (3_599, false, false),
            (3_600, true, false),
            (86_399, true, false),
            (86_400, false, true),
        ] {
            assert_eq!(all.spread(at(seconds)), News { row, mail }, "after {seconds} s");
        }
    }
}
