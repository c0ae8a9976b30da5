//! How often strangers of one network may ask for a new password: each ask is work, and may be a mail to somebody. Beyond
//! its share a network is answered as ever, and nothing is done. Pure: what was counted and the hour are arguments.

use chrono::TimeDelta;
use ipnet::IpNet;

use crate::access::address_limit;
use crate::kernel::clock::Timestamp;
use crate::kernel::ip::ClientAddress;

/// How far back asks count.
const WINDOW: TimeDelta = TimeDelta::minutes(10);

/// Asks of a network for one and the same address within the window.
const FOR_ONE: usize = 5;

/// The networks an address counts in, the widest first, each with the asks that are heard within the window.
pub fn networks(address: ClientAddress) -> impl Iterator<Item = (IpNet, usize)> {
    address_limit::networks(address).into_iter().map(|(network, _)| {
        let most = match network.prefix_len() {
            48 => 60,
            56 => 40,
            _ => 20,
        };
        (network, most)
    })
}

/// The asks of a network that were heard.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asks {
    /// When, oldest first.
    pub asks: Vec<Timestamp>,
    /// Which address each of them named.
    pub asked: Vec<Vec<u8>>,
}

impl Asks {
    /// With one more; none if the network has had its share, or that of this address. What is not heard counts nowhere,
    /// so going on prolongs nothing.
    pub fn with(mut self, most: usize, address: &[u8], now: Timestamp) -> Option<Self> {
        let old = self.asks.iter().take_while(|at| now - **at >= WINDOW).count();
        self.asks.drain(..old);
        self.asked.drain(..old);
        let for_one = self.asked.iter().filter(|asked| *asked == address).count();
        if self.asks.len() >= most || for_one >= FOR_ONE {
            return None;
        }
        self.asks.push(now);
        self.asked.push(address.to_vec());
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn at(seconds: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    /// Asks so many times, a second apart, for addresses by turns; how many were heard.
    fn ask(asks: &mut Asks, from: i64, times: i64, addresses: i64) -> usize {
        let mut heard = 0;
        for n in 0..times {
            if let Some(more) = asks.clone().with(20, &(n % addresses).to_be_bytes(), at(from + n)) {
                *asks = more;
                heard += 1;
            }
        }
        heard
    }

    #[test]
    fn twenty_of_a_network_are_heard_and_five_for_one_address() {
        for (addresses, heard) in [(1, 5), (3, 15), (4, 20), (60, 20)] {
            assert_eq!(ask(&mut Asks::default(), 0, 60, addresses), heard, "{addresses}");
        }
    }

    #[test]
    fn ten_minutes_later_there_is_room_again_whoever_went_on_meanwhile() {
        let mut asks = Asks::default();
        assert_eq!(ask(&mut asks, 0, 600, 60), 20);
        assert_eq!(ask(&mut asks, 600, 10, 60), 10, "as the old ones leave, one by one");
    }

    #[test]
    fn wider_networks_are_heard_more_often_but_not_as_all_their_parts() {
        let of =
            |text| networks(ClientAddress::parse(text)).map(|(net, most)| format!("{net} {most}")).collect::<Vec<_>>();
        assert_eq!(of("2001:db8:1:203::7"), ["2001:db8:1::/48 60", "2001:db8:1:200::/56 40", "2001:db8:1:203::/64 20"]);
        assert_eq!(of("203.0.113.7"), ["203.0.113.7/32 20"]);
    }
}
