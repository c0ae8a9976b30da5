//! What is texted, why it is not, and what became of it.

use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, MessageId, SiteId};
use crate::kernel::phone::Phone;

/// A code to text.
pub struct Text<'a> {
    /// Whose template, countries and cap; without it those of the first of the person's sites that serves the number.
    pub site: Option<SiteId>,
    /// To whom.
    pub who: CollaboratorId,
    /// Where to.
    pub number: &'a Phone,
    /// For what: stands in the list of messages.
    pub purpose: &'static str,
    /// What is known of the number.
    pub number_is: NumberIs,
    /// The code. It lives five minutes; a text that could not leave by then is not sent.
    pub code: &'a str,
}

/// What is known of a number. Country lists say which numbers may become devices; a number that is one already goes on
/// being texted to when its country is taken off a list, or its person would be shut out without a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberIs {
    /// Nothing: its country must be on a list.
    New,
    /// It is an active device of the person.
    Device,
}

/// A word about the account to a number that has already received codes.
pub struct Notice<'a> {
    /// To whom.
    pub who: CollaboratorId,
    /// Where to.
    pub number: &'a Phone,
    /// What happened, in one sentence.
    pub words: &'a str,
}

/// Why nothing is sent, in words for the person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The installation has no provider.
    #[error(
        "texts cannot be sent yet: the operator has not set GATEHOUSE_SMS_URL. Use an authenticator app or a passkey"
    )]
    NotSetUp,
    /// The number's country is on none of the lists.
    #[error(
        "codes are not texted to numbers of {country}. Use a number of another country, an authenticator app or a passkey"
    )]
    Country {
        /// Its name.
        country: &'static str,
    },
    /// Forty a day, of them eight while nobody has proved it.
    #[error("this number has received as many texts as it may in a day. Try again tomorrow, or use another device")]
    NumberCap,
    /// Sixty a day for a person.
    #[error("you have had as many texts as you may in a day. Try again tomorrow, or use another device")]
    PersonCap,
    /// Five a day that the person has not proved.
    #[error(
        "you have had texts sent to five other numbers within a day. Use one of those, an authenticator app or a passkey, or try again tomorrow"
    )]
    NumbersCap,
    /// Sixty an hour that nobody has proved.
    #[error("too many texts go to numbers like this one. Try again in an hour, or use another device")]
    PrefixCap,
    /// The site's daily cap.
    #[error("your site has sent as many texts as it may in a day. Try again tomorrow, or use another device")]
    SiteCap,
    /// The installation's daily cap.
    #[error("as many texts as may in a day have left already. Try again tomorrow, or use another device")]
    InstallationCap,
    /// Five tests a day, to numbers that are none of the person's devices.
    #[error(
        "you have sent five tests within a day. Send another to a number that is one of your own devices, or try again tomorrow"
    )]
    TestCap,
}

impl Refusal {
    /// Stable, for logs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSetUp => "not_set_up",
            Self::Country { .. } => "country",
            Self::NumberCap => "number_cap",
            Self::PersonCap => "person_cap",
            Self::NumbersCap => "numbers_cap",
            Self::PrefixCap => "prefix_cap",
            Self::SiteCap => "site_cap",
            Self::InstallationCap => "installation_cap",
            Self::TestCap => "test_cap",
        }
    }
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Waiting for the provider to take it.
    Queued,
    /// The provider has it.
    Sent,
    /// The phone has it.
    Delivered,
    /// It will not arrive.
    Failed,
}

impl Status {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Queued => "On its way",
            Self::Sent => "Sent",
            Self::Delivered => "Delivered",
            Self::Failed => "Not delivered",
        }
    }

    pub(super) fn read(text: &str) -> Self {
        match text {
            "sent" => Self::Sent,
            "delivered" => Self::Delivered,
            "failed" => Self::Failed,
            _ => Self::Queued,
        }
    }
}

/// What became of the newest text to a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Which message.
    pub id: MessageId,
    /// Where it stands.
    pub status: Status,
    /// What went wrong, if something did; while it is queued, why the last try failed.
    pub error: Option<String>,
    /// Since when.
    pub updated_at: Timestamp,
}

impl Delivery {
    /// One sentence for the person who waits.
    pub fn words(&self) -> String {
        match (self.status, &self.error) {
            (Status::Queued, None) => "The text is on its way.".into(),
            (Status::Queued, Some(error)) => format!("The text has not left yet: {error}. We keep trying."),
            (Status::Sent, _) => "The text was handed to the carrier.".into(),
            (Status::Delivered, _) => "The text was delivered.".into(),
            (Status::Failed, Some(error)) => format!("The text was not delivered: {error}."),
            (Status::Failed, None) => "The text was not delivered.".into(),
        }
    }
}

/// A message as the site's page lists it: never its text, the number masked.
#[derive(Debug, Clone)]
pub struct Listed {
    /// When it was ordered.
    pub at: Timestamp,
    /// To whom, by name.
    pub name: String,
    /// The number, masked.
    pub number: String,
    /// For what.
    pub purpose: String,
    /// What became of it.
    pub delivery: Delivery,
}
