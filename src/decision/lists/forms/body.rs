//! A form's body as names and values, read strictly: a name that the form does not have, or has once and comes twice, is
//! refused. Larger than other bodies: people paste a thousand lines.

use axum::extract::{FromRequest, Request};
use http::header;

use crate::error::{Error, Kind, Result};
use crate::platform::state::App;
use crate::ui::stale::Opened;

/// Bytes that a form of lists may have.
const LIMIT: usize = 512 * 1024;

/// See the module. Each name that a handler knows is taken out; [`Pairs::finish`] refuses the rest.
#[derive(Debug)]
pub struct Pairs(Vec<(String, String)>);

impl FromRequest<App> for Pairs {
    type Rejection = Error;
    async fn from_request(request: Request, _: &App) -> Result<Self> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(Error::new(Kind::UnsupportedMediaType, "Send the form as application/x-www-form-urlencoded."));
        }
        let bytes = axum::body::to_bytes(request.into_body(), LIMIT).await.map_err(|_| {
            Error::new(Kind::TooLarge, "This is more than 512 KiB at once. Split the values over several entries.")
        })?;
        if bytes.contains(&0) || bytes.windows(3).any(|w| w == b"%00") {
            return Err(Error::new(Kind::Malformed, "The form holds a zero byte."));
        }
        Ok(Self(url::form_urlencoded::parse(&bytes).into_owned().collect()))
    }
}

impl From<Opened> for Pairs {
    fn from(opened: Opened) -> Self {
        Self(opened.fields())
    }
}

impl Pairs {
    /// The value of a name that comes at most once.
    pub fn one(&mut self, name: &str) -> Result<Option<String>> {
        let mut all = self.all(name);
        match all.len() {
            0 | 1 => Ok(all.pop()),
            _ => Err(Error::new(Kind::Malformed, format!("The form's field {name} came twice."))),
        }
    }

    /// The same, empty when it did not come.
    pub fn text(&mut self, name: &str) -> Result<String> {
        Ok(self.one(name)?.unwrap_or_default())
    }

    /// Whether a box was ticked.
    pub fn ticked(&mut self, name: &str) -> Result<bool> {
        Ok(crate::ui::form::ticked(self.one(name)?.as_deref()))
    }

    /// All values of a name.
    pub fn all(&mut self, name: &str) -> Vec<String> {
        let (taken, rest) = std::mem::take(&mut self.0).into_iter().partition(|(n, _)| n == name);
        self.0 = rest;
        taken.into_iter().map(|(_, value)| value).collect()
    }

    /// Refuses what no handler took.
    pub fn finish(self) -> Result<()> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                let name: String = name.chars().take(60).collect();
                Err(Error::new(Kind::Malformed, format!("The form has no field {name}. Open the page again.")))
            }
        }
    }
}
