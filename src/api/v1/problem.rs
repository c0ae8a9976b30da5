//! The shape of every error below `/v1`, as it is published and as [`crate::platform::http::edge`] writes it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Error, FieldError, Kind};

/// RFC 9457. Programs read `code` and `errors`; people read `detail`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// The same for the same code.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short title.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// One sentence.
    pub detail: String,
    /// Stable, for programs.
    #[schema(example = "invalid")]
    pub code: String,
    /// Also in the header X-Request-Id. Name it when you ask for help.
    pub request_id: String,
    /// With `confirmation_required`: how many of last week's good payments it would have refused. The same request goes through
    /// with this number as `confirm`, in its body or, without one, in its query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<u64>,
    /// Which fields are not acceptable; absent where none is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<ProblemField>>,
}

/// What is wrong with one field.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemField {
    /// Its path: `card.bin`, `values[2]`.
    #[schema(example = "card.bin")]
    pub field: String,
    /// Stable, for programs.
    #[schema(example = "wrong_digits")]
    pub code: String,
    /// How to mend it.
    pub message: String,
}

impl Problem {
    /// An error as programs read it.
    pub fn of(error: &Error, request_id: &str) -> Self {
        let errors: Vec<ProblemField> = error.fields.iter().map(ProblemField::of).collect();
        Self {
            kind: format!("about:blank#{}", error.code),
            title: title(error).to_owned(),
            status: error.kind.status().as_u16(),
            detail: error.detail.clone(),
            code: error.code.to_owned(),
            request_id: request_id.to_owned(),
            confirm: error.confirm,
            errors: (!errors.is_empty()).then_some(errors),
        }
    }
}

/// What programs are told in place of the titles that people read on pages: it is true for a key, too.
fn title(error: &Error) -> &'static str {
    match (error.kind, error.code) {
        (Kind::Unauthenticated, _) => "Not authenticated",
        (Kind::Forbidden, _) => "Not allowed",
        (Kind::Conflict, "stale") => Kind::Conflict.title(),
        (Kind::Conflict, "name_taken") => "The name is taken",
        (Kind::Conflict, "outcome_stands") => "Another outcome stands",
        (Kind::Conflict, "decision_rejected") => "The attempt was rejected",
        (Kind::Conflict, "confirmation_required") => "The number has to be named",
        (Kind::Conflict, "idempotency_in_flight") => "The same request is being worked on",
        (Kind::Conflict, _) => "Not as things stand",
        (kind, _) => kind.title(),
    }
}

impl ProblemField {
    fn of(error: &FieldError) -> Self {
        Self { field: error.field.clone(), code: error.code.to_owned(), message: error.message.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_says_what_happened_and_nothing_else() {
        for (kind, code, said) in [
            (Kind::Unauthenticated, "invalid_key", "Not authenticated"),
            (Kind::Forbidden, "publishable_key", "Not allowed"),
            (Kind::Conflict, "stale", "It has changed meanwhile"),
            (Kind::Conflict, "name_taken", "The name is taken"),
            (Kind::Conflict, "outcome_stands", "Another outcome stands"),
            (Kind::Conflict, "last_owner", "Not as things stand"),
            (Kind::NotFound, "not_found", "Nothing here"),
        ] {
            assert_eq!(Problem::of(&Error::new(kind, "").code(code), "").title, said, "{code}");
        }
    }
}
