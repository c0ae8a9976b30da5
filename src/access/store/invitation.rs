//! Rows of `invitation`. Only the SHA-256 of the newest link's token is kept.

use crate::access::invitation::{Invitation, MAILS_BY_ONE, MAILS_OF_SITE};
use crate::access::permission::Role;
use crate::error::{Error, Result, violated};
use crate::kernel::clock::Timestamp;
use crate::kernel::email::Email;
use crate::kernel::id::{CollaboratorId, InvitationId, SiteId, new_uuid};
use crate::platform::db::{Db, Tx};

/// An invitation to store.
pub struct New<'a> {
    pub id: InvitationId,
    pub email: &'a Email,
    pub role: Role,
    pub mfa_own: bool,
    pub suggested_phone: Option<&'a str>,
    pub token_hash: [u8; 32],
    pub by: CollaboratorId,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

struct Row {
    site_id: SiteId,
    id: InvitationId,
    email: String,
    email_canonical: String,
    role: String,
    mfa_own: bool,
    suggested_phone: Option<String>,
    invited_by: String,
    sent_at: Timestamp,
    expires_at: Timestamp,
    accepted_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

impl Row {
    fn read(self) -> Result<Invitation> {
        Ok(Invitation {
            site: self.site_id,
            id: self.id,
            email: self.email,
            email_canonical: self.email_canonical,
            role: self.role.parse().map_err(Error::internal)?,
            mfa_own: self.mfa_own,
            suggested_phone: self.suggested_phone,
            invited_by: self.invited_by,
            sent_at: self.sent_at,
            expires_at: self.expires_at,
            accepted_at: self.accepted_at,
            revoked_at: self.revoked_at,
        })
    }
}

/// Stores it; `false` if the address has an open one at the site. One that is too old makes room.
pub async fn insert(tx: &mut Tx, site: SiteId, new: New<'_>) -> Result<bool> {
    sqlx::query!(
        "update invitation
         set revoked_at = $3
         where site_id = $1
           and email_canonical = $2
           and accepted_at is null
           and revoked_at is null
           and expires_at <= $3",
        site.0,
        new.email.canonical(),
        new.now,
    )
    .execute(&mut **tx)
    .await?;
    let done = sqlx::query!(
        "insert into invitation (site_id, id, email, email_canonical, role, mfa_own, suggested_phone, token_hash, invited_by,
                                 created_at, sent_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)
         on conflict (site_id, email_canonical) where accepted_at is null and revoked_at is null do nothing",
        site.0,
        new.id.0,
        new.email.as_str(),
        new.email.canonical(),
        new.role.as_str(),
        new.mfa_own,
        new.suggested_phone,
        &new.token_hash[..],
        new.by.0,
        new.now,
        new.expires_at,
    )
    .execute(&mut **tx)
    .await;
    match done {
        Ok(done) => Ok(done.rows_affected() == 1),
        Err(e) if violated(&e) == Some("invitation_open") => Ok(false),
        Err(e) => Err(e.into()),
    }
}

