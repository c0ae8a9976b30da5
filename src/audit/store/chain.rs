//! Rows of `audit`, `audit_person`, `audit_subject` and `audit_head`.

use ipnet::IpNet;
use serde_json::Value;
use uuid::Uuid;

use crate::audit::chain::{Hash, Link};
use crate::audit::entry::Personal;
use crate::audit::values::Subject;
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{AuditId, SiteId};
use crate::platform::db::Tx;

/// The newest link of a chain.
pub struct Head {
    pub seq: i64,
    pub hash: Vec<u8>,
    pub signature: Vec<u8>,
}

/// The head, locked until the end of the transaction: it puts the links in order.
pub async fn lock_head(tx: &mut Tx, site: SiteId) -> Result<Option<Head>> {
    let head = sqlx::query_as!(
        Head,
        "select seq, hash, signature
         from audit_head
         where site_id = $1
         for update",
        site.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(head)
}

/// The head as it is.
pub async fn head(tx: &mut Tx, site: SiteId) -> Result<Option<Head>> {
    let head = sqlx::query_as!(
        Head,
        "select seq, hash, signature
         from audit_head
         where site_id = $1",
        site.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(head)
}

/// The head of an empty chain; another transaction may have been faster.
pub async fn start(tx: &mut Tx, site: SiteId, hash: &Hash, signature: &Hash) -> Result<()> {
    sqlx::query!(
        "insert into audit_head (site_id, seq, hash, signature)
         values ($1, 0, $2, $3)
         on conflict (site_id) do nothing",
        site.0,
        &hash[..],
        &signature[..],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether the installation's chain still lacks its beginning; locks the installation's row, so that of two processes
/// that start together one writes it.
pub async fn is_to_begin(tx: &mut Tx) -> Result<bool> {
    let begun_at =
        sqlx::query_scalar!("select audit_begun_at from installation for update").fetch_optional(&mut **tx).await?;
    Ok(begun_at == Some(None))
}

/// Notes that the installation's chain has its beginning: this row, or older ones.
pub async fn begun_with(tx: &mut Tx, first: AuditId) -> Result<()> {
    sqlx::query!(
        "update installation
         set audit_begun_at = (select at from audit where site_id = $1 and id = $2)",
        SiteId::PLATFORM.0,
        first.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// By when the installation's chain has its first row; `None` before the first start.
pub async fn begun_at(tx: &mut Tx) -> Result<Option<Timestamp>> {
    let found = sqlx::query_scalar!("select audit_begun_at from installation").fetch_optional(&mut **tx).await?;
    Ok(found.flatten())
}

/// A row about to be written.
pub struct NewRow<'a> {
    pub site: SiteId,
    pub id: AuditId,
    pub seq: i64,
    pub at: Timestamp,
    pub actor_kind: &'a str,
    pub actor_id: Option<Uuid>,
    pub action: &'a str,
    pub target: String,
    pub old: Option<Value>,
    pub new: Option<Value>,
    pub personal_digest: Option<Hash>,
    pub personal: Option<Personal>,
    pub subject_digest: Option<Hash>,
    pub subject: Option<Subject>,
    pub previous_hash: Vec<u8>,
}

/// Writes the row, what lies beside it and the new head in one statement.
pub async fn append(tx: &mut Tx, row: &NewRow<'_>, hash: &Hash, signature: &[u8]) -> Result<()> {
    let (personal, subject) = (row.personal.as_ref(), row.subject.as_ref());
    let done = sqlx::query!(
        "with link as (
           insert into audit (site_id, id, seq, at, actor_kind, actor_id, action, target, old, new, personal_digest, subject_digest,
                              previous_hash, hash)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $20, $12, $13)
         ), person as (
           insert into audit_person (site_id, audit_id, actor_name, actor_email, address, user_agent)
           select $1, $2, $14, $15, $16, $17
           where $18
         ), subject as (
           insert into audit_subject (site_id, audit_id, target, old, new)
           select $1, $2, $21, $22, $23
           where $24
         )
         update audit_head
         set seq = $3, hash = $13, signature = $19
         where site_id = $1
           and seq = $3 - 1",
        row.site.0,
        row.id.0,
        row.seq,
        row.at,
        row.actor_kind,
        row.actor_id,
        row.action,
        row.target,
        row.old,
        row.new,
        row.personal_digest.as_ref().map(|d| &d[..]),
        row.previous_hash,
        &hash[..],
        personal.and_then(|p| p.name.as_deref()),
        personal.and_then(|p| p.email.as_deref()),
        personal.and_then(|p| p.address).map(IpNet::from) as Option<IpNet>,
        personal.and_then(|p| p.user_agent.as_deref()),
        personal.is_some(),
        signature,
        row.subject_digest.as_ref().map(|d| &d[..]),
        subject.and_then(|s| s.target.as_deref()),
        subject.and_then(|s| s.old.as_ref()),
        subject.and_then(|s| s.new.as_ref()),
        subject.is_some(),
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(Error::internal(anyhow::anyhow!("the audit head moved under its lock")))
    }
}

/// A row as it stands in the table, with what lies beside it.
pub struct Row {
    pub id: Uuid,
    pub seq: i64,
    pub at: Timestamp,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub action: String,
    pub target: String,
    pub old: Option<Value>,
    pub new: Option<Value>,
    pub personal_digest: Option<Vec<u8>>,
    pub subject_digest: Option<Vec<u8>>,
    pub previous_hash: Vec<u8>,
    pub hash: Vec<u8>,
    pub has_person: bool,
    pub actor_name: Option<String>,
    pub actor_email: Option<String>,
    pub address: Option<IpNet>,
    pub user_agent: Option<String>,
    pub has_subject: bool,
    pub subject_target: Option<String>,
    pub subject_old: Option<Value>,
    pub subject_new: Option<Value>,
}

impl Row {
    /// The fields that the hash covers.
    pub fn link(&self, site: SiteId) -> Link<'_> {
        Link {
            previous: &self.previous_hash,
            site,
            id: self.id,
            seq: self.seq,
            at: self.at,
            actor_kind: &self.actor_kind,
            actor_id: self.actor_id,
            action: &self.action,
            target: &self.target,
            old: self.old.as_ref(),
            new: self.new.as_ref(),
            personal_digest: self.personal_digest.as_deref(),
            subject_digest: self.subject_digest.as_deref(),
        }
    }

    /// What is known of the actor; `None` once erased.
    pub fn personal(&self) -> Option<Personal> {
        self.has_person.then(|| Personal {
            name: self.actor_name.clone(),
            email: self.actor_email.clone(),
            address: self.address.map(|net| net.addr()),
            user_agent: self.user_agent.clone(),
        })
    }

    /// The personal part of target and values; `None` once erased.
    pub fn subject(&self) -> Option<Subject> {
        self.has_subject.then(|| Subject {
            target: self.subject_target.clone(),
            old: self.subject_old.clone(),
            new: self.subject_new.clone(),
        })
    }
}

/// The rows after place `seq` (and, where a place is taken twice, after `id`), in the chain's order.
pub async fn batch(tx: &mut Tx, site: SiteId, seq: i64, id: Uuid, most: i64) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select a.id, a.seq, a.at, a.actor_kind, a.actor_id, a.action, a.target, a.old, a.new, a.personal_digest, a.subject_digest,
                  a.previous_hash, a.hash,
                  p.audit_id is not null as "has_person!", p.actor_name as "actor_name?", p.actor_email as "actor_email?",
                  p.address as "address?: IpNet", p.user_agent as "user_agent?",
                  s.audit_id is not null as "has_subject!", s.target as "subject_target?", s.old as "subject_old?", s.new as "subject_new?"
           from audit a
           left join audit_person p on p.site_id = a.site_id and p.audit_id = a.id
           left join audit_subject s on s.site_id = a.site_id and s.audit_id = a.id
           where a.site_id = $1
             and a.seq >= $2
             and (a.seq > $2 or a.id > $3)
           order by a.seq, a.id
           limit $4"#,
        site.0,
        seq,
        id,
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}
