//! Reads the body of a `/v1` request strictly: JSON and nothing else, no field twice, none unknown, no card number.

use std::fmt::Write as _;

use axum::extract::{FromRequest, Request};
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, Limited};
use serde::de::DeserializeOwned;

use crate::api::idempotency::Idempotency;
use crate::api::inspect::{self, DEPTH, Flaw};
use crate::api::permit::{KeyPermit, card_number_refused};
use crate::error::{Error, FieldError, Kind, Result};
use crate::kernel::secret::sha256;
use crate::platform::http::edge::BODY_LIMIT;
use crate::platform::state::App;

/// A body read into its type, with the caller's Idempotency-Key, if there was one.
pub struct Body<T> {
    /// What was sent.
    pub value: T,
    /// Under which key its answer is kept.
    pub idempotency: Option<Idempotency>,
}

/// A request that has no body (DELETE), with the caller's Idempotency-Key.
pub struct NoBody {
    /// Under which key its answer is kept.
    pub idempotency: Option<Idempotency>,
}

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Error;
    async fn from_request(request: Request, _: &App) -> Result<Self> {
        json_only(request.headers())?;
        let (idempotency, bytes) = read(request).await?;
        Ok(Self { value: parse(&bytes)?, idempotency })
    }
}

impl FromRequest<App> for NoBody {
    type Rejection = Error;
    async fn from_request(request: Request, _: &App) -> Result<Self> {
        let (idempotency, bytes) = read(request).await?;
        if !bytes.is_empty() {
            return Err(Error::new(Kind::Malformed, "This request takes no body."));
        }
        Ok(Self { idempotency })
    }
}

fn json_only(headers: &HeaderMap) -> Result<()> {
    let mut lines = headers.get_all(header::CONTENT_TYPE).iter();
    let kind = match (lines.next(), lines.next()) {
        (Some(line), None) => line.to_str().unwrap_or_default().to_ascii_lowercase(),
        _ => String::new(),
    };
    let (kind, parameters) = kind.split_once(';').unwrap_or((&kind, ""));
    let utf8 = parameters.is_empty() || matches!(parameters.trim(), "charset=utf-8" | "charset=\"utf-8\"");
    if kind.trim() == "application/json" && utf8 {
        return Ok(());
    }
    Err(Error::new(Kind::UnsupportedMediaType, "Send the body as UTF-8 JSON with Content-Type: application/json."))
}

async fn read(request: Request) -> Result<(Option<Idempotency>, Vec<u8>)> {
    let (parts, body) = request.into_parts();
    let too_large = || Error::new(Kind::TooLarge, "The body is larger than 64 KiB.");
    let stated =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<usize>().ok());
    if stated.is_some_and(|length| length > BODY_LIMIT) {
        return Err(too_large());
    }
    let bytes = Limited::new(body, BODY_LIMIT).collect().await.map_err(|error| {
        if error.is::<http_body_util::LengthLimitError>() {
            too_large()
        } else {
            Error::new(Kind::Malformed, "The body broke off.")
        }
    })?;
    let bytes = bytes.to_bytes().to_vec();
    let permit = parts.extensions.get::<KeyPermit>();
    let idempotency = match permit {
        Some(permit) => Idempotency::of(&parts, permit.key(), sha256(&bytes))?,
        None => None,
    };
    Ok((idempotency, bytes))
}

/// Reads a body into its type, or says what is wrong with it and where.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let text = std::str::from_utf8(bytes).map_err(|_| Error::new(Kind::Malformed, "The body is not UTF-8."))?;
    inspect::look_over(text).map_err(|flaw| match flaw {
        Flaw::NotJson(place) => {
            Error::new(Kind::Malformed, format!("The body is not JSON; reading stopped at {place}."))
        }
        Flaw::TooDeep => Error::new(Kind::Malformed, format!("The body is nested more than {DEPTH} levels deep.")),
        Flaw::Duplicate(path) => Error::field(short(&path), "duplicate_field", "stands twice; which one would count?"),
        Flaw::CardNumber(path) => card_number_refused(&short(&path)),
    })?;
    let mut parser = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut parser).map_err(|error| {
        let path = error.path().to_string();
        Error::invalid(vec![explain(if path == "." { "" } else { &path }, &error.into_inner().to_string())])
    })
}

/// Field names come from the caller and may be of any length.
fn short(path: &str) -> String {
    path.chars().take(120).collect()
}

