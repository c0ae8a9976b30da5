//! `POST /sign-out`.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderName, HeaderValue};

use crate::access::forms::request::redirect;
use crate::access::service::sign_out::sign_out;
use crate::access::{Visitor, session};
use crate::error::Result;
use crate::platform::state::App;
use crate::ui::feedback::Done;

/// Ends the session. The browser forgets what it kept; cookies stay, since one of them is the known device.
pub async fn submit(State(app): State<App>, visitor: Visitor) -> Result<Response> {
    sign_out(&app, &visitor).await?;
    let mut response = redirect(&Done::SignedOut.at("/sign-in"), [session::clear_cookie()]);
    response
        .headers_mut()
        .insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static(r#""cache", "storage""#));
    Ok(response)
}
