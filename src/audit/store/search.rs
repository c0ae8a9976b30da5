//! Reading the log, newest first.

use std::collections::HashMap;

use ipnet::IpNet;
use serde_json::Value;
use uuid::Uuid;

use crate::audit::service::search::{Filter, Person, Row, Who};
use crate::audit::values::joined;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{AuditId, CollaboratorId, ListId, SiteId, uuid_at};
use crate::kernel::page::PageRequest;
use crate::platform::db::Tx;

struct Found {
    id: AuditId,
    seq: i64,
    at: Timestamp,
    actor_kind: String,
    action: String,
    target: String,
    old: Option<Value>,
    new: Option<Value>,
    known: bool,
    actor_name: Option<String>,
    actor_email: Option<String>,
    address: Option<IpNet>,
    user_agent: Option<String>,
    erased: bool,
    subject_target: Option<String>,
    subject_old: Option<Value>,
    subject_new: Option<Value>,
}

fn who(kind: &str, known: bool, name: Option<String>, email: Option<String>) -> Who {
    match kind {
        "command_line" => Who::CommandLine,
        "system" => Who::System,
        "elsewhere" => Who::Elsewhere,
        _ if !known => Who::Erased,
        "api_key" => Who::ApiKey { name: name.unwrap_or_default() },
        "collaborator" => Who::Person { name: name.unwrap_or_default(), email: email.unwrap_or_default() },
        _ => Who::Stranger { email },
    }
}

impl From<Found> for Row {
    fn from(row: Found) -> Self {
        let who = who(&row.actor_kind, row.known, row.actor_name, row.actor_email);
        Self {
            id: row.id,
            seq: row.seq,
            at: row.at,
            who,
            address: row.address.map(|net| net.addr()),
            user_agent: row.user_agent.filter(|words| !words.is_empty()),
            action: row.action,
            person: row.target.parse().ok(),
            target: row.subject_target.unwrap_or(row.target),
            old: joined(row.old, row.subject_old),
            new: joined(row.new, row.subject_new),
            erased: row.erased,
        }
    }
}

