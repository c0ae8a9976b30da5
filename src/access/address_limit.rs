//! When sign-in stops listening to a network: many failures on many accounts from one place are password stuffing.
//! Pure: what was counted and the hour are arguments. Known devices are excepted by the caller.
//!
//! As with [`super::lockout`], a try takes its slot before its password is compared, so exactly the limit is evaluated at
//! any concurrency; a right password gives the slot back. What is refused as locked or by this limit counts too: were it
//! not to, the count would tell which accounts are locked.

use chrono::TimeDelta;
use ipnet::IpNet;

use crate::kernel::clock::Timestamp;
use crate::kernel::ip::ClientAddress;

/// How far back failures count.
const WINDOW: TimeDelta = TimeDelta::minutes(10);
/// Slots kept of a network.
const MOST_SLOTS: usize = 100;
const SHORT: TimeDelta = TimeDelta::minutes(15);
const LONG: TimeDelta = TimeDelta::hours(24);

/// What a network may do before it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Failures that lead to a quarter of an hour.
    failures: usize,
    /// Accounts below which it is somebody who forgot a password, and the account's own lock suffices.
    accounts: usize,
    /// Whether going on to [`MOST_SLOTS`] leads to a day.
    long: bool,
}

/// The networks an address counts in, the widest first: whoever rents an IPv6 /48 has 65,536 networks of size /64.
pub fn networks(address: ClientAddress) -> Vec<(IpNet, Limits)> {
    let own = address.network();
    let wider = |bits: u8, failures, accounts| {
        let net = IpNet::new(own.addr(), bits).map(|net| net.trunc());
        net.ok().map(|net| (net, Limits { failures, accounts, long: false }))
    };
    let mut found = Vec::new();
    if own.prefix_len() == 64 {
        found.extend(wider(48, 100, 25));
        found.extend(wider(56, 60, 15));
    }
    found.push((own, Limits { failures: 20, accounts: 5, long: true }));
    found
}

/// What is known of one network.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// When each try that has not succeeded was made, oldest first.
    pub slots: Vec<Timestamp>,
    /// Which account each of them tried.
    pub accounts: Vec<Vec<u8>>,
    /// Refused until then.
    pub refused_until: Option<Timestamp>,
}

/// The answer to a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// Evaluate it.
    Admitted,
    /// 429 until then.
    Refused(Timestamp),
}

impl Tally {
    /// Counts a try. The flag says whether it led to a refusal that was not there before, or to a longer one.
    pub fn enter(&mut self, limits: Limits, account: &[u8], now: Timestamp) -> (Entry, bool) {
        let refused = self.refused_until.filter(|until| now < *until);
        self.refused_until = refused;
        if refused.is_some_and(|until| until - now > SHORT) {
            return (refused.map_or(Entry::Admitted, Entry::Refused), false);
        }
        self.forget(now);
        self.slots.push(now);
        self.accounts.push(account.to_vec());
        let longer = self.refusal(limits).map(|period| now + period).filter(|until| match refused {
            // Going on does not prolong the quarter of an hour, but leads to the day.
            Some(present) => *until - present >= LONG - SHORT,
            None => true,
        });
        self.refused_until = longer.or(refused);
        let entry = match (refused, longer) {
            (Some(_), Some(until)) | (Some(until), None) => Entry::Refused(until),
            (None, _) => Entry::Admitted,
        };
        (entry, longer.is_some())
    }

    /// Takes back what a try that turned out right had counted.
    pub fn forgive(&mut self, limits: Limits, account: &[u8], at: Timestamp) {
        let place = self.slots.iter().zip(&self.accounts).position(|(slot, of)| *slot == at && of == account);
        let Some(place) = place else { return };
        self.slots.remove(place);
        self.accounts.remove(place);
        if self.refusal(limits).is_none() && self.refused_until == Some(at + SHORT) {
            self.refused_until = None;
        }
    }

    fn forget(&mut self, now: Timestamp) {
        let old = self.slots.iter().take_while(|slot| now - **slot >= WINDOW).count();
        let over = (self.slots.len() + 1).saturating_sub(MOST_SLOTS);
        self.slots.drain(..old.max(over));
        self.accounts.drain(..old.max(over));
    }

    fn refusal(&self, limits: Limits) -> Option<TimeDelta> {
        let mut different: Vec<&[u8]> = self.accounts.iter().map(Vec::as_slice).collect();
        different.sort_unstable();
        different.dedup();
        if different.len() < limits.accounts {
            return None;
        }
        match self.slots.len() {
            n if limits.long && n >= MOST_SLOTS => Some(LONG),
            n if n >= limits.failures => Some(SHORT),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn limits() -> Limits {
        networks(ClientAddress::parse("203.0.113.7"))[0].1
    }

    fn at(seconds: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    /// Tries so many times, a second apart, on so many accounts; how many were admitted.
    fn hammer(tally: &mut Tally, from: i64, times: i64, accounts: i64) -> usize {
        let entry = |n: i64| (n, (n % accounts).to_be_bytes());
        (0..times)
            .map(entry)
            .filter(|(n, account)| tally.enter(limits(), account, at(from + n)).0 == Entry::Admitted)
            .count()
    }

    #[test]
    fn twenty_failures_on_five_accounts_are_admitted_and_then_none_for_a_quarter_of_an_hour() {
        let mut tally = Tally::default();
        assert_eq!(hammer(&mut tally, 0, 60, 5), 20);
        assert_eq!(tally.refused_until, Some(at(19) + SHORT));
        assert_eq!(tally.enter(limits(), b"owner", at(19) + SHORT).0, Entry::Admitted);
    }

    #[test]
    fn one_persons_few_accounts_are_never_refused_here() {
        assert_eq!(hammer(&mut Tally::default(), 0, 1_000, 4), 1_000);
    }

    #[test]
    fn who_goes_on_to_a_hundred_is_refused_for_a_day() {
        let mut tally = Tally::default();
        hammer(&mut tally, 0, 100, 10);
        assert_eq!(tally.refused_until, Some(at(99) + LONG));
    }

    #[test]
    fn failures_are_forgotten_after_ten_minutes() {
        let mut tally = Tally::default();
        assert_eq!(hammer(&mut tally, 0, 19, 5), 19);
        assert_eq!(hammer(&mut tally, 19 + 600, 19, 5), 19);
    }

    #[test]
    fn a_right_password_takes_its_own_slot_back_and_no_other() {
        let mut tally = Tally::default();
        hammer(&mut tally, 0, 19, 5);
        assert_eq!(tally.enter(limits(), b"owner", at(19)), (Entry::Admitted, true));
        tally.forgive(limits(), b"owner", at(19));
        assert_eq!((tally.slots.len(), tally.refused_until), (19, None));
        assert_eq!(tally.enter(limits(), b"other", at(20)), (Entry::Admitted, true));
        assert!(matches!(tally.enter(limits(), b"other", at(21)).0, Entry::Refused(_)));
    }

    #[test]
    fn an_ipv6_address_counts_in_its_64_its_56_and_its_48() {
        let of =
            |text| networks(ClientAddress::parse(text)).into_iter().map(|(net, _)| net.to_string()).collect::<Vec<_>>();
        assert_eq!(of("2001:db8:1:203::7"), ["2001:db8:1::/48", "2001:db8:1:200::/56", "2001:db8:1:203::/64"]);
        assert_eq!(of("203.0.113.7"), ["203.0.113.7/32"]);
        assert_eq!(of("nonsense"), ["::/128"]);
    }
}
