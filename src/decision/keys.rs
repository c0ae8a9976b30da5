//! Keys: what limits count under. A key is a keyed digest of its kind, its site and its normalised value, so counts
//! survive the erasure of the value and tell nothing about it.

use serde::{Deserialize, Serialize};

use crate::decision::attempt::{AttemptRequest, Card};
use crate::kernel::email::Email;
use crate::kernel::fold::fold;
use crate::kernel::id::SiteId;
use crate::kernel::ip::ClientAddress;
use crate::kernel::secret::{Purpose, RootKeys};

/// A kind of key that velocity filters count by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// An e-mail address.
    Email,
    /// A network: /32 for IPv4, /64 for IPv6.
    Ip,
    /// A card.
    Card,
}

impl KeyKind {
    /// All kinds, in the order of their findings.
    pub const ALL: [KeyKind; 3] = [KeyKind::Email, KeyKind::Ip, KeyKind::Card];

    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Ip => "ip",
            Self::Card => "card",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Email => "E-mail",
            Self::Ip => "IP",
            Self::Card => "Card",
        }
    }
}

/// A value for each kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PerKey<T> {
    /// By e-mail.
    pub email: T,
    /// By network.
    pub ip: T,
    /// By card.
    pub card: T,
}

impl<T> PerKey<T> {
    /// The value of a kind.
    pub fn get(&self, kind: KeyKind) -> &T {
        match kind {
            KeyKind::Email => &self.email,
            KeyKind::Ip => &self.ip,
            KeyKind::Card => &self.card,
        }
    }

    /// The value of a kind, to change it.
    pub fn get_mut(&mut self, kind: KeyKind) -> &mut T {
        match kind {
            KeyKind::Email => &mut self.email,
            KeyKind::Ip => &mut self.ip,
            KeyKind::Card => &mut self.card,
        }
    }
}

/// By what a key tells one from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// The canonical address.
    Email,
    /// The network of a known address.
    Network,
    /// The one bucket that all unknown addresses share.
    UnknownAddress,
    /// The card's fingerprint.
    Fingerprint,
    /// Brand, last 4 and expiry: cards that agree in all three are counted together.
    BrandLast4Expiry,
}

/// A keyed digest, 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 16]);

impl Key {
    fn of(keys: &RootKeys, site: SiteId, label: &[u8], value: &[u8]) -> Self {
        let mut data = Vec::with_capacity(label.len() + 17 + value.len());
        data.extend_from_slice(label);
        data.push(0);
        data.extend_from_slice(site.0.as_bytes());
        data.extend_from_slice(value);
        let digest = keys.stable_digest(Purpose::AttemptKey, &data);
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        Self(short)
    }
}

/// A key and by what it identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identified {
    /// The digest.
    pub key: Key,
    /// By what.
    pub by: Identity,
}

/// Every key of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// What velocity filters count by; `None` where the attempt lacks it. The network is always there.
    pub counted: PerKey<Option<Identified>>,
    /// The customer, by the site's own id.
    pub customer: Option<Key>,
}

impl Keys {
    /// The keys of an attempt. `fold_tags`: see [`crate::decision::policy::Policy::fold_email_tags`].
    pub fn of(keys: &RootKeys, attempt: &AttemptRequest, fold_tags: bool) -> Self {
        let site = attempt.site;
        let email = attempt
            .customer
            .email
            .as_ref()
            .map(|e| Identified { key: email_key(keys, site, e, fold_tags), by: Identity::Email });
        let ip = Some(Identified {
            key: ip_key(keys, site, attempt.ip),
            by: if attempt.ip == ClientAddress::Unknown { Identity::UnknownAddress } else { Identity::Network },
        });
        let card = attempt.card.as_ref().and_then(|card| card_key(keys, site, card));
        let customer = attempt.customer.external_id.as_ref().map(|id| customer_key(keys, site, id));
        Self { counted: PerKey { email, ip, card }, customer }
    }
}

/// The key of an e-mail address.
pub fn email_key(keys: &RootKeys, site: SiteId, email: &Email, fold_tags: bool) -> Key {
    let canonical = if fold_tags { without_tags(email.canonical()) } else { email.canonical().to_owned() };
    Key::of(keys, site, b"email", canonical.as_bytes())
}

/// The key of a client's network.
pub fn ip_key(keys: &RootKeys, site: SiteId, address: ClientAddress) -> Key {
    Key::of(keys, site, b"ip", address.network().to_string().as_bytes())
}

/// The key of a customer, by the site's own id.
pub fn customer_key(keys: &RootKeys, site: SiteId, external_id: &str) -> Key {
    Key::of(keys, site, b"customer", external_id.trim().as_bytes())
}