/// The newest rows that the filter lets through. Its text also finds what was done to `people`.
pub async fn find(
    tx: &mut Tx,
    site: SiteId,
    filter: &Filter,
    people: &[CollaboratorId],
    page: PageRequest,
) -> Result<Vec<Row>> {
    let people: Vec<String> = people.iter().map(ToString::to_string).collect();
    // Bounds on the id, not on `at`: the id is the partition key.
    let rows = sqlx::query_as!(
        Found,
        r#"select a.id as "id: AuditId", a.seq, a.at, a.actor_kind, a.action, a.target, a.old, a.new,
                  (p.audit_id is not null) as "known!", p.actor_name as "actor_name?", p.actor_email as "actor_email?",
                  p.address as "address?: IpNet", p.user_agent as "user_agent?",
                  (a.subject_digest is not null and s.audit_id is null) as "erased!",
                  s.target as "subject_target?", s.old as "subject_old?", s.new as "subject_new?"
           from audit a
           left join audit_person p on p.site_id = a.site_id and p.audit_id = a.id
           left join audit_subject s on s.site_id = a.site_id and s.audit_id = a.id
           where a.site_id = $1
             and ($2::uuid is null or a.id < $2)
             and ($3::uuid is null or a.id >= $3)
             and ($4::uuid is null or a.id < $4)
             and ($5::text is null or a.action = $5)
             and ($6::text is null
                  or a.actor_kind = $6
                  or strpos(lower(p.actor_name), lower($6)) > 0
                  or strpos(lower(p.actor_email), lower($6)) > 0
                  or host(p.address) = $6)
             and ($7::text is null
                  or strpos(lower(a.target), lower($7)) > 0
                  or strpos(lower(a.old::text), lower($7)) > 0
                  or strpos(lower(a.new::text), lower($7)) > 0
                  or strpos(lower(s.target), lower($7)) > 0
                  or strpos(lower(s.old::text), lower($7)) > 0
                  or strpos(lower(s.new::text), lower($7)) > 0
                  or a.target = any($8))
           order by a.id desc
           limit $9"#,
        site.0,
        page.after,
        filter.from.map(uuid_at),
        filter.until.map(uuid_at),
        filter.action,
        filter.actor,
        filter.text,
        &people,
        page.fetch(),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

/// The newest row that names the list: a change of it or of an entry.
pub async fn last_of_list(tx: &mut Tx, site: SiteId, list: ListId) -> Result<Option<(Timestamp, Who)>> {
    let row = sqlx::query!(
        r#"select a.at, a.actor_kind, (p.audit_id is not null) as "known!", p.actor_name as "actor_name?",
                  p.actor_email as "actor_email?"
           from audit a
           left join audit_person p on p.site_id = a.site_id and p.audit_id = a.id
           where a.site_id = $1
             and a.action like 'list%'
             and coalesce(a.new ->> 'list', a.old ->> 'list') = $2
           order by a.id desc
           limit 1"#,
        site.0,
        list.to_string(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.at, who(&row.actor_kind, row.known, row.actor_name, row.actor_email))))
}

/// Who of the site has this text in the name or address they have, or had when they left.
pub async fn called(tx: &mut Tx, site: SiteId, text: &str) -> Result<Vec<CollaboratorId>> {
    let mut people = sqlx::query_scalar!(
        r#"select c.id as "id: CollaboratorId"
           from membership m
           join collaborator c on c.id = m.collaborator_id
           where m.site_id = $1
             and (strpos(lower(c.name), lower($2)) > 0 or strpos(lower(c.email), lower($2)) > 0)"#,
        site.0,
        text,
    )
    .fetch_all(&mut **tx)
    .await?;
    let left = sqlx::query_scalar!(
        r#"select distinct a.target
           from audit a
           join audit_subject s on s.site_id = a.site_id and s.audit_id = a.id
           where a.site_id = $1
             and a.action in ('collaborator.removed', 'collaborator.left')
             and (strpos(lower(s.old ->> 'name'), lower($2)) > 0 or strpos(lower(s.old ->> 'email'), lower($2)) > 0)"#,
        site.0,
        text,
    )
    .fetch_all(&mut **tx)
    .await?;
    people.extend(left.iter().filter_map(|target| target.parse::<CollaboratorId>().ok()));
    Ok(people)
}

/// Those of these people who belong to the site, or did: by the name and address they have, or had when they left.
pub async fn people(tx: &mut Tx, site: SiteId, ids: &[CollaboratorId]) -> Result<HashMap<CollaboratorId, Person>> {
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let members = sqlx::query!(
        r#"select c.id as "id: CollaboratorId", c.name, c.email
           from membership m
           join collaborator c on c.id = m.collaborator_id
           where m.site_id = $1
             and m.collaborator_id = any($2)"#,
        site.0,
        &uuids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut people: HashMap<CollaboratorId, Person> =
        members.into_iter().map(|c| (c.id, Person { name: c.name, email: c.email, member: true })).collect();
    let left: Vec<String> = ids.iter().filter(|id| !people.contains_key(id)).map(ToString::to_string).collect();
    if left.is_empty() {
        return Ok(people);
    }
    let departures = sqlx::query!(
        r#"select distinct on (a.target) a.target, s.old ->> 'name' as "name!", s.old ->> 'email' as "email!"
           from audit a
           join audit_subject s on s.site_id = a.site_id and s.audit_id = a.id
           where a.site_id = $1
             and a.target = any($2)
             and a.action in ('collaborator.removed', 'collaborator.left')
             and s.old ? 'name'
             and s.old ? 'email'
           order by a.target, a.id desc"#,
        site.0,
        &left,
    )
    .fetch_all(&mut **tx)
    .await?;
    people.extend(departures.into_iter().filter_map(|row| {
        let id = row.target.parse().ok()?;
        Some((id, Person { name: row.name, email: row.email, member: false }))
    }));
    Ok(people)
}

/// The actions among the newest rows, for the filter's choices.
pub async fn actions(tx: &mut Tx, site: SiteId) -> Result<Vec<String>> {
    let actions = sqlx::query_scalar!(
        "select distinct action
         from (
           select action
           from audit
           where site_id = $1
           order by id desc
           limit 5000
         ) newest
         order by action",
        site.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(actions)
}
