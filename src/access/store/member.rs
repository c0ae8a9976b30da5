//! Rows of `membership` with their person: for the list of collaborators and for whoever changes one.

use sqlx::PgConnection;

use crate::access::factor::FactorKind;
use crate::access::permission::Role;
use crate::access::store::factor;
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, SiteId};
use crate::platform::db::Tx;

/// A person at a site.
#[derive(Debug, Clone)]
pub struct Member {
    /// Who.
    pub id: CollaboratorId,
    /// Their name.
    pub name: String,
    /// Their address, as typed.
    pub email: String,
    /// What they are at the site.
    pub role: Role,
    /// When they joined.
    pub created_at: Timestamp,
    /// When they were last there.
    pub last_seen_at: Option<Timestamp>,
    /// Since when they are shut out.
    pub disabled_at: Option<Timestamp>,
    /// The operator has switched them off at all sites.
    pub off: bool,
    /// Their own switch for the second factor.
    pub mfa_own: bool,
    /// When a second factor became required.
    pub required_since: Option<Timestamp>,
    /// When their devices were last reset.
    pub grace_restarted_at: Option<Timestamp>,
    /// The end of an exemption.
    pub exempt_until: Option<Timestamp>,
    /// Why.
    pub exempt_reason: Option<String>,
    /// By whom.
    pub exempt_by: Option<String>,
    /// What an admin typed as their number.
    pub suggested_phone: Option<String>,
    /// Kinds of active second factors.
    pub factors: Vec<FactorKind>,
    /// A bucket of theirs is shut.
    pub locked: bool,
    /// One is until a reset, a passkey or an unlock.
    pub closed: bool,
}

struct Row {
    id: CollaboratorId,
    name: String,
    email: String,
    role: String,
    created_at: Timestamp,
    last_seen_at: Option<Timestamp>,
    disabled_at: Option<Timestamp>,
    off: bool,
    mfa_own: bool,
    required_since: Option<Timestamp>,
    grace_restarted_at: Option<Timestamp>,
    exempt_until: Option<Timestamp>,
    exempt_reason: Option<String>,
    exempt_by: Option<String>,
    suggested_phone: Option<String>,
    factors: Vec<String>,
    locked: bool,
    closed: bool,
}

impl Row {
    fn read(self) -> Result<Member> {
        Ok(Member {
            id: self.id,
            name: self.name,
            email: self.email,
            role: self.role.parse().map_err(Error::internal)?,
            created_at: self.created_at,
            last_seen_at: self.last_seen_at,
            disabled_at: self.disabled_at,
            off: self.off,
            mfa_own: self.mfa_own,
            required_since: self.required_since,
            grace_restarted_at: self.grace_restarted_at,
            exempt_until: self.exempt_until,
            exempt_reason: self.exempt_reason,
            exempt_by: self.exempt_by,
            suggested_phone: self.suggested_phone,
            factors: factor::kinds(&self.factors)?,
            locked: self.locked,
            closed: self.closed,
        })
    }
}

/// The people of a site, or one of them; by name.
pub async fn all(
    connection: &mut PgConnection,
    site: SiteId,
    one: Option<CollaboratorId>,
    now: Timestamp,
) -> Result<Vec<Member>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select c.id as "id: CollaboratorId", c.name, c.email, m.role, m.created_at, m.last_seen_at, m.disabled_at, m.mfa_own,
                  m.required_since, m.grace_restarted_at, m.exempt_until, m.exempt_reason, x.name as "exempt_by?",
                  m.suggested_phone, c.disabled_at is not null as "off!",
                  array(select f.kind
                        from second_factor f
                        where f.collaborator_id = c.id
                          and f.activated_at is not null
                          and f.ended_at is null
                        order by f.activated_at) as "factors!",
                  exists (select from lockout l
                          where l.collaborator_id = c.id
                            and (l.closed or l.locked_until > $3)) as "locked!",
                  exists (select from lockout l
                          where l.collaborator_id = c.id
                            and l.closed) as "closed!"
           from membership m
           join collaborator c on c.id = m.collaborator_id
           left join collaborator x on x.id = m.exempt_by
           where m.site_id = $1
             and ($2::uuid is null or m.collaborator_id = $2)
           order by lower(c.name), c.id
           limit 2000"#,
        site.0,
        one.map(|id| id.0),
        now,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Makes changes of a site's people wait for each other, until the commit: the count of owners and the roles that a rule
