//! History for backtests: payments by id, a bounded page at a time.

use std::collections::{BTreeSet, HashMap};

use ipnet::IpNet;
use sqlx::types::Json;
use uuid::Uuid;

use crate::decision::attempt::{AttemptRequest, Card, Customer, Kind, PostalAddress};
use crate::decision::backtest::Past;
use crate::decision::counters::Fate;
use crate::decision::keys::PerKey;
use crate::decision::lists::{Field, ListMatch};
use crate::decision::store::history::plan_for_values;
use crate::decision::store::record::Kept;
use crate::error::{Error, Result};
use crate::kernel::id::{ServiceId, SiteId, uuid_to};
use crate::kernel::ip::ClientAddress;
use crate::kernel::money::{Currency, Money};
use crate::platform::db::Tx;

/// Has the statements of the transaction planned for their values and by merging ranges. A page of a busy site lies within
/// one step of the planner's histogram, which then expects one row: it would compare each row of a page with each other.
pub async fn plan_for_ranges(tx: &mut Tx) -> Result<()> {
    plan_for_values(tx).await?;
    sqlx::query!("select set_config('enable_nestloop', 'off', true)").fetch_one(&mut **tx).await?;
    Ok(())
}

/// The id above which at most `most` payments lie; `None` if there are no more than that above `above`.
pub async fn newest(tx: &mut Tx, site: SiteId, above: Uuid, most: i64) -> Result<Option<Uuid>> {
    let id = sqlx::query_scalar!(
        "select id
         from attempt
         where site_id = $1
           and id > $2
         order by id desc
         offset $3
         limit 1",
        site.0,
        above,
        most,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id)
}

/// The id at which a page of attempts above `above` ends, which leaves none of a millisecond to the next page; `None` if
/// fewer are left.
pub async fn page_end(tx: &mut Tx, site: SiteId, above: Uuid, size: i64) -> Result<Option<Uuid>> {
    let id = sqlx::query_scalar!(
        "select id
         from attempt
         where site_id = $1
           and id > $2
         order by id
         offset $3
         limit 1",
        site.0,
        above,
        size - 1,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id.map(uuid_to))
}

/// The payments above an id up to another, in the order of their instants: ids keep it only to the millisecond. Both
/// bounds stand at every table, so that three short ranges are merged instead of a row looked up thrice.
pub async fn page(tx: &mut Tx, site: SiteId, above: Uuid, to: Uuid) -> Result<Vec<Past>> {
    let rows = sqlx::query!(
        r#"select a.id, a.at, a.amount, a.currency, a.guest, a.email_key, a.ip_key, a.card_key, d.lists as "lists: Json<Vec<Kept>>",
                  o.outcome as "became?", o.at as "told_at?"
           from attempt a
           join decision d on d.site_id = $1 and d.id = a.id and d.id > $2 and d.id <= $3
           left join outcome o on o.site_id = $1 and o.id = a.id and o.id > $2 and o.id <= $3
           where a.site_id = $1
             and a.id > $2
             and a.id <= $3
             and a.kind = 'payment'
           order by a.id"#,
        site.0,
        above,
        to,
    )
    .fetch_all(&mut **tx)
    .await?;
    let number =
        |bytes: Option<Vec<u8>>| bytes.as_deref().and_then(|b| b.first_chunk().copied()).map(u64::from_be_bytes);
    let mut last: Option<(String, Currency)> = None;
    let mut page: Vec<Past> = rows
        .into_iter()
        .map(|row| {
            let money = match (row.amount, row.currency) {
                (Some(minor), Some(code)) => Some(Money::new(minor, currency(&mut last, code)?)),
                _ => None,
            };
            let fate = match (row.became.as_deref(), row.told_at) {
                (Some("approved"), Some(at)) => Fate::Approved(at),
                (Some("declined"), Some(at)) => Fate::Declined(at),
                (Some("abandoned"), Some(at)) => Fate::Abandoned(at),
                _ => Fate::Unknown,
            };
            Ok(Past {
                id: row.id,
                at: row.at,
                money,
                guest: row.guest,
                keys: PerKey { email: number(row.email_key), ip: number(row.ip_key), card: number(row.card_key) },
                lists: row.lists.map(|l| l.0.into_iter().map(ListMatch::from).collect()).unwrap_or_default(),
                fate,
            })
        })
        .collect::<Result<_>>()?;
    page.sort_by_key(|past| past.at);
    Ok(page)
}

/// What the same payments carried, as far as a trial of lists asks for it and it has not been erased.
pub async fn carried(
    tx: &mut Tx,
    site: SiteId,
    above: Uuid,
    to: Uuid,
    fields: &BTreeSet<Field>,
) -> Result<HashMap<Uuid, AttemptRequest>> {
    let any = |wanted: &[Field]| wanted.iter().any(|field| fields.contains(field));
    let rows = sqlx::query!(
        r#"select a.id, a.service_id as "service: ServiceId", p.email, p.ip as "ip: IpNet", p.external_id,
                  case when $4 then p.card end as "card: Json<Card>",
                  case when $5 then p.billing end as "billing: Json<PostalAddress>",
                  case when $6 then p.shipping end as "shipping: Json<PostalAddress>"
           from attempt a
           left join attempt_person p on p.site_id = $1 and p.id = a.id and p.id > $2 and p.id <= $3
           where a.site_id = $1
             and a.id > $2
             and a.id <= $3
             and a.kind = 'payment'"#,
        site.0,
        above,
        to,
        any(&Field::OF_CARD),
        any(&Field::OF_BILLING),
        any(&Field::OF_SHIPPING),
    )
    .fetch_all(&mut **tx)
    .await?;
    let attempts = rows.into_iter().map(|row| {
        let attempt = AttemptRequest {
            service: row.service,
            customer: Customer {
                external_id: row.external_id,
                email: row.email.and_then(|e| e.parse().ok()),
                guest: None,
            },
            ip: row.ip.map_or(ClientAddress::Unknown, |net| ClientAddress::from_ip(net.addr())),
            card: row.card.map(|c| c.0),
            billing: row.billing.map(|b| b.0),
            shipping: row.shipping.map(|s| s.0),
            ..AttemptRequest::new(site, Kind::Payment)
        };
        (row.id, attempt)
    });
    Ok(attempts.collect())
}

/// How many payments of the past went through and were not declined by the bank; counting stops at `most`.
pub async fn went_through(tx: &mut Tx, site: SiteId, above: Uuid, most: i64) -> Result<u64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!"
           from (select
                 from attempt a
                 join decision d on d.site_id = $1 and d.id = a.id and d.id > $2
                 left join outcome o on o.site_id = $1 and o.id = a.id and o.id > $2
                 where a.site_id = $1
                   and a.id > $2
                   and a.kind = 'payment'
                   and d.outcome <> 'reject'
                   and o.outcome is distinct from 'declined'
                 limit $3) t"#,
        site.0,
        above,
        most,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count.unsigned_abs())
}

/// Most sites use one currency: it is parsed once.
fn currency(last: &mut Option<(String, Currency)>, code: String) -> Result<Currency> {
    match last {
        Some((known, currency)) if *known == code => Ok(*currency),
        _ => {
            let parsed = code.parse().map_err(Error::internal)?;
            *last = Some((code, parsed));
            Ok(parsed)
        }
    }
}
