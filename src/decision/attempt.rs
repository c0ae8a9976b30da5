//! One try at something, as it was asked: a login, a registration, a payment. Values are parsed at the door (the API,
//! the simulation); no card number is ever among them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decision::lists::{Field, Probe};
use crate::decision::verdict::NotAWord;
use crate::error::FieldError;
use crate::kernel::email::Email;
use crate::kernel::id::{ServiceId, SiteId};
use crate::kernel::ip::ClientAddress;
use crate::kernel::money::{LARGEST_AMOUNT, Money};

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A payment.
    Payment,
    /// A customer's login.
    Login,
    /// A customer's registration.
    Registration,
    /// A customer's password reset.
    PasswordReset,
    /// A collaborator's sign-in to the console ([`crate::decision::sign_in`]). No site asks for it.
    #[serde(skip_deserializing)]
    CollaboratorSignIn,
}

impl Kind {
    /// All kinds that a site's customers try and that it can ask about.
    pub const ALL: [Kind; 4] = [Kind::Payment, Kind::Login, Kind::Registration, Kind::PasswordReset];

    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Login => "login",
            Self::Registration => "registration",
            Self::PasswordReset => "password_reset",
            Self::CollaboratorSignIn => "collaborator_sign_in",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Payment => "Payment",
            Self::Login => "Login",
            Self::Registration => "Registration",
            Self::PasswordReset => "Password reset",
            Self::CollaboratorSignIn => "Collaborator’s sign-in",
        }
    }
}

impl std::str::FromStr for Kind {
    type Err = NotAWord;
    fn from_str(text: &str) -> Result<Self, NotAWord> {
        Self::ALL
            .into_iter()
            .find(|k| k.as_str() == text)
            .ok_or(NotAWord("a kind of attempt: payment, login, registration or password_reset"))
    }
}

/// Who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The site's server, with a secret key.
    Api,
    /// Made by `gatehouse simulate`.
    Simulation,
}

impl Source {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Simulation => "simulation",
        }
    }
}

/// The end user of the site.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Customer {
    /// The site's own id.
    pub external_id: Option<String>,
    /// Their address.
    pub email: Option<Email>,
    /// `Some(false)`: signed in at the site. Unknown counts as a guest.
    pub guest: Option<bool>,
}

/// What is known of a card. Never its number, never its code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Card {
    /// The site's token for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Equal for equal cards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The first 6 or 8 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bin: Option<String>,
    /// The last 4 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last4: Option<String>,
    /// Visa, Mastercard …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// 1 to 12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp_month: Option<u8>,
    /// Four digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp_year: Option<u16>,
    /// The name on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// Where it was issued, ISO 3166 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// What the gateway said of its code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cvc_check: Option<String>,
    /// What the gateway said of its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avs_check: Option<String>,
}

/// A postal address with a person's name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PostalAddress {
    /// First name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Street and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Town.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// State, county or province.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Country, ISO 3166 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRequest {
    /// Whose customer tries.
    pub site: SiteId,
    /// What is tried.
    pub kind: Kind,
    /// The payment service; payments have one.
    pub service: Option<ServiceId>,
    /// How much; payments have it, in the service's currency.
    pub money: Option<Money>,
    /// Who tries.
    pub customer: Customer,
    /// From where, as the site states it.
    pub ip: ClientAddress,
    /// The browser's own words about itself.
    pub user_agent: Option<String>,
    /// Request headers that the site passes on.
    pub headers: BTreeMap<String, String>,
    /// With which card.
    pub card: Option<Card>,
    /// Where the bill goes.
    pub billing: Option<PostalAddress>,
    /// Where the goods go.
    pub shipping: Option<PostalAddress>,
    /// Who asked us.
    pub source: Source,
    /// What simulated traffic really was; `None` for real traffic.
    pub label: Option<String>,
}

impl AttemptRequest {
    /// An attempt of a kind that names nothing else yet.
    pub fn new(site: SiteId, kind: Kind) -> Self {
        Self {
            site,
            kind,
            service: None,
            money: None,
            customer: Customer::default(),
            ip: ClientAddress::Unknown,
            user_agent: None,
            headers: BTreeMap::new(),
            card: None,
            billing: None,
            shipping: None,
            source: Source::Api,
            label: None,
        }
    }

    /// What its kind needs and it lacks, field by field as the API names them; empty if nothing.
    pub fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        if let Some(money) = self.money
            && !(0..=LARGEST_AMOUNT).contains(&money.minor)
        {
            faults.push(FieldError::new("amount", "out_of_range", "minor units, from 0 to 1,000,000,000,000"));
        }
        if self.kind == Kind::Payment {
            if self.service.is_none() {
                faults.push(FieldError::new("service", "required", "a payment names its service"));
            }
            if self.money.is_none() {
                faults.push(FieldError::new("amount", "required", "a payment names its amount and currency"));
            }
            if self.card.is_none() && self.customer.email.is_none() {
                faults.push(FieldError::new("card", "required", "a payment names a card or the customer's e-mail"));
            }
        }
        faults
    }

    /// Its values by the fields that entries of lists name, the address apart.
    pub fn listable(&self) -> Vec<(Field, &str)> {
        let customer = &self.customer;
        let mut values = vec![
            (Field::Email, customer.email.as_ref().map(Email::as_str)),
            (Field::CustomerId, customer.external_id.as_deref()),
        ];
        if let Some(card) = &self.card {
            values.extend([
                (Field::CardFingerprint, card.fingerprint.as_deref()),
                (Field::CardToken, card.token.as_deref()),
                (Field::Bin, card.bin.as_deref()),
                (Field::CardHolder, card.holder.as_deref()),
                (Field::Last4, card.last4.as_deref()),
                (Field::CardBrand, card.brand.as_deref()),
            ]);
        }
        if let Some(to) = &self.billing {
            values.extend([
                (Field::BillingFirstName, to.first_name.as_deref()),
                (Field::BillingLastName, to.last_name.as_deref()),
                (Field::BillingAddress, to.address.as_deref()),
                (Field::BillingCity, to.city.as_deref()),
                (Field::BillingPostalCode, to.postal_code.as_deref()),
                (Field::BillingState, to.state.as_deref()),
                (Field::BillingCountry, to.country.as_deref()),
            ]);
        }
        if let Some(to) = &self.shipping {
            values.extend([
                (Field::ShippingFirstName, to.first_name.as_deref()),
                (Field::ShippingLastName, to.last_name.as_deref()),
                (Field::ShippingAddress, to.address.as_deref()),
                (Field::ShippingCity, to.city.as_deref()),
                (Field::ShippingPostalCode, to.postal_code.as_deref()),
                (Field::ShippingState, to.state.as_deref()),
                (Field::ShippingCountry, to.country.as_deref()),
            ]);
        }
        values.into_iter().filter_map(|(field, value)| value.map(|value| (field, value))).collect()
    }

    /// Its values as lists look for them.
    pub fn probe(&self) -> Probe {
        self.probe_of(|_| true)
    }

    /// The same of some fields.
    pub fn probe_of(&self, wanted: impl Fn(Field) -> bool) -> Probe {
        let probe = if wanted(Field::Ip) { Probe::new().address(self.ip) } else { Probe::new() };
        let values = self.listable().into_iter().filter(|(field, _)| wanted(*field));
        values.fold(probe, |probe, (field, value)| probe.with(field, value))
    }
}
