//! Where a person starts: the site they were at last.

use crate::access::{Visitor, store};
use crate::error::Result;
use crate::platform::state::App;

/// The path after signing in: the overview of the last site, or the profile of a person without any.
pub async fn home(app: &App, visitor: &Visitor) -> Result<String> {
    let sites = store::membership::of_person(&app.db, visitor.id).await?;
    Ok(sites.first().map_or_else(|| "/me/profile".to_owned(), |site| format!("/s/{}/overview", site.handle)))
}
