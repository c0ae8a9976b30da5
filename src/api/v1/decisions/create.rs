//! `POST /v1/decisions`: decide an attempt without taking the money.

use axum::extract::State;
use axum::response::Response;

use crate::api::KeyPermit;
use crate::api::body::Body;
use crate::api::v1::decisions::answer::DecisionAnswer;
use crate::api::v1::decisions::body::DecisionRequest;
use crate::api::v1::reply;
use crate::decision::service::decide;
use crate::error::Result;
use crate::platform::state::App;

/// Decide an attempt
///
/// Your site has its own gateway: ask before you charge. The answer is HTTP 200 whatever the outcome; 4xx means that
/// the request could not be decided. Charge on `approve`, do more first (3DS, a code) on `challenge`, do not charge on
/// `reject`. Then tell what became of it.
#[utoipa::path(
    post, path = "/v1/decisions", tag = "Decisions", operation_id = "create_decision",
    request_body(content = DecisionRequest, example = json!({
        "kind": "payment", "service": "svc_01k7q00000000000000000000a", "amount": 4900, "currency": "GBP",
        "customer": { "external_id": "c_20931", "email": "ann@example.com", "guest": false },
        "ip": "203.0.113.7", "user_agent": "Mozilla/5.0",
        "card": { "brand": "visa", "bin": "424242", "last4": "4242", "exp_month": 8, "exp_year": 2028, "country": "GB" },
        "billing": { "first_name": "Ann", "last_name": "Lee", "city": "Bristol", "postal_code": "BS1 4DJ", "country": "GB" }
    })),
    responses((status = 200, description = "Decided.", body = DecisionAnswer)),
)]
pub async fn create(State(app): State<App>, permit: KeyPermit, body: Body<DecisionRequest>) -> Result<Response> {
    let attempt = body.value.read(permit.site_id())?;
    match body.idempotency {
        None => {
            let decision = decide::decide(&app, attempt).await?;
            reply::ok(&DecisionAnswer::from(&decision))
        }
        Some(once) => {
            decide::decide_once(&app, attempt, once, |decision| reply::stored(200, &DecisionAnswer::from(decision)))
                .await
                .map(reply::of)
        }
    }
}
