//! Who may do what to whom at a site. Pure: both persons are arguments. Nobody escalates: what an admin may not be given,
//! an admin can neither give nor take, but admins help each other back in; nobody changes their own role; the last owner
//! stays.

use crate::access::permission::{Permission, Role};

/// What may be done to somebody's place at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Give them another role.
    ChangeRole(Role),
    /// Make them an owner in one's own place.
    HandOver,
    /// Set their own switch for the second factor, with a suggested number.
    EditMfa,
    /// Let them be without a second factor for a while.
    Exempt,
    /// Drop their devices and recovery codes.
    ResetMfa,
    /// Open their locked account.
    Unlock,
    /// Shut them out of the site.
    Disable,
    /// Let them in again.
    Enable,
    /// Take their place away.
    Remove,
}

impl Deed {
    /// Whether it concerns how they come in, and not what they may do once they are in: admins do it for each other.
    fn helps(self) -> bool {
        matches!(self, Self::EditMfa | Self::Exempt | Self::ResetMfa | Self::Unlock)
    }
}

/// The person it is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// Their role at the site.
    pub role: Role,
    /// They are the one who does it.
    pub oneself: bool,
    /// No other owner can act at the site.
    pub last_owner: bool,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The role manages nobody.
    #[error("The role {} manages nobody. Ask an owner or admin.", .0.label())]
    NoManager(Role),
    /// To oneself.
    #[error("Nobody does this to themselves. Ask another owner or admin.")]
    Oneself,
    /// An admin, to an owner, or to an admin in what is no help to come in.
    #[error("Admins manage support, developers and analysts. Ask an owner to change an {}.", .0.label().to_lowercase())]
    OutOfReach(Role),
    /// The role is not theirs to give.
    #[error("Admins give the roles support, developer and analyst. Ask an owner to give the role {}.", .0.label().to_lowercase())]
    NotTheirsToGive(Role),
    /// Only owners hand ownership over.
    #[error("Only an owner hands ownership over.")]
    NoOwner,
    /// The site would have no owner.
    #[error("A site keeps at least one owner. Make somebody else an owner first.")]
    LastOwner,
    /// They belong to sites where this one is no owner or admin, or does not reach them.
    #[error(
        "This person also belongs to a site where you may not do this, and their devices are the same everywhere. The operator can reset them at the server: gatehouse collaborator reset-mfa."
    )]
    OtherSites,
    /// The same, and their account was closed after a hundred wrong passwords.
    #[error(
        "After a hundred wrong passwords sign-in stays paused, and this person also belongs to a site where you may not open it. They can set a new password by mail, or the operator opens it at the server: gatehouse collaborator unlock."
    )]
    ClosedElsewhere,
}

/// Whether a person with the role `actor` may give somebody the role `role`.
pub fn grants(actor: Role, role: Role) -> Result<(), Refusal> {
    match actor {
        Role::Owner => Ok(()),
        Role::Admin if !matches!(role, Role::Owner | Role::Admin) => Ok(()),
        Role::Admin => Err(Refusal::NotTheirsToGive(role)),
        other => Err(Refusal::NoManager(other)),
    }
}

/// Whether a person with the role `actor` may do this to the subject.
pub fn check(actor: Role, subject: Subject, deed: Deed) -> Result<(), Refusal> {
    if !actor.may(Permission::ManageCollaborators) {
        return Err(Refusal::NoManager(actor));
    }
    if subject.oneself {
        return Err(Refusal::Oneself);
    }
    reaches(actor, subject.role, deed)?;
    match deed {
        Deed::HandOver if actor != Role::Owner => Err(Refusal::NoOwner),
        Deed::ChangeRole(role) => {
            grants(actor, role)?;
            stays(subject, role != Role::Owner)
        }
        Deed::Disable | Deed::Remove => stays(subject, true),
        _ => Ok(()),
    }
}

/// Whether somebody may give up their own place.
pub fn may_leave(subject: Subject) -> Result<(), Refusal> {
    stays(subject, true)
}

/// Whether a person reaches another at every site of theirs, for what counts at all of them: resetting devices, opening an
/// account that was closed. `places` are the other's sites, with the actor's role there and the other's.
pub fn may_reset_everywhere(places: &[(Option<Role>, Role)]) -> Result<(), Refusal> {
    let reached = |(actor, theirs): &(Option<Role>, Role)| {
        actor.is_some_and(|actor| reaches(actor, *theirs, Deed::ResetMfa).is_ok())
    };
    if places.iter().all(reached) { Ok(()) } else { Err(Refusal::OtherSites) }
}

