//! Stored decisions: for tables, for the trace, for replays.

use chrono::TimeDelta;
use ipnet::IpNet;
use sqlx::types::Json;
use uuid::Uuid;

use crate::decision::attempt::{AttemptRequest, Card, Customer, Kind, PostalAddress, Source};
use crate::decision::facts::{Tally, Used};
use crate::decision::keys::{Identity, Key, KeyKind, PerKey};
use crate::decision::lists::ListMatch;
use crate::decision::replay::Stored;
use crate::decision::service::decide::Decision;
use crate::decision::service::outcome::{Action, Became, OutcomeAnswer, Told};
use crate::decision::service::search::{Filter, LOOKED_THROUGH, Row};
use crate::decision::store::record::Kept;
use crate::decision::verdict::{Check, Finding, Outcome, WINDOW};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{DecisionId, ServiceId, SiteId, uuid_at};
use crate::kernel::ip::ClientAddress;
use crate::kernel::money::{Currency, Money};
use crate::platform::db::Tx;

/// Values to look for, as the digests under which they are stored.
#[derive(Default)]
pub struct Digests {
    pub email: Option<Vec<Vec<u8>>>,
    pub ip: Option<Vec<u8>>,
    pub customer: Option<Vec<u8>>,
}

pub(super) fn word<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(text: &str) -> Result<T> {
    text.parse().map_err(Error::internal)
}

fn money(minor: Option<i64>, currency: Option<&str>) -> Result<Option<Money>> {
    match (minor, currency) {
        (Some(minor), Some(currency)) => Ok(Some(Money::new(minor, currency.parse().map_err(Error::internal)?))),
        _ => Ok(None),
    }
}

/// Has the statements of the transaction planned for their values: most filters are blank most of the time, and the ids
/// that bound a search leave a few partitions of many.
pub async fn plan_for_values(tx: &mut Tx) -> Result<()> {
    sqlx::query!("select set_config('plan_cache_mode', 'force_custom_plan', true)").fetch_one(&mut **tx).await?;
    Ok(())
}

/// The oldest of the `most` attempts below an id; `None` if there are no more than that.
async fn floor(tx: &mut Tx, site: SiteId, above: Uuid, below: Uuid, most: i64) -> Result<Option<Uuid>> {
    let id = sqlx::query_scalar!(
        "select id
         from attempt
         where site_id = $1
           and id >= $2
           and id < $3
         order by id desc
         offset $4
         limit 1",
        site.0,
        above,
        below,
        most - 1,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id)
}

/// What was found, and how far back it was looked for: `None` to the beginning.
pub struct Found {
    pub rows: Vec<Row>,
    pub back_to: Option<Uuid>,
}

/// Matching decisions below `below`, newest first. What no index leads to is looked for among the newest attempts only.
pub async fn find(
    tx: &mut Tx,
    site: SiteId,
    filter: &Filter,
    digests: &Digests,
    below: Uuid,
    most: i64,
) -> Result<Found> {
    plan_for_values(tx).await?;
    let above = filter.from.map_or(Uuid::nil(), uuid_at);
    let top = filter.to.map_or(below, |to| below.min(uuid_at(to)));
    let mut found = Vec::new();
    let mut back_to = None;
    // What is looked for is common more often than not.
    let steps = if filter.must_read() { &[Some(2_000), Some(LOOKED_THROUGH)][..] } else { &[None] };
    for step in steps {
        back_to = match step {
            Some(many) => floor(tx, site, above, top, *many).await?,
            None => None,
        };
        found = ids(tx, site, filter, digests, back_to.unwrap_or(above)..top, most).await?;
        if back_to.is_none() || i64::try_from(found.len()).is_ok_and(|found| found >= most) {
            break;
        }
    }
    Ok(Found { rows: rows(tx, site, &found).await?, back_to })
}

