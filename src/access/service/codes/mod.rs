//! Codes that are texted, mailed or made by an authenticator: sending one and checking one. Everything that is counted is
//! counted for the person, in transactions of its own: a new browser, a new code or a hung-up request refills nothing.

mod check;
mod send;

pub use check::{check, check_totp};
pub use send::send;

use crate::access::code::Code;
use crate::access::factor::FactorKind;
use crate::access::store;
use crate::access::store::collaborator::Account;
use crate::audit::Actor;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::email;
use crate::kernel::id::{CollaboratorId, FactorId};
use crate::kernel::ip::ClientAddress;
use crate::kernel::phone::Phone;
use crate::kernel::secret::Purpose;
use crate::platform::state::App;

/// What a code belongs to: SHA-256 of the cookie of the pending sign-in or of the session.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Flow(pub [u8; 32]);

/// What a code is for; it is good for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodePurpose {
    /// The second step of signing in.
    SignIn,
    /// Confirming that it is you.
    StepUp,
    /// Proving a number before it becomes a factor.
    EnrolPhone,
    /// Proving the address before the first factor, where that is late or follows a reset.
    EnrolMail,
}

impl CodePurpose {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::StepUp => "step_up",
            Self::EnrolPhone => "enrol_phone",
            Self::EnrolMail => "enrol_mail",
        }
    }
}

/// Where a code goes.
pub enum To {
    /// Texted to this number.
    Phone(Phone),
    /// Mailed to the person's stored address.
    Mail(Account),
}

impl To {
    /// What a code is bound to and counted for.
    fn address(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.as_str(),
            Self::Mail(account) => &account.email_canonical,
        }
    }

    /// The kind of device it goes to.
    fn device(&self) -> &'static str {
        match self {
            Self::Phone(_) => FactorKind::Sms.as_str(),
            Self::Mail(_) => "mail",
        }
    }

    /// Enough of the address to tell it from the person's others.
    fn masked(&self) -> String {
        match self {
            Self::Phone(phone) => phone.masked(),
            Self::Mail(account) => email::masked(&account.email_canonical),
        }
    }
}

/// A code to send.
pub struct Send {
    /// To whom.
    pub who: CollaboratorId,
    /// In which flow it will be typed.
    pub flow: Flow,
    /// For what.
    pub purpose: CodePurpose,
    /// Which factor it proves, if one.
    pub factor: Option<FactorId>,
    /// Where to.
    pub to: To,
    /// Who asked.
    pub by: Actor,
}

/// What came of sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// It is on its way; the one before it is dead.
    Sent {
        /// Before the pause.
        resends_left: u8,
        /// When the next may be sent.
        next_at: Timestamp,
    },
    /// Not before then.
    Wait {
        /// When.
        until: Timestamp,
    },
    /// Too many wrong guesses: nothing is sent until there is room again.
    Closed {
        /// When.
        until: Timestamp,
    },
    /// It cannot be texted there, in words.
    Refused(String),
}

/// A code that somebody typed.
pub struct Check<'a> {
    /// Who.
    pub who: CollaboratorId,
    /// In which flow.
    pub flow: Flow,
    /// For what.
    pub purpose: CodePurpose,
    /// As typed.
    pub code: &'a str,
    /// From where.
    pub from: ClientAddress,
    /// With which browser, in its own words.
    pub user_agent: &'a str,
}

/// A code of an authenticator that somebody typed.
pub struct CheckTotp<'a> {
    /// Who.
    pub who: CollaboratorId,
    /// Which authenticator, active or being set up.
    pub factor: FactorId,
    /// As typed.
    pub code: &'a str,
    /// From where.
    pub from: ClientAddress,
    /// With which browser, in its own words.
    pub user_agent: &'a str,
}

/// What came of checking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// Right, and used up by this: nobody else gets this answer for it.
    Right {
        /// The factor it was sent for, or the authenticator.
        factor: Option<FactorId>,
        /// E.164 or the canonical address it was sent to; empty for an authenticator.
        destination: String,
    },
    /// Not six digits: nothing was compared or counted.
    Malformed,
    /// Wrong.
    Wrong {
        /// Guesses left for this code.
        left: u8,
    },
    /// There is no such code any more: five minutes are over, it was used, or guessed at too often. Send another.
    Expired,
    /// Too many wrong guesses: nothing is compared until there is room again.
    Closed {
        /// When.
        until: Timestamp,
    },
}

/// Where sending stands: for a page, without sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Until when the code that was sent last can be typed, if one can.
    pub live_until: Option<Timestamp>,
    /// Before the pause.
    pub resends_left: u8,
    /// When the next may be sent, if not now.
    pub next_at: Option<Timestamp>,
    /// Until when too many guesses close everything, if they do.
    pub closed_until: Option<Timestamp>,
}

impl Standing {
    /// When the next can be sent, if not now: after the pause, and after what too many guesses have closed.
    pub fn waits_until(&self) -> Option<Timestamp> {
        self.next_at.max(self.closed_until)
    }
}

/// Where sending to this destination stands.
pub async fn standing(
    app: &App,
    who: CollaboratorId,
    flow: Flow,
    purpose: CodePurpose,
    destination: &str,
) -> Result<Standing> {
    let now = app.clock.now();
    let sends = store::code::sends(&app.db, who, &counted_under(app, destination)).await?;
    Ok(Standing {
        live_until: store::code::live_until(&app.db, who, flow, purpose, destination, now).await?,
        resends_left: sends.resends_left(now),
        next_at: sends.next_at(now),
        closed_until: closed_until(app, who).await?,
    })
}

/// Until when too many wrong guesses close the person's second step, if they do.
pub async fn closed_until(app: &App, who: CollaboratorId) -> Result<Option<Timestamp>> {
    Ok(store::code::guesses(&app.db, who).await?.closed_until(app.clock.now()))
}

/// What is digested of a code: with what it is bound to.
fn said(purpose: CodePurpose, flow: Flow, destination: &str, code: &Code) -> String {
    format!("{}|{}|{destination}|{}", purpose.as_str(), hex::encode(flow.0), code.reveal())
}

/// Sends are counted under a keyed digest, so that the counters list no numbers.
fn counted_under(app: &App, destination: &str) -> [u8; 32] {
    app.keys.stable_digest(Purpose::CodeDestination, destination.as_bytes())
}
