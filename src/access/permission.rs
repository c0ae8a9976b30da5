//! Roles and what each may do: one table, the same for pages, forms and API keys.

use serde::{Deserialize, Serialize};

/// What a collaborator is at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May do everything.
    Owner,
    /// Everything but the site's MFA setting and owners.
    Admin,
    /// Reads traffic, adds block and challenge entries.
    Support,
    /// Services and API keys; reads decisions and policy.
    Developer,
    /// Reads everything but secrets.
    Analyst,
}

impl Role {
    /// All roles, the mightiest first.
    pub const ALL: [Role; 5] = [Role::Owner, Role::Admin, Role::Support, Role::Developer, Role::Analyst];

    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Admin => "admin",
            Role::Support => "support",
            Role::Developer => "developer",
            Role::Analyst => "analyst",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Role::Owner => "Owner",
            Role::Admin => "Admin",
            Role::Support => "Support",
            Role::Developer => "Developer",
            Role::Analyst => "Analyst",
        }
    }

    /// What it may do, in a few words.
    pub fn explained(self) -> &'static str {
        match self {
            Role::Owner => "everything, owners and the MFA setting too",
            Role::Admin => "everything but owners and the MFA setting",
            Role::Support => "reads decisions, adds block and challenge entries",
            Role::Developer => "services and API keys, reads decisions and policy",
            Role::Analyst => "reads everything but secrets",
        }
    }

    /// Whether the role may do it.
    pub fn may(self, permission: Permission) -> bool {
        use Permission as P;
        use Role::{Admin, Analyst, Developer, Owner, Support};
        let who: &[Role] = match permission {
            P::ReadOverview | P::ReadDecisions | P::ReadLists => &Role::ALL,
            P::ReadPolicy => &[Owner, Admin, Developer, Analyst],
            P::EditProtection | P::EditAllowEntries => &[Owner, Admin],
            P::EditBlockEntries => &[Owner, Admin, Support],
            P::ReadServices => &[Owner, Admin, Developer, Analyst],
            P::EditServices | P::EditApiKeys => &[Owner, Admin, Developer],
            P::ReadApiKeys => &[Owner, Admin, Developer, Analyst],
            P::ReadAudit | P::ReadCollaborators | P::ReadSystem => &[Owner, Admin, Analyst],
            P::EditSite | P::ManageCollaborators => &[Owner, Admin],
            P::EditMfa => &[Owner],
            P::ReadSite => &[Owner, Admin, Developer, Analyst],
        };
        who.contains(&self)
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Role::ALL.into_iter().find(|r| r.as_str() == text).ok_or(UnknownRole)
    }
}

/// Not the name of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownRole;

impl std::fmt::Display for UnknownRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the roles are owner, admin, support, developer and analyst")
    }
}

impl std::error::Error for UnknownRole {}

/// Something that may be done at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See the overview.
    ReadOverview,
    /// See decisions and their traces.
    ReadDecisions,
    /// See lists and look values up.
    ReadLists,
    /// See protection settings and policy versions.
    ReadPolicy,
    /// Change protection settings, the panic switch, lists themselves.
    EditProtection,
    /// Add and change entries of allow lists.
    EditAllowEntries,
    /// Add and change entries of block and challenge lists.
    EditBlockEntries,
    /// See payment services.
    ReadServices,
    /// Change payment services.
    EditServices,
    /// See API keys (never the secrets).
    ReadApiKeys,
    /// Make and revoke API keys.
    EditApiKeys,
    /// Read the audit log.
    ReadAudit,
    /// See jobs, dead letters, versions and data ages.
    ReadSystem,
    /// See site settings.
    ReadSite,
    /// Change site settings, create sites.
    EditSite,
    /// See who works at the site, how they sign in, what is asked of them and what they are texted.
    ReadCollaborators,
    /// Change who needs a second factor.
    EditMfa,
    /// Invite, change and remove collaborators; unlock accounts.
    ManageCollaborators,
}

macro_rules! grants {
    ($($name:ident),* $(,)?) => {
        /// Marker types: a [`super::permit::Permit`] of one is the proof of the permission with its name.
        pub mod grant {
            $(
                #[doc = concat!("Proof of [`super::Permission::", stringify!($name), "`].")]
                #[derive(Debug, Clone, Copy)]
                pub struct $name;
                impl super::Grant for $name {
                    const PERMISSION: super::Permission = super::Permission::$name;
                }
            )*
        }
    };
}

/// A permission as a type.
pub trait Grant: Send + Sync + 'static {
    /// The permission.
    const PERMISSION: Permission;
}

grants!(
    ReadOverview,
    ReadDecisions,
    ReadLists,
    ReadPolicy,
    EditProtection,
    EditAllowEntries,
    EditBlockEntries,
    ReadServices,
    EditServices,
    ReadApiKeys,
    EditApiKeys,
    ReadAudit,
    ReadSystem,
    ReadSite,
    EditSite,
    ReadCollaborators,
    EditMfa,
    ManageCollaborators,
);
