//! The one error that crosses the wire. A rule's "no" is never one of these: it is a value with its own type.
//!
//! A handler returns it with `?`; the edge ([`crate::platform::http`]) logs its cause once and writes it as a page of the
//! console or, below `/v1`, as RFC 9457 `application/problem+json`.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;

/// What went wrong: a closed set, each with one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 400: the request cannot be read.
    Malformed,
    /// 401: nobody is signed in, or the key is not valid.
    Unauthenticated,
    /// 403: signed in, but not allowed to do this.
    Forbidden,
    /// 403: the strongest proof is older than ten minutes.
    StepUpRequired,
    /// 403: a page of another site sent this with the reader's cookie.
    CrossSite,
    /// 404: nothing here, or nothing this caller may know of.
    NotFound,
    /// 405: the path exists, the method does not.
    MethodNotAllowed,
    /// 409: somebody else changed it meanwhile, or it is in flight.
    Conflict,
    /// 413: the body is larger than this endpoint reads.
    TooLarge,
    /// 415: the body is not in the form this endpoint reads.
    UnsupportedMediaType,
    /// 421: the Host is not ours.
    WrongHost,
    /// 422: readable, but a field is not acceptable.
    Invalid,
    /// 429: too many; `retry_after` says when.
    TooMany,
    /// 503: busy or a dependency is down; `retry_after` says when.
    Unavailable,
    /// 500: ours to mend.
    Internal,
}

impl Kind {
    /// Its HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::StepUpRequired | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Its stable code, unless the error names a finer one.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::StepUpRequired => "step_up_required",
            Self::CrossSite => "cross_site",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Conflict => "conflict",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::WrongHost => "wrong_host",
            Self::Invalid => "invalid",
            Self::TooMany => "too_many_requests",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// A short title for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Malformed => "The request cannot be read",
            Self::Unauthenticated => "Sign in first",
            Self::Forbidden => "Your role does not allow this",
            Self::StepUpRequired => "Confirm that it is you",
            Self::CrossSite => "Sent from another site",
            Self::NotFound => "Nothing here",
            Self::MethodNotAllowed => "That cannot be done here",
            Self::Conflict => "It has changed meanwhile",
            Self::TooLarge => "Too large",
            Self::UnsupportedMediaType => "Not in a form we read",
            Self::WrongHost => "Not our address",
            Self::Invalid => "Something needs mending",
            Self::TooMany => "Too many requests",
            Self::Unavailable => "Busy",
            Self::Internal => "Something went wrong on our side",
        }
    }
}

/// What is wrong with one field and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field's name, as the caller wrote it (`card.bin`, `limit`).
    pub field: String,
    /// Stable, for programs.
    pub code: &'static str,
    /// For people.
    pub message: String,
}

impl FieldError {
    /// An error of one field.
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.into(), code, message: message.into() }
    }
}

/// See the module.
#[derive(Debug)]
pub struct Error {
    /// What went wrong.
    pub kind: Kind,
    /// Stable, for programs; the kind's own unless finer.
    pub code: &'static str,
    /// One sentence for people, safe to show.
    pub detail: String,
    /// Per field, where fields are at fault.
    pub fields: Vec<FieldError>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u32>,
    /// The number that has to be named before it is done.
    pub confirm: Option<u64>,
    /// The cause: logged once at the edge, never shown.
    pub source: Option<anyhow::Error>,
}

/// What handlers and services return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with a sentence for people.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let (code, detail, fields) = (kind.code(), detail.into(), Vec::new());
        Self { kind, code, detail, fields, retry_after: None, confirm: None, source: None }
    }

    /// The same with a finer code.
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// The same with a time to wait, in seconds.
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The same with the number that has to be named before it is done.
    pub fn confirm(mut self, number: u64) -> Self {
        self.confirm = Some(number);
        self
    }

    /// The same with its cause.
    pub fn caused_by(mut self, source: impl Into<anyhow::Error>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same for another who waited for the same thing.
    pub fn shared(&self) -> Self {
        let source = self.source.as_ref().map(|source| anyhow::anyhow!("{source:#}"));
        Self { detail: self.detail.clone(), fields: self.fields.clone(), source, ..*self }
    }

    /// Fields that are not acceptable.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let detail = fields.iter().map(|f| format!("{}: {}", f.field, f.message)).collect::<Vec<_>>().join("; ");
        Self { fields, ..Self::new(Kind::Invalid, detail) }
    }

    /// One field that is not acceptable.
    pub fn field(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, code, message)])
    }

    /// Nothing here.
    pub fn not_found() -> Self {
        Self::new(Kind::NotFound, "There is nothing at this address, or you may not see it.")
    }

    /// Ours to mend; the cause goes to the log only.
    pub fn internal(source: impl Into<anyhow::Error>) -> Self {
        Self::new(
            Kind::Internal,
            "The request failed and changed nothing. The log has the cause under this request id.",
        )
        .caused_by(source)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|s| s.as_ref() as _)
    }
}

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        match source {
            // A server that goes away while it is greeted is heard as one that does not speak the protocol.
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_) => {
                Self::new(Kind::Unavailable, "The database does not answer. Try again in a moment.")
                    .retry_after(5)
                    .caused_by(source)
            }
            other if is_away(&other) => {
                Self::new(Kind::Unavailable, "The database is not ready. Try again in a moment.")
                    .retry_after(5)
                    .caused_by(other)
            }
            other if is_zero_byte(&other) => Self::new(Kind::Malformed, "A text holds a zero byte. Take it out."),
            other => Self::internal(other),
        }
    }
}

/// Whether the server itself said that it cannot serve now: it shuts down or starts (57P), breaks a connection off (08), is
/// out of connections, memory or disk (53), has not got our database yet (3D) or is read-only while another takes over.
fn is_away(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default();
    ["57P", "08", "53", "3D"].iter().any(|class| code.starts_with(class)) || code == "25006"
}

/// Whether a text or a JSON value held a zero byte, which the database keeps in none (22021, 22P05). Other texts that it
/// refuses so do not exist here: all are UTF-8.
fn is_zero_byte(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default();
    code == "22021" || code == "22P05"
}

/// The name of the constraint that a statement violated, if it did: uniqueness is stated by the database and read here.
pub fn violated(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error().and_then(|e| e.constraint())
}

/// A parser's words as a sentence for people: `write a number` as `Write a number.`
pub fn sentence(words: &impl std::fmt::Display) -> String {
    let words = words.to_string();
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// The error on its way to the edge, which writes it in the caller's form.
#[derive(Clone)]
pub struct Unwritten(pub std::sync::Arc<Error>);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.extensions_mut().insert(Unwritten(std::sync::Arc::new(self)));
        response
    }
}
