//! `POST /v1/decisions/{id}/outcome`: tell what became of an attempt.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::KeyPermit;
use crate::api::body::Body;
use crate::api::fields::Faults;
use crate::api::once::{self, Start};
use crate::api::v1::decisions::answer::Reason;
use crate::api::v1::reply;
use crate::decision::service::outcome::{self, Told};
use crate::error::{Error, Result};
use crate::kernel::id::DecisionId;
use crate::platform::state::App;

/// What became of an attempt. Checks are `pass`, `fail`, `partial`, `unavailable` or `unchecked`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeRequest {
    /// `approved` (the money was taken), `declined` (by the gateway) or `abandoned`.
    #[schema(example = "declined")]
    outcome: String,
    /// The gateway's code, up to 100 characters.
    #[schema(example = "insufficient_funds")]
    code: Option<String>,
    /// The gateway's words, up to 500 characters.
    message: Option<String>,
    /// Its check of the card's code.
    cvc_check: Option<String>,
    /// Its check of the address.
    avs_check: Option<String>,
    /// Its check of the e-mail address.
    email_check: Option<String>,
    /// `authenticated`, `attempted`, `failed`, `unavailable` or `not_used`.
    three_ds: Option<String>,
}

/// What to do now.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomeAnswer {
    /// The outcome that stands.
    #[schema(example = "declined")]
    outcome: &'static str,
    /// `none`, or `void`: give the money back before it is settled.
    #[schema(example = "none")]
    action: &'static str,
    /// What the checks after the gateway said.
    findings: Vec<Reason>,
    /// Told after the decision had expired; recorded and counted all the same.
    late: bool,
}

const CHECKS: [&str; 5] = ["pass", "fail", "partial", "unavailable", "unchecked"];
const THREE_DS: [&str; 5] = ["authenticated", "attempted", "failed", "unavailable", "not_used"];

impl OutcomeRequest {
    fn read(self) -> Result<Told> {
        let mut faults = Faults::default();
        let outcome = faults.read("outcome", "unknown_value", self.outcome.parse());
        let code = faults.text("code", self.code, 100);
        let message = faults.text("message", self.message, 500);
        let cvc_check = faults.word("cvc_check", self.cvc_check, &CHECKS);
        let avs_check = faults.word("avs_check", self.avs_check, &CHECKS);
        let email_check = faults.word("email_check", self.email_check, &CHECKS);
        let three_ds = faults.word("three_ds", self.three_ds, &THREE_DS);
        faults.settle_with(outcome.map(|outcome| Told {
            outcome,
            code,
            message,
            cvc_check,
            avs_check,
            email_check,
            three_ds,
        }))
    }
}

/// Tell what became of an attempt
///
/// The first final outcome stands: the same again changes nothing, another is 409. A decline or abandonment frees the
/// amount that the decision held.
#[utoipa::path(
    post, path = "/v1/decisions/{id}/outcome", tag = "Decisions", operation_id = "tell_outcome",
    params(("id" = String, Path, description = "Begins with dec_.")),
    request_body(content = OutcomeRequest, example = json!({ "outcome": "declined", "code": "insufficient_funds", "cvc_check": "pass" })),
    responses((status = 200, description = "Recorded.", body = OutcomeAnswer)),
)]
pub async fn outcome(
    State(app): State<App>,
    permit: KeyPermit,
    Path(id): Path<String>,
    body: Body<OutcomeRequest>,
) -> Result<Response> {
    let id: DecisionId = id.parse().map_err(|_| Error::not_found())?;
    let told = body.value.read()?;
    let mut work = match once::start(&app, &permit, body.idempotency).await? {
        Start::Fresh(work) => work,
        Start::Again(answer) => return Ok(answer),
    };
    let told = outcome::report_in(&app, &mut work.tx, permit.site_id(), id, &told).await?;
    let answer = OutcomeAnswer {
        outcome: told.outcome.as_str(),
        action: told.action.as_str(),
        findings: told.findings.iter().map(Reason::from).collect(),
        late: told.late,
    };
    work.finish(reply::stored(200, &answer)?).await
}
