//! Reads lists and entries. Who may is the caller's to ask: a permit to read lists, or a key with `lists:read`.

use crate::audit::{self, Who};
use crate::decision::lists::entry::{Author, Entry};
use crate::decision::lists::field::Field;
use crate::decision::lists::list::{List, ListKind, Reach};
use crate::decision::lists::probe::Probe;
use crate::decision::lists::store;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::fold::fold;
use crate::kernel::id::{EntryId, ListId, ServiceId, SiteId};
use crate::kernel::ip::ClientAddress;
use crate::kernel::page::{PageOf, PageRequest};
use crate::platform::db::Tx;

/// A list with the number of its entries.
#[derive(Debug, Clone)]
pub struct Counted {
    /// The list.
    pub list: List,
    /// Entries that act (if the list does).
    pub current: i64,
    /// Entries whose end has passed.
    pub expired: i64,
}

/// Which entries to show.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Part of the name, the note or a value; an address also finds the ranges that hold it.
    pub text: Option<String>,
    /// Only entries that name this field.
    pub field: Option<Field>,
    /// Only expired ones, or only current ones.
    pub expired: Option<bool>,
}

impl Filter {
    /// Whether it hides anything.
    pub fn is_set(&self) -> bool {
        self.text.is_some() || self.field.is_some() || self.expired.is_some()
    }
}

/// All lists of the site, or those of a kind, by kind and name.
pub async fn lists(tx: &mut Tx, site: SiteId, kind: Option<ListKind>, now: Timestamp) -> Result<Vec<Counted>> {
    let mut lists = store::list::counted(tx, site, None, now).await?;
    lists.retain(|counted| kind.is_none_or(|kind| counted.list.kind == kind));
    lists.sort_by_key(|counted| (counted.list.kind, counted.list.settings.name.as_str().to_lowercase()));
    Ok(lists)
}

/// The lists linked to a service, by kind and name, switched on or not.
pub async fn of_service(tx: &mut Tx, site: SiteId, service: ServiceId, now: Timestamp) -> Result<Vec<List>> {
    let linked = |list: &List| match &list.settings.reach {
        Reach::AllServices => true,
        Reach::Services(services) => services.contains(&service),
    };
    let all = lists(tx, site, None, now).await?;
    Ok(all.into_iter().map(|counted| counted.list).filter(linked).collect())
}

/// One list.
pub async fn list(tx: &mut Tx, site: SiteId, id: ListId) -> Result<Option<List>> {
    store::list::find_standing(tx, site, id).await
}

/// One list with the number of its entries.
pub async fn counted(tx: &mut Tx, site: SiteId, id: ListId, now: Timestamp) -> Result<Option<Counted>> {
    Ok(store::list::counted(tx, site, Some(id), now).await?.pop())
}

/// When the list or an entry of it was changed last; `None` if not since it was made. And by whom, as far as that is known.
pub async fn last_change(tx: &mut Tx, site: SiteId, id: ListId) -> Result<Option<(Timestamp, Option<Author>)>> {
    let last = audit::last_of_list(tx, site, id).await?;
    Ok(last.map(|(at, who)| {
        let author = match who {
            Who::Person { name, .. } => Some(Author::Collaborator(name)),
            Who::ApiKey { name } => Some(Author::ApiKey(name)),
            Who::Erased => None,
            Who::CommandLine | Who::System | Who::Elsewhere | Who::Stranger { .. } => Some(Author::Unknown),
        };
        (at, author)
    }))
}

/// A page of the entries that stand, newest first, with all their values.
pub async fn entries(
    tx: &mut Tx,
    site: SiteId,
    list: ListId,
    filter: &Filter,
    page: PageRequest,
    now: Timestamp,
) -> Result<PageOf<Entry>> {
    let text = filter.text.as_deref().map(fold).filter(|t| !t.is_empty());
    let around = match &text {
        Some(text) => Probe::new().address(ClientAddress::parse(text)),
        None => Probe::new(),
    };
    let rows = store::entry::page(tx, site, list, filter, text.as_deref(), &around, page, now).await?;
    Ok(PageOf::cut(rows, page, |entry| entry.id.to_string()))
}

/// One entry of a list, also one that no longer stands.
pub async fn entry(tx: &mut Tx, site: SiteId, list: ListId, id: EntryId) -> Result<Option<Entry>> {
    Ok(store::entry::find(tx, site, id).await?.filter(|entry| entry.list == list))
}

/// The row that stands in the place of one that was changed, perhaps several times.
pub async fn newest(tx: &mut Tx, site: SiteId, id: EntryId) -> Result<Option<Entry>> {
    store::entry::newest(tx, site, id).await
}
