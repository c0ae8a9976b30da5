//! The body of `POST /v1/decisions`, as it is published.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An attempt to be decided. A payment needs `service`, `amount`, `currency`, `ip` and a `card` or `customer.email`.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionRequest {
    /// `payment`, `login`, `registration` or `password_reset`.
    #[schema(example = "payment")]
    pub kind: String,
    /// The payment service, as the console shows it. Required for a payment.
    #[schema(example = "svc_01k7q0000000000000000000")]
    pub service: Option<String>,
    /// How much, in minor units (cents): 0 to 1,000,000,000,000. Required for a payment.
    #[schema(example = 4_900, minimum = 0)]
    pub amount: Option<i64>,
    /// ISO 4217, the service's own. Required for a payment.
    #[schema(example = "GBP")]
    pub currency: Option<String>,
    /// Who tries.
    pub customer: Option<CustomerBody>,
    /// The client's address, IPv4 or IPv6, without port. Required for a payment.
    #[schema(example = "203.0.113.7")]
    pub ip: Option<String>,
    /// The browser's own words about itself. Kept up to 500 characters.
    pub user_agent: Option<String>,
    /// Request headers of the client, up to 64, each value kept up to 1,000 characters. `cookie`, `authorization` and
    /// their like are not kept.
    pub headers: Option<BTreeMap<String, String>>,
    /// With which card. Never its number.
    pub card: Option<CardBody>,
    /// Where the bill goes.
    pub billing: Option<AddressBody>,
    /// Where the goods go.
    pub shipping: Option<AddressBody>,
    /// The answer to a captcha. Checked for its form; not weighed yet.
    pub captcha: Option<CaptchaBody>,
}

/// The end user of your site.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerBody {
    /// Your own id of the customer, up to 200 characters.
    #[schema(example = "c_20931")]
    pub external_id: Option<String>,
    /// Their e-mail address.
    #[schema(example = "ann@example.com")]
    pub email: Option<String>,
    /// False when they are signed in at your site. Absent counts as true.
    pub guest: Option<bool>,
}

/// What you know of a card. A card number is refused wherever it stands.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardBody {
    /// Your token for it.
    pub token: Option<String>,
    /// Equal for equal cards. The best key to count a card by.
    pub fingerprint: Option<String>,
    /// The first 6 or 8 digits.
    #[schema(example = "424242")]
    pub bin: Option<String>,
    /// The last 4 digits.
    #[schema(example = "4242")]
    pub last4: Option<String>,
    /// `visa`, `mastercard`, `amex` and so on; spellings of one brand are one.
    #[schema(example = "visa")]
    pub brand: Option<String>,
    /// 1 to 12.
    #[schema(example = 8)]
    pub exp_month: Option<i64>,
    /// Four digits.
    #[schema(example = 2028)]
    pub exp_year: Option<i64>,
    /// The name on it.
    pub holder: Option<String>,
    /// Where it was issued, ISO 3166-1 alpha-2.
    #[schema(example = "GB")]
    pub country: Option<String>,
    /// What your gateway said of its code: `pass`, `fail`, `unavailable` or `unchecked`.
    pub cvc_check: Option<String>,
    /// What your gateway said of its address: `pass`, `fail`, `partial`, `unavailable` or `unchecked`.
    pub avs_check: Option<String>,
}

/// A postal address with a person's name.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names say it")]
pub struct AddressBody {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// Street and number.
    pub address: Option<String>,
    pub city: Option<String>,
    pub postal_code: Option<String>,
    /// State, county or province.
    pub state: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[schema(example = "GB")]
    pub country: Option<String>,
}

/// The answer to a captcha.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaptchaBody {
    /// Who gave it: `built_in`, `recaptcha_v3` or `recaptcha_enterprise`.
    pub provider: String,
    /// The answer to be verified.
    pub token: Option<String>,
    /// A trust score that you verified yourself, 0.0 (surely a bot) to 1.0 (surely a person).
    pub score: Option<f64>,
}
