//! Decisions as the API tells them.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use crate::api::v1::decisions::body::{AddressBody, CardBody, CustomerBody};
use crate::decision::attempt::{AttemptRequest, Card, PostalAddress};
use crate::decision::service::decide::Decision;
use crate::decision::service::outcome::{OutcomeAnswer, Told};
use crate::decision::service::search::{Detail, Row};
use crate::decision::verdict::{Check, Finding};
use crate::kernel::clock::Timestamp;

/// The answer to an attempt. It is HTTP 200 whatever the outcome.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DecisionAnswer {
    /// Begins with `dec_`; ids sort by time.
    #[schema(example = "dec_01k7q0000000000000000000")]
    pub id: String,
    /// `approve`, `challenge` or `reject`.
    #[schema(example = "approve")]
    pub outcome: &'static str,
    /// Sum of the points of anti-fraud rules, high is bad; null while the service has none.
    pub risk_score: Option<i32>,
    /// 0.0 (surely a bot) to 1.0 (surely a person); null without risk assessment.
    pub trust_score: Option<f32>,
    /// What each check said, in the published order.
    pub reasons: Vec<Reason>,
    /// The check that settled a challenge or reject.
    pub settled_by: Option<&'static str>,
    /// Whether a check in shadow would have made the outcome stronger.
    pub shadow: bool,
    /// The version of your security settings that decided.
    pub policy_version: i32,
    /// Until when an outcome is expected; until then the amount counts as pending.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// What one check said.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Reason {
    /// Which check.
    #[schema(schema_with = check_names)]
    pub check: &'static str,
    /// `off`, `shadow` (recorded, never acted on) or `enforce`.
    #[schema(example = "enforce")]
    pub mode: &'static str,
    /// `approve`, `challenge`, `reject` or `not_applicable`.
    #[schema(example = "reject")]
    pub outcome: &'static str,
    /// Points of anti-fraud rules; 0 elsewhere.
    pub points: i32,
    /// Why, for programs.
    #[schema(example = "over_limit")]
    pub code: &'static str,
    /// Why, in a sentence with the numbers. Not for shoppers.
    pub detail: String,
}

/// The names of all checks, in the published order.
fn check_names() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("Which check; the names are in the order of a decision."))
        .enum_values(Some(Check::ALL.map(Check::as_str)))
        .examples(["velocity_card_payments"])
        .build()
}

impl From<&Finding> for Reason {
    fn from(finding: &Finding) -> Self {
        Self {
            check: finding.check.as_str(),
            mode: finding.mode.as_str(),
            outcome: finding.outcome.as_str(),
            points: finding.points,
            code: finding.code.as_str(),
            detail: finding.detail.clone(),
        }
    }
}

impl From<&Decision> for DecisionAnswer {
    fn from(decision: &Decision) -> Self {
        Self {
            id: decision.id.to_string(),
            outcome: decision.outcome.as_str(),
            risk_score: decision.risk_score,
            trust_score: decision.trust_score,
            reasons: decision.findings.iter().map(Reason::from).collect(),
            settled_by: decision.settled_by.map(|check| check.as_str()),
            shadow: decision.shadow,
            policy_version: decision.policy_version,
            expires_at: decision.expires_at,
        }
    }
}

/// A decision in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DecisionRow {
    /// Begins with `dec_`.
    pub id: String,
    /// The instant that was decided on.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What was tried.
    pub kind: &'static str,
    /// Our answer.
    pub outcome: &'static str,
    /// The check that settled a challenge or reject.
    pub settled_by: Option<&'static str>,
    /// Whether a check in shadow would have made the outcome stronger.
    pub shadow: bool,
    /// The payment service.
    pub service: Option<String>,
    /// Minor units.
    pub amount: Option<i64>,
    /// ISO 4217.
    pub currency: Option<&'static str>,
    /// The customer's address; null if not given or erased.
    pub email: Option<String>,
    /// The client's address; null if unknown or erased.
    pub ip: Option<String>,
    /// The card's brand.
    pub card_brand: Option<String>,
    /// The card's last 4 digits.
    pub card_last4: Option<String>,
    /// `approved`, `declined` or `abandoned`; null until you tell.
    pub became: Option<&'static str>,
}

impl From<Row> for DecisionRow {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.to_string(),
            at: row.at,
            kind: row.kind.as_str(),
            outcome: row.outcome.as_str(),
            settled_by: row.settled_by.map(|check| check.as_str()),
            shadow: row.shadow,
            service: row.service.map(|id| id.to_string()),
            amount: row.money.map(|m| m.minor),
            currency: row.money.map(|m| m.currency.code()),
            email: row.email,
            ip: row.ip.map(|ip| ip.to_string()),
            card_brand: row.card_brand,
            card_last4: row.card_last4,
            became: row.became.map(|b| b.as_str()),
        }
    }
}

