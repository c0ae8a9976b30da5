//! What a key may do: a closed set of scopes, each within a permission of the person who made the key.

use crate::access::{Permission, Role};

/// One thing a key may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Have attempts decided and tell what became of them.
    DecisionsWrite,
    /// Search decisions and read their findings.
    DecisionsRead,
    /// Read lists and their entries, look values up.
    ListsRead,
    /// Make, change and remove lists and entries.
    ListsWrite,
    /// Read the security settings in force.
    PolicyRead,
}

impl Scope {
    /// All scopes, in the order people meet them.
    pub const ALL: [Scope; 5] =
        [Scope::DecisionsWrite, Scope::DecisionsRead, Scope::ListsRead, Scope::ListsWrite, Scope::PolicyRead];

    /// As stored, sent and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::DecisionsWrite => "decisions:write",
            Scope::DecisionsRead => "decisions:read",
            Scope::ListsRead => "lists:read",
            Scope::ListsWrite => "lists:write",
            Scope::PolicyRead => "policy:read",
        }
    }

    /// What it lets the key's holder do, in a sentence.
    pub fn explained(self) -> &'static str {
        match self {
            Scope::DecisionsWrite => {
                "Have attempts decided and report what became of them. What a shop's server needs."
            }
            Scope::DecisionsRead => "Search decisions and read their findings, personal values included.",
            Scope::ListsRead => "Read lists and entries, and look values up.",
            Scope::ListsWrite => "Make, change and remove lists and entries, allow lists included.",
            Scope::PolicyRead => "Read the security settings in force, limits included.",
        }
    }

    /// What the key's maker must be allowed to do, now and as long as the key is used.
    pub fn permission(self) -> Permission {
        match self {
            Scope::DecisionsWrite => Permission::EditServices,
            Scope::DecisionsRead => Permission::ReadDecisions,
            Scope::ListsRead => Permission::ReadLists,
            // Allow entries loosen protection and lists belong to those who may change it, so nothing less will do.
            Scope::ListsWrite => Permission::EditProtection,
            Scope::PolicyRead => Permission::ReadPolicy,
        }
    }

    /// Whether a key keeps the scope while its maker is past the deadline of their second factor. Payments go on being
    /// decided, or a shop would stand still because somebody forgot to set up a device; nothing is read or changed.
    pub fn outlasts_the_deadline(self) -> bool {
        self == Scope::DecisionsWrite
    }

    /// Whether somebody with this role may give the scope to a key.
    pub fn may_be_given_by(self, role: Role) -> bool {
        role.may(self.permission())
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not the name of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the scopes are decisions:write, decisions:read, lists:read, lists:write and policy:read")]
pub struct UnknownScope;

impl std::str::FromStr for Scope {
    type Err = UnknownScope;
    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Scope::ALL.into_iter().find(|s| s.as_str() == text).ok_or(UnknownScope)
    }
}

/// Who made a key, as far as its scopes depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// The command line: the operator, who is not bound by roles.
    Operator,
    /// A person with this role at the key's site today.
    Member(Role),
    /// The same, past the deadline of their second factor.
    Overdue(Role),
    /// A person who has left the site, is shut out of it or was disabled.
    Gone,
}

/// The scopes that a key still has: those given that its maker could still give today.
pub fn effective(given: &[Scope], maker: Maker) -> Vec<Scope> {
    let still = |scope: &Scope| match maker {
        Maker::Operator => true,
        Maker::Member(role) => scope.may_be_given_by(role),
        Maker::Overdue(role) => scope.outlasts_the_deadline() && scope.may_be_given_by(role),
        Maker::Gone => false,
    };
    given.iter().copied().filter(still).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_reads_back_from_its_name() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
        assert_eq!("decisions:*".parse::<Scope>(), Err(UnknownScope));
    }

    #[test]
    fn scopes_shrink_with_their_maker() {
        let all = Scope::ALL;
        assert_eq!(effective(&all, Maker::Operator), all);
        assert_eq!(effective(&all, Maker::Member(Role::Owner)), all);
        let developer = effective(&all, Maker::Member(Role::Developer));
        assert!(developer.contains(&Scope::DecisionsWrite) && !developer.contains(&Scope::ListsWrite));
        assert_eq!(effective(&all, Maker::Member(Role::Support)), [Scope::DecisionsRead, Scope::ListsRead]);
        assert_eq!(effective(&all, Maker::Overdue(Role::Owner)), [Scope::DecisionsWrite]);
        assert!(effective(&all, Maker::Overdue(Role::Support)).is_empty());
        assert!(effective(&all, Maker::Gone).is_empty(), "a key outlives its maker's membership as a dead key");
    }
}
