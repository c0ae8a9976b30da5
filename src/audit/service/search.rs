//! Reading and filtering a site's log.

use std::collections::HashMap;
use std::net::IpAddr;

use serde_json::Value;

use crate::access::Permit;
use crate::access::grant::ReadAudit;
use crate::audit::store;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{AuditId, CollaboratorId, ListId, SiteId};
use crate::kernel::page::{PageOf, PageRequest};
use crate::platform::db::Tx;
use crate::platform::state::App;

/// Which rows to show; a blank field filters nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Exactly this action.
    pub action: Option<String>,
    /// Part of the actor's name or address, their network address, or a kind of actor.
    pub actor: Option<String>,
    /// Not before this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
    /// Part of the target, of the name or address of the person it was done to, of the old or the new value.
    pub text: Option<String>,
}

/// Who did it, as far as it is still known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A collaborator.
    Person {
        /// Their name then.
        name: String,
        /// Their address then.
        email: String,
    },
    /// A program.
    ApiKey {
        /// The key's name then.
        name: String,
    },
    /// The operator.
    CommandLine,
    /// Gatehouse itself.
    System,
    /// An owner or admin of another site.
    Elsewhere,
    /// Somebody not signed in.
    Stranger {
        /// The address they gave.
        email: Option<String>,
    },
    /// Their personal values were erased.
    Erased,
}

/// A row of the log.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its id.
    pub id: AuditId,
    /// Its place in the chain.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: Who,
    /// From where.
    pub address: Option<IpAddr>,
    /// With which browser.
    pub user_agent: Option<String>,
    /// What.
    pub action: String,
    /// To which thing.
    pub target: String,
    /// To whom, if it is a person.
    pub person: Option<CollaboratorId>,
    /// How it was.
    pub old: Option<Value>,
    /// How it is.
    pub new: Option<Value>,
    /// The personal part of target and values was erased.
    pub erased: bool,
}

/// Somebody whom rows are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their name; of who has left, as it was then.
    pub name: String,
    /// Their address; of who has left, as it was then.
    pub email: String,
    /// They belong to the site.
    pub member: bool,
}

/// A page of the log and the actions to choose from.
pub struct Log {
    /// The rows.
    pub rows: PageOf<Row>,
    /// The people whom they are about, as far as the site knows them.
    pub people: HashMap<CollaboratorId, Person>,
    /// Actions among the newest rows.
    pub actions: Vec<String>,
}

/// When a list or an entry of it was changed last, and by whom; `None` if nobody has since it was made. Whoever may read the
/// list may know when; who it was stands in the log, for its readers.
pub async fn last_of_list(tx: &mut Tx, site: SiteId, list: ListId) -> Result<Option<(Timestamp, Who)>> {
    store::search::last_of_list(tx, site, list).await
}

/// The newest rows that the filter lets through.
pub async fn find(app: &App, permit: &Permit<ReadAudit>, filter: &Filter, page: PageRequest) -> Result<Log> {
    let site = permit.site_id();
    let mut tx = app.db.site(site).await?;
    let called = match &filter.text {
        Some(text) => store::search::called(&mut tx, site, text).await?,
        None => Vec::new(),
    };
    let rows = store::search::find(&mut tx, site, filter, &called, page).await?;
    let mut ids: Vec<CollaboratorId> = rows.iter().filter_map(|row| row.person).collect();
    ids.sort_unstable();
    ids.dedup();
    let people = store::search::people(&mut tx, site, &ids).await?;
    let actions = store::search::actions(&mut tx, site).await?;
    Ok(Log { rows: PageOf::cut(rows, page, |row| row.id.to_string()), people, actions })
}
