//! The proof that changes of lists ask for: a person's permit or an API key's.

use crate::access::permission::Grant;
use crate::access::{Permission, Permit, Role};
use crate::audit::Actor;
use crate::decision::lists::list::ListKind;
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, KeyId, SiteId};

/// Somebody who may change lists of a site, or some of them.
#[derive(Debug, Clone)]
pub struct Editor {
    site: SiteId,
    actor: Actor,
    may: May,
    fresh: Result<(), String>,
}

#[derive(Debug, Clone, Copy)]
enum May {
    /// What the role may.
    Role(Role),
    /// Everything: the scope `lists:write` is given by those only who may.
    All,
}

impl Editor {
    /// A signed-in person; the page's permit, whatever it is for, names them.
    pub fn person<P: Grant>(permit: &Permit<P>, now: Timestamp) -> Self {
        Self {
            site: permit.site_id(),
            actor: Actor::of(permit.visitor()),
            may: May::Role(permit.role()),
            fresh: permit.fresh(now).map_err(|error| error.detail),
        }
    }

    /// The holder of an API key with the scope `lists:write`, which the caller has checked. Keys cannot confirm who
    /// they are: whoever made one was trusted.
    pub fn key(site: SiteId, key: Actor) -> Self {
        Self { site, actor: key, may: May::All, fresh: Ok(()) }
    }

    /// The site whose lists it is about.
    pub fn site(&self) -> SiteId {
        self.site
    }

    /// Who it is, for the audit log.
    pub fn actor(&self) -> Actor {
        self.actor.clone()
    }

    /// The collaborator, if it is one.
    pub(in crate::decision::lists) fn collaborator(&self) -> Option<CollaboratorId> {
        if let Actor::Collaborator { id, .. } = self.actor { Some(id) } else { None }
    }

    /// The API key, if it is one.
    pub(in crate::decision::lists) fn api_key(&self) -> Option<KeyId> {
        if let Actor::ApiKey { id, .. } = self.actor { Some(id) } else { None }
    }

    fn need(&self, permission: Permission, words: &str) -> Result<()> {
        match self.may {
            May::Role(role) if !role.may(permission) => Err(Error::new(
                Kind::Forbidden,
                format!("The role {} may not {words}. Ask an owner or admin.", role.label()),
            )),
            _ => Ok(()),
        }
    }

    /// Refuses who may not change lists themselves.
    pub fn need_lists(&self) -> Result<()> {
        self.need(Permission::EditProtection, "change lists themselves")
    }

    /// Refuses who may not change entries of such a list.
    pub fn need_entries(&self, kind: ListKind) -> Result<()> {
        match kind {
            ListKind::Allow => self.need(Permission::EditAllowEntries, "change entries of allow lists"),
            ListKind::Block | ListKind::Challenge => self.need(Permission::EditBlockEntries, "change entries of lists"),
        }
    }

    /// Refuses a loosening by somebody whose last proof of identity is older than ten minutes.
    pub fn need_fresh(&self) -> Result<()> {
        self.fresh.clone().map_err(|detail| Error::new(Kind::StepUpRequired, detail))
    }
}
