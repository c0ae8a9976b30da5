//! A second factor: what a person proves with besides the password. It counts only after its first valid code, and until
//! it is removed, lost or reset.

use crate::kernel::clock::Timestamp;
use crate::kernel::id::FactorId;

/// Which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FactorKind {
    /// A number that codes are texted to.
    Sms,
    /// An authenticator app (RFC 6238).
    Totp,
    /// A passkey that verifies its person.
    Passkey,
}

impl FactorKind {
    /// All kinds, the strongest last.
    pub const ALL: [Self; 3] = [Self::Sms, Self::Totp, Self::Passkey];

    /// As stored and posted.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Totp => "totp",
            Self::Passkey => "passkey",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Sms => "SMS",
            Self::Totp => "Authenticator app",
            Self::Passkey => "Passkey",
        }
    }
}

/// Not the name of a kind, nor of a means.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no kind of second factor is called {0:?}")]
pub struct UnknownKind(String);

impl std::str::FromStr for FactorKind {
    type Err = UnknownKind;
    /// Reads [`FactorKind::as_str`] back.
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// By what means somebody proved themselves besides the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// With a factor of this kind.
    Kind(FactorKind),
    /// With a recovery code, in place of one.
    Recovery,
}

impl Means {
    /// As stored, and as the audit log says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kind(kind) => kind.as_str(),
            Self::Recovery => "recovery",
        }
    }

    /// Whether it is among the kinds that count. A recovery code is typed as a code of a device is: it stands in for one
    /// where codes count at all, and where passkeys alone do it only opens the way to setting up another.
    pub fn counts(self, kinds: &[FactorKind]) -> bool {
        match self {
            Self::Kind(kind) => kinds.contains(&kind),
            Self::Recovery => kinds.iter().any(|kind| *kind != FactorKind::Passkey),
        }
    }
}

impl std::str::FromStr for Means {
    type Err = UnknownKind;
    /// Reads [`Means::as_str`] back.
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        if text == "recovery" { Ok(Self::Recovery) } else { text.parse().map(Self::Kind) }
    }
}

/// One of a person's factors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factor {
    /// Its id.
    pub id: FactorId,
    /// Which kind.
    pub kind: FactorKind,
    /// What its person calls it.
    pub name: String,
    /// The number, E.164: shown masked only. Of SMS alone.
    pub phone: Option<String>,
    /// When setting it up began.
    pub created_at: Timestamp,
    /// When its first code was right; it counts from then on.
    pub activated_at: Option<Timestamp>,
    /// When it last opened something.
    pub last_used_at: Option<Timestamp>,
}

/// Why a factor ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// Its person took it away.
    Removed,
    /// Its person lost it.
    Lost,
    /// An admin or the operator reset everything.
    Reset,
    /// It was begun and never finished.
    Abandoned,
}

impl EndReason {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Lost => "lost",
            Self::Reset => "reset",
            Self::Abandoned => "abandoned",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FactorKind::{Passkey, Sms, Totp};

    #[test]
    fn a_recovery_code_stands_in_for_codes_and_not_for_passkeys() {
        for kinds in [&[Sms][..], &[Totp], &[Passkey, Totp]] {
            assert!(Means::Recovery.counts(kinds), "{kinds:?}");
        }
        assert!(!Means::Recovery.counts(&[Passkey]));
        assert!(Means::Kind(Passkey).counts(&[Passkey]) && !Means::Kind(Sms).counts(&[Passkey, Totp]));
    }

    #[test]
    fn means_read_back_as_they_are_stored() {
        for means in FactorKind::ALL.map(Means::Kind).into_iter().chain([Means::Recovery]) {
            assert_eq!(means.as_str().parse(), Ok(means));
        }
        let unknown = "fax".parse::<Means>().unwrap_err();
        assert!(unknown.to_string().contains("fax"), "the log names it: {unknown}");
    }
}
