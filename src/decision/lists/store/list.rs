//! Rows of `list` and `list_service`.

use crate::decision::lists::list::{List, ListKind, Name, Note, Reach, Settings};
use crate::decision::lists::service::read::Counted;
use crate::error::{Error, Result, violated};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, ListId, ServiceId, SiteId};
use crate::platform::db::Tx;

/// What is not free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Name,
    Id,
}

struct Row {
    id: ListId,
    kind: String,
    name: String,
    note: String,
    mode: String,
    all_services: bool,
    also_challenge_list: bool,
    version: i32,
    created_at: Timestamp,
    services: Vec<ServiceId>,
}

impl TryFrom<Row> for List {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            kind: row.kind.parse().map_err(Error::internal)?,
            settings: Settings {
                name: Name::stored(row.name),
                note: Note::stored(row.note),
                mode: row.mode.parse().map_err(Error::internal)?,
                reach: if row.all_services { Reach::AllServices } else { Reach::Services(row.services) },
                also_challenge_list: row.also_challenge_list,
            },
            version: row.version,
            created_at: row.created_at,
        })
    }
}

/// Every list that was not removed, or one of them, with the number of its entries.
pub async fn counted(tx: &mut Tx, site: SiteId, only: Option<ListId>, now: Timestamp) -> Result<Vec<Counted>> {
    let rows = sqlx::query!(
        r#"select l.id as "id: ListId", l.kind, l.name, l.note, l.mode, l.all_services, l.also_challenge_list, l.version, l.created_at,
                  array(select s.service_id from list_service s
                        where s.site_id = $1 and s.list_id = l.id
                        order by s.service_id) as "services!: Vec<ServiceId>",
                  e.standing - e.expired as "current!", e.expired as "expired!"
           from list l
           cross join lateral (select count(*) as standing, count(*) filter (where n.expires_at <= $2) as expired
                               from list_entry n
                               where n.site_id = $1
                                 and n.list_id = l.id
                                 and n.valid_to is null) e
           where l.site_id = $1
             and l.removed_at is null
             and ($3::uuid is null or l.id = $3)"#,
        site.0,
        now,
        only.map(|id| id.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let list = Row {
                id: row.id,
                kind: row.kind,
                name: row.name,
                note: row.note,
                mode: row.mode,
                all_services: row.all_services,
                also_challenge_list: row.also_challenge_list,
                version: row.version,
                created_at: row.created_at,
                services: row.services,
            };
            Ok(Counted { list: list.try_into()?, current: row.current, expired: row.expired })
        })
        .collect()
}

/// One list, removed or not.
pub async fn find(tx: &mut Tx, site: SiteId, id: ListId) -> Result<Option<List>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: ListId", kind, name, note, mode, all_services, also_challenge_list, version, created_at,
                  array(select s.service_id from list_service s
                        where s.site_id = $1 and s.list_id = $2
                        order by s.service_id) as "services!: Vec<ServiceId>"
           from list
           where site_id = $1
             and id = $2"#,
        site.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(List::try_from).transpose()
}

/// One list that was not removed.
pub async fn find_standing(tx: &mut Tx, site: SiteId, id: ListId) -> Result<Option<List>> {
    let standing = sqlx::query_scalar!(
        "select 1 from list
         where site_id = $1
           and id = $2
           and removed_at is null",
        site.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if standing.is_some() { find(tx, site, id).await } else { Ok(None) }
}

/// One list that was not removed, kept from being changed or removed until the transaction ends.
pub async fn hold(tx: &mut Tx, site: SiteId, id: ListId) -> Result<Option<List>> {
    let standing = sqlx::query_scalar!(
        "select 1 from list
         where site_id = $1
           and id = $2
           and removed_at is null
         for share",
        site.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if standing.is_some() { find(tx, site, id).await } else { Ok(None) }
}

/// One list that was not removed, locked for a change.
pub async fn lock(tx: &mut Tx, site: SiteId, id: ListId) -> Result<Option<List>> {
    let standing = sqlx::query_scalar!(
        "select 1 from list
         where site_id = $1
           and id = $2
           and removed_at is null
         for update",
        site.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if standing.is_some() { find(tx, site, id).await } else { Ok(None) }
}

/// Whether the site has all the services.
pub async fn knows_services(tx: &mut Tx, site: SiteId, reach: &Reach) -> Result<bool> {
    let Reach::Services(ids) = reach else { return Ok(true) };
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    let found = sqlx::query_scalar!(
        r#"select count(*) as "found!"
           from service
           where site_id = $1
             and id = any($2)"#,
        site.0,
        &ids,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(usize::try_from(found).is_ok_and(|found| found == ids.len()))
}

pub async fn insert(
    tx: &mut Tx,
    site: SiteId,
    id: ListId,
    kind: ListKind,
    settings: &Settings,
    by: Option<CollaboratorId>,
    now: Timestamp,
) -> Result<std::result::Result<(), Taken>> {
    let done = sqlx::query!(
        "insert into list (site_id, id, kind, name, note, mode, all_services, also_challenge_list, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        site.0,
        id.0,
        kind.as_str(),
        settings.name.as_str(),
        settings.note.as_str(),
        settings.mode.as_str(),
        settings.reach == Reach::AllServices,
        settings.also_challenge_list,
        now,
        by.map(|b| b.0),
    )
    .execute(&mut **tx)
    .await;
    match done {
        Ok(_) => link(tx, site, id, &settings.reach).await.map(Ok),
        Err(error) => taken(error),
    }
}

pub async fn update(
    tx: &mut Tx,
    site: SiteId,
    id: ListId,
    settings: &Settings,
) -> Result<std::result::Result<(), Taken>> {
    let done = sqlx::query!(
        "update list
         set name = $3, note = $4, mode = $5, all_services = $6, also_challenge_list = $7, version = version + 1
         where site_id = $1
           and id = $2",
        site.0,
        id.0,
        settings.name.as_str(),
        settings.note.as_str(),
        settings.mode.as_str(),
        settings.reach == Reach::AllServices,
        settings.also_challenge_list,
    )
    .execute(&mut **tx)
    .await;
    match done {
        Ok(_) => link(tx, site, id, &settings.reach).await.map(Ok),
        Err(error) => taken(error),
    }
}

fn taken(error: sqlx::Error) -> Result<std::result::Result<(), Taken>> {
    match violated(&error) {
        Some("list_name_key") => Ok(Err(Taken::Name)),
        Some("list_pkey") => Ok(Err(Taken::Id)),
        _ => Err(error.into()),
    }
}

/// Writes which services the list acts on.
async fn link(tx: &mut Tx, site: SiteId, id: ListId, reach: &Reach) -> Result<()> {
    sqlx::query!(
        "delete from list_service
         where site_id = $1
           and list_id = $2",
        site.0,
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    let Reach::Services(services) = reach else { return Ok(()) };
    let services: Vec<uuid::Uuid> = services.iter().map(|s| s.0).collect();
    sqlx::query!(
        "insert into list_service (site_id, list_id, service_id)
         select $1, $2, unnest($3::uuid[])",
        site.0,
        id.0,
        &services,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn remove(tx: &mut Tx, site: SiteId, id: ListId, at: Timestamp) -> Result<()> {
    let done = sqlx::query!(
        "update list
         set removed_at = $3, version = version + 1
         where site_id = $1
           and id = $2
           and removed_at is null",
        site.0,
        id.0,
        at,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(Error::internal(anyhow::anyhow!("a locked list was not there to remove")))
    }
}