/// The ids of matching decisions within a range, newest first.
async fn ids(
    tx: &mut Tx,
    site: SiteId,
    filter: &Filter,
    digests: &Digests,
    within: std::ops::Range<Uuid>,
    most: i64,
) -> Result<Vec<Uuid>> {
    // Says the same as the outcome, in the words of the index over what was not simply approved.
    let settled = filter.check.is_some() || filter.outcome.is_some_and(|o| o != Outcome::Approve);
    let ids = sqlx::query_scalar!(
        "select a.id
         from attempt a
         join decision d on d.site_id = a.site_id and d.id = a.id
         left join outcome o on o.site_id = a.site_id and o.id = a.id and o.id >= $2 and o.id < $3
         where a.site_id = $1
           and d.site_id = $1
           and a.id >= $2
           and d.id >= $2
           and a.id < $3
           and d.id < $3
           and ($17::boolean is not true or d.settled_by is not null)
           and ($4::uuid is null or a.id = $4)
           and ($5::text is null or d.outcome = $5)
           and ($6::text is null or d.settled_by = $6)
           and ($7::boolean is not true or d.shadow)
           and ($8::text is null or a.kind = $8)
           and ($9::uuid is null or a.service_id = $9)
           and ($10::text is null or o.outcome = $10)
           and ($11::bytea[] is null or a.email_key = any($11))
           and ($12::bytea is null or a.ip_key = $12)
           and ($13::bytea is null or a.customer_key = $13)
           and ($14::bigint is null or a.amount >= $14)
           and ($15::bigint is null or a.amount <= $15)
           and ($18::text is null or a.currency = $18)
         order by a.id desc
         limit $16",
        site.0,
        within.start,
        within.end,
        filter.id.map(|id| id.0),
        filter.outcome.map(Outcome::as_str),
        filter.check.map(Check::as_str),
        filter.shadow,
        filter.kind.map(Kind::as_str),
        filter.service.map(|s| s.0),
        filter.became.map(Became::as_str),
        digests.email.as_deref(),
        digests.ip.as_deref(),
        digests.customer.as_deref(),
        filter.amount_from,
        filter.amount_to,
        most,
        settled,
        filter.currency.map(Currency::code),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids)
}

/// The rows of these decisions, newest first.
pub async fn rows(tx: &mut Tx, site: SiteId, ids: &[Uuid]) -> Result<Vec<Row>> {
    let (Some(oldest), Some(newest)) = (ids.iter().min(), ids.iter().max()) else { return Ok(Vec::new()) };
    let found = sqlx::query!(
        r#"select a.id, a.at, a.kind, a.amount, a.currency, a.service_id, a.label, d.outcome, d.settled_by, d.shadow,
                  o.outcome as "became?", s.name as "service_name?", p.email as "email?", p.ip as "ip?: IpNet",
                  p.card->>'brand' as card_brand, p.card->>'last4' as card_last4
           from attempt a
           join decision d on d.site_id = a.site_id and d.id = a.id and d.id between $3 and $4
           left join attempt_person p on p.site_id = a.site_id and p.id = a.id and p.id between $3 and $4
           left join outcome o on o.site_id = a.site_id and o.id = a.id and o.id between $3 and $4
           left join service s on s.site_id = a.site_id and s.id = a.service_id
           where a.site_id = $1
             and a.id between $3 and $4
             and a.id = any($2)
           order by a.id desc"#,
        site.0,
        ids,
        oldest,
        newest,
    )
    .fetch_all(&mut **tx)
    .await?;
    found
        .into_iter()
        .map(|row| {
            Ok(Row {
                id: DecisionId(row.id),
                at: row.at,
                kind: word(&row.kind)?,
                outcome: word(&row.outcome)?,
                settled_by: row.settled_by.as_deref().map(word).transpose()?,
                shadow: row.shadow,
                money: money(row.amount, row.currency.as_deref())?,
                service: row.service_id.map(ServiceId),
                service_name: row.service_name,
                email: row.email,
                ip: row.ip.map(|net| net.addr()),
                card_brand: row.card_brand,
                card_last4: row.card_last4,
                became: row.became.as_deref().map(word).transpose()?,
                label: row.label,
            })
        })
        .collect()
}

/// One decision with all that is stored of it.
pub struct One {
    pub decision: Decision,
    pub attempt: AttemptRequest,
    pub service_name: Option<String>,
    pub outcome: Option<(Told, OutcomeAnswer)>,
    pub keys: PerKey<Option<Key>>,
    pub by: PerKey<Option<Identity>>,
    pub lists: Vec<ListMatch>,
}