/// When the site last mailed an invitation to the address, whatever became of that.
pub async fn last_sent(tx: &mut Tx, site: SiteId, canonical: &str) -> Result<Option<Timestamp>> {
    let last = sqlx::query_scalar!(
        "select max(sent_at)
         from invitation
         where site_id = $1
           and email_canonical = $2",
        site.0,
        canonical,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(last)
}

/// Keeps that a mail left.
pub async fn note_mail(tx: &mut Tx, site: SiteId, by: CollaboratorId, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into invitation_mail (id, site_id, sent_by, sent_at)
         values ($1, $2, $3, $4)",
        new_uuid(now),
        site.0,
        by.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The mail that has to be a day old before the next may leave.
pub struct InTheWay {
    /// Of those that the person sent, at all sites.
    pub of_person: Option<Timestamp>,
    /// Of those that left the site.
    pub of_site: Option<Timestamp>,
}

/// What of the mails since `since` stands in the way of another one.
pub async fn in_the_way(tx: &mut Tx, site: SiteId, by: CollaboratorId, since: Timestamp) -> Result<InTheWay> {
    let found = sqlx::query_as!(
        InTheWay,
        "select (select sent_at
                 from invitation_mail
                 where sent_by = $1
                   and sent_at > $3
                 order by sent_at desc
                 offset $4::bigint - 1
                 limit 1) as of_person,
                (select sent_at
                 from invitation_mail
                 where site_id = $2
                   and sent_at > $3
                 order by sent_at desc
                 offset $5::bigint - 1
                 limit 1) as of_site",
        by.0,
        site.0,
        since,
        MAILS_BY_ONE,
        MAILS_OF_SITE,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// How many of a site's are open.
pub async fn open_count(tx: &mut Tx, site: SiteId) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!"
           from invitation
           where site_id = $1
             and accepted_at is null
             and revoked_at is null"#,
        site.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// The site's that wait for an answer, the newest first.
pub async fn waiting(db: &Db, site: SiteId) -> Result<Vec<Invitation>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select i.site_id as "site_id: SiteId", i.id as "id: InvitationId", i.email, i.email_canonical, i.role, i.mfa_own,
                  i.suggested_phone, c.name as invited_by, i.sent_at, i.expires_at, i.accepted_at, i.revoked_at
           from invitation i
           join collaborator c on c.id = i.invited_by
           where i.site_id = $1
             and i.accepted_at is null
             and i.revoked_at is null
           order by i.id desc
           limit 200"#,
        site.0,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// One of the site's, locked.
pub async fn lock(tx: &mut Tx, site: SiteId, id: InvitationId) -> Result<Option<Invitation>> {
    let row = sqlx::query_as!(
        Row,
        r#"select i.site_id as "site_id: SiteId", i.id as "id: InvitationId", i.email, i.email_canonical, i.role, i.mfa_own,
                  i.suggested_phone, c.name as invited_by, i.sent_at, i.expires_at, i.accepted_at, i.revoked_at
           from invitation i
           join collaborator c on c.id = i.invited_by
           where i.site_id = $1
             and i.id = $2
           for no key update of i"#,
        site.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(Row::read).transpose()
}

/// The one that this link is for, whatever its state.
pub async fn by_token(db: &Db, hash: &[u8; 32]) -> Result<Option<Invitation>> {
    let row = sqlx::query_as!(
        Row,
        r#"select i.site_id as "site_id: SiteId", i.id as "id: InvitationId", i.email, i.email_canonical, i.role, i.mfa_own,
                  i.suggested_phone, c.name as invited_by, i.sent_at, i.expires_at, i.accepted_at, i.revoked_at
           from invitation i
           join collaborator c on c.id = i.invited_by
           where i.token_hash = $1"#,
        &hash[..],
    )
    .fetch_optional(db.pool())
    .await?;
    row.map(Row::read).transpose()
}

/// Name and address of whoever gave it, while they can act at the site.
pub async fn giver(tx: &mut Tx, site: SiteId, id: InvitationId) -> Result<Option<(String, String)>> {
    let giver = sqlx::query!(
        "select c.name, c.email
         from invitation i
         join membership m on m.site_id = i.site_id
                          and m.collaborator_id = i.invited_by
                          and m.disabled_at is null
         join collaborator c on c.id = i.invited_by
                            and c.disabled_at is null
         where i.site_id = $1
           and i.id = $2",
        site.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(giver.map(|giver| (giver.name, giver.email)))
}

/// Another link in place of the old one.
pub async fn renew(
    tx: &mut Tx,
    site: SiteId,
    id: InvitationId,
    hash: &[u8; 32],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<bool> {
    let done = sqlx::query!(
        "update invitation
         set token_hash = $3,
             sent_at = $4,
             expires_at = $5
         where site_id = $1
           and id = $2
           and accepted_at is null
           and revoked_at is null",
        site.0,
        id.0,
        &hash[..],
        now,
        expires_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes one back; whether it was still waiting.
pub async fn revoke(tx: &mut Tx, site: SiteId, id: InvitationId, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update invitation
         set revoked_at = $3
         where site_id = $1
           and id = $2
           and accepted_at is null
           and revoked_at is null",
        site.0,
        id.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes back what somebody has asked others to become who may no longer give those roles; how many there were.
pub async fn revoke_of(tx: &mut Tx, site: SiteId, by: CollaboratorId, roles: &[Role], now: Timestamp) -> Result<u64> {
    let roles: Vec<String> = roles.iter().map(|role| role.as_str().to_owned()).collect();
    let done = sqlx::query!(
        "update invitation
         set revoked_at = $4
         where site_id = $1
           and invited_by = $2
           and role = any($3)
           and accepted_at is null
           and revoked_at is null",
        site.0,
        by.0,
        &roles,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Uses the link. Of many at once, one does.
pub async fn accept(tx: &mut Tx, hash: &[u8; 32], now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update invitation
         set accepted_at = $2
         where token_hash = $1
           and accepted_at is null
           and revoked_at is null
           and expires_at > $2",
        &hash[..],
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
