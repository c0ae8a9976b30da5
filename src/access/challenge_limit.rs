//! How many challenges of passkeys strangers of one network are set: each is a row, and asking for one costs nothing. Pure:
//! what was counted and the hour are arguments.

use chrono::TimeDelta;
use ipnet::IpNet;

use crate::access::address_limit;
use crate::kernel::clock::Timestamp;
use crate::kernel::ip::ClientAddress;

/// How far back challenges count.
const WINDOW: TimeDelta = TimeDelta::minutes(10);

/// The networks an address counts in, the widest first, each with what it is set within the window.
pub fn networks(address: ClientAddress) -> impl Iterator<Item = (IpNet, usize)> {
    address_limit::networks(address).into_iter().map(|(network, _)| {
        let most = match network.prefix_len() {
            48 => 200,
            56 => 120,
            _ => 60,
        };
        (network, most)
    })
}

/// The challenges of a network with one more, oldest first; or when there is room for the next.
pub fn take(mut set: Vec<Timestamp>, most: usize, now: Timestamp) -> Result<Vec<Timestamp>, Timestamp> {
    set.retain(|at| now - *at < WINDOW);
    match set.len().checked_sub(most).and_then(|over| set.get(over)) {
        Some(leaves_next) => Err(*leaves_next + WINDOW),
        None => {
            set.push(now);
            Ok(set)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn at(seconds: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn as_many_as_the_limit_and_the_next_when_the_oldest_is_ten_minutes_old() {
        let mut set = Vec::new();
        for second in 0..3 {
            set = take(set, 3, at(second)).unwrap();
        }
        assert_eq!(take(set.clone(), 3, at(3)), Err(at(600)));
        assert_eq!(take(set.clone(), 3, at(599)), Err(at(600)), "asking meanwhile prolongs nothing");
        let set = take(set, 3, at(600)).unwrap();
        assert_eq!(set, [at(1), at(2), at(600)]);
        assert_eq!(take(set, 2, at(600)), Err(at(602)), "a limit that was lowered meanwhile");
    }

    #[test]
    fn wider_networks_are_set_more_but_not_as_many_as_all_their_parts() {
        let of =
            |text| networks(ClientAddress::parse(text)).map(|(net, most)| format!("{net} {most}")).collect::<Vec<_>>();
        assert_eq!(
            of("2001:db8:1:203::7"),
            ["2001:db8:1::/48 200", "2001:db8:1:200::/56 120", "2001:db8:1:203::/64 60"]
        );
        assert_eq!(of("203.0.113.7"), ["203.0.113.7/32 60"]);
    }
}