/// The decision, its findings still without sentences.
pub async fn one(tx: &mut Tx, site: SiteId, id: DecisionId) -> Result<Option<One>> {
    let row = sqlx::query!(
        r#"select a.at, a.kind, a.service_id, a.amount, a.currency, a.email_key, a.ip_key, a.card_key, a.card_by_fingerprint,
                  a.guest, a.source, a.label,
                  p.email as "email?", p.ip as "ip?: IpNet", p.external_id as "external_id?", p.user_agent as "user_agent?",
                  p.headers as "headers?: Json<std::collections::BTreeMap<String, String>>", p.card as "card?: Json<Card>",
                  p.billing as "billing?: Json<PostalAddress>", p.shipping as "shipping?: Json<PostalAddress>",
                  d.outcome, d.shadow, d.settled_by, d.risk_score, d.trust_score, d.policy_version, d.findings as "findings: Json<Vec<Finding>>",
                  d.lists as "lists: Json<Vec<Kept>>", d.expires_at, d.took_us, s.name as "service_name?",
                  o.at as "told_at?", o.outcome as "became?", o.late as "late?", o.code as "code?", o.message as "message?",
                  o.cvc_check as "cvc_check?", o.avs_check as "avs_check?", o.email_check as "email_check?", o.three_ds as "three_ds?",
                  o.action as "action?", o.findings as "told_findings?: Json<Vec<Finding>>"
           from attempt a
           join decision d on d.site_id = a.site_id and d.id = a.id
           left join attempt_person p on p.site_id = a.site_id and p.id = a.id
           left join outcome o on o.site_id = a.site_id and o.id = a.id
           left join service s on s.site_id = a.site_id and s.id = a.service_id
           where a.site_id = $1
             and a.id = $2"#,
        site.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let key = |bytes: &Option<Vec<u8>>| bytes.as_deref().and_then(|b| b.try_into().ok()).map(Key);
    let outcome = match (row.became, row.told_at, row.late, row.action) {
        (Some(became), Some(at), Some(late), Some(action)) => {
            let became: Became = word(&became)?;
            let told = Told {
                outcome: became,
                code: row.code,
                message: row.message,
                cvc_check: row.cvc_check,
                avs_check: row.avs_check,
                email_check: row.email_check,
                three_ds: row.three_ds,
            };
            let findings = row.told_findings.map(|f| f.0).unwrap_or_default();
            let action: Action = word(&action)?;
            Some((told, OutcomeAnswer { outcome: became, action, findings, at, late, repeated: false }))
        }
        _ => None,
    };
    let by_fingerprint =
        if row.card_by_fingerprint == Some(true) { Identity::Fingerprint } else { Identity::BrandLast4Expiry };
    let network = if row.ip.is_none() { Identity::UnknownAddress } else { Identity::Network };
    Ok(Some(One {
        keys: PerKey { email: key(&row.email_key), ip: key(&row.ip_key), card: key(&row.card_key) },
        by: PerKey {
            email: row.email_key.as_ref().map(|_| Identity::Email),
            ip: row.ip_key.as_ref().map(|_| network),
            card: row.card_key.as_ref().map(|_| by_fingerprint),
        },
        lists: row.lists.map(|l| l.0.into_iter().map(ListMatch::from).collect()).unwrap_or_default(),
        service_name: row.service_name,
        outcome,
        attempt: AttemptRequest {
            site,
            kind: word(&row.kind)?,
            service: row.service_id.map(ServiceId),
            money: money(row.amount, row.currency.as_deref())?,
            // An address that was stored was parsed once; should the rule have become stricter, it is shown as unknown.
            customer: Customer {
                external_id: row.external_id,
                email: row.email.and_then(|e| e.parse().ok()),
                guest: row.guest,
            },
            ip: row.ip.map_or(ClientAddress::Unknown, |net| ClientAddress::from_ip(net.addr())),
            user_agent: row.user_agent,
            headers: row.headers.map(|h| h.0).unwrap_or_default(),
            card: row.card.map(|c| c.0),
            billing: row.billing.map(|b| b.0),
            shipping: row.shipping.map(|s| s.0),
            source: if row.source == Source::Simulation.as_str() { Source::Simulation } else { Source::Api },
            label: row.label,
        },
        decision: Decision {
            id,
            at: row.at,
            outcome: word(&row.outcome)?,
            findings: row.findings.0,
            settled_by: row.settled_by.as_deref().map(word).transpose()?,
            shadow: row.shadow,
            risk_score: row.risk_score,
            trust_score: row.trust_score,
            policy_version: row.policy_version,
            expires_at: row.expires_at,
            took: std::time::Duration::from_micros(u64::try_from(row.took_us).unwrap_or_default()),
        },
    }))
}

/// Other attempts under a key between two instants, newest first.
pub async fn neighbours(
    tx: &mut Tx,
    site: SiteId,
    kind: KeyKind,
    key: Key,
    but: DecisionId,
    around: (Timestamp, Timestamp),
) -> Result<Vec<Row>> {
    plan_for_values(tx).await?;
    let (from, to) = (uuid_at(around.0), uuid_at(around.1));
    let of = |wanted: KeyKind| (kind == wanted).then(|| key.0.to_vec());
    let ids = sqlx::query_scalar!(
        "select id
         from attempt
         where site_id = $1
           and ($2::bytea is null or email_key = $2)
           and ($3::bytea is null or ip_key = $3)
           and ($4::bytea is null or card_key = $4)
           and id >= $5
           and id < $6
           and id <> $7
         order by id desc
         limit 20",
        site.0,
        of(KeyKind::Email),
        of(KeyKind::Ip),
        of(KeyKind::Card),
        from,
        to,
        but.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows(tx, site, &ids).await
}

/// Whether a simulated attempt carries one of these card keys.
pub async fn has_simulated(tx: &mut Tx, site: SiteId, cards: &[Vec<u8>]) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (
             select from attempt
             where site_id = $1
               and card_key = any($2)
               and source = 'simulation'
           ) as "found!""#,
        site.0,
        cards,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// What stood under the keys of a decision at its instant, from what is append-only: key uses are forgotten when no limit
/// can count them any more.
pub async fn recount(tx: &mut Tx, site: SiteId, one: &One) -> Result<PerKey<Option<Used>>> {
    plan_for_values(tx).await?;
    let at = one.decision.at;
    let mut recounted = PerKey::default();
    for kind in KeyKind::ALL {
        let (Some(key), Some(by)) = (one.keys.get(kind), one.by.get(kind)) else { continue };
        let of = |asked: KeyKind| (asked == kind).then_some(&key.0[..]);
        let row = sqlx::query!(
            r#"select count(*) as "payments!", min(u.at) as payments_first,
                      coalesce(sum(u.amount) filter (where u.currency = $4 and u.state in ('approved', 'pending')), 0)::bigint as "amount!",
                      min(u.at) filter (where u.currency = $4 and u.state in ('approved', 'pending')) as amount_first,
                      count(*) filter (where u.state = 'declined') as "declines!",
                      min(u.at) filter (where u.state = 'declined') as declines_first
               from (select a.at, a.amount, a.currency,
                            case when o.at <= $2 then o.outcome when d.expires_at > $2 then 'pending' end as state
                     from attempt a
                     join decision d on d.site_id = a.site_id and d.id = a.id
                     left join outcome o on o.site_id = a.site_id and o.id = a.id
                     where a.site_id = $1
                       and ($5::bytea is null or a.email_key = $5)
                       and ($6::bytea is null or a.ip_key = $6)
                       and ($7::bytea is null or a.card_key = $7)
                       and a.id >= $8
                       and a.id < $9
                       and a.at > $3
                       and a.at < $2
                       and a.kind = 'payment'
                       and d.outcome <> 'reject'
                     order by a.at desc
                     limit 100000) u"#,
            site.0,
            at,
            at - WINDOW,
            one.attempt.money.map(|m| m.currency.code()),
            of(KeyKind::Email),
            of(KeyKind::Ip),
            of(KeyKind::Card),
            uuid_at(at - WINDOW),
            uuid_at(at + TimeDelta::milliseconds(1)),
        )
        .fetch_one(&mut **tx)
        .await?;
        let tally = |n: i64, first_at| Tally { seen: u32::try_from(n).unwrap_or(u32::MAX), at_least: false, first_at };
        *recounted.get_mut(kind) = Some(Used {
            by: *by,
            payments: tally(row.payments, row.payments_first),
            amount: row.amount,
            amount_first_at: row.amount_first,
            declines: tally(row.declines, row.declines_first),
        });
    }
    Ok(recounted)
}

/// What a replay needs of a decision.
pub async fn stored(tx: &mut Tx, site: SiteId, one: &One) -> Result<Stored> {
    Ok(Stored {
        at: one.decision.at,
        kind: one.attempt.kind,
        money: one.attempt.money,
        guest: one.attempt.customer.guest,
        lists: one.lists.clone(),
        findings: one.decision.findings.clone(),
        recounted: recount(tx, site, one).await?,
    })
}
