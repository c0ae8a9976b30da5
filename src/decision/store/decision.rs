//! Facts in, decisions out: two functions of the database, a round trip each.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use crate::decision::attempt::AttemptRequest;
use crate::decision::facts::{Facts, Tally, Used};
use crate::decision::keys::{Identity, Key, KeyKind, Keys, PerKey};
use crate::decision::lists::{Field, ListKind, ListMatch, Probe};
use crate::decision::needed::Needed;
use crate::decision::verdict::{Matched, Mode, Verdict};
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{DecisionId, EntryId, ListId};

/// What is asked of the database, as it takes it. A limit of -1 is not counted.
pub struct Ask {
    keys: Vec<Vec<u8>>,
    kinds: Vec<KeyKind>,
    payments: Vec<i32>,
    amounts: Vec<bool>,
    declines: Vec<i32>,
    locks: Vec<i64>,
    currency: Option<&'static str>,
    digests: Vec<Vec<u8>>,
}

impl Ask {
    pub fn of(needed: &Needed, probe: &Probe) -> Self {
        let limit = |n: Option<u32>| n.map_or(-1, |n| i32::try_from(n).unwrap_or(i32::MAX - 1));
        Self {
            keys: needed.wanted.iter().map(|w| w.key.0.to_vec()).collect(),
            kinds: needed.wanted.iter().map(|w| w.kind).collect(),
            payments: needed.wanted.iter().map(|w| limit(w.payments)).collect(),
            amounts: needed.wanted.iter().map(|w| w.amount).collect(),
            declines: needed.wanted.iter().map(|w| limit(w.declines)).collect(),
            locks: needed.locks(),
            currency: needed.currency.map(crate::kernel::money::Currency::code),
            digests: probe.digests().iter().map(|d| d.to_vec()).collect(),
        }
    }

    /// Whether the answer can be known without asking.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.digests.is_empty()
    }

    /// Whether anything is counted, so that others must be kept away while it is written.
    pub fn counts(&self) -> bool {
        !self.keys.is_empty()
    }
}

/// What was counted, to be compared again under the locks.
#[derive(Default)]
pub struct Seen {
    payments: Vec<i32>,
    amounts: Vec<i64>,
    declines: Vec<i32>,
}

/// Whether keys are locked while they are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Locking {
    /// Read what is committed; somebody may add to it meanwhile.
    Without,
    /// Lock first, hold until the transaction ends.
    First,
}

/// A match as it is kept beside a decision, for replays. Without the entry's name, which may be a person's.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    kind: ListKind,
    #[serde(flatten)]
    matched: Matched,
}

impl From<&ListMatch> for Kept {
    fn from(m: &ListMatch) -> Self {
        Self { kind: m.kind, matched: Matched::from(m) }
    }
}

impl From<Kept> for ListMatch {
    fn from(kept: Kept) -> Self {
        let Matched { list, list_name, mode, entry, fields, also_challenge_list, also_risk_assessment } = kept.matched;
        let (list_id, entry_id, entry_name) = (list, entry, String::new());
        Self {
            list_id,
            list_name,
            kind: kept.kind,
            mode,
            entry_id,
            entry_name,
            fields,
            also_risk_assessment,
            also_challenge_list,
        }
    }
}

#[derive(Debug, Deserialize)]
struct Listed {
    list_id: Uuid,
    list_name: String,
    kind: ListKind,
    mode: Mode,
    also_risk_assessment: bool,
    also_challenge_list: bool,
    entry_id: Uuid,
    entry_name: String,
    fields: Vec<Field>,
}

impl From<Listed> for ListMatch {
    fn from(row: Listed) -> Self {
        let mut fields = row.fields;
        fields.sort();
        Self {
            list_id: ListId(row.list_id),
            list_name: row.list_name,
            kind: row.kind,
            mode: row.mode,
            entry_id: EntryId(row.entry_id),
            entry_name: row.entry_name,
            fields,
            also_risk_assessment: row.also_risk_assessment,
            also_challenge_list: row.also_challenge_list,
        }
    }
}

