//! What makes two spellings the same value: trimmed, NFKC, case-folded, and the canonical form where a field has one.
//! Pure. Entries and attempts go through the same function, so they cannot drift.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};
use sha2::{Digest as _, Sha256};

use crate::decision::lists::field::Field;
use crate::kernel::card_brand::one_spelling;
use crate::kernel::card_number;
use crate::kernel::email::Email;
use crate::kernel::fold::fold;

/// The longest value in characters.
pub const LONGEST: usize = 254;

/// A normalised value of a field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(String);

/// The key under which a value of a field is found: 16 bytes.
pub type Digest = [u8; 16];

/// Why a text is not a value of the field. Each message says how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAValue {
    /// Nothing but spaces.
    #[error("write a value")]
    Empty,
    /// Over [`LONGEST`] characters.
    #[error("use at most {LONGEST} characters")]
    TooLong,
    /// Line breaks and other control characters.
    #[error("this holds a character that cannot be seen; type the value again")]
    Control,
    /// A card number must not be stored anywhere.
    #[error("this looks like a full card number; list the card by its fingerprint, or its BIN and last four digits")]
    CardNumber,
    /// The field's own form; the text says which.
    #[error("{0}")]
    Shape(String),
}

impl Value {
    /// The normalised text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A value that the database gives back.
    pub(super) fn stored(text: String) -> Self {
        Self(text)
    }

    /// The digest under which the value is stored and probed.
    pub fn digest(&self, field: Field) -> Digest {
        digest(field, &self.0)
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// SHA-256 of field and normalised value, its first half.
pub(super) fn digest(field: Field, value: &str) -> Digest {
    let hash = Sha256::new().chain_update(field.as_str()).chain_update([0]).chain_update(value).finalize();
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    half
}

/// Reads what a person typed, or what an attempt carries, as a value of the field.
pub fn normalise(field: Field, typed: &str) -> Result<Value, NotAValue> {
    let text = typed.trim();
    if text.is_empty() {
        return Err(NotAValue::Empty);
    }
    if text.chars().count() > LONGEST {
        return Err(NotAValue::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(NotAValue::Control);
    }
    let folded = fold(text).trim().to_owned();
    if folded.is_empty() {
        return Err(NotAValue::Empty);
    }
    if folded.chars().count() > LONGEST {
        return Err(NotAValue::TooLong);
    }
    if card_number::found_in(&folded) {
        return Err(NotAValue::CardNumber);
    }
    let shaped = match field {
        Field::Email => email(text)?,
        Field::Ip => address_or_range(&folded)?,
        Field::Bin => digits(&folded, &[6, 8], "a BIN is the first 6 or 8 digits of the card number")?,
        Field::Last4 => digits(&folded, &[4], "write exactly the last four digits")?,
        Field::CardBrand => one_spelling(&folded),
        Field::BillingCountry | Field::ShippingCountry => country(&folded)?,
        _ => folded,
    };
    Ok(Value(shaped))
}

fn email(text: &str) -> Result<String, NotAValue> {
    let email: Email = text.parse().map_err(|e: crate::kernel::email::NotAnEmail| NotAValue::Shape(e.to_string()))?;
    Ok(email.canonical().to_owned())
}

fn digits(text: &str, lengths: &[usize], usage: &str) -> Result<String, NotAValue> {
    let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    if lengths.contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_digit()) {
        Ok(bare)
    } else {
        Err(NotAValue::Shape(usage.to_owned()))
    }
}

fn country(text: &str) -> Result<String, NotAValue> {
    if text.len() == 2 && text.bytes().all(|b| b.is_ascii_lowercase()) {
        Ok(text.to_ascii_uppercase())
    } else {
        Err(NotAValue::Shape("write the country as two letters, such as GB for the United Kingdom".to_owned()))
    }
}

/// A single address, or a range in CIDR form whose address is the first of the range.
fn address_or_range(text: &str) -> Result<String, NotAValue> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(ip.to_canonical().to_string());
    }
    let Some((base, length)) = text.split_once('/') else {
        return Err(NotAValue::Shape(format!(
            "write an address such as 203.0.113.7 or 2001:db8::1{}",
            dash_hint(text)
        )));
    };
    let base: IpAddr =
        base.trim().parse().map_err(|_| NotAValue::Shape("the part before the / is not an address".to_owned()))?;
    let (name, longest) = if base.is_ipv4() { ("IPv4", 32) } else { ("IPv6", 128) };
    let length: u8 = match length.trim().parse::<u8>() {
        Ok(length) if length <= longest && length.to_string() == text_after_slash(text) => length,
        _ => {
            let guess = suggestion(base);
            return Err(NotAValue::Shape(format!("an {name} range ends in /0 to /{longest}. Did you mean {guess}?")));
        }
    };
    let range =
        IpNet::new(base, length).map_err(|_| NotAValue::Shape("this is not a range of addresses".to_owned()))?;
    if range.addr() != range.network() {
        return Err(NotAValue::Shape(format!(
            "{base} is not the first address of a /{length}. Did you mean {}, or {base} alone?",
            range.trunc()
        )));
    }
    Ok(written(range))
}

