//! What stands before setting up a second factor: a proof that is fresh, by the strongest that the person has; for a first
//! one that comes late, or follows a reset, a code mailed to the person's address; and for one that would open a site which
//! the session does not open, a proof by one that does already. A recovery code stands in for that with the mailed code.

use chrono::TimeDelta;

use crate::access::factor::{FactorKind, Means};
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
    /// The last proof of identity is older than ten minutes, or by a kind that does not open what this one would.
    StepUp,
    /// The code mailed to the person.
    Mail,
}

/// What the visitor has to do before a factor of this `kind` may be set up, if anything; without one, what comes before
/// any.
pub async fn what_first(app: &App, visitor: &Visitor, kind: Option<FactorKind>) -> Result<Option<First>> {
    if !visitor.proved_recently(app.clock.now()) {
        return Ok(Some(First::StepUp));
    }
    let wanted = match visitor.has_factor {
        true => before_another(app, visitor, kind).await?,
        false => wants_mail(app, visitor.id).await?.then_some(First::Mail),
    };
    if wanted == Some(First::Mail) && mail_proved(app, visitor).await? {
        return Ok(None);
    }
    Ok(wanted)
}

/// What comes before another factor, of whose kind is asked which sites it would open.
async fn before_another(app: &App, visitor: &Visitor, kind: Option<FactorKind>) -> Result<Option<First>> {
    let now = app.clock.now();
    let guarded = requirement::guarded_from(&app.db, visitor, now).await?;
    if !guarded.iter().any(|site| kind.is_none_or(|kind| site.kinds.contains(&kind))) {
        return Ok(None);
    }
    // A code to an address that was changed not long ago shows who has the account, not whose it is.
    let mut tx = app.db.platform().await?;
    if visitor.means == Some(Means::Recovery) && store::token::first_revert(&mut tx, visitor.id, now).await?.is_none() {
        return Ok(Some(First::Mail));
    }
    Ok(kind.map(|_| First::StepUp))
}

async fn mail_proved(app: &App, visitor: &Visitor) -> Result<bool> {
    let proved = store::enrolment::mail_proved_at(&app.db, &visitor.session).await?;
    Ok(proved.is_some_and(|at| app.clock.now() - at <= MAIL_HOLDS))
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
