//! No zero byte in an address: no name, id or value of ours has one, and the database keeps none in a text.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::error::{Error, Kind};

/// The layer.
pub async fn refuse(request: Request, next: Next) -> Response {
    // As it is written, a zero byte is always this: the digits of an escape cannot begin another.
    if request.uri().path_and_query().is_some_and(|asked| asked.as_str().contains("%00")) {
        return Error::new(Kind::Malformed, "The address holds a zero byte (%00). Take it out.").into_response();
    }
    next.run(request).await
}
