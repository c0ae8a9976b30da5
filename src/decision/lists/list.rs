//! A list: what a match does, where it acts, and whether it acts at all.

use serde::{Deserialize, Serialize};

use crate::decision::verdict::Mode;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{ListId, ServiceId};
use crate::kernel::name::{self, NotAName};

/// What a match does to an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListKind {
    /// Refused, even when an allow list matches too (also known as a black list).
    Block,
    /// Velocity filters, anti-fraud sets and external scores are passed over (a white list).
    Allow,
    /// At least challenged (a grey list).
    Challenge,
}

impl ListKind {
    /// In the order of the console: what stops most comes first.
    pub const ALL: [ListKind; 3] = [ListKind::Block, ListKind::Challenge, ListKind::Allow];

    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Allow => "allow",
            Self::Challenge => "challenge",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Block => "Block list",
            Self::Allow => "Allow list",
            Self::Challenge => "Challenge list",
        }
    }

    /// What a match does, in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Block => "An attempt that matches any entry is refused, even when it is on an allow list.",
            Self::Allow => {
                "An attempt that matches any entry passes over velocity filters, anti-fraud sets and external scores. A block list still wins."
            }
            Self::Challenge => {
                "An attempt that matches any entry is at least challenged: 3DS for a payment, a captcha or code for a login."
            }
        }
    }
}

impl std::str::FromStr for ListKind {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|k| k.as_str() == text).ok_or(UnknownKind)
    }
}

/// Not the name of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the kinds are allow, block and challenge")]
pub struct UnknownKind;

/// Where a list acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// On every attempt of the site, whatever its service.
    AllServices,
    /// On attempts of these services only; on none when it is empty.
    Services(Vec<ServiceId>),
}

/// What a collaborator sets of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Unique among the site's lists of the kind, whatever the case.
    pub name: Name,
    /// For the team only.
    pub note: Note,
    /// Whether its matches act, are only recorded, or are not looked for.
    pub mode: Mode,
    /// Where it acts.
    pub reach: Reach,
    /// Allow lists: a match switches off challenge lists too.
    pub also_challenge_list: bool,
}

/// A list of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Its id.
    pub id: ListId,
    /// What a match does; never changes.
    pub kind: ListKind,
    /// What may be changed.
    pub settings: Settings,
    /// Rises with each change of the settings.
    pub version: i32,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What people call a list or an entry.
pub type Name = name::Name<100>;

/// A note for the team: up to 500 characters, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Note(String);

impl Note {
    /// Reads a note.
    pub fn parse(text: &str) -> Result<Self, NotAName> {
        name::line(text, 500).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A note that the database gives back.
    pub(super) fn stored(text: String) -> Self {
        Self(text)
    }
}
