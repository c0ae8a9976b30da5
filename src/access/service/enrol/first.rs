//! What stands before setting up a second factor: a proof that is fresh, by the strongest that the person has; and for a
//! first one that comes late, or follows a reset, a code mailed to the person's address.

use chrono::TimeDelta;

use crate::access::requirement::Standing;
use crate::access::service::requirement;
use crate::access::{Visitor, store};
use crate::error::Result;
use crate::kernel::id::CollaboratorId;
use crate::platform::state::App;

/// How long a mailed proof holds.
const MAIL_HOLDS: TimeDelta = TimeDelta::hours(1);

/// What has to be done first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// The last proof of identity is older than ten minutes.
    StepUp,
    /// The code mailed to the person.
    Mail,
}

/// What the visitor has to do before anything may be set up, if anything.
pub async fn what_first(app: &App, visitor: &Visitor) -> Result<Option<First>> {
    let now = app.clock.now();
    if !visitor.proved_recently(now) {
        return Ok(Some(First::StepUp));
    }
    if visitor.has_factor || !wants_mail(app, visitor.id).await? {
        return Ok(None);
    }
    let proved = store::enrolment::mail_proved_at(&app.db, &visitor.session).await?;
    Ok(if proved.is_some_and(|at| now - at <= MAIL_HOLDS) { None } else { Some(First::Mail) })
}

/// Whether this person's first factor needs the mailed code as well. While it does, that mail is all that tells them from
/// somebody who knows their password, so it must not be led elsewhere either: the address stays as it is.
pub(in crate::access::service) async fn wants_mail(app: &App, who: CollaboratorId) -> Result<bool> {
    if !store::factor::active(&app.db, who).await?.is_empty() {
        return Ok(false);
    }
    let at = requirement::of_person(&app.db, who, app.clock.now()).await?;
    let overdue = at.iter().any(|site| matches!(site.standing, Standing::Overdue { .. }));
    Ok(overdue || store::enrolment::was_reset(&app.db, who).await?)
}