/// Turns serde's words into ours. Values are never repeated: they may be anything.
fn explain(path: &str, words: &str) -> FieldError {
    let words = words.rsplit_once(" at line ").map_or(words, |(before, _)| before);
    let inside = |name: &str| {
        let mut full = path.to_owned();
        if full != name && !full.ends_with(&format!(".{name}")) {
            let _ = write!(full, "{}{name}", if full.is_empty() { "" } else { "." });
        }
        short(&full)
    };
    let quoted = |text: &str| text.split('`').nth(1).unwrap_or_default().to_owned();
    if words.starts_with("missing field ") {
        return FieldError::new(inside(&quoted(words)), "missing", "is required");
    }
    if words.starts_with("unknown field ") {
        let known = words.split_once(", ").map_or("", |(_, known)| known).replace('`', "");
        let message = if known.starts_with("expected") {
            format!("is not a field of this request; {known}")
        } else {
            "is not a field of this request".into()
        };
        return FieldError::new(inside(&quoted(words)), "unknown_field", message);
    }
    let field = if path.is_empty() { "body".to_owned() } else { short(path) };
    if words.starts_with("unknown variant ") {
        let known = words.rsplit_once("expected ").map_or("", |(_, known)| known).replace('`', "");
        return FieldError::new(field, "unknown_value", format!("must be {known}"));
    }
    if words.starts_with("invalid ") {
        let wanted = words.rsplit_once("expected ").map_or("something else", |(_, wanted)| wanted);
        if plainly(wanted) == "a whole number" && is_huge(&quoted(words)) {
            return FieldError::new(field, "out_of_range", "is a larger number than is read here");
        }
        return FieldError::new(field, "wrong_type", format!("must be {}", plainly(wanted)));
    }
    // Written by a type of ours, which does not repeat what it refuses.
    FieldError::new(field, "invalid", words.to_owned())
}

/// Whether a number is beyond what integers hold, as serde writes the ones it refuses.
fn is_huge(number: &str) -> bool {
    number.parse::<f64>().is_ok_and(|number| number.abs() >= 9.2e18)
}

/// What a Rust type is called in JSON.
fn plainly(wanted: &str) -> String {
    match wanted {
        "i64" | "i32" | "u64" | "u32" | "u16" | "u8" => "a whole number".into(),
        "f64" | "f32" => "a number".into(),
        "a string" | "a borrowed string" | "string" | "str" => "a string".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "an array".into(),
        "a map" => "an object".into(),
        other if other.starts_with("struct ") => "an object".into(),
        other => other.replace('`', ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its shape matters")]
    struct Outer {
        amount: i64,
        inner: Option<Inner>,
        tags: Option<Vec<String>>,
        headers: Option<BTreeMap<String, String>>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its shape matters")]
    struct Inner {
        email: String,
    }

    fn refusal(text: &str) -> (Kind, String, &'static str, String) {
        let error = parse::<Outer>(text.as_bytes()).unwrap_err();
        let field = error.fields.first().cloned().unwrap_or(FieldError::new("", "", ""));
        (error.kind, field.field, field.code, field.message)
    }

    #[test]
    fn each_fault_is_named_with_its_place() {
        for (text, field, code, message) in [
            ("{}", "amount", "missing", "is required"),
            ("{\"amount\":1,\"inner\":{}}", "inner.email", "missing", "is required"),
            (
                "{\"amount\":1,\"inner\":{\"email\":\"a\",\"role\":1}}",
                "inner.role",
                "unknown_field",
                "is not a field of this request; expected email",
            ),
            (
                "{\"amount\":1,\"site_id\":1}",
                "site_id",
                "unknown_field",
                "is not a field of this request; expected one of amount, inner, tags, headers",
            ),
            ("{\"amount\":\"1\"}", "amount", "wrong_type", "must be a whole number"),
            ("{\"amount\":1.5}", "amount", "wrong_type", "must be a whole number"),
            ("{\"amount\":99999999999999999999}", "amount", "out_of_range", "is a larger number than is read here"),
            ("{\"amount\":9223372036854775808}", "amount", "out_of_range", "is a larger number than is read here"),
            ("{\"amount\":null}", "amount", "wrong_type", "must be a whole number"),
            ("{\"amount\":1,\"inner\":[]}", "inner", "wrong_type", ""),
            ("{\"amount\":1,\"tags\":[\"a\",2]}", "tags[1]", "wrong_type", "must be a string"),
            ("{\"amount\":1,\"headers\":{\"Via\":1}}", "headers.Via", "wrong_type", "must be a string"),
            ("{\"amount\":1,\"amount\":1}", "amount", "duplicate_field", "stands twice; which one would count?"),
            ("[]", "body", "wrong_type", ""),
            ("\"secret value\"", "body", "wrong_type", "must be an object"),
        ] {
            let (kind, at, what, why) = refusal(text);
            assert_eq!((kind, at.as_str(), what), (Kind::Invalid, field, code), "{text}: {why}");
            assert!(message.is_empty() || why == message, "{text}: {why}");
            assert!(!why.contains("secret"), "a value is never repeated");
        }
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for text in [&b"{"[..], b"", b"amount=1", b"\xff\xfe{}", b"{\"amount\":1}\0"] {
            assert_eq!(parse::<Outer>(text).unwrap_err().kind, Kind::Malformed);
        }
    }

    #[test]
    fn a_card_number_is_refused_and_never_repeated() {
        let error = parse::<Outer>(b"{\"amount\":1,\"inner\":{\"email\":\"4111 1111 1111 1111\"}}").unwrap_err();
        assert_eq!(
            (error.kind, error.code, error.fields[0].field.as_str()),
            (Kind::Invalid, "card_number_refused", "inner.email")
        );
        assert!(!format!("{error:?}").contains("4111"));
    }
}
