//! When sign-in stops listening to a network: many failures on many accounts from one place are password stuffing.
//! Pure: what was counted and the hour are arguments. Known devices are excepted by the caller.
//!
//! As with [`super::lockout`], a try takes its slot before its password is compared, so exactly the limit is evaluated at
//! any concurrency; a right password gives the slot back. What is refused as locked counts too: were it not to, the count
//! would tell which accounts are locked. What this limit itself turned away is counted apart, since nothing was compared:
//! it makes a refusal that stands longer, and never leads to one.

use chrono::TimeDelta;
use ipnet::IpNet;

use crate::decision::verdict::Network;
use crate::kernel::clock::Timestamp;
use crate::kernel::ip::ClientAddress;

/// How far back failures count.
pub(super) const WINDOW: TimeDelta = TimeDelta::minutes(10);
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
    /// When each try was turned away, oldest first.
    pub turned_away: Vec<Timestamp>,
    /// Refused until then.
    pub refused_until: Option<Timestamp>,
}

impl Tally {
    /// Until when the network is refused, if it is.
    pub fn refused(&self, now: Timestamp) -> Option<Timestamp> {
        self.refused_until.filter(|until| now < *until)
    }

    /// Counts a try of a network that is not refused: it will be evaluated. Whether it was the last one.
    pub fn enter(&mut self, limits: Limits, account: &[u8], now: Timestamp) -> bool {
        self.forget(now);
        self.slots.push(now);
        self.accounts.push(account.to_vec());
        self.refused_until = self.refusal(limits).map(|period| now + period);
        self.refused_until.is_some()
    }

    /// Counts a try that is not evaluated. Going on does not prolong a quarter of an hour, but leads to the day; whether
    /// it just did.
    pub fn turn_away(&mut self, limits: Limits, now: Timestamp) -> bool {
        let Some(until) = self.refused(now) else { return false };
        if !limits.long || until - now > SHORT {
            return false;
        }
        self.forget(now);
        self.turned_away.push(now);
        let long = self.slots.len() + self.turned_away.len() >= MOST_SLOTS;
        if long {
            self.refused_until = Some(now + LONG);
        }
        long
    }

    /// Takes back what a try that turned out right had counted. If fewer than the limit have failed after all, nothing is
    /// refused any more.
    pub fn forgive(&mut self, limits: Limits, account: &[u8], at: Timestamp) {
        let place = self.slots.iter().zip(&self.accounts).position(|(slot, of)| *slot == at && of == account);
        let Some(place) = place else { return };
        self.slots.remove(place);
        self.accounts.remove(place);
        if self.refusal(limits).is_none() {
            self.refused_until = None;
        }
    }

    fn forget(&mut self, now: Timestamp) {
        let old = |slots: &[Timestamp]| {
            let old = slots.iter().take_while(|slot| now - **slot >= WINDOW).count();
            old.max((slots.len() + 1).saturating_sub(MOST_SLOTS))
        };
        let (slots, turned_away) = (old(&self.slots), old(&self.turned_away));
        self.slots.drain(..slots);
        self.accounts.drain(..slots);
        self.turned_away.drain(..turned_away);
    }

    /// What stands against the limits, as a sign-in's trace tells it. `until`: the try was refused because of it.
    pub fn told(&self, network: IpNet, limits: Limits, until: Option<Timestamp>) -> Network {
        let (tries, accounts) = (self.slots.len(), different(&self.accounts));
        told(network.prefix_len(), (tries, limits.failures), (accounts, limits.accounts), until)
    }

    fn refusal(&self, limits: Limits) -> Option<TimeDelta> {
        let failed = self.slots.len() >= limits.failures && different(&self.accounts) >= limits.accounts;
        failed.then_some(if limits.long && self.slots.len() >= MOST_SLOTS { LONG } else { SHORT })
    }
}

/// How many different ones there are.
pub(super) fn different(accounts: &[Vec<u8>]) -> usize {
    let mut different: Vec<&[u8]> = accounts.iter().map(Vec::as_slice).collect();
    different.sort_unstable();
    different.dedup();
    different.len()
}

/// Tries and accounts of a network, each with its limit.
pub(super) fn told(
    bits: u8,
    (tries, tries_limit): (usize, usize),
    (accounts, accounts_limit): (usize, usize),
    until: Option<Timestamp>,
) -> Network {
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Network {
        bits,
        tries: small(tries),
        tries_limit: small(tries_limit),
        accounts: small(accounts),
        accounts_limit: small(accounts_limit),
        window_minutes: u32::try_from(WINDOW.num_minutes()).unwrap_or_default(),
        until,
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

    /// Tries once; whether it was evaluated.
    fn try_once(tally: &mut Tally, account: &[u8], now: Timestamp) -> bool {
        let open = tally.refused(now).is_none();
        if open {
            tally.enter(limits(), account, now);
        } else {
            tally.turn_away(limits(), now);
        }
        open
    }

    /// Tries so many times, a second apart, on so many accounts; how many were evaluated.
    fn hammer(tally: &mut Tally, from: i64, times: i64, accounts: i64) -> usize {
        (0..times).filter(|n| try_once(tally, &(n % accounts).to_be_bytes(), at(from + n))).count()
    }

    #[test]
    fn twenty_failures_on_five_accounts_are_admitted_and_then_none_for_a_quarter_of_an_hour() {
        let mut tally = Tally::default();
        assert_eq!(hammer(&mut tally, 0, 60, 5), 20);
        assert_eq!(tally.refused_until, Some(at(19) + SHORT));
        assert!(try_once(&mut tally, b"owner", at(19) + SHORT));
    }

    #[test]
    fn one_persons_few_accounts_are_never_refused_here() {
        assert_eq!(hammer(&mut Tally::default(), 0, 1_000, 4), 1_000);
    }

    #[test]
    fn who_goes_on_to_a_hundred_is_refused_for_a_day() {
        let mut tally = Tally::default();
        hammer(&mut tally, 0, 99, 10);
        assert_eq!(tally.refused_until, Some(at(19) + SHORT));
        assert!(!try_once(&mut tally, b"owner", at(99)));
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
        assert!(tally.enter(limits(), b"owner", at(19)));
        tally.forgive(limits(), b"owner", at(19));
        assert_eq!((tally.slots.len(), tally.refused_until), (19, None));
        assert!(try_once(&mut tally, b"other", at(20)));
        assert!(!try_once(&mut tally, b"other", at(21)));
    }

    #[test]
    fn what_was_turned_away_refuses_nobody_once_the_rest_turned_out_right() {
        // Two hundred people behind one address in the same second, each with the right password.
        let (mut tally, mut evaluated) = (Tally::default(), Vec::new());
        for person in 0..200i64 {
            if try_once(&mut tally, &person.to_be_bytes(), at(0)) {
                evaluated.push(person);
            }
        }
        assert_eq!(evaluated.len(), 20);
        assert!(tally.refused(at(0)).is_some());
        for person in evaluated {
            tally.forgive(limits(), &person.to_be_bytes(), at(0));
        }
        assert_eq!((tally.slots.len(), tally.refused(at(0))), (0, None));
        assert_eq!(hammer(&mut tally, 1, 60, 5), 20, "and twenty failures are still twenty");
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
