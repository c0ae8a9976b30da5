//! How the body of `POST /v1/decisions` becomes an attempt.

use crate::api::fields::Faults;
use crate::api::v1::decisions::body::{AddressBody, CaptchaBody, CardBody, CustomerBody, DecisionRequest};
use crate::api::v1::decisions::headers::{self, cut};
use crate::decision::attempt::{AttemptRequest, Card, Customer, Kind, PostalAddress};
use crate::error::Result;
use crate::kernel::card_brand::one_spelling;
use crate::kernel::email::Email;
use crate::kernel::id::{ServiceId, SiteId};
use crate::kernel::ip::ClientAddress;
use crate::kernel::money::{Currency, LARGEST_AMOUNT, Money};

/// The longest user agent that is kept.
const KEPT_AGENT: usize = 500;

const CVC: [&str; 4] = ["pass", "fail", "unavailable", "unchecked"];
const AVS: [&str; 5] = ["pass", "fail", "partial", "unavailable", "unchecked"];

impl DecisionRequest {
    /// The attempt, or everything that is wrong with it.
    pub fn read(self, site: SiteId) -> Result<AttemptRequest> {
        let mut faults = Faults::default();
        let kind = faults.read("kind", "unknown_value", self.kind.parse::<Kind>());
        let payment = kind == Some(Kind::Payment);

        let service = if payment { faults.required("service", self.service) } else { self.service };
        let service = service.and_then(|text| {
            let id = text.parse::<ServiceId>().map_err(|_| "is not the id of a payment service; it begins with svc_");
            faults.read("service", "not_an_id", id)
        });
        let money = money(&mut faults, self.amount, self.currency, payment);
        let ip = if payment { faults.required("ip", self.ip) } else { self.ip };
        let ip = address(&mut faults, ip);
        let customer = customer(&mut faults, self.customer.unwrap_or_default());
        let given_card = self.card.is_some();
        let card = self.card.and_then(|body| card(&mut faults, body));
        if payment && customer.email.is_none() && !given_card {
            faults.add("card", "missing", "a payment needs a card or customer.email");
        }
        let billing = self.billing.map(|body| postal(&mut faults, "billing", body));
        let shipping = self.shipping.map(|body| postal(&mut faults, "shipping", body));
        let headers = headers::read(&mut faults, self.headers.unwrap_or_default());
        captcha(&mut faults, self.captcha);

        let attempt = kind.map(|kind| AttemptRequest {
            service,
            money,
            customer,
            ip,
            user_agent: self.user_agent.map(|text| cut(&text, KEPT_AGENT)),
            headers,
            card,
            billing,
            shipping,
            ..AttemptRequest::new(site, kind)
        });
        faults.settle_with(attempt)
    }
}

fn money(faults: &mut Faults, amount: Option<i64>, currency: Option<String>, payment: bool) -> Option<Money> {
    if payment || amount.is_some() != currency.is_some() {
        // One without the other says nothing.
        faults.required("amount", amount);
        faults.required("currency", currency.as_ref());
    }
    if amount.is_some_and(|minor| minor < 0) {
        faults.add("amount", "negative", "must not be negative: minor units, 0 or more");
    }
    if amount.is_some_and(|minor| minor > LARGEST_AMOUNT) {
        faults.add("amount", "too_large", "must be at most 1,000,000,000,000 minor units");
    }
    let currency = currency.and_then(|text| faults.read("currency", "not_a_currency", text.parse::<Currency>()));
    amount.zip(currency).map(|(minor, currency)| Money::new(minor, currency))
}

/// The site states the address, so one that cannot be read is the site's mistake and refused: it would otherwise be
/// counted with every other unknown address.
fn address(faults: &mut Faults, text: Option<String>) -> ClientAddress {
    let Some(text) = text else { return ClientAddress::Unknown };
    match text.parse::<std::net::IpAddr>() {
        Ok(ip) => ClientAddress::from_ip(ip),
        Err(_) => {
            faults.add("ip", "not_an_address", "must be one IPv4 or IPv6 address, without port or range");
            ClientAddress::Unknown
        }
    }
}

