//! Writes answers of `/v1`.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::api::idempotency::Stored;
use crate::error::{Error, Result};

/// 200 with a JSON body.
pub fn ok<T: Serialize>(answer: &T) -> Result<Response> {
    stored(200, answer).map(of)
}

/// The answer as text, to be stored and sent.
pub fn stored<T: Serialize>(status: u16, answer: &T) -> Result<Stored> {
    let body = serde_json::to_string(answer).map_err(Error::internal)?;
    Ok(Stored { status, body })
}

/// 204, to be stored and sent.
pub fn nothing() -> Stored {
    Stored { status: 204, body: String::new() }
}

/// Sends an answer, now or again.
pub fn of(answer: Stored) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    if answer.body.is_empty() {
        return status.into_response();
    }
    let mut response = (status, Body::from(answer.body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
