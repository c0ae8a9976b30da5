//! Who is asking: the socket's address, or the one that a trusted proxy names.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::kernel::ip::ClientAddress;

/// Which peers may name the client's address in `X-Forwarded-For`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustedProxies {
    /// Nobody: the socket's address counts.
    None,
    /// That many proxies stand in front; honoured only from loopback and private peers.
    Count(usize),
    /// Proxies in these networks.
    Networks(Vec<IpNet>),
}

/// Not a count and not networks.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is neither a number of proxies (1 to 10) nor networks such as 10.0.0.0/8, separated by commas")]
pub struct NotProxies(String);

impl TrustedProxies {
    /// Reads a count or networks separated by commas.
    pub fn parse(text: &str) -> Result<Self, NotProxies> {
        let bad = || NotProxies(text.to_owned());
        if let Ok(count) = text.trim().parse::<usize>() {
            return if (1..=10).contains(&count) { Ok(Self::Count(count)) } else { Err(bad()) };
        }
        let parse = |part: &str| part.parse::<IpNet>().ok().or_else(|| part.parse::<IpAddr>().ok().map(IpNet::from));
        let networks = text.split(',').map(|part| parse(part.trim())).collect::<Option<Vec<_>>>().ok_or_else(bad)?;
        Ok(Self::Networks(networks))
    }

    /// Whether the peer is one of the proxies, so that many clients come from its address.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        match self {
            Self::None => false,
            Self::Count(_) => is_near(peer),
            Self::Networks(networks) => networks.iter().any(|n| n.contains(&peer)),
        }
    }

    /// The client's address: entries of all `X-Forwarded-For` lines, joined, counted from the right.
    pub fn client<'a>(&self, peer: Option<IpAddr>, forwarded: impl Iterator<Item = &'a str>) -> ClientAddress {
        let Some(peer) = peer.map(|p| p.to_canonical()) else { return ClientAddress::Unknown };
        let socket = ClientAddress::from_ip(peer);
        let entries: Vec<&str> = forwarded.flat_map(|line| line.split(',')).map(str::trim).collect();
        match self {
            Self::None => socket,
            Self::Count(count) => {
                if !is_near(peer) || entries.is_empty() {
                    return socket;
                }
                entries
                    .len()
                    .checked_sub(*count)
                    .map_or(ClientAddress::Unknown, |place| ClientAddress::parse(entries[place]))
            }
            Self::Networks(networks) => {
                let trusted =
                    |address: ClientAddress| address.ip().is_some_and(|ip| networks.iter().any(|n| n.contains(&ip)));
                if !trusted(socket) {
                    return socket;
                }
                for entry in entries.iter().rev() {
                    let address = ClientAddress::parse(entry);
                    if !trusted(address) {
                        return address;
                    }
                }
                socket
            }
        }
    }
}

/// Loopback or private: where a bare count of proxies is believed.
fn is_near(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &str, peer: &str, lines: &[&str]) -> ClientAddress {
        TrustedProxies::parse(proxies).unwrap().client(Some(peer.parse().unwrap()), lines.iter().copied())
    }

    #[test]
    fn without_trusted_proxies_the_header_is_worth_nothing() {
        let got = TrustedProxies::None.client(Some("127.0.0.1".parse().unwrap()), ["203.0.113.9"].into_iter());
        assert_eq!(got, ClientAddress::parse("127.0.0.1"));
    }

    #[test]
    fn the_address_is_counted_from_the_right_over_all_lines() {
        assert_eq!(client("1", "127.0.0.1", &["6.6.6.6, 203.0.113.9"]), ClientAddress::parse("203.0.113.9"));
        assert_eq!(
            client("2", "10.0.0.1", &["6.6.6.6", " 203.0.113.9 ,10.0.0.2"]),
            ClientAddress::parse("203.0.113.9")
        );
        assert_eq!(client("3", "10.0.0.1", &["203.0.113.9"]), ClientAddress::Unknown, "fewer entries than proxies");
        assert_eq!(
            client("1", "198.51.100.1", &["203.0.113.9"]),
            ClientAddress::parse("198.51.100.1"),
            "a count from a public peer"
        );
    }

    #[test]
    fn networks_are_walked_to_the_first_stranger() {
        assert_eq!(
            client("10.0.0.0/8", "10.0.0.1", &["1.2.3.4, 203.0.113.9, 10.1.1.1"]),
            ClientAddress::parse("203.0.113.9")
        );
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &["1.2.3.4, garbage, 10.1.1.1"]), ClientAddress::Unknown);
        assert_eq!(client("10.0.0.0/8", "198.51.100.1", &["1.2.3.4"]), ClientAddress::parse("198.51.100.1"));
    }

    #[test]
    fn nonsense_is_refused_at_the_start() {
        for bad in ["0", "11", "proxy", "10.0.0.0/40", ""] {
            assert!(TrustedProxies::parse(bad).is_err(), "{bad}");
        }
    }
}