fn customer(faults: &mut Faults, body: CustomerBody) -> Customer {
    Customer {
        external_id: faults.text("customer.external_id", body.external_id, 200),
        email: body.email.and_then(|text| faults.read("customer.email", "not_an_email", text.parse::<Email>())),
        guest: body.guest,
    }
}

fn card(faults: &mut Faults, body: CardBody) -> Option<Card> {
    let month = body.exp_month.and_then(|n| u8::try_from(n).ok().filter(|n| (1..=12).contains(n)));
    if body.exp_month.is_some() && month.is_none() {
        faults.add("card.exp_month", "out_of_range", "must be 1 to 12");
    }
    let year = body.exp_year.and_then(|n| u16::try_from(n).ok().filter(|n| (2000..=2099).contains(n)));
    if body.exp_year.is_some() && year.is_none() {
        faults.add("card.exp_year", "out_of_range", "must be a year of four digits, 2000 to 2099");
    }
    let card = Card {
        token: faults.text("card.token", body.token, 200),
        fingerprint: faults.text("card.fingerprint", body.fingerprint, 200),
        bin: faults.digits("card.bin", body.bin, &[6, 8], "must be the first 6 or 8 digits"),
        last4: faults.digits("card.last4", body.last4, &[4], "must be the last 4 digits"),
        brand: faults.text("card.brand", body.brand, 40).map(|text| one_spelling(&text)),
        exp_month: month,
        exp_year: year,
        holder: faults.text("card.holder", body.holder, 200),
        country: faults.country("card.country", body.country),
        cvc_check: faults.word("card.cvc_check", body.cvc_check, &CVC),
        avs_check: faults.word("card.avs_check", body.avs_check, &AVS),
    };
    (card != Card::default()).then_some(card)
}

fn postal(faults: &mut Faults, whose: &str, body: AddressBody) -> PostalAddress {
    let at = |field: &str| format!("{whose}.{field}");
    PostalAddress {
        first_name: faults.text(at("first_name"), body.first_name, 100),
        last_name: faults.text(at("last_name"), body.last_name, 100),
        address: faults.text(at("address"), body.address, 250),
        city: faults.text(at("city"), body.city, 100),
        postal_code: faults.text(at("postal_code"), body.postal_code, 20),
        state: faults.text(at("state"), body.state, 100),
        country: faults.country(at("country"), body.country),
    }
}

