//! Rows of `list_entry` and `list_condition`.

use std::collections::HashMap;

use uuid::Uuid;

use crate::decision::lists::entry::{Author, Conditions, Draft, Entry, Typed};
use crate::decision::lists::field::Field;
use crate::decision::lists::list::{Name, Note};
use crate::decision::lists::normalise::Value;
use crate::decision::lists::probe::Probe;
use crate::decision::lists::service::Editor;
use crate::decision::lists::service::read::Filter;
use crate::decision::lists::trial::Condition;
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{EntryId, ListId, SiteId};
use crate::kernel::page::PageRequest;
use crate::platform::db::Tx;

struct Row {
    id: EntryId,
    list_id: ListId,
    name: String,
    note: String,
    valid_from: Timestamp,
    valid_to: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    replaced_by: Option<EntryId>,
    collaborator: Option<String>,
    api_key: Option<String>,
}

impl Row {
    fn with(self, conditions: Conditions) -> Entry {
        Entry {
            id: self.id,
            list: self.list_id,
            draft: Draft {
                name: Name::stored(self.name),
                note: Note::stored(self.note),
                expires_at: self.expires_at,
                conditions,
            },
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            replaced_by: self.replaced_by,
            author: match (self.collaborator, self.api_key) {
                (Some(name), _) => Author::Collaborator(name),
                (None, Some(name)) => Author::ApiKey(name),
                (None, None) => Author::Unknown,
            },
        }
    }
}

/// One entry, standing or not.
pub async fn find(tx: &mut Tx, site: SiteId, id: EntryId) -> Result<Option<Entry>> {
    let row = sqlx::query_as!(
        Row,
        r#"select e.id as "id: EntryId", e.list_id as "list_id: ListId", e.name, e.note, e.valid_from, e.valid_to, e.expires_at,
                  e.replaced_by as "replaced_by: EntryId", c.name as "collaborator?", k.name as "api_key?"
           from list_entry e
           left join collaborator c on c.id = e.created_by
           left join api_key k on k.site_id = e.site_id and k.id = e.created_by_key
           where e.site_id = $1
             and e.id = $2"#,
        site.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(fill(tx, site, row.into_iter().collect()).await?.pop())
}

/// One entry, locked for a change.
pub async fn lock(tx: &mut Tx, site: SiteId, id: EntryId) -> Result<Option<Entry>> {
    sqlx::query_scalar!(
        "select 1 from list_entry
         where site_id = $1
           and id = $2
         for update",
        site.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    find(tx, site, id).await
}

/// The row that stands at the end of the chain of changes that begins at `id`; none if it was removed.
pub async fn newest(tx: &mut Tx, site: SiteId, id: EntryId) -> Result<Option<Entry>> {
    let stands = sqlx::query_scalar!(
        r#"with recursive chain as (
             select id, replaced_by, valid_to
             from list_entry
             where site_id = $1
               and id = $2
             union
             select e.id, e.replaced_by, e.valid_to
             from chain c
             join list_entry e on e.site_id = $1 and e.id = c.replaced_by
           )
           select id as "id!: EntryId"
           from chain
           where valid_to is null"#,
        site.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    match stands {
        Some(id) => find(tx, site, id).await,
        None => Ok(None),
    }
}

/// A page of the entries of a list that stand, newest first. `around` are the digests of an address in the text.
#[allow(clippy::too_many_arguments, reason = "the filter and the page of one statement")]
pub async fn page(
    tx: &mut Tx,
    site: SiteId,
    list: ListId,
    filter: &Filter,
    text: Option<&str>,
    around: &Probe,
    page: PageRequest,
    now: Timestamp,
) -> Result<Vec<Entry>> {
    let around: Vec<Vec<u8>> = around.digests().iter().map(|d| d.to_vec()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select e.id as "id: EntryId", e.list_id as "list_id: ListId", e.name, e.note, e.valid_from, e.valid_to, e.expires_at,
                  e.replaced_by as "replaced_by: EntryId", c.name as "collaborator?", k.name as "api_key?"
           from list_entry e
           left join collaborator c on c.id = e.created_by
           left join api_key k on k.site_id = e.site_id and k.id = e.created_by_key
           where e.site_id = $1
             and e.list_id = $2
             and e.valid_to is null
             and ($3::uuid is null or e.id < $3)
             and ($4::bool is null or (e.expires_at is not null and e.expires_at <= $5) = $4)
             and ($6::text is null
                  or exists (select from list_condition f
                             where f.site_id = $1 and f.entry_id = e.id and f.field = $6))
             and ($7::text is null
                  or strpos(lower(e.name), $7) > 0
                  or strpos(lower(e.note), $7) > 0
                  or exists (select from list_condition v
                             where v.site_id = $1 and v.entry_id = e.id
                               and (strpos(lower(v.value), $7) > 0 or v.digest = any($8))))
           order by e.id desc
           limit $9"#,
        site.0,
        list.0,
        page.after,
        filter.expired,
        now,
        filter.field.map(Field::as_str),
        text,
        &around,
        page.fetch(),
    )
    .fetch_all(&mut **tx)
    .await?;
    fill(tx, site, rows).await
}

/// Puts the conditions into their entries.
async fn fill(tx: &mut Tx, site: SiteId, rows: Vec<Row>) -> Result<Vec<Entry>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id.0).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let values = sqlx::query!(
        r#"select entry_id as "entry_id: EntryId", field, value, typed
           from list_condition
           where site_id = $1
             and entry_id = any($2)
           order by entry_id, field, value"#,
        site.0,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut of: HashMap<EntryId, Vec<(Field, Typed)>> = HashMap::new();
    for row in values {
        let field: Field = row.field.parse().map_err(Error::internal)?;
        of.entry(row.entry_id).or_default().push((field, Typed { typed: row.typed, value: Value::stored(row.value) }));
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let conditions = Conditions::stored(of.remove(&row.id).unwrap_or_default());
            row.with(conditions)
        })
        .collect())
}

