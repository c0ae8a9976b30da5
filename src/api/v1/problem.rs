//! The shape of every error below `/v1`, as it is published and as [`crate::platform::http::edge`] writes it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Error, FieldError};

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
            title: error.kind.title().to_owned(),
            status: error.kind.status().as_u16(),
            detail: error.detail.clone(),
            code: error.code.to_owned(),
            request_id: request_id.to_owned(),
            confirm: error.confirm,
            errors: (!errors.is_empty()).then_some(errors),
        }
    }
}

impl ProblemField {
    fn of(error: &FieldError) -> Self {
        Self { field: error.field.clone(), code: error.code.to_owned(), message: error.message.clone() }
    }
}
