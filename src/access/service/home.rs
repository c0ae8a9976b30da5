//! Where a person starts: the site they were at last.

use chrono_tz::Tz;

use crate::access::{Visitor, store};
use crate::error::Result;
use crate::kernel::id::CollaboratorId;
use crate::platform::state::App;

/// The path after signing in: the overview of the last site, or the profile of a person without any.
pub async fn home(app: &App, visitor: &Visitor) -> Result<String> {
    let sites = store::membership::of_person(&app.db, visitor.id).await?;
    Ok(sites.first().map_or_else(|| "/me/profile".to_owned(), |site| format!("/s/{}/overview", site.handle)))
}

/// The zone in which a person reads times where no site is shown: that of the site they were at last; UTC for a person
/// without any.
pub async fn zone(app: &App, who: CollaboratorId) -> Result<Tz> {
    let sites = store::membership::of_person(&app.db, who).await?;
    Ok(sites.first().map_or(Tz::UTC, |site| site.zone))
}