fn captcha(faults: &mut Faults, body: Option<CaptchaBody>) {
    let Some(body) = body else { return };
    faults.word("captcha.provider", Some(body.provider), &["built_in", "recaptcha_v3", "recaptcha_enterprise"]);
    faults.text("captcha.token", body.token.clone(), 8_000);
    if body.score.is_some_and(|score| !(0.0..=1.0).contains(&score)) {
        faults.add("captcha.score", "out_of_range", "must be 0.0 to 1.0");
    }
    if body.token.is_some() == body.score.is_some() {
        faults.add("captcha", "one_of", "holds a token or a score, one of the two");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::body::parse;
    use serde_json::{Value, json};
    use uuid::Uuid;

    fn payment() -> Value {
        json!({
            "kind": "payment", "service": ServiceId(Uuid::nil()).to_string(), "amount": 4_900, "currency": "GBP", "ip": "203.0.113.7",
            "customer": { "email": "ann@example.com" }, "card": { "brand": "Visa", "last4": "4242", "exp_month": 8, "exp_year": 2028 },
        })
    }

    fn with(path: &str, value: Value) -> Value {
        let mut body = payment();
        let mut at = &mut body;
        for step in path.split('.') {
            at = &mut at[step];
        }
        *at = value;
        body
    }

    fn read(body: &Value) -> Result<AttemptRequest> {
        parse::<DecisionRequest>(body.to_string().as_bytes())?.read(SiteId(Uuid::nil()))
    }

    #[test]
    fn a_payment_becomes_an_attempt() {
        let attempt = read(&payment()).unwrap();
        assert_eq!(attempt.money, Some(Money::new(4_900, "GBP".parse().unwrap())));
        assert_eq!(attempt.ip, ClientAddress::parse("203.0.113.7"));
        assert_eq!(attempt.card.and_then(|c| c.brand).as_deref(), Some("visa"));
    }

    #[test]
    fn each_fault_is_told_with_its_field() {
        for (path, value, field, code) in [
            ("kind", json!("refund"), "kind", "unknown_value"),
            ("service", json!("site_1"), "service", "not_an_id"),
            ("service", json!(null), "service", "missing"),
            ("amount", json!(-1), "amount", "negative"),
            ("amount", json!(LARGEST_AMOUNT + 2), "amount", "too_large"),
            ("amount", json!(1_000_000_000_001_i64), "amount", "too_large"),
            ("amount", json!(9_223_372_036_854_775_808_u64), "amount", "out_of_range"),
            ("amount", json!("4900"), "amount", "wrong_type"),
            ("amount", json!(49.5), "amount", "wrong_type"),
            ("currency", json!("gbp"), "currency", "not_a_currency"),
            ("currency", json!("XXX"), "currency", "not_a_currency"),
            ("ip", json!("203.0.113.999"), "ip", "not_an_address"),
            ("ip", json!("203.0.113.0/24"), "ip", "not_an_address"),
            ("ip", json!("203.0.113.7:80"), "ip", "not_an_address"),
            ("ip", json!(""), "ip", "not_an_address"),
            ("customer.email", json!("ann"), "customer.email", "not_an_email"),
            ("customer.external_id", json!("a\u{0}b"), "customer.external_id", "control_character"),
            ("customer.external_id", json!("  "), "customer.external_id", "empty"),
            ("customer.role", json!("owner"), "customer.role", "unknown_field"),
            ("card.bin", json!("4242"), "card.bin", "wrong_digits"),
            ("card.bin", json!("４２４２４２"), "card.bin", "wrong_digits"),
            ("card.last4", json!("42425"), "card.last4", "wrong_digits"),
            ("card.exp_month", json!(13), "card.exp_month", "out_of_range"),
            ("card.exp_year", json!(28), "card.exp_year", "out_of_range"),
            ("card.country", json!("GBR"), "card.country", "not_a_country"),
            ("card.cvc_check", json!("maybe"), "card.cvc_check", "unknown_value"),
            ("card.number", json!("x"), "card.number", "unknown_field"),
            ("billing", json!({ "city": "x".repeat(101) }), "billing.city", "too_long"),
            ("headers", json!({ "a b": "c" }), "headers", "not_a_header"),
            ("captcha", json!({ "provider": "built_in" }), "captcha", "one_of"),
            ("captcha", json!({ "provider": "built_in", "score": 1.5 }), "captcha.score", "out_of_range"),
        ] {
            let error = read(&with(path, value)).unwrap_err();
            let fault = error.fields.first().unwrap();
            assert_eq!((fault.field.as_str(), fault.code), (field, code), "{path}: {}", fault.message);
        }
    }

    #[test]
    fn all_faults_come_at_once() {
        let error = read(&json!({ "kind": "payment" })).unwrap_err();
        let fields: Vec<_> = error.fields.iter().map(|f| f.field.as_str()).collect();
        assert_eq!(fields, ["service", "amount", "currency", "ip", "card"]);
        assert!(
            read(&json!({ "kind": "login", "customer": { "external_id": "c_1" } })).is_ok(),
            "a login needs no money"
        );
        assert!(read(&json!({ "kind": "login", "amount": 5 })).is_err(), "an amount without a currency says nothing");
    }

    #[test]
    fn what_a_browser_sends_is_cut_and_never_refused() {
        let mut body = with("user_agent", json!("x\u{0}\r\n".repeat(1_000)));
        body["headers"] =
            json!({ "Via": "1.1 a", "via": "1.1 b", "Cookie": "session=secret", "X-Long": "y".repeat(5_000) });
        let attempt = read(&body).unwrap();
        let agent = attempt.user_agent.unwrap();
        assert_eq!(agent.chars().count(), KEPT_AGENT);
        assert!(!agent.chars().any(char::is_control));
        assert_eq!(attempt.headers["via"], "1.1 a, 1.1 b");
        assert_eq!(attempt.headers["x-long"].len(), headers::KEPT);
        assert!(!attempt.headers.contains_key("cookie"));
    }
}
