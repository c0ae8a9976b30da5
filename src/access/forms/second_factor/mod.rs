//! `/me/second-factor/…`: the person's devices for the second step, and setting one up.

pub mod devices;
pub mod mailed;
pub mod set_up;

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};

use crate::access::factor::FactorKind;
use crate::access::forms::refusals::{moment, seconds};
use crate::access::forms::request::redirect;
use crate::access::service::codes::{Checked, Sent};
use crate::access::service::enrol::{First, what_first};
use crate::access::{Visitor, next};
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::platform::state::App;
use crate::ui::text::Clockface;

/// Where the devices are listed.
pub const DEVICES: &str = "/me/second-factor";

/// Where recovery codes are made anew.
pub const CODES: &str = "/me/second-factor/recovery-codes";

/// Where the mailed code is typed.
pub const MAILED: &str = "/me/second-factor/mail";

/// Where a kind is chosen.
pub const CHOOSE: &str = "/me/second-factor/set-up";

/// Sends the visitor to what must come before setting this `kind` up, and back `to` here afterwards. `None`: the way is
/// free.
pub async fn first_elsewhere(
    app: &App,
    visitor: &Visitor,
    kind: Option<FactorKind>,
    to: &str,
) -> Result<Option<Response>> {
    Ok(match what_first(app, visitor, kind).await? {
        Some(First::StepUp) => Some(confirm_first(to)),
        Some(First::Mail) => Some(redirect(&format!("{MAILED}?next={}", escaped(to)), [])),
        None => None,
    })
}

/// To the step-up, and back.
fn confirm_first(to: &str) -> Response {
    redirect(&format!("/me/confirm?next={}", escaped(to)), [])
}

fn escaped(path: &str) -> String {
    let path = next::own_path(path).unwrap_or_else(|| DEVICES.to_owned());
    url::form_urlencoded::byte_serialize(path.as_bytes()).collect()
}

/// What is wrong with a typed code, and what to do about it. Empty for a right one.
fn words_of(checked: &Checked, clock: Clockface) -> String {
    match checked {
        Checked::Right { .. } => String::new(),
        Checked::Malformed => "Write the six digits of the code, nothing else.".into(),
        Checked::Wrong { left: 0 } => "That code is not right, and it was the last try for it. Use the next one.".into(),
        Checked::Wrong { left: 1 } => "That code is not right. One more try for it.".into(),
        Checked::Wrong { left } => format!("That code is not right. {left} more tries for it."),
        Checked::Expired => {
            "That code does not work any more: it was used, replaced, tried too often or is older than five minutes. Send another.".into()
        }
        Checked::Closed { until } => format!(
            "Too many wrong codes were typed. The next can be tried at {}.",
            moment(*until, clock)
        ),
    }
}

/// No code goes out while too many wrong ones close them.
fn closed_words(until: Timestamp, clock: Clockface) -> String {
    format!("Too many wrong codes were typed. Codes are sent again at {}.", moment(until, clock))
}

/// Why no code went out; `None` if one did.
fn words_of_sending(sent: &Sent, clock: Clockface) -> Option<String> {
    match sent {
        Sent::Sent { .. } => None,
        Sent::Wait { until } => Some(format!("The next code can be sent at {}.", moment(*until, clock))),
        Sent::Closed { until } => Some(closed_words(*until, clock)),
        Sent::Refused(words) => Some(words.clone()),
    }
}

/// 429 with `Retry-After` where it is only a matter of time, 422 where something has to be mended.
fn status_of_sending(sent: &Sent, mut response: Response, now: Timestamp) -> Response {
    let (Sent::Wait { until } | Sent::Closed { until }) = sent else {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return response;
    };
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds(*until, now)));
    response
}