/// The key of a card: its fingerprint where the site gave one, else brand, last 4 and expiry together.
pub fn card_key(keys: &RootKeys, site: SiteId, card: &Card) -> Option<Identified> {
    if let Some(fingerprint) = card.fingerprint.as_deref().map(str::trim).filter(|f| !f.is_empty()) {
        return Some(Identified {
            key: Key::of(keys, site, b"card fingerprint", fingerprint.as_bytes()),
            by: Identity::Fingerprint,
        });
    }
    let (brand, last4) = (card.brand.as_deref()?, card.last4.as_deref()?);
    let (month, year) = (card.exp_month?, card.exp_year?);
    let value = format!("{}\u{0}{last4}\u{0}{year:04}-{month:02}", fold(brand.trim()));
    Some(Identified { key: Key::of(keys, site, b"card", value.as_bytes()), by: Identity::BrandLast4Expiry })
}

/// A canonical address without its plus-tag, and without dots in a Gmail name.
fn without_tags(canonical: &str) -> String {
    let Some((local, domain)) = canonical.rsplit_once('@') else { return canonical.to_owned() };
    let name = local.split_once('+').map_or(local, |(name, _)| name);
    let name = if name.is_empty() { local } else { name };
    match domain {
        "gmail.com" | "googlemail.com" => format!("{}@gmail.com", name.replace('.', "")),
        _ => format!("{name}@{domain}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::Clock;
    use proptest::prelude::*;

    fn site() -> SiteId {
        SiteId::new(Clock::fixed(chrono::DateTime::UNIX_EPOCH).now())
    }

    #[test]
    fn tags_and_dots_fold_only_when_asked() {
        let (keys, site) = (RootKeys::random(), site());
        let key = |text: &str, folded| email_key(&keys, site, &text.parse().unwrap(), folded);
        assert_ne!(key("ann+1@example.com", false), key("ann@example.com", false));
        assert_eq!(key("ann+1@example.com", true), key("Ann@example.com", false));
        assert_eq!(key("a.n.n+x@googlemail.com", true), key("ann@gmail.com", true));
        assert_ne!(key("a.n@example.com", true), key("an@example.com", true), "dots mean something elsewhere");
        assert_eq!(without_tags("+@example.com"), "+@example.com");
    }

    #[test]
    fn a_card_is_its_fingerprint_or_brand_last4_and_expiry() {
        let (keys, site) = (RootKeys::random(), site());
        let plain = Card {
            brand: Some("Visa".into()),
            last4: Some("4242".into()),
            exp_month: Some(8),
            exp_year: Some(2028),
            ..Card::default()
        };
        let shouted = Card { brand: Some(" VISA ".into()), ..plain.clone() };
        assert_eq!(card_key(&keys, site, &plain), card_key(&keys, site, &shouted));
        assert_eq!(card_key(&keys, site, &plain).unwrap().by, Identity::BrandLast4Expiry);
        let known = Card { fingerprint: Some("fp_1".into()), ..plain.clone() };
        assert_eq!(card_key(&keys, site, &known).unwrap().by, Identity::Fingerprint);
        assert_eq!(card_key(&keys, site, &Card { exp_year: None, ..plain }), None, "half an identity is none");
    }

    proptest! {
        #[test]
        fn folding_an_address_twice_changes_nothing_and_keeps_the_domain(
            name in "[a-z0-9][a-z0-9.]{0,8}(\\+[a-z0-9+.]{0,6})?", domain in 0usize..3,
        ) {
            let domain = ["gmail.com", "googlemail.com", "example.com"][domain];
            let folded = without_tags(&format!("{name}@{domain}"));
            prop_assert_eq!(without_tags(&folded), folded.clone());
            let owner = if domain == "example.com" { "@example.com" } else { "@gmail.com" };
            prop_assert!(!folded.contains('+') && folded.ends_with(owner));
        }

        #[test]
        fn addresses_share_a_key_exactly_when_they_share_a_network(one: u128, other: u128, low: u64) {
            let (keys, site) = (RootKeys::random(), site());
            let key = |bits: u128| ip_key(&keys, site, ClientAddress::from_ip(std::net::Ipv6Addr::from(bits).into()));
            prop_assert_eq!(key(one) == key(other), one >> 64 == other >> 64);
            prop_assert_eq!(key(one), key(one >> 64 << 64 | u128::from(low)));
            let v4 = std::net::Ipv4Addr::from(low as u32);
            let plain = ip_key(&keys, site, ClientAddress::from_ip(v4.into()));
            prop_assert_eq!(plain, key(v4.to_ipv6_mapped().into()), "mapped IPv4 is IPv4");
            let next = std::net::Ipv4Addr::from((low as u32).wrapping_add(1));
            prop_assert_ne!(plain, ip_key(&keys, site, ClientAddress::from_ip(next.into())));
            prop_assert_ne!(key(0), ip_key(&keys, site, ClientAddress::Unknown), "unknown is no address");
        }
    }

    #[test]
    fn keys_of_two_sites_have_nothing_in_common() {
        let keys = RootKeys::random();
        let address = ClientAddress::parse("203.0.113.7");
        assert_ne!(ip_key(&keys, site(), address), ip_key(&keys, site(), address));
    }
}
