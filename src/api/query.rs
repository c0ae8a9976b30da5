//! Reads the query of a `/v1` address strictly: no parameter twice, none unknown.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::api::fields::Faults;
use crate::error::{Error, FieldError, Result};
use crate::kernel::page::PageRequest;
use crate::platform::state::App;

/// The query, read into a type whose fields are all `Option<String>`.
pub struct StrictQuery<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for StrictQuery<T> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        read(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn read<T: DeserializeOwned>(query: &str) -> Result<T> {
    let mut found = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if found.insert(name.to_string(), Value::String(value.into_owned())).is_some() {
            return Err(Error::field(
                name.chars().take(60).collect::<String>(),
                "duplicate_parameter",
                "stands twice; which one would count?",
            ));
        }
    }
    serde_json::from_value(Value::Object(found)).map_err(|error| {
        let words = error.to_string();
        let name = words.split('`').nth(1).unwrap_or("query").chars().take(60).collect::<String>();
        let known = words
            .rsplit_once("expected ")
            .map_or(String::new(), |(_, known)| format!("; expected {}", known.replace('`', "")));
        Error::invalid(vec![FieldError::new(
            name,
            "unknown_parameter",
            format!("is not a parameter of this request{known}"),
        )])
    })
}

/// `limit` and `after` of a list. `parse` reads the id that `after` holds.
pub fn page(
    faults: &mut Faults,
    limit: Option<&str>,
    after: Option<&str>,
    parse: impl Fn(&str) -> Option<uuid::Uuid>,
) -> PageRequest {
    let mut page = PageRequest::FIRST;
    if let Some(text) = limit {
        match text.parse::<u32>() {
            Ok(limit) if (1..=100).contains(&limit) => page.limit = limit,
            _ => faults.add("limit", "out_of_range", "must be a whole number from 1 to 100"),
        }
    }
    if let Some(text) = after {
        match parse(text) {
            Some(id) => page.after = Some(id),
            None => faults.add("after", "not_an_id", "must be the value of next in the page before"),
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        limit: Option<String>,
        q: Option<String>,
    }

    #[test]
    fn parameters_are_read_once_and_none_is_overlooked() {
        assert_eq!(read::<Wanted>("").unwrap(), Wanted { limit: None, q: None });
        assert_eq!(
            read::<Wanted>("q=a%20b+c&limit=5").unwrap(),
            Wanted { limit: Some("5".into()), q: Some("a b c".into()) }
        );
        let code = |query: &str| read::<Wanted>(query).unwrap_err().fields[0].code;
        assert_eq!(code("limit=1&limit=2"), "duplicate_parameter");
        assert_eq!(code("limit=1&site_id=2"), "unknown_parameter");
    }
}
