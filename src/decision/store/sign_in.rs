//! Rows of `sign_in_decision` and `sign_in_person`.

use chrono::DurationRound as _;
use ipnet::IpNet;
use sqlx::types::Json;
use uuid::Uuid;

use crate::decision::attempt::Kind;
use crate::decision::service::search::{Filter, Row};
use crate::decision::service::sign_in::{Detail, SignIn};
use crate::decision::store::history::{plan_for_values, word};
use crate::decision::verdict::{Check, Finding, Outcome, Verdict};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, DecisionId, SiteId, uuid_at};
use crate::kernel::ip::ClientAddress;
use crate::platform::db::Tx;

/// The longest user agent kept, in characters.
const LONGEST_AGENT: usize = 300;

/// A decision on its way into the table.
pub struct New<'a> {
    pub site: SiteId,
    pub id: DecisionId,
    pub at: Timestamp,
    pub who: CollaboratorId,
    pub sign_in: &'a SignIn,
    pub verdict: &'a Verdict,
    pub turned_away: bool,
}

/// Writes the decision, if the person belongs to the site (of nobody nothing is written, at the same cost) and, of those
/// turned away, if it is the first of its hour. Whether it was.
pub async fn insert(tx: &mut Tx, new: &New<'_>) -> Result<bool> {
    let hour = new.at.duration_trunc(chrono::TimeDelta::hours(1)).map_err(Error::internal)?;
    let agent: String = new.sign_in.user_agent.chars().take(LONGEST_AGENT).collect();
    let done = sqlx::query!(
        "with decided as (
           insert into sign_in_decision (site_id, id, at, collaborator_id, outcome, settled_by, findings, known_device, turned_away, took_us)
           select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
           where exists (select from membership where site_id = $1 and collaborator_id = $4)
           on conflict (site_id, collaborator_id, turned_away, settled_by, known_device) where turned_away is not null
             do nothing
           returning site_id, id
         )
         insert into sign_in_person (site_id, id, email, address, user_agent)
         select site_id, id, $11, $12, $13
         from decided",
        new.site.0,
        new.id.0,
        new.at,
        new.who.0,
        new.verdict.outcome.as_str(),
        new.verdict.settled_by.map(Check::as_str),
        Json(&new.verdict.findings) as _,
        new.sign_in.known_device,
        new.turned_away.then_some(hour),
        i32::try_from(new.sign_in.began.elapsed().as_micros()).unwrap_or(i32::MAX),
        new.sign_in.email,
        new.sign_in.address.ip().map(IpNet::from),
        agent,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Matching sign-ins below `below`, newest first.
pub async fn find(tx: &mut Tx, site: SiteId, filter: &Filter, below: Uuid, most: i64) -> Result<Vec<Row>> {
    plan_for_values(tx).await?;
    let rows = sqlx::query!(
        r#"select d.id, d.at, d.outcome, d.settled_by, p.email as "email?", p.address as "address?: IpNet"
           from sign_in_decision d
           left join sign_in_person p on p.site_id = d.site_id and p.id = d.id
           where d.site_id = $1
             and d.id >= $2
             and d.id < $3
             and ($4::uuid is null or d.id = $4)
             and ($5::text is null or d.outcome = $5)
             and ($6::text is null or d.settled_by = $6)
             and ($7::text is null or p.email = $7)
             and ($8::inet is null or p.address <<= $8)
           order by d.id desc
           limit $9"#,
        site.0,
        filter.from.map_or(Uuid::nil(), uuid_at),
        filter.to.map_or(below, |to| below.min(uuid_at(to))),
        filter.id.map(|id| id.0),
        filter.outcome.map(Outcome::as_str),
        filter.check.map(Check::as_str),
        filter.email.as_ref().map(|email| email.canonical()),
        filter.ip.map(ClientAddress::network) as Option<IpNet>,
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    let shown = rows.into_iter().map(|row| {
        Ok(Row {
            id: DecisionId(row.id),
            at: row.at,
            kind: Kind::CollaboratorSignIn,
            outcome: word(&row.outcome)?,
            settled_by: row.settled_by.as_deref().map(word).transpose()?,
            shadow: false,
            money: None,
            service: None,
            service_name: None,
            email: row.email,
            ip: row.address.map(|net| net.addr()),
            card_brand: None,
            card_last4: None,
            became: None,
            label: None,
        })
    });
    shown.collect()
}

/// The decision, its findings still without sentences.
pub async fn one(tx: &mut Tx, site: SiteId, id: DecisionId) -> Result<Option<Detail>> {
    let row = sqlx::query!(
        r#"select d.at, d.outcome, d.settled_by, d.findings as "findings: Json<Vec<Finding>>", d.known_device, d.turned_away,
                  d.took_us, p.email as "email?", p.address as "address?: IpNet", p.user_agent as "user_agent?"
           from sign_in_decision d
           left join sign_in_person p on p.site_id = d.site_id and p.id = d.id
           where d.site_id = $1
             and d.id = $2"#,
        site.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Detail {
        id,
        at: row.at,
        outcome: word(&row.outcome)?,
        settled_by: row.settled_by.as_deref().map(word).transpose()?,
        findings: row.findings.0,
        known_device: row.known_device,
        first_of_hour: row.turned_away.is_some(),
        took: std::time::Duration::from_micros(u64::try_from(row.took_us).unwrap_or_default()),
        email: row.email,
        ip: row.address.map(|net| net.addr()),
        user_agent: row.user_agent,
    }))
}
