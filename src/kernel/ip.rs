//! Addresses of clients and the networks that limits count by.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv6Net};

/// Where an attempt came from. Anything that cannot be parsed is [`ClientAddress::Unknown`]: one shared bucket for
/// limits, never a match for allow lists or exemptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientAddress {
    /// A parsed address; IPv4 mapped into IPv6 is IPv4.
    Known(IpAddr),
    /// No usable address.
    Unknown,
}

impl ClientAddress {
    /// The canonical form of an address.
    pub fn from_ip(ip: IpAddr) -> Self {
        Self::Known(ip.to_canonical())
    }

    /// Reads an address as a client or a proxy writes it, with or without brackets and port.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let bare = text.strip_prefix('[').and_then(|t| t.split_once(']')).map_or(text, |(ip, _)| ip);
        bare.parse::<IpAddr>()
            .ok()
            .or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|s| s.ip()))
            .map_or(Self::Unknown, Self::from_ip)
    }

    /// The address, if known.
    pub fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Known(ip) => Some(ip),
            Self::Unknown => None,
        }
    }

    /// The network that limits count by: /32 for IPv4, /64 for IPv6; the unspecified address for unknown ones.
    pub fn network(self) -> IpNet {
        match self {
            Self::Known(IpAddr::V4(v4)) => IpNet::from(IpAddr::V4(v4)),
            Self::Known(IpAddr::V6(v6)) => {
                let high = u128::from(v6) & !((1u128 << 64) - 1);
                Ipv6Net::new(high.into(), 64).map_or_else(|_| IpNet::from(IpAddr::V6(v6)), IpNet::V6)
            }
            Self::Unknown => IpNet::from(IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED)),
        }
    }
}

impl std::fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Known(ip) => ip.fmt(f),
            Self::Unknown => f.write_str("unknown address"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_addresses_of_one_64_are_one_network() {
        let first = ClientAddress::parse("2001:db8:1:2::1").network();
        for n in 0..1_000u32 {
            assert_eq!(ClientAddress::parse(&format!("2001:db8:1:2:{n:x}::9")).network(), first);
        }
        assert_ne!(ClientAddress::parse("2001:db8:1:3::1").network(), first);
    }

    #[test]
    fn a_mapped_address_is_ipv4() {
        assert_eq!(ClientAddress::parse("::ffff:203.0.113.7"), ClientAddress::parse("203.0.113.7"));
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        for bad in ["", "unknown", "203.0.113.7.9", "_hidden", "203.0.113.0/24"] {
            assert_eq!(ClientAddress::parse(bad), ClientAddress::Unknown, "{bad}");
        }
        assert_eq!(ClientAddress::parse("[2001:db8::1]:443"), ClientAddress::parse("2001:db8::1"));
        assert_eq!(ClientAddress::parse("203.0.113.7:5000"), ClientAddress::parse("203.0.113.7"));
    }
}
