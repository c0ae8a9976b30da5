//! The kinds of job, each with its payload.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access::service::network;
use crate::access::service::reset_password::{self, Ask};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::MessageId;
use crate::platform::mail::{Mail, Mailer};
use crate::platform::sms;
use crate::platform::state::App;
use crate::platform::upkeep;
use crate::reports::service::sum_up;

/// One thing to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    /// Send a mail.
    Mail(Mail),
    /// Send the link to a new password, if somebody signs in with the address: ordered for every address alike.
    ResetAsked(Ask),
    /// Tell the owners of all sites that sign-in refused strangers.
    StrangersRefused {
        /// When.
        at: Timestamp,
        /// Wrong passwords in ten minutes.
        failures: usize,
        /// Accounts they were tried on.
        accounts: usize,
    },
    /// Text a message.
    Sms {
        /// Its row.
        message: MessageId,
        /// The name it seems to come from; the operator's number without one.
        sender: Option<String>,
        /// The text, sealed at its row: it holds a code.
        sealed: String,
        /// Not worth sending after this.
        expires_at: Timestamp,
    },
    /// Read back whether a text arrived.
    SmsLook {
        /// Its row.
        message: MessageId,
        /// How often it was looked for before.
        turn: usize,
    },
    /// Make the partitions of the coming months. Recurs daily.
    EnsurePartitions,
    /// Delete what need not be kept: used tokens, old answers, ended sessions. Recurs hourly.
    CleanUp,
    /// Sum up what reports count. Recurs hourly.
    SumUp,
}

/// Where jobs wait. Each lane has workers of its own, so that what stands in one never waits for what stands in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Mails, texts, upkeep.
    Ordinary,
    /// What anybody may order without being signed in.
    Asked,
}

impl Lane {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Ordinary, Self::Asked];

    /// As stored in `job.lane`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Asked => "asked",
        }
    }

    /// Its jobs that are done at once in a process.
    pub(super) fn at_once(self) -> usize {
        match self {
            Self::Ordinary => 4,
            Self::Asked => 2,
        }
    }
}

/// Why a job could not be done.
#[derive(Debug)]
pub enum Failure {
    /// Trying again may help.
    Passing(String),
    /// It never will: the job becomes a dead letter at once.
    Final(String),
}

impl Failure {
    /// What to show on the System page: nothing of the payload.
    pub fn text(&self) -> &str {
        match self {
            Self::Passing(text) | Self::Final(text) => text,
        }
    }
}

impl From<crate::error::Error> for Failure {
    fn from(error: crate::error::Error) -> Self {
        Self::Passing(error.source.map_or(error.detail, |cause| format!("{cause:#}")))
    }
}

impl Job {
    /// As stored in `job.kind`, in metrics and on the System page.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Mail(_) => "mail",
            Self::ResetAsked(_) => "reset_asked",
            Self::StrangersRefused { .. } => "strangers_refused",
            Self::Sms { .. } => "sms",
            Self::SmsLook { .. } => "sms_look",
            Self::EnsurePartitions => "ensure_partitions",
            Self::CleanUp => "clean_up",
            Self::SumUp => "sum_up",
        }
    }

    /// Where it waits.
    pub fn lane(&self) -> Lane {
        match self {
            Self::ResetAsked(_) => Lane::Asked,
            Self::Mail(_)
            | Self::StrangersRefused { .. }
            | Self::Sms { .. }
            | Self::SmsLook { .. }
            | Self::EnsurePartitions
            | Self::CleanUp
            | Self::SumUp => Lane::Ordinary,
        }
    }

    /// Whether it may carry a link or a code in clear.
    pub(super) fn carries_secrets(&self) -> bool {
        match self {
            // Who asks for a new password is nobody's business either.
            Self::Mail(_) | Self::ResetAsked(_) => true,
            // A text is sealed at its own row.
            Self::StrangersRefused { .. }
            | Self::Sms { .. }
            | Self::SmsLook { .. }
            | Self::EnsurePartitions
            | Self::CleanUp
            | Self::SumUp => false,
        }
    }

    /// The jobs that come back, each with the one row it always uses and its period. They never become dead letters.
    pub fn recurring() -> [(Uuid, Job, TimeDelta); 3] {
        [
            (Uuid::from_u128(1), Job::EnsurePartitions, TimeDelta::days(1)),
            (Uuid::from_u128(2), Job::CleanUp, TimeDelta::hours(1)),
            (Uuid::from_u128(3), Job::SumUp, TimeDelta::hours(1)),
        ]
    }

    /// Does it.
    pub(super) async fn run(&self, id: Uuid, app: &App, mailer: &Mailer) -> Result<(), Failure> {
        match self {
            Self::Mail(mail) => mailer.deliver(app, id, mail).await,
            Self::ResetAsked(ask) => Ok(reset_password::send(app, ask).await?),
            Self::StrangersRefused { at, failures, accounts } => {
                Ok(network::tell_owners(app, *at, *failures, *accounts).await?)
            }
            Self::Sms { message, sender, sealed, expires_at } => {
                sms::deliver(app, *message, sender.as_deref(), sealed, *expires_at).await
            }
            Self::SmsLook { message, turn } => sms::look(app, *message, *turn).await,
            Self::EnsurePartitions => upkeep::ensure_partitions(app).await,
            Self::CleanUp => upkeep::clean_up(app).await,
            Self::SumUp => Ok(sum_up::sum_up(app).await?),
        }
    }
}
