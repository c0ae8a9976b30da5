//! What the forms of lists post: a handler each, on the page's own path. Each ends in 303, or in the page again with
//! what has to be mended and the input kept.

pub mod body;
pub mod entry;
pub mod from_decision;
pub mod list;
pub mod look_up;

use axum::response::{IntoResponse as _, Redirect, Response};

use crate::error::{Error, FieldError, Result};
use crate::ui::feedback::Problems;
use crate::ui::stale::confirm_href;

/// To our own path, after a form did what was asked.
pub(super) fn see(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// To the page that asks who it is, and back.
pub(super) fn confirm(back: &str) -> Response {
    see(&confirm_href(back))
}

/// An id of a path; a text that is none leads nowhere.
pub(super) fn id<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| Error::not_found())
}

/// What is wrong, as pages show it.
pub(super) fn problems(wrong: Vec<FieldError>) -> Problems {
    wrong.into_iter().map(|w| (w.field, w.message)).collect()
}
