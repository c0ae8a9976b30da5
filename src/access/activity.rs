//! What a person sees of their own account: which events, and how they read. Pure.

/// How an event is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Usual: the person themselves, most of the time.
    Usual,
    /// A change of how the account is protected.
    Change,
    /// Somebody did not get in, or was stopped.
    Refusal,
}

/// How many events a page shows.
pub const SHOWN: i64 = 100;

/// The kinds of events that concern the account itself; what else is recorded of a person belongs to their sites.
const OF_THE_ACCOUNT: [&str; 10] = [
    "sign_in",
    "sign_out",
    "second_step",
    "second_factor",
    "recovery_codes",
    "passkey",
    "password",
    "email",
    "account",
    "session",
];

/// Whether the person sees the event.
pub fn is_shown(action: &str) -> bool {
    let kind = action.split('.').next().unwrap_or_default();
    OF_THE_ACCOUNT.contains(&kind) && action != "password.settings_changed"
}

/// How to take it.
pub fn weight(action: &str) -> Weight {
    match action {
        "sign_in.succeeded"
        | "sign_in.password_accepted"
        | "sign_out.done"
        | "session.ended"
        | "session.others_ended" => Weight::Usual,
        "sign_in.failed" | "account.locked" | "account.closed" | "second_step.failed" | "second_step.closed"
        | "passkey.refused" => Weight::Refusal,
        _ => Weight::Change,
    }
}

/// What it was, for the person; `None` where the audit log's own words will do.
pub fn words(action: &str) -> Option<&'static str> {
    Some(match action {
        "sign_in.succeeded" => "Signed in",
        "sign_in.password_accepted" => "Right password, second step asked",
        "sign_in.failed" => "Wrong password",
        "sign_out.done" => "Signed out",
        "account.locked" => "Sign-in paused after too many wrong passwords",
        "account.closed" => "Sign-in closed to unknown browsers after a hundred wrong passwords in a row",
        "account.unlocked" => "Sign-in opened again by an owner, an admin or the operator",
        "account.disabled" => "Account switched off by the operator",
        "account.enabled" => "Account switched on again by the operator",
        "account.disowned" => "You said that something was not you",
        "second_step.failed" => "Wrong code",
        "second_step.closed" => "Second step paused after too many wrong codes",
        "second_step.help_asked" => "Help asked for: no access to the device",
        "second_factor.added" => "Second factor set up",
        "second_factor.removed" => "Second factor removed",
        "second_factor.lost" => "Second factor marked as lost",
        "second_factor.renamed" => "Second factor renamed",
        "second_factor.reset" => "Second factors and recovery codes reset",
        "recovery_codes.made" => "New recovery codes made",
        "passkey.refused" => "Passkey refused",
        "password.changed" => "Password changed",
        "password.reset_asked" => "Link to a new password asked for",
        "password.reset" => "Password set by a mailed link",
        "email.change_asked" => "Change of the address asked for",
        "email.changed" => "Address changed",
        "email.reverted" => "Change of the address taken back",
        "session.ended" => "Another browser signed out",
        "session.others_ended" => "Signed out everywhere else",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_site_is_not_shown() {
        for action in
            ["sign_in.failed", "second_factor.reset", "account.locked", "recovery_codes.made", "session.ended"]
        {
            assert!(is_shown(action), "{action}");
        }
        for action in ["collaborator.created", "profile.renamed", "password.settings_changed", "policy.saved", ""] {
            assert!(!is_shown(action), "{action}");
        }
    }

    #[test]
    fn a_refusal_stands_out() {
        assert_eq!(weight("sign_in.failed"), Weight::Refusal);
        assert_eq!(weight("sign_in.succeeded"), Weight::Usual);
        assert_eq!(weight("password.changed"), Weight::Change);
    }
}
