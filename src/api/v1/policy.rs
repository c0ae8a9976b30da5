//! `GET /v1/policy`: the security settings in force.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::KeyPermit;
use crate::api::v1::reply;
use crate::decision::policy::{KeyLimits, Policy};
use crate::decision::service::policy::current;
use crate::decision::verdict::Mode;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::platform::state::App;

/// The settings in force, list entries excepted.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyAnswer {
    /// Every decision names the version that decided; 0 stands for the defaults of a site that never saved any.
    version: i32,
    /// When it was saved.
    #[schema(value_type = String, format = DateTime)]
    saved_at: Timestamp,
    /// What changed, in a sentence.
    note: String,
    /// The settings.
    policy: PolicyDocument,
}

/// All of a site's security settings as one document.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyDocument {
    /// Block all requests: every attempt of the site's customers is rejected. Whether `panic_mode` is `enforce`.
    panic: bool,
    /// `off`, `shadow` (decisions say that they would have been rejected) or `enforce`.
    #[schema(example = "off")]
    panic_mode: &'static str,
    /// Limits on what one e-mail address, one network or one card may do in any 24 hours.
    velocity: VelocityDocument,
    /// Whether `ann+shop@…` counts as `ann@…`, and dots in Gmail names mean nothing.
    fold_email_tags: bool,
}

/// The velocity filters.
#[derive(Debug, Serialize, ToSchema)]
pub struct VelocityDocument {
    /// `off`, `shadow` or `enforce`.
    #[schema(example = "enforce")]
    mode: &'static str,
    /// By e-mail address.
    email: LimitsDocument,
    /// By network: /32 for IPv4, /64 for IPv6.
    ip: LimitsDocument,
    /// By card.
    card: LimitsDocument,
}

/// Limits under one kind of key. Null is no limit; zero lets none through.
#[derive(Debug, Serialize, ToSchema)]
pub struct LimitsDocument {
    /// Payments attempted.
    #[schema(example = 3)]
    payments: Option<u32>,
    /// Minor units approved or pending, by currency.
    amounts: BTreeMap<&'static str, i64>,
    /// Declines by the gateway.
    declines: Option<u32>,
}

impl From<&Policy> for PolicyDocument {
    fn from(policy: &Policy) -> Self {
        let Policy { panic, velocity, fold_email_tags } = policy;
        Self {
            panic: *panic == Mode::Enforce,
            panic_mode: panic.as_str(),
            velocity: VelocityDocument {
                mode: velocity.mode.as_str(),
                email: (&velocity.email).into(),
                ip: (&velocity.ip).into(),
                card: (&velocity.card).into(),
            },
            fold_email_tags: *fold_email_tags,
        }
    }
}

impl From<&KeyLimits> for LimitsDocument {
    fn from(limits: &KeyLimits) -> Self {
        let KeyLimits { payments, amounts, declines } = limits;
        let amounts = amounts.iter().map(|(currency, minor)| (currency.code(), *minor)).collect();
        Self { payments: *payments, amounts, declines: *declines }
    }
}

/// Read the settings in force
///
/// At most a second behind a change.
#[utoipa::path(
    get, path = "/v1/policy", tag = "Policy", operation_id = "read_policy",
    responses((status = 200, description = "The settings.", body = PolicyAnswer)),
)]
pub async fn read(State(app): State<App>, permit: KeyPermit) -> Result<Response> {
    let now = current(&app, permit.site_id()).await?;
    reply::ok(&PolicyAnswer {
        version: now.version,
        saved_at: now.created_at,
        note: now.note.clone(),
        policy: (&now.policy).into(),
    })
}