fn text_after_slash(text: &str) -> &str {
    text.split_once('/').map_or("", |(_, length)| length.trim())
}

fn dash_hint(text: &str) -> &'static str {
    if text.contains('-') || text.contains('*') { ", and a range as 203.0.113.0/24" } else { "" }
}

fn suggestion(base: IpAddr) -> String {
    let length = if base.is_ipv4() { 24 } else { 48 };
    IpNet::new(base, length).map_or_else(|_| base.to_string(), |net| net.trunc().to_string())
}

/// The one spelling of a range: mapped IPv4 is IPv4, a range of one address is the address.
pub(super) fn written(range: IpNet) -> String {
    if let IpNet::V6(v6) = range
        && let Some(v4) = v6.network().to_ipv4_mapped()
        && v6.prefix_len() >= 96
        && let Ok(mapped) = Ipv4Net::new(v4, v6.prefix_len() - 96)
    {
        return written(IpNet::V4(mapped));
    }
    if range.prefix_len() == range.max_prefix_len() { range.addr().to_string() } else { range.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(field: Field, text: &str) -> String {
        normalise(field, text).unwrap().as_str().to_owned()
    }

    fn refusal(field: Field, text: &str) -> String {
        normalise(field, text).unwrap_err().to_string()
    }

    #[test]
    fn spellings_of_one_value_are_one() {
        for (field, spelling, one) in [
            (Field::Email, " Ann@Example.COM ", "ann@example.com"),
            (Field::Ip, "::ffff:203.0.113.7", "203.0.113.7"),
            (Field::Ip, "2001:DB8:0:0::1", "2001:db8::1"),
            (Field::Ip, "203.0.113.7/32", "203.0.113.7"),
            (Field::Ip, "::ffff:203.0.113.0/120", "203.0.113.0/24"),
            (Field::Ip, " 203.0.113.0/24", "203.0.113.0/24"),
            (Field::CustomerId, "HB-19977", "hb-19977"),
            (Field::Bin, "4119 00", "411900"),
            (Field::Bin, "41190012", "41190012"),
            (Field::Last4, "0042", "0042"),
            (Field::CardHolder, "STRASSE\u{a0}Ann", "strasse ann"),
            (Field::CardHolder, "straße ann", "strasse ann"),
            (Field::CardHolder, "Ὀδυσσεύς", "ὀδυσσεύσ"),
            (Field::CardBrand, "American Express", "amex"),
            (Field::CardBrand, "VISA", "visa"),
            (Field::CardBrand, "Master Card", "mastercard"),
            (Field::BillingCountry, "gb", "GB"),
            (Field::ShippingPostalCode, "yo22 4ax", "yo22 4ax"),
            (Field::ShippingPostalCode, "ＹＯ２２ 4AX", "yo22 4ax"),
        ] {
            assert_eq!(value(field, spelling), one, "{field:?} {spelling}");
        }
        assert_ne!(
            value(Field::CardHolder, "mıke"),
            value(Field::CardHolder, "mike"),
            "the dotless i is another letter"
        );
    }

    #[test]
    fn what_is_not_a_value_is_refused_with_the_way_to_mend_it() {
        assert_eq!(
            refusal(Field::Ip, "203.0.113.0/33"),
            "an IPv4 range ends in /0 to /32. Did you mean 203.0.113.0/24?"
        );
        assert_eq!(
            refusal(Field::Ip, "203.0.113.7/24"),
            "203.0.113.7 is not the first address of a /24. Did you mean 203.0.113.0/24, or 203.0.113.7 alone?"
        );
        assert_eq!(
            refusal(Field::Ip, "2001:db8::/129"),
            "an IPv6 range ends in /0 to /128. Did you mean 2001:db8::/48?"
        );
        for bad in [
            "203.0.113",
            "203.0.113.256",
            "010.0.0.1",
            "203.0.113.0/",
            "203.0.113.0/+8",
            "203.0.113.0/024",
            "fe80::1%eth0",
            "a/8",
            "203.0.113.1-203.0.113.9",
            "0.0.0.0/0/0",
        ] {
            assert!(matches!(normalise(Field::Ip, bad), Err(NotAValue::Shape(_))), "{bad}");
        }
        for (field, bad) in [
            (Field::Email, "ann"),
            (Field::Bin, "41190"),
            (Field::Bin, "4119001"),
            (Field::Bin, "41190a"),
            (Field::Last4, "12345"),
            (Field::BillingCountry, "GBR"),
            (Field::BillingCountry, "g1"),
        ] {
            assert!(matches!(normalise(field, bad), Err(NotAValue::Shape(_))), "{field:?} {bad}");
        }
        assert_eq!(normalise(Field::CardHolder, " \u{a0} "), Err(NotAValue::Empty));
        assert_eq!(normalise(Field::CardHolder, "a\u{0}b"), Err(NotAValue::Control));
        assert_eq!(normalise(Field::CardHolder, &"a".repeat(LONGEST + 1)), Err(NotAValue::TooLong));
    }

    #[test]
    fn a_card_number_is_refused_in_every_field() {
        for field in Field::ALL {
            for number in [
                "4111111111111111",
                "4111 1111 1111 1111",
                "4111-1111-1111-1111",
                "378282246310005",
                "６０１１１１１１１１１１１１１７",
            ] {
                assert_eq!(normalise(field, number), Err(NotAValue::CardNumber), "{field:?} {number}");
            }
        }
        assert_eq!(normalise(Field::BillingAddress, "card 4111 1111 1111 1111, Whitby"), Err(NotAValue::CardNumber));
        assert_eq!(normalise(Field::Email, "4111111111111111@example.com"), Err(NotAValue::CardNumber));
        assert!(normalise(Field::CustomerId, "4111111111111112").is_ok(), "the check digit is wrong");
        assert!(
            normalise(Field::CardFingerprint, "a1234567-1234-1234-8111-111111111111").is_ok(),
            "a UUID is judged as a whole"
        );
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in ".{1,40}", which in 0usize..23) {
            let field = Field::ALL[which];
            if let Ok(once) = normalise(field, &text) {
                prop_assert_eq!(normalise(field, once.as_str()), Ok(once.clone()), "{:?}", field);
            }
        }

        #[test]
        fn case_and_outer_space_do_not_matter(text in "[a-zA-Z]{1,12}( [a-zA-Z]{1,12})?") {
            let loud = format!("  {}\u{3000}", text.to_uppercase());
            prop_assert_eq!(normalise(Field::CardHolder, &loud), normalise(Field::CardHolder, &text));
        }

        #[test]
        fn the_same_text_in_two_fields_is_two_values(text in "[a-z]{3,12}") {
            let value = normalise(Field::BillingCity, &text).unwrap();
            prop_assert_ne!(value.digest(Field::BillingCity), value.digest(Field::ShippingCity));
        }

        #[test]
        fn every_range_has_one_spelling(bits: u32, length in 0u8..=32) {
            let range = IpNet::new(std::net::Ipv4Addr::from(bits).into(), length).unwrap().trunc();
            let plain = normalise(Field::Ip, &range.to_string()).unwrap();
            let std::net::IpAddr::V4(v4) = range.addr() else { unreachable!() };
            let mapped = normalise(Field::Ip, &format!("{}/{}", v4.to_ipv6_mapped(), length + 96)).unwrap();
            prop_assert_eq!(plain, mapped);
        }
    }
}