/// has looked at stay as they are.
pub async fn lock_site(tx: &mut Tx, site: SiteId) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('people of ' || $1::text, 0))", site.0.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The owners who can act at the site.
pub async fn owners(tx: &mut Tx, site: SiteId) -> Result<Vec<CollaboratorId>> {
    let owners = sqlx::query_scalar!(
        r#"select m.collaborator_id as "id: CollaboratorId"
           from membership m
           join collaborator c on c.id = m.collaborator_id
           where m.site_id = $1
             and m.role = 'owner'
             and m.disabled_at is null
             and c.disabled_at is null
           order by m.collaborator_id"#,
        site.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(owners)
}

/// The role of somebody who can act at the site, as this transaction sees it.
pub async fn acting_role(tx: &mut Tx, site: SiteId, who: CollaboratorId) -> Result<Option<Role>> {
    let role = sqlx::query_scalar!(
        "select m.role
         from membership m
         join collaborator c on c.id = m.collaborator_id
         where m.site_id = $1
           and m.collaborator_id = $2
           and m.disabled_at is null
           and c.disabled_at is null",
        site.0,
        who.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    role.map(|text| text.parse().map_err(Error::internal)).transpose()
}

/// A site of a person: their role there, and the role of another one there, if that one belongs to it.
pub struct Shared {
    pub site: SiteId,
    pub actors: Option<Role>,
    pub theirs: Role,
}

/// Each site of a person.
pub async fn shared_places(tx: &mut Tx, who: CollaboratorId, actor: CollaboratorId) -> Result<Vec<Shared>> {
    let rows = sqlx::query!(
        r#"select m.site_id as "site: SiteId", m.role as theirs, a.role as "actors?"
           from membership m
           left join membership a on a.site_id = m.site_id and a.collaborator_id = $2 and a.disabled_at is null
           where m.collaborator_id = $1
           order by m.site_id"#,
        who.0,
        actor.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let theirs = row.theirs.parse().map_err(Error::internal)?;
            let actors = row.actors.map(|role| role.parse().map_err(Error::internal)).transpose()?;
            Ok(Shared { site: row.site, actors, theirs })
        })
        .collect()
}

pub async fn set_role(tx: &mut Tx, site: SiteId, who: CollaboratorId, role: Role) -> Result<()> {
    let done = sqlx::query!(
        "update membership
         set role = $3
         where site_id = $1
           and collaborator_id = $2",
        site.0,
        who.0,
        role.as_str(),
    )
    .execute(&mut **tx)
    .await?;
    one_row(done.rows_affected())
}

/// The person's own switch, and the number to fill in when they set a device up.
pub async fn set_mfa(tx: &mut Tx, site: SiteId, who: CollaboratorId, on: bool, phone: Option<&str>) -> Result<()> {
    let done = sqlx::query!(
        "update membership
         set mfa_own = $3,
             suggested_phone = $4
         where site_id = $1
           and collaborator_id = $2",
        site.0,
        who.0,
        on,
        phone,
    )
    .execute(&mut **tx)
    .await?;
    one_row(done.rows_affected())
}

/// An exemption, or its end.
pub async fn set_exemption(
    tx: &mut Tx,
    site: SiteId,
    who: CollaboratorId,
    exemption: Option<(Timestamp, &str, CollaboratorId)>,
) -> Result<()> {
    let done = sqlx::query!(
        "update membership
         set exempt_until = $3,
             exempt_reason = $4,
             exempt_by = $5
         where site_id = $1
           and collaborator_id = $2",
        site.0,
        who.0,
        exemption.map(|(until, ..)| until),
        exemption.map(|(_, reason, _)| reason),
        exemption.map(|(.., by)| by.0),
    )
    .execute(&mut **tx)
    .await?;
    one_row(done.rows_affected())
}

/// Shuts a person out of the site, or lets them in again (`None`).
pub async fn set_disabled(tx: &mut Tx, site: SiteId, who: CollaboratorId, at: Option<Timestamp>) -> Result<()> {
    let done = sqlx::query!(
        "update membership
         set disabled_at = $3
         where site_id = $1
           and collaborator_id = $2",
        site.0,
        who.0,
        at,
    )
    .execute(&mut **tx)
    .await?;
    one_row(done.rows_affected())
}

/// The person's place has changed: sessions open the site again only once they are proved anew.
pub async fn note_change(tx: &mut Tx, site: SiteId, who: CollaboratorId, now: Timestamp) -> Result<()> {
    let done = sqlx::query!(
        "update membership
         set changed_at = $3
         where site_id = $1
           and collaborator_id = $2",
        site.0,
        who.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    one_row(done.rows_affected())
}

pub async fn remove(tx: &mut Tx, site: SiteId, who: CollaboratorId) -> Result<()> {
    let done = sqlx::query!(
        "delete from membership
         where site_id = $1
           and collaborator_id = $2",
        site.0,
        who.0,
    )
    .execute(&mut **tx)
    .await?;
    one_row(done.rows_affected())
}

/// Keeps when a second factor had become required of somebody who is about to be removed.
pub async fn keep_requirement(tx: &mut Tx, site: SiteId, who: CollaboratorId, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into past_requirement (site_id, collaborator_id, required_since, requirement_ended_at)
         select site_id, collaborator_id, required_since, coalesce(requirement_ended_at, $3)
         from membership
         where site_id = $1
           and collaborator_id = $2
           and required_since is not null
         on conflict (site_id, collaborator_id) do update
           set required_since = excluded.required_since,
               requirement_ended_at = excluded.requirement_ended_at",
        site.0,
        who.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives it back to somebody who has joined again: joining moves no deadline later.
pub async fn recall_requirement(tx: &mut Tx, site: SiteId, who: CollaboratorId) -> Result<()> {
    sqlx::query!(
        "with past as (
           delete from past_requirement
           where site_id = $1
             and collaborator_id = $2
           returning required_since, requirement_ended_at
         )
         update membership m
         set required_since = past.required_since,
             requirement_ended_at = past.requirement_ended_at
         from past
         where m.site_id = $1
           and m.collaborator_id = $2",
        site.0,
        who.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Who reset somebody's devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetBy {
    /// An owner or admin.
    Colleague,
    /// The operator.
    Operator,
}

/// After a reset: a fresh grace at each of the person's sites.
pub async fn restart_grace(tx: &mut Tx, who: CollaboratorId, by: ResetBy, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update membership
         set grace_restarted_at = $2,
             grace_restarted_by_operator = $3
         where collaborator_id = $1",
        who.0,
        now,
        by == ResetBy::Operator,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn one_row(rows: u64) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(Error::not_found()) }
}

/// Name and address of the owners of each site where a person may work, without the person.
pub async fn owners_beside(tx: &mut Tx, who: CollaboratorId) -> Result<Vec<(String, String)>> {
    let owners = sqlx::query!(
        "select distinct c.name, c.email
         from membership mine
         join membership m on m.site_id = mine.site_id
                          and m.role = 'owner'
                          and m.disabled_at is null
         join collaborator c on c.id = m.collaborator_id
                            and c.disabled_at is null
         where mine.collaborator_id = $1
           and mine.disabled_at is null
           and c.id <> $1
         order by c.email",
        who.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(owners.into_iter().map(|owner| (owner.name, owner.email)).collect())
}

/// Name and address of the owners of all sites.
pub async fn owners_anywhere(tx: &mut Tx) -> Result<Vec<(String, String)>> {
    let owners = sqlx::query!(
        "select distinct c.name, c.email
         from membership m
         join collaborator c on c.id = m.collaborator_id
         where m.role = 'owner'
           and m.disabled_at is null
           and c.disabled_at is null
         order by c.email",
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(owners.into_iter().map(|owner| (owner.name, owner.email)).collect())
}

/// Ends sign-ins that wait for their second step, and the codes sent for them.
pub async fn end_half_sign_ins(tx: &mut Tx, who: CollaboratorId, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "with codes as (
           update one_time_code
           set ended_at = $2
           where collaborator_id = $1
             and ended_at is null
         )
         update pending_sign_in
         set ended_at = $2
         where collaborator_id = $1
           and ended_at is null",
        who.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
