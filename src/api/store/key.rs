//! Rows of `api_key`. The table has no row security (a key is looked up before its site is known), so every other
//! statement names the site.

use sqlx::PgConnection;

use crate::access::Role;
use crate::api::key::{Key, KeyKind};
use crate::api::rate::Rate;
use crate::api::scope::{Maker, Scope};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, KeyId, SiteId};
use crate::platform::db::{Db, Tx};

/// A key as the gate needs it.
#[derive(Clone)]
pub struct Admission {
    pub site: SiteId,
    pub live: bool,
    pub id: KeyId,
    pub name: String,
    pub kind: KeyKind,
    pub given: Vec<Scope>,
    pub created_by: Option<CollaboratorId>,
    pub maker: Maker,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub rate: Rate,
}

/// The keys with these hashes that exist, with what their makers may do today. A row that cannot be read fails its own key.
pub async fn by_hashes(db: &mut PgConnection, hashes: &[[u8; 32]]) -> Result<Vec<(Vec<u8>, Result<Admission>)>> {
    let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.to_vec()).collect();
    let rows = sqlx::query!(
        r#"select k.secret_hash, k.site_id as "site_id: SiteId", s.live, k.id as "id: KeyId", k.name, k.kind, k.scopes,
                  k.created_by as "created_by: CollaboratorId", k.expires_at, k.revoked_at, k.rate, k.burst, m.role as "role?"
           from api_key k
           join site s on s.id = k.site_id
           left join collaborator c on c.id = k.created_by and c.disabled_at is null
           left join membership m on m.site_id = k.site_id and m.collaborator_id = c.id and m.disabled_at is null
           where k.secret_hash = any($1)"#,
        &hashes,
    )
    .fetch_all(db)
    .await?;
    let read = rows.into_iter().map(|row| {
        let admission = || {
            Ok(Admission {
                site: row.site_id,
                live: row.live,
                id: row.id,
                name: row.name,
                kind: kind(&row.kind)?,
                given: scopes(row.scopes)?,
                created_by: row.created_by,
                maker: maker(row.created_by.is_some(), row.role)?,
                expires_at: row.expires_at,
                revoked_at: row.revoked_at,
                rate: Rate { per_second: count(row.rate)?, burst: count(row.burst)? },
            })
        };
        (row.secret_hash, admission())
    });
    Ok(read.collect())
}

/// Writes down that the key was used, unless another process did within the last minute.
pub async fn touch(db: &Db, site: SiteId, id: KeyId, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update api_key
         set last_used_at = $3
         where site_id = $1
           and id = $2
           and (last_used_at is null or last_used_at <= $4)",
        site.0,
        id.0,
        now,
        now - chrono::TimeDelta::minutes(1),
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// A site's keys below `below`, or one of them; the newest first. Revoked ones stay in the list.
pub async fn all(tx: &mut Tx, site: SiteId, one: Option<KeyId>, below: Option<KeyId>, most: i64) -> Result<Vec<Key>> {
    let rows = sqlx::query!(
        r#"select k.id as "id: KeyId", k.name, k.kind, k.prefix, k.scopes, k.created_at, k.created_by as "created_by: CollaboratorId",
                  c.name as "maker_name?", m.role as "role?", k.expires_at, k.last_used_at, k.revoked_at, k.rate, k.burst
           from api_key k
           left join collaborator c on c.id = k.created_by
           left join membership m on m.site_id = k.site_id
                                 and m.collaborator_id = k.created_by
                                 and m.disabled_at is null
                                 and c.disabled_at is null
           where k.site_id = $1
             and ($2::uuid is null or k.id = $2)
             and ($3::uuid is null or k.id < $3)
           order by k.id desc
           limit $4"#,
        site.0,
        one.map(|id| id.0),
        below.map(|id| id.0),
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Key {
                id: row.id,
                site,
                name: row.name,
                kind: kind(&row.kind)?,
                prefix: row.prefix,
                given: scopes(row.scopes)?,
                created_at: row.created_at,
                maker: maker(row.created_by.is_some(), row.role)?,
                created_by: row.created_by.zip(row.maker_name),
                expires_at: row.expires_at,
                last_used_at: row.last_used_at,
                revoked_at: row.revoked_at,
                rate: Rate { per_second: count(row.rate)?, burst: count(row.burst)? },
            })
        })
        .collect()
}

/// What is written of a new key.
pub struct New<'a> {
    pub id: KeyId,
    pub name: &'a str,
    pub kind: KeyKind,
    pub prefix: &'a str,
    pub hash: [u8; 32],
    pub scopes: &'a [Scope],
    pub created_by: Option<CollaboratorId>,
    pub expires_at: Option<Timestamp>,
    pub rate: Rate,
}

pub async fn insert(tx: &mut Tx, site: SiteId, new: &New<'_>, now: Timestamp) -> Result<()> {
    let scopes: Vec<String> = new.scopes.iter().map(ToString::to_string).collect();
    sqlx::query!(
        "insert into api_key (site_id, id, name, kind, prefix, secret_hash, scopes, created_at, created_by, expires_at, rate, burst)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        site.0,
        new.id.0,
        new.name,
        new.kind.as_str(),
        new.prefix,
        &new.hash[..],
        &scopes,
        now,
        new.created_by.map(|who| who.0),
        new.expires_at,
        number(new.rate.per_second)?,
        number(new.rate.burst)?,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives a key another rate, if it still has the one that was seen and is not revoked.
pub async fn set_rate(tx: &mut Tx, site: SiteId, id: KeyId, seen: Rate, new: Rate) -> Result<bool> {
    let done = sqlx::query!(
        "update api_key
         set rate = $3,
             burst = $4
         where site_id = $1
           and id = $2
           and rate = $5
           and burst = $6
           and revoked_at is null",
        site.0,
        id.0,
        number(new.per_second)?,
        number(new.burst)?,
        number(seen.per_second)?,
        number(seen.burst)?,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Revokes a key; false if it was revoked before.
pub async fn revoke(tx: &mut Tx, site: SiteId, id: KeyId, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update api_key
         set revoked_at = $3
         where site_id = $1
           and id = $2
           and revoked_at is null",
        site.0,
        id.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

fn kind(text: &str) -> Result<KeyKind> {
    match text {
        "secret" => Ok(KeyKind::Secret),
        "publishable" => Ok(KeyKind::Publishable),
        other => Err(Error::internal(anyhow::anyhow!("api_key.kind is {other}"))),
    }
}

fn scopes(texts: Vec<String>) -> Result<Vec<Scope>> {
    texts.iter().map(|text| text.parse().map_err(Error::internal)).collect()
}

fn maker(by_a_person: bool, role: Option<String>) -> Result<Maker> {
    match (by_a_person, role) {
        (false, _) => Ok(Maker::Operator),
        (true, None) => Ok(Maker::Gone),
        (true, Some(role)) => role.parse::<Role>().map(Maker::Member).map_err(Error::internal),
    }
}

fn number(count: u32) -> Result<i32> {
    i32::try_from(count).map_err(Error::internal)
}

fn count(number: i32) -> Result<u32> {
    u32::try_from(number).map_err(Error::internal)
}
