//! What is required of memberships: reads of `membership`, `access_settings` and `second_factor` together, and the two
//! moments of `membership`.

use crate::access::factor::FactorKind;
use crate::access::permission::Role;
use crate::access::requirement::{GraceDays, Moments, Requirement};
use crate::access::store::factor;
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, SiteId};
use crate::platform::db::Tx;

/// A membership with everything that decides about its second factor.
#[derive(Debug, Clone)]
pub struct Asked {
    pub site: SiteId,
    pub site_name: String,
    pub who: CollaboratorId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub disabled_at: Option<Timestamp>,
    /// When the role last changed or the place was shut.
    pub changed_at: Option<Timestamp>,
    /// The person's own switch.
    pub own: bool,
    /// Active factors of the person, by kind.
    pub kinds: Vec<FactorKind>,
    /// Those that the site accepts.
    pub accepted: Vec<FactorKind>,
    pub requirement: Requirement,
}

struct Row {
    site_id: SiteId,
    site_name: String,
    collaborator_id: CollaboratorId,
    name: String,
    email: String,
    role: String,
    created_at: Timestamp,
    disabled_at: Option<Timestamp>,
    changed_at: Option<Timestamp>,
    mfa_own: bool,
    required_since: Option<Timestamp>,
    requirement_ended_at: Option<Timestamp>,
    grace_restarted_at: Option<Timestamp>,
    grace_restarted_by_operator: bool,
    exempt_until: Option<Timestamp>,
    mfa_required: bool,
    grace_days: i32,
    accepted: Vec<String>,
    time_zone: String,
    kinds: Vec<String>,
}

impl TryFrom<Row> for Asked {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            site: row.site_id,
            site_name: row.site_name,
            who: row.collaborator_id,
            name: row.name,
            email: row.email,
            role: row.role.parse().map_err(Error::internal)?,
            disabled_at: row.disabled_at,
            changed_at: row.changed_at,
            own: row.mfa_own,
            kinds: factor::kinds(&row.kinds)?,
            accepted: factor::kinds(&row.accepted)?,
            requirement: Requirement {
                required: row.mfa_required || row.mfa_own,
                moments: Moments { since: row.required_since, ended_at: row.requirement_ended_at },
                joined_at: row.created_at,
                grace: GraceDays::try_from(row.grace_days).map_err(Error::internal)?,
                restarted_at: row.grace_restarted_at,
                restarted_by_operator: row.grace_restarted_by_operator,
                exempt_until: row.exempt_until,
                zone: row.time_zone.parse().map_err(Error::internal)?,
            },
        })
    }
}

/// The memberships of a site or of a person (whichever is given; both give one), the sites in the order of their ids.
pub async fn of(
    db: impl sqlx::PgExecutor<'_>,
    site: Option<SiteId>,
    who: Option<CollaboratorId>,
) -> Result<Vec<Asked>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select m.site_id as "site_id: SiteId", s.name as site_name, m.collaborator_id as "collaborator_id: CollaboratorId", c.name, c.email, m.role, m.created_at,
                  m.disabled_at, m.changed_at, m.mfa_own, m.required_since, m.requirement_ended_at, m.grace_restarted_at,
                  m.grace_restarted_by_operator, m.exempt_until,
                  coalesce(a.mfa_required, false) as "mfa_required!",
                  coalesce(a.grace_days, 7) as "grace_days!",
                  coalesce(a.factor_kinds, '{sms,totp,passkey}') as "accepted!",
                  s.time_zone,
                  array(select distinct f.kind
                        from second_factor f
                        where f.collaborator_id = m.collaborator_id
                          and f.activated_at is not null
                          and f.ended_at is null) as "kinds!"
           from membership m
           join site s on s.id = m.site_id
           join collaborator c on c.id = m.collaborator_id
           left join access_settings a on a.site_id = m.site_id
           where ($1::uuid is null or m.site_id = $1)
             and ($2::uuid is null or m.collaborator_id = $2)
             and ($1::uuid is not null or $2::uuid is not null)
           order by m.site_id, m.collaborator_id"#,
        site.map(|id| id.0),
        who.map(|id| id.0),
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Asked::try_from).collect()
}

/// A membership's moments and whether a second factor is required now, the row locked.
pub struct Standing {
    pub who: CollaboratorId,
    pub required: bool,
    pub moments: Moments,
}

pub async fn lock(tx: &mut Tx, site: SiteId, who: Option<CollaboratorId>) -> Result<Vec<Standing>> {
    let rows = sqlx::query!(
        r#"select m.collaborator_id as "collaborator_id: CollaboratorId", m.required_since, m.requirement_ended_at,
                  m.mfa_own or coalesce((select a.mfa_required from access_settings a where a.site_id = m.site_id), false) as "required!"
           from membership m
           where m.site_id = $1
             and ($2::uuid is null or m.collaborator_id = $2)
           order by m.collaborator_id
           for update"#,
        site.0,
        who.map(|id| id.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    let standing = rows.into_iter().map(|row| Standing {
        who: row.collaborator_id,
        required: row.required,
        moments: Moments { since: row.required_since, ended_at: row.requirement_ended_at },
    });
    Ok(standing.collect())
}

pub async fn save(tx: &mut Tx, site: SiteId, who: CollaboratorId, moments: Moments) -> Result<()> {
    sqlx::query!(
        "update membership
         set required_since = $3,
             requirement_ended_at = $4
         where site_id = $1
           and collaborator_id = $2",
        site.0,
        who.0,
        moments.since,
        moments.ended_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