/// What the entries of a list that stand and have not ended look for.
pub async fn conditions(tx: &mut Tx, site: SiteId, list: ListId, now: Timestamp) -> Result<Vec<Condition>> {
    let rows = sqlx::query!(
        r#"select c.entry_id as "entry_id: EntryId", c.field, c.digest, c.anchor
           from list_entry e
           join list_condition c on c.site_id = $1 and c.entry_id = e.id
           where e.site_id = $1
             and e.list_id = $2
             and e.valid_to is null
             and (e.expires_at is null or e.expires_at > $3)"#,
        site.0,
        list.0,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Condition {
                entry: row.entry_id,
                field: row.field.parse().map_err(Error::internal)?,
                digest: row.digest.as_slice().try_into().map_err(Error::internal)?,
                anchor: row.anchor,
            })
        })
        .collect()
}

/// Writes entries with their conditions: two statements, however many there are.
pub async fn insert(
    tx: &mut Tx,
    site: SiteId,
    list: ListId,
    ids: &[EntryId],
    drafts: &[Draft],
    editor: &Editor,
    now: Timestamp,
) -> Result<()> {
    let mut entries = EntryColumns::default();
    let mut conditions = ConditionColumns::default();
    for (id, draft) in ids.iter().zip(drafts) {
        entries.push(*id, draft)?;
        conditions.push(*id, &draft.conditions);
    }
    sqlx::query!(
        "insert into list_entry (site_id, id, list_id, name, note, field_count, valid_from, expires_at, created_by, created_by_key)
         select $1, n.id, $2, n.name, n.note, n.field_count, $3, n.expires_at, $4, $5
         from unnest($6::uuid[], $7::text[], $8::text[], $9::int[], $10::timestamptz[]) as n(id, name, note, field_count, expires_at)",
        site.0,
        list.0,
        now,
        editor.collaborator().map(|c| c.0),
        editor.api_key().map(|k| k.0),
        &entries.ids,
        &entries.names,
        &entries.notes,
        &entries.field_counts,
        &entries.ends as &[Option<Timestamp>],
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into list_condition (site_id, entry_id, field, value, typed, digest, anchor)
         select $1, n.entry_id, n.field, n.value, n.typed, n.digest, n.anchor
         from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bool[])
           as n(entry_id, field, value, typed, digest, anchor)",
        site.0,
        &conditions.entries,
        &conditions.fields,
        &conditions.values,
        &conditions.typed,
        &conditions.digests,
        &conditions.anchors,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

#[derive(Default)]
struct EntryColumns {
    ids: Vec<Uuid>,
    names: Vec<String>,
    notes: Vec<String>,
    field_counts: Vec<i32>,
    ends: Vec<Option<Timestamp>>,
}

impl EntryColumns {
    fn push(&mut self, id: EntryId, draft: &Draft) -> Result<()> {
        self.ids.push(id.0);
        self.names.push(draft.name.as_str().to_owned());
        self.notes.push(draft.note.as_str().to_owned());
        self.field_counts.push(i32::try_from(draft.conditions.field_count()).map_err(Error::internal)?);
        self.ends.push(draft.expires_at);
        Ok(())
    }
}

#[derive(Default)]
struct ConditionColumns {
    entries: Vec<Uuid>,
    fields: Vec<String>,
    values: Vec<String>,
    typed: Vec<String>,
    digests: Vec<Vec<u8>>,
    anchors: Vec<bool>,
}

impl ConditionColumns {
    fn push(&mut self, id: EntryId, conditions: &Conditions) {
        let anchor = conditions.anchor();
        for (field, values) in conditions.fields() {
            for one in values {
                self.entries.push(id.0);
                self.fields.push(field.as_str().to_owned());
                self.values.push(one.value.as_str().to_owned());
                self.typed.push(one.typed.clone());
                self.digests.push(one.value.digest(field).to_vec());
                self.anchors.push(anchor == Some(field));
            }
        }
    }
}

/// Ends the time of a row that stands.
pub async fn close(tx: &mut Tx, site: SiteId, id: EntryId, at: Timestamp, replaced_by: Option<EntryId>) -> Result<()> {
    let done = sqlx::query!(
        "update list_entry
         set valid_to = $3, replaced_by = $4
         where site_id = $1
           and id = $2
           and valid_to is null",
        site.0,
        id.0,
        at,
        replaced_by.map(|r| r.0),
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(Error::internal(anyhow::anyhow!("a locked entry was not there to close")))
    }
}