fn reaches(actor: Role, subject: Role, deed: Deed) -> Result<(), Refusal> {
    match (actor, subject) {
        (Role::Owner, _) => Ok(()),
        (Role::Admin, Role::Admin) if deed.helps() => Ok(()),
        (Role::Admin, Role::Owner | Role::Admin) => Err(Refusal::OutOfReach(subject)),
        (Role::Admin, _) => Ok(()),
        (other, _) => Err(Refusal::NoManager(other)),
    }
}

fn stays(subject: Subject, ends_ownership: bool) -> Result<(), Refusal> {
    if ends_ownership && subject.role == Role::Owner && subject.last_owner { Err(Refusal::LastOwner) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Role::{Admin, Analyst, Developer, Owner, Support};

    const DEEDS: [Deed; 9] = [
        Deed::ChangeRole(Support),
        Deed::HandOver,
        Deed::EditMfa,
        Deed::Exempt,
        Deed::ResetMfa,
        Deed::Unlock,
        Deed::Disable,
        Deed::Enable,
        Deed::Remove,
    ];

    fn other(role: Role) -> Subject {
        Subject { role, oneself: false, last_owner: false }
    }

    #[test]
    fn owners_give_every_role_and_admins_only_those_below_them() {
        for role in Role::ALL {
            assert!(grants(Owner, role).is_ok());
            assert_eq!(grants(Admin, role).is_ok(), matches!(role, Support | Developer | Analyst), "{role:?}");
            for nobody in [Support, Developer, Analyst] {
                assert_eq!(grants(nobody, role), Err(Refusal::NoManager(nobody)));
            }
        }
    }

    #[test]
    fn admins_reach_no_owner_and_help_other_admins_to_come_in() {
        for deed in DEEDS {
            for role in Role::ALL {
                let may = check(Admin, other(role), deed).is_ok();
                let allowed = match role {
                    Owner => false,
                    Admin => matches!(deed, Deed::EditMfa | Deed::Exempt | Deed::ResetMfa | Deed::Unlock),
                    Support | Developer | Analyst => deed != Deed::HandOver,
                };
                assert_eq!(may, allowed, "{deed:?} to {role:?}");
                assert!(check(Owner, other(role), deed).is_ok(), "{deed:?} to {role:?}");
                assert!(check(Analyst, other(role), deed).is_err());
            }
        }
        assert_eq!(check(Admin, other(Support), Deed::ChangeRole(Admin)), Err(Refusal::NotTheirsToGive(Admin)));
    }

    #[test]
    fn nobody_does_it_to_themselves() {
        for deed in DEEDS {
            for role in [Owner, Admin] {
                let me = Subject { role, oneself: true, last_owner: false };
                assert_eq!(check(role, me, deed), Err(Refusal::Oneself), "{deed:?}");
            }
        }
    }

    #[test]
    fn the_last_owner_stays() {
        let last = Subject { role: Owner, oneself: false, last_owner: true };
        for deed in [Deed::ChangeRole(Admin), Deed::Disable, Deed::Remove] {
            assert_eq!(check(Owner, last, deed), Err(Refusal::LastOwner), "{deed:?}");
        }
        assert!(check(Owner, last, Deed::ChangeRole(Owner)).is_ok());
        assert_eq!(may_leave(Subject { oneself: true, ..last }), Err(Refusal::LastOwner));
        assert!(may_leave(Subject { role: Owner, oneself: true, last_owner: false }).is_ok());
        assert!(may_leave(Subject { role: Analyst, oneself: true, last_owner: true }).is_ok());
    }

    #[test]
    fn devices_are_reset_only_by_who_reaches_the_person_at_each_of_their_sites() {
        assert!(may_reset_everywhere(&[(Some(Admin), Support)]).is_ok());
        assert!(may_reset_everywhere(&[(Some(Admin), Admin), (Some(Owner), Owner)]).is_ok());
        for beyond in [(None, Analyst), (Some(Support), Analyst), (Some(Admin), Owner)] {
            assert_eq!(may_reset_everywhere(&[(Some(Owner), Support), beyond]), Err(Refusal::OtherSites));
        }
    }
}