/// Loads all facts of an attempt in one round trip.
pub async fn facts<'e>(
    db: impl PgExecutor<'e>,
    request: &AttemptRequest,
    keys: &Keys,
    ask: &Ask,
    locking: Locking,
    now: Timestamp,
) -> Result<(Facts, Seen)> {
    let none = Vec::new();
    let row = sqlx::query!(
        r#"select at as "at!", payments, payments_first as "payments_first: Vec<Option<Timestamp>>", amounts,
                  amounts_first as "amounts_first: Vec<Option<Timestamp>>", declines,
                  declines_first as "declines_first: Vec<Option<Timestamp>>", lists as "lists: Json<Vec<Listed>>",
                  lists_in_shadow as "lists_in_shadow: Json<Vec<Listed>>"
           from decision_facts($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"#,
        request.site.0,
        now,
        if locking == Locking::First { &ask.locks } else { &none },
        &ask.keys,
        &ask.payments,
        &ask.amounts,
        &ask.declines,
        ask.currency,
        request.service.map(|s| s.0),
        &ask.digests,
    )
    .fetch_one(db)
    .await
    .map_err(waited_too_long)?;
    let seen = Seen {
        payments: row.payments.unwrap_or_default(),
        amounts: row.amounts.unwrap_or_default(),
        declines: row.declines.unwrap_or_default(),
    };
    let (payments_first, amounts_first) =
        (row.payments_first.unwrap_or_default(), row.amounts_first.unwrap_or_default());
    let declines_first = row.declines_first.unwrap_or_default();
    let mut used = untouched(keys);
    for (place, kind) in ask.kinds.iter().enumerate() {
        let tally = |counts: &[i32], limits: &[i32], first: &[Option<Timestamp>]| {
            let seen = counts.get(place).copied().unwrap_or_default();
            let limit = limits.get(place).copied().unwrap_or(-1);
            Tally {
                seen: u32::try_from(seen).unwrap_or_default(),
                at_least: limit >= 0 && seen > limit,
                first_at: first.get(place).copied().flatten(),
            }
        };
        if let Some(used) = used.get_mut(*kind) {
            used.payments = tally(&seen.payments, &ask.payments, &payments_first);
            used.declines = tally(&seen.declines, &ask.declines, &declines_first);
            used.amount = seen.amounts.get(place).copied().unwrap_or_default();
            used.amount_first_at = amounts_first.get(place).copied().flatten();
        }
    }
    let lists = [row.lists, row.lists_in_shadow].into_iter().flatten().flat_map(|Json(rows)| rows);
    let lists = lists.map(ListMatch::from).collect();
    let facts =
        Facts { at: row.at, kind: request.kind, money: request.money, guest: request.customer.guest, lists, used };
    Ok((facts, seen))
}

/// The facts of an attempt of which nothing needs to be read.
pub fn nothing_to_read(request: &AttemptRequest, keys: &Keys, now: Timestamp) -> Facts {
    Facts {
        at: now,
        kind: request.kind,
        money: request.money,
        guest: request.customer.guest,
        lists: Vec::new(),
        used: untouched(keys),
    }
}

fn untouched(keys: &Keys) -> PerKey<Option<Used>> {
    let never = |kind: KeyKind| keys.counted.get(kind).as_ref().map(|i| Used::never(i.by));
    PerKey { email: never(KeyKind::Email), ip: never(KeyKind::Ip), card: never(KeyKind::Card) }
}

/// A decision on its way into the database.
pub struct NewDecision<'a> {
    pub id: DecisionId,
    pub at: Timestamp,
    pub request: &'a AttemptRequest,
    pub keys: &'a Keys,
    pub verdict: &'a Verdict,
    pub policy_version: i32,
    pub expires_at: Timestamp,
    pub took: std::time::Duration,
    /// The list entries that matched.
    pub lists: &'a [ListMatch],
    /// The keys it counts under; none if it was rejected.
    pub uses: &'a [Key],
}

