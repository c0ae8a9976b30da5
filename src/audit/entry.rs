//! What is recorded: who did what to which thing, and how it was before and after.

use std::net::IpAddr;

use uuid::Uuid;

use crate::access::Visitor;
use crate::audit::values::{Target, Values};
use crate::kernel::id::{CollaboratorId, KeyId};
use crate::kernel::ip::ClientAddress;

/// Who did it.
#[derive(Debug, Clone)]
pub enum Actor {
    /// A signed-in person.
    Collaborator {
        /// Their id.
        id: CollaboratorId,
        /// Their name.
        name: String,
        /// Their e-mail address.
        email: String,
        /// Where they were.
        address: ClientAddress,
        /// Their browser.
        user_agent: String,
    },
    /// A program with an API key.
    ApiKey {
        /// The key's id.
        id: KeyId,
        /// What people call the key.
        name: String,
        /// Where it was used.
        address: ClientAddress,
    },
    /// The operator at the server.
    CommandLine,
    /// Gatehouse itself: a job, an expiry.
    System,
    /// An owner or admin of another site of the person concerned: this site learns nothing of them.
    Elsewhere,
    /// Somebody who is not signed in (a failed sign-in, a reset).
    Stranger {
        /// The address they gave, if any.
        email: Option<String>,
        /// Where they were.
        address: ClientAddress,
        /// Their browser.
        user_agent: String,
    },
}

impl Actor {
    /// The visitor as an actor.
    pub fn of(visitor: &Visitor) -> Self {
        Self::Collaborator {
            id: visitor.id,
            name: visitor.name.clone(),
            email: visitor.email.clone(),
            address: visitor.address,
            user_agent: visitor.user_agent.clone(),
        }
    }

    /// Where they were; unknown of who comes from nowhere.
    pub fn address(&self) -> ClientAddress {
        match self {
            Self::Collaborator { address, .. } | Self::ApiKey { address, .. } | Self::Stranger { address, .. } => {
                *address
            }
            Self::CommandLine | Self::System | Self::Elsewhere => ClientAddress::Unknown,
        }
    }

    /// As stored.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Collaborator { .. } => "collaborator",
            Self::ApiKey { .. } => "api_key",
            Self::CommandLine => "command_line",
            Self::System => "system",
            Self::Elsewhere => "elsewhere",
            Self::Stranger { .. } => "stranger",
        }
    }

    /// The id of the person or the key.
    pub(super) fn id(&self) -> Option<Uuid> {
        match self {
            Self::Collaborator { id, .. } => Some(id.0),
            Self::ApiKey { id, .. } => Some(id.0),
            Self::CommandLine | Self::System | Self::Elsewhere | Self::Stranger { .. } => None,
        }
    }

    /// The values that may be erased one day.
    pub(super) fn personal(&self) -> Option<Personal> {
        match self {
            Self::Collaborator { name, email, address, user_agent, .. } => Some(Personal {
                name: Some(clean(name, 200)),
                email: Some(clean(email, 320)),
                address: address.ip(),
                user_agent: Some(clean(user_agent, 300)),
            }),
            Self::ApiKey { name, address, .. } => {
                Some(Personal { name: Some(clean(name, 200)), email: None, address: address.ip(), user_agent: None })
            }
            Self::Stranger { email, address, user_agent } => Some(Personal {
                name: None,
                email: email.as_deref().map(|e| clean(e, 320)),
                address: address.ip(),
                user_agent: Some(clean(user_agent, 300)),
            }),
            Self::CommandLine | Self::System | Self::Elsewhere => None,
        }
    }
}

/// One thing that happened. No secret, password, code, key or card number belongs in any field.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Who did it.
    pub actor: Actor,
    /// What, as `noun.verb_in_the_past`: `policy.saved`, `sign_in.failed`.
    pub action: &'static str,
    /// To which thing.
    pub target: Target,
    /// How it was; `None` when there was nothing.
    pub old: Option<Values>,
    /// How it is now; `None` when there is nothing any more.
    pub new: Option<Values>,
}

/// What is known of the actor, as it lies beside the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Personal {
    pub name: Option<String>,
    pub email: Option<String>,
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
}

/// A text as Postgres can keep it: no NUL, and no longer than `most` characters.
pub(super) fn clean(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
