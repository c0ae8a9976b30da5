//! Keeps the beginning of each requirement, and says how a person stands at their sites.
//!
//! [`refresh`] is the only writer of `membership.required_since`: whatever may start or end a requirement (the site's
//! setting, the person's own switch, a new membership) calls it in its own transaction, after its change.

use chrono_tz::Tz;

use crate::access::Visitor;
use crate::access::factor::{FactorKind, Means};
use crate::access::requirement::{Standing, opens};
use crate::access::store;
use crate::access::store::requirement::Asked;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, SiteId};
use crate::platform::db::{Db, Tx};

/// Whose requirement may have begun or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// One person's.
    One(CollaboratorId),
    /// Everybody's at the site.
    All,
}

/// Notes for each membership when its requirement began or ended. Changes nothing where nothing began or ended.
pub async fn refresh(tx: &mut Tx, site: SiteId, who: Who, now: Timestamp) -> Result<()> {
    let one = match who {
        Who::One(id) => Some(id),
        Who::All => None,
    };
    for row in store::requirement::lock(tx, site, one).await? {
        let moments = row.moments.at(row.required, now);
        if moments != row.moments {
            store::requirement::save(tx, site, row.who, moments).await?;
        }
    }
    Ok(())
}

/// How a person stands at one of their sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtSite {
    /// Which.
    pub site: SiteId,
    /// Whose.
    pub who: CollaboratorId,
    /// The site asks everybody, or the person's own switch is on.
    pub required: bool,
    /// Whether the person has an active factor of a kind that the site accepts: nothing is due then.
    pub active: bool,
    /// What the requirement comes to; it only matters while `active` is false.
    pub standing: Standing,
    /// The site's zone, in which the deadline's day is told.
    pub zone: Tz,
}

impl AtSite {
    /// As a row stands now.
    pub(in crate::access) fn of(row: &Asked, now: Timestamp) -> Self {
        Self {
            site: row.site,
            who: row.who,
            required: row.requirement.required,
            active: row.kinds.iter().any(|kind| row.accepted.contains(kind)),
            standing: row.requirement.standing(now),
            zone: row.requirement.zone,
        }
    }

    /// Whether only enrolment and sign-out are left at the site.
    pub fn is_shut(&self) -> bool {
        !self.active && matches!(self.standing, Standing::Overdue { .. })
    }

    /// Whether a session that was last proved by these `means` opens the site, which accepts these kinds.
    pub(in crate::access) fn is_open_to(&self, means: Option<Means>, accepted: &[FactorKind]) -> bool {
        !self.active || opens(self.standing, accepted, means)
    }

    /// The deadline, while a factor is missing and one is due.
    pub fn deadline(&self) -> Option<Timestamp> {
        match self.standing {
            Standing::Due { deadline } | Standing::Overdue { deadline } if !self.active => Some(deadline),
            _ => None,
        }
    }
}

/// How the person stands at each of their sites, in the order of the sites' ids; sites that shut them out are left out.
pub async fn of_person(db: &Db, who: CollaboratorId, now: Timestamp) -> Result<Vec<AtSite>> {
    let rows = store::requirement::of(db.pool(), None, Some(who)).await?;
    Ok(rows.iter().filter(|row| row.disabled_at.is_none()).map(|row| AtSite::of(row, now)).collect())
}

/// The sites of the visitor's that their session does not open: the time to set up a second factor is over there, or it was
/// proved with a kind that does not count.
pub async fn shut_to(db: impl sqlx::PgExecutor<'_>, visitor: &Visitor, now: Timestamp) -> Result<Vec<SiteId>> {
    let rows = store::requirement::of(db, None, Some(visitor.id)).await?;
    let shut = |row: &&Asked| {
        let at = AtSite::of(row, now);
        at.is_shut() || !at.is_open_to(visitor.means, &row.accepted)
    };
    Ok(rows.iter().filter(shut).map(|row| row.site).collect())
}

/// A site that requires a second factor of somebody who has one that counts there, and counts no other kinds than these.
#[derive(Debug, Clone)]
pub(in crate::access) struct Guarded {
    /// Its name.
    pub site: String,
    /// The kinds.
    pub kinds: Vec<FactorKind>,
}

/// The visitor's sites that their session does not open, though they have a factor that would: what sets up another such
/// factor would open them by itself.
pub(in crate::access) async fn guarded_from(db: &Db, visitor: &Visitor, now: Timestamp) -> Result<Vec<Guarded>> {
    let rows = store::requirement::of(db.pool(), None, Some(visitor.id)).await?;
    let guarded =
        |row: &Asked| row.disabled_at.is_none() && !AtSite::of(row, now).is_open_to(visitor.means, &row.accepted);
    Ok(rows.into_iter().filter(guarded).map(|row| Guarded { kinds: row.accepted, site: row.site_name }).collect())
}

/// How everybody at a site stands.
pub async fn at_site(db: &Db, site: SiteId, now: Timestamp) -> Result<Vec<AtSite>> {
    let rows = store::requirement::of(db.pool(), Some(site), None).await?;
    Ok(rows.iter().map(|row| AtSite::of(row, now)).collect())
}

/// How a person stands at one site, if they belong to it.
pub async fn at(db: &Db, site: SiteId, who: CollaboratorId, now: Timestamp) -> Result<Option<AtSite>> {
    let rows = store::requirement::of(db.pool(), Some(site), Some(who)).await?;
    Ok(rows.first().map(|row| AtSite::of(row, now)))
}