/// A decision with its findings, what was asked and what became of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DecisionDetail {
    /// The answer as it was given.
    #[serde(flatten)]
    pub decision: DecisionAnswer,
    /// The instant that was decided on.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What was asked, as far as it has not been erased.
    pub attempt: AttemptAnswer,
    /// What became of it; null until you tell.
    pub told: Option<ToldAnswer>,
}

/// What was asked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AttemptAnswer {
    /// `payment`, `login`, `registration` or `password_reset`.
    pub kind: &'static str,
    /// The payment service.
    pub service: Option<String>,
    /// Minor units.
    pub amount: Option<i64>,
    /// ISO 4217.
    pub currency: Option<&'static str>,
    /// Who tried.
    pub customer: CustomerBody,
    /// From where; null if unknown or erased.
    pub ip: Option<String>,
    /// The browser's words about itself.
    pub user_agent: Option<String>,
    /// Headers of the client.
    pub headers: BTreeMap<String, String>,
    /// With which card.
    pub card: Option<CardBody>,
    /// Where the bill goes.
    pub billing: Option<AddressBody>,
    /// Where the goods go.
    pub shipping: Option<AddressBody>,
}

/// What became of an attempt, as you told it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ToldAnswer {
    /// `approved`, `declined` or `abandoned`.
    pub outcome: &'static str,
    /// When it was first told.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Told after `expires_at`.
    pub late: bool,
    /// The gateway's code.
    pub code: Option<String>,
    /// The gateway's words.
    pub message: Option<String>,
    /// Its check of the card's code.
    pub cvc_check: Option<String>,
    /// Its check of the address.
    pub avs_check: Option<String>,
    /// Its check of the e-mail address.
    pub email_check: Option<String>,
    /// What became of 3DS.
    pub three_ds: Option<String>,
    /// What you were asked to do: `none` or `void`.
    pub action: &'static str,
    /// What the checks after the gateway said.
    pub findings: Vec<Reason>,
}

impl From<Detail> for DecisionDetail {
    fn from(detail: Detail) -> Self {
        Self {
            decision: (&detail.decision).into(),
            at: detail.decision.at,
            attempt: detail.attempt.into(),
            told: detail.outcome.map(|(told, answer)| told_answer(told, &answer)),
        }
    }
}

fn told_answer(told: Told, answer: &OutcomeAnswer) -> ToldAnswer {
    ToldAnswer {
        outcome: answer.outcome.as_str(),
        at: answer.at,
        late: answer.late,
        code: told.code,
        message: told.message,
        cvc_check: told.cvc_check,
        avs_check: told.avs_check,
        email_check: told.email_check,
        three_ds: told.three_ds,
        action: answer.action.as_str(),
        findings: answer.findings.iter().map(Reason::from).collect(),
    }
}

impl From<AttemptRequest> for AttemptAnswer {
    fn from(attempt: AttemptRequest) -> Self {
        Self {
            kind: attempt.kind.as_str(),
            service: attempt.service.map(|id| id.to_string()),
            amount: attempt.money.map(|m| m.minor),
            currency: attempt.money.map(|m| m.currency.code()),
            customer: CustomerBody {
                external_id: attempt.customer.external_id,
                email: attempt.customer.email.map(String::from),
                guest: attempt.customer.guest,
            },
            ip: attempt.ip.ip().map(|ip| ip.to_string()),
            user_agent: attempt.user_agent,
            headers: attempt.headers,
            card: attempt.card.map(CardBody::from),
            billing: attempt.billing.map(AddressBody::from),
            shipping: attempt.shipping.map(AddressBody::from),
        }
    }
}

impl From<Card> for CardBody {
    fn from(card: Card) -> Self {
        Self {
            token: card.token,
            fingerprint: card.fingerprint,
            bin: card.bin,
            last4: card.last4,
            brand: card.brand,
            exp_month: card.exp_month.map(i64::from),
            exp_year: card.exp_year.map(i64::from),
            holder: card.holder,
            country: card.country,
            cvc_check: card.cvc_check,
            avs_check: card.avs_check,
        }
    }
}

impl From<PostalAddress> for AddressBody {
    fn from(at: PostalAddress) -> Self {
        Self {
            first_name: at.first_name,
            last_name: at.last_name,
            address: at.address,
            city: at.city,
            postal_code: at.postal_code,
            state: at.state,
            country: at.country,
        }
    }
}