/// Writes a decision in one commit. `expecting`: what it was decided on; if that has changed under the locks, nothing is
/// written and the answer is false.
pub async fn record<'e>(
    db: impl PgExecutor<'e>,
    new: &NewDecision<'_>,
    expecting: Option<(&Ask, &Seen)>,
) -> Result<bool> {
    let (empty_ask, empty_seen) = (Ask::of(&Needed::default(), &Probe::new()), Seen::default());
    let (ask, seen) = expecting.unwrap_or((&empty_ask, &empty_seen));
    let NewDecision { request, keys, verdict, .. } = *new;
    let bytes = |key: &Key| key.0.to_vec();
    let counted = |kind: KeyKind| keys.counted.get(kind).as_ref().map(|i| i.key.0.to_vec());
    let uses: Vec<Vec<u8>> = new.uses.iter().map(bytes).collect();
    let entries: Vec<Uuid> = new.lists.iter().map(|m| m.entry_id.0).collect();
    let of_lists: Vec<Uuid> = new.lists.iter().map(|m| m.list_id.0).collect();
    let lists: Vec<Kept> = new.lists.iter().map(Kept::from).collect();
    let lists = (!lists.is_empty()).then_some(Json(lists));
    let headers = (!request.headers.is_empty()).then_some(Json(&request.headers));
    let recorded = sqlx::query_scalar!(
        "with decided as (
           select record_decision(
             $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
             $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42) as done
         ),
         matched as (
           insert into list_match (site_id, entry_id, decision_id, list_id)
           select $1, m.entry_id, $2, m.list_id
           from decided
           cross join unnest($43::uuid[], $44::uuid[]) as m (entry_id, list_id)
           where decided.done
         )
         select done from decided",
        request.site.0,
        new.id.0,
        new.at,
        &ask.locks,
        &ask.keys,
        &ask.payments,
        &ask.amounts,
        &ask.declines,
        &seen.payments,
        &seen.amounts,
        &seen.declines,
        request.kind.as_str(),
        request.service.map(|s| s.0),
        request.money.map(|m| m.minor),
        request.money.map(|m| m.currency.code()),
        counted(KeyKind::Email),
        counted(KeyKind::Ip),
        counted(KeyKind::Card),
        keys.customer.as_ref().map(bytes),
        keys.counted.card.map(|i| i.by == Identity::Fingerprint),
        request.customer.guest,
        request.source.as_str(),
        request.label.as_deref(),
        request.customer.email.as_ref().map(|e| e.as_str()),
        request.ip.ip().map(IpNet::from),
        request.customer.external_id.as_deref(),
        request.user_agent.as_deref(),
        headers as _,
        request.card.as_ref().map(Json) as _,
        request.billing.as_ref().map(Json) as _,
        request.shipping.as_ref().map(Json) as _,
        verdict.outcome.as_str(),
        verdict.shadow,
        verdict.settled_by.map(|c| c.as_str()),
        verdict.risk_score,
        verdict.trust_score,
        new.policy_version,
        Json(&verdict.findings) as _,
        lists as _,
        new.expires_at,
        i32::try_from(new.took.as_micros()).unwrap_or(i32::MAX),
        &uses,
        &entries,
        &of_lists,
    )
    .fetch_one(db)
    .await
    .map_err(waited_too_long)?;
    recorded.ok_or_else(|| Error::internal(anyhow::anyhow!("record_decision answered null")))
}

/// A lock that could not be had in time is a full house, not a fault.
fn waited_too_long(error: sqlx::Error) -> Error {
    match error.as_database_error().and_then(|e| e.code()).as_deref() {
        Some("55P03" | "57014") => {
            Error::new(Kind::Unavailable, "Too many attempts under one key are being decided. Try again in a moment.")
                .retry_after(1)
                .caused_by(error)
        }
        _ => error.into(),
    }
}
