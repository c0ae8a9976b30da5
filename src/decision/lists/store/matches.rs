//! Rows of `list_match`: counted by index, newest first, no further than the figure is shown.

use uuid::Uuid;

use crate::decision::lists::service::matches::{COUNTED, Since};
use crate::error::Result;
use crate::kernel::id::{DecisionId, EntryId, ListId, SiteId};
use crate::platform::db::Tx;

/// How often one list, or one row of an entry, matched.
pub struct Row<Id> {
    pub of: Id,
    /// Attempts of the last 24 hours, at most one above what is counted.
    pub attempts: i64,
    /// The newest of all that are kept.
    pub last: Option<DecisionId>,
}

/// An attempt that matches several entries of a list counts once.
pub async fn of_lists(tx: &mut Tx, site: SiteId, lists: &[ListId], since: Since) -> Result<Vec<Row<ListId>>> {
    let lists: Vec<Uuid> = lists.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select l.id as "of!: ListId", c.attempts as "attempts!", n.decision_id as "last?: DecisionId"
           from unnest($2::uuid[]) as l (id)
           cross join lateral (select count(*) as attempts
                               from (select distinct m.decision_id
                                     from list_match m
                                     where m.site_id = $1
                                       and m.list_id = l.id
                                       and m.decision_id >= $3
                                     order by m.decision_id desc
                                     limit $5) r) c
           left join lateral (select m.decision_id
                              from list_match m
                              where m.site_id = $1
                                and m.list_id = l.id
                                and m.decision_id >= $4
                              order by m.decision_id desc
                              limit 1) n on true"#,
        site.0,
        &lists,
        since.day,
        since.kept,
        COUNTED + 1,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// A row for each form that an entry has had while matches are kept: a change goes on where the form before it ended.
pub async fn of_entries(tx: &mut Tx, site: SiteId, entries: &[EntryId], since: Since) -> Result<Vec<Row<EntryId>>> {
    let entries: Vec<Uuid> = entries.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"with recursive form as (
             select e.id as entry, e.id
             from unnest($2::uuid[]) as e (id)
             union all
             select f.entry, e.id
             from form f
             join list_entry e on e.site_id = $1
                              and e.replaced_by = f.id
                              and e.valid_to > $6
           )
           select f.entry as "of!: EntryId", c.attempts as "attempts!", n.decision_id as "last?: DecisionId"
           from form f
           cross join lateral (select count(*) as attempts
                               from (select
                                     from list_match m
                                     where m.site_id = $1
                                       and m.entry_id = f.id
                                       and m.decision_id >= $3
                                     order by m.decision_id desc
                                     limit $5) r) c
           left join lateral (select m.decision_id
                              from list_match m
                              where m.site_id = $1
                                and m.entry_id = f.id
                                and m.decision_id >= $4
                              order by m.decision_id desc
                              limit 1) n on true"#,
        site.0,
        &entries,
        since.day,
        since.kept,
        COUNTED + 1,
        since.kept_at,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}
