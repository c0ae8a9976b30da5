//! Rows of `membership`.

use chrono::TimeDelta;
use chrono_tz::Tz;

use crate::access::permission::Role;
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, SiteId};
use crate::platform::db::{Db, Tx};

/// A new place; whether there was none before. One that is there keeps its role.
pub async fn insert(tx: &mut Tx, site: SiteId, who: CollaboratorId, role: Role, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "insert into membership (site_id, collaborator_id, role, created_at)
         values ($1, $2, $3, $4)
         on conflict (site_id, collaborator_id) do nothing",
        site.0,
        who.0,
        role.as_str(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether the person with this address belongs to the site.
pub async fn is_member(tx: &mut Tx, site: SiteId, canonical: &str) -> Result<bool> {
    let there = sqlx::query_scalar!(
        r#"select exists (
             select from membership m
             join collaborator c on c.id = m.collaborator_id
             where m.site_id = $1
               and c.email_canonical = $2
           ) as "there!""#,
        site.0,
        canonical,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(there)
}

/// Notes that the person is at the site, at most once in five minutes.
pub async fn seen(db: &Db, site: SiteId, who: CollaboratorId, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update membership
         set last_seen_at = $3
         where site_id = $1
           and collaborator_id = $2
           and (last_seen_at is null or last_seen_at < $4)",
        site.0,
        who.0,
        now,
        now - TimeDelta::minutes(5),
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// The sites where the person may work, in the order of their ids: what locks a row per site does so in this order.
pub async fn sites(tx: &mut Tx, who: CollaboratorId) -> Result<Vec<SiteId>> {
    let sites = sqlx::query_scalar!(
        r#"select site_id as "site_id: SiteId"
           from membership
           where collaborator_id = $1
             and disabled_at is null
           order by site_id"#,
        who.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(sites)
}

/// A place where a person works.
pub struct At {
    pub handle: String,
    pub name: String,
    pub company_name: Option<String>,
    pub zone: Tz,
}

/// The person's sites, the one they were at last first.
pub async fn of_person(db: &Db, who: CollaboratorId) -> Result<Vec<At>> {
    let rows = sqlx::query!(
        "select s.handle, s.name, s.company_name, s.time_zone
         from membership m
         join site s on s.id = m.site_id
         where m.collaborator_id = $1
           and m.disabled_at is null
         order by m.last_seen_at desc nulls last, m.created_at, s.handle",
        who.0,
    )
    .fetch_all(db.pool())
    .await?;
    let sites = rows.into_iter().map(|row| {
        let zone = row.time_zone.parse().map_err(Error::internal)?;
        Ok(At { handle: row.handle, name: row.name, company_name: row.company_name, zone })
    });
    sites.collect()
}

/// Whether a person is an owner of the installation's first site: in a demo, the one that it was filled with.
pub async fn owns_the_first_site(db: &Db, who: CollaboratorId) -> Result<bool> {
    let owns = sqlx::query_scalar!(
        r#"select exists (
             select from membership
             where collaborator_id = $1
               and disabled_at is null
               and role = 'owner'
               and site_id = (select id from site order by created_at, id limit 1)
           ) as "owns!""#,
        who.0,
    )
    .fetch_one(db.pool())
    .await?;
    Ok(owns)
}
