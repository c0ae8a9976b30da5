//! The fields of an attempt that an entry can name.

use serde::{Deserialize, Serialize};

/// A field of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is named by its label below")]
pub enum Field {
    Email,
    Ip,
    CustomerId,
    CardFingerprint,
    CardToken,
    Bin,
    CardHolder,
    Last4,
    CardBrand,
    BillingFirstName,
    BillingLastName,
    BillingAddress,
    BillingCity,
    BillingPostalCode,
    BillingState,
    BillingCountry,
    ShippingFirstName,
    ShippingLastName,
    ShippingAddress,
    ShippingCity,
    ShippingPostalCode,
    ShippingState,
    ShippingCountry,
}

impl Field {
    /// All fields, in the order of pickers.
    pub const ALL: [Field; 23] = [
        Field::Email,
        Field::Ip,
        Field::CustomerId,
        Field::CardFingerprint,
        Field::CardToken,
        Field::Bin,
        Field::CardHolder,
        Field::Last4,
        Field::CardBrand,
        Field::BillingFirstName,
        Field::BillingLastName,
        Field::BillingAddress,
        Field::BillingCity,
        Field::BillingPostalCode,
        Field::BillingState,
        Field::BillingCountry,
        Field::ShippingFirstName,
        Field::ShippingLastName,
        Field::ShippingAddress,
        Field::ShippingCity,
        Field::ShippingPostalCode,
        Field::ShippingState,
        Field::ShippingCountry,
    ];

    /// Those of a card.
    pub const OF_CARD: [Field; 6] =
        [Field::CardFingerprint, Field::CardToken, Field::Bin, Field::CardHolder, Field::Last4, Field::CardBrand];

    /// Those of the address that the bill goes to.
    pub const OF_BILLING: [Field; 7] = [
        Field::BillingFirstName,
        Field::BillingLastName,
        Field::BillingAddress,
        Field::BillingCity,
        Field::BillingPostalCode,
        Field::BillingState,
        Field::BillingCountry,
    ];

    /// Those of the address that the goods go to.
    pub const OF_SHIPPING: [Field; 7] = [
        Field::ShippingFirstName,
        Field::ShippingLastName,
        Field::ShippingAddress,
        Field::ShippingCity,
        Field::ShippingPostalCode,
        Field::ShippingState,
        Field::ShippingCountry,
    ];

    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Ip => "ip",
            Self::CustomerId => "customer_id",
            Self::CardFingerprint => "card_fingerprint",
            Self::CardToken => "card_token",
            Self::Bin => "bin",
            Self::CardHolder => "card_holder",
            Self::Last4 => "last4",
            Self::CardBrand => "card_brand",
            Self::BillingFirstName => "billing_first_name",
            Self::BillingLastName => "billing_last_name",
            Self::BillingAddress => "billing_address",
            Self::BillingCity => "billing_city",
            Self::BillingPostalCode => "billing_postal_code",
            Self::BillingState => "billing_state",
            Self::BillingCountry => "billing_country",
            Self::ShippingFirstName => "shipping_first_name",
            Self::ShippingLastName => "shipping_last_name",
            Self::ShippingAddress => "shipping_address",
            Self::ShippingCity => "shipping_city",
            Self::ShippingPostalCode => "shipping_postal_code",
            Self::ShippingState => "shipping_state",
            Self::ShippingCountry => "shipping_country",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Email => "E-mail",
            Self::Ip => "IP address",
            Self::CustomerId => "Customer",
            Self::CardFingerprint => "Card fingerprint",
            Self::CardToken => "Card token",
            Self::Bin => "BIN",
            Self::CardHolder => "Card holder",
            Self::Last4 => "Last 4 digits",
            Self::CardBrand => "Card brand",
            Self::BillingFirstName => "Billing first name",
            Self::BillingLastName => "Billing last name",
            Self::BillingAddress => "Billing address",
            Self::BillingCity => "Billing city",
            Self::BillingPostalCode => "Billing postal code",
            Self::BillingState => "Billing state",
            Self::BillingCountry => "Billing country",
            Self::ShippingFirstName => "Shipping first name",
            Self::ShippingLastName => "Shipping last name",
            Self::ShippingAddress => "Shipping address",
            Self::ShippingCity => "Shipping city",
            Self::ShippingPostalCode => "Shipping postal code",
            Self::ShippingState => "Shipping state",
            Self::ShippingCountry => "Shipping country",
        }
    }

    /// How a value is written, where that is not plain text.
    pub fn hint(self) -> Option<&'static str> {
        match self {
            Self::Email => Some("name@example.com"),
            Self::Ip => Some("203.0.113.7, 203.0.113.0/24 or 2001:db8:77::/48"),
            Self::CustomerId => Some("your own id of the customer"),
            Self::Bin => Some("the first 6 or 8 digits"),
            Self::Last4 => Some("four digits"),
            Self::CardBrand => Some("Visa, Mastercard, Amex and so on"),
            Self::BillingCountry | Self::ShippingCountry => Some("two letters, such as GB"),
            _ => None,
        }
    }

    /// How few attempts a value of this field is likely to match: the smaller, the fewer. An entry is found by its most
    /// selective field; the others are compared afterwards.
    pub fn rank(self) -> u8 {
        match self {
            Self::CardFingerprint | Self::CardToken => 0,
            Self::CustomerId | Self::Email => 1,
            Self::Ip => 2,
            Self::BillingAddress | Self::ShippingAddress => 3,
            Self::CardHolder => 4,
            Self::BillingPostalCode | Self::ShippingPostalCode => 5,
            Self::BillingLastName | Self::ShippingLastName => 6,
            Self::Last4 => 7,
            Self::BillingFirstName | Self::ShippingFirstName => 8,
            Self::Bin => 9,
            Self::BillingCity | Self::ShippingCity => 10,
            Self::BillingState | Self::ShippingState => 11,
            Self::BillingCountry | Self::ShippingCountry => 12,
            Self::CardBrand => 13,
        }
    }
}

impl std::str::FromStr for Field {
    type Err = UnknownField;
    fn from_str(text: &str) -> Result<Self, UnknownField> {
        Self::ALL.into_iter().find(|f| f.as_str() == text).ok_or(UnknownField)
    }
}

/// Not the name of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a field that an entry can name")]
pub struct UnknownField;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_known_by_one_name() {
        for field in Field::ALL {
            assert_eq!(field.as_str().parse(), Ok(field));
            assert_eq!(serde_json::to_value(field).unwrap(), field.as_str());
        }
        let names: std::collections::BTreeSet<_> = Field::ALL.iter().map(|f| f.as_str()).collect();
        assert_eq!(names.len(), Field::ALL.len());
    }
}
