//! The answer and its reasons. A verdict is made by [`crate::decision::pipeline`] and by nothing else.
//!
//! A finding holds no personal value: its sentence is put together when it is read ([`crate::decision::wording`]), from
//! the numbers here and from what the attempt still has, so that erasing a person erases them from the trace too.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::decision::keys::{Identity, KeyKind};
use crate::decision::lists::{Field, ListMatch};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{EntryId, ListId};
use crate::kernel::money::Currency;

/// How long limits look back. Sliding; no upper end.
pub const WINDOW: TimeDelta = TimeDelta::hours(24);

/// How long an admitted payment holds its amount while nobody has told its outcome.
pub const PENDING: TimeDelta = TimeDelta::minutes(30);

/// What we answer, the weakest first: outcomes combine by maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Go on.
    Approve,
    /// Do more before going on: 3DS for a payment, captcha or a mailed code for a login.
    Challenge,
    /// Stop.
    Reject,
}

impl Outcome {
    /// All outcomes, the weakest first.
    pub const ALL: [Outcome; 3] = [Outcome::Approve, Outcome::Challenge, Outcome::Reject];

    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Challenge => "challenge",
            Self::Reject => "reject",
        }
    }

    /// What became of the attempt, as people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Approve => "Approved",
            Self::Challenge => "Challenged",
            Self::Reject => "Refused",
        }
    }
}

impl std::str::FromStr for Outcome {
    type Err = NotAWord;
    fn from_str(text: &str) -> Result<Self, NotAWord> {
        Self::ALL.into_iter().find(|o| o.as_str() == text).ok_or(NotAWord("an outcome: approve, challenge or reject"))
    }
}

/// A text that is not one of a closed set of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not {0}")]
pub struct NotAWord(pub &'static str);

/// Whether a control acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Not evaluated.
    Off,
    /// Evaluated and recorded, never acted on.
    Shadow,
    /// Evaluated and acted on.
    #[default]
    Enforce,
}

impl Mode {
    /// All modes, the weakest first.
    pub const ALL: [Mode; 3] = [Mode::Off, Mode::Shadow, Mode::Enforce];

    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Shadow => "shadow",
            Self::Enforce => "enforce",
        }
    }
}

impl std::str::FromStr for Mode {
    type Err = NotAWord;
    fn from_str(text: &str) -> Result<Self, NotAWord> {
        Self::ALL.into_iter().find(|m| m.as_str() == text).ok_or(NotAWord("a mode: off, shadow or enforce"))
    }
}

/// What a limit measures under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Payments attempted and admitted, whatever became of them.
    Payments,
    /// Money of payments approved or pending, in one currency.
    Amount,
    /// Payments that the gateway declined.
    Declines,
}

impl Measure {
    /// All measures, in the order of their findings.
    pub const ALL: [Measure; 3] = [Measure::Payments, Measure::Amount, Measure::Declines];
}

/// A check of the published order. `Check::ALL` is that order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Check {
    /// *Block all requests*.
    Panic,
    /// A match on a block list rejects.
    BlockList,
    /// A match on an allow list switches later checks off.
    AllowList,
    /// A velocity filter.
    Velocity(KeyKind, Measure),
    /// A match on a challenge list asks for a challenge.
    ChallengeList,
    /// What the networks of an address may try at the console's door.
    AddressLimit,
    /// The lock of a collaborator's account, and the proof it stands before.
    Lockout,
}

impl Check {
    /// Every check of what a site's customers try, in the published order of decision.
    pub const ALL: [Check; 13] = [
        Check::Panic,
        Check::BlockList,
        Check::AllowList,
        Check::Velocity(KeyKind::Email, Measure::Payments),
        Check::Velocity(KeyKind::Email, Measure::Amount),
        Check::Velocity(KeyKind::Email, Measure::Declines),
        Check::Velocity(KeyKind::Ip, Measure::Payments),
        Check::Velocity(KeyKind::Ip, Measure::Amount),
        Check::Velocity(KeyKind::Ip, Measure::Declines),
        Check::Velocity(KeyKind::Card, Measure::Payments),
        Check::Velocity(KeyKind::Card, Measure::Amount),
        Check::Velocity(KeyKind::Card, Measure::Declines),
        Check::ChallengeList,
    ];

    /// Every check of a collaborator's sign-in, in its own published order.
    pub const SIGN_IN: [Check; 2] = [Check::AddressLimit, Check::Lockout];

    /// Its step in the published order. The order has twelve; some are for checks that this program does not have yet. That
    /// of a sign-in has two.
    pub fn step(self) -> u8 {
        match self {
            Self::Panic | Self::AddressLimit => 1,
            Self::Lockout => 2,
            Self::BlockList => 6,
            Self::AllowList => 7,
            Self::Velocity(..) => 8,
            Self::ChallengeList => 9,
        }
    }

    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        use KeyKind::{Card, Email, Ip};
        use Measure::{Amount, Declines, Payments};
        match self {
            Self::Panic => "panic",
            Self::BlockList => "block_list",
            Self::AllowList => "allow_list",
            Self::Velocity(Email, Payments) => "velocity_email_payments",
            Self::Velocity(Email, Amount) => "velocity_email_amount",
            Self::Velocity(Email, Declines) => "velocity_email_declines",
            Self::Velocity(Ip, Payments) => "velocity_ip_payments",
            Self::Velocity(Ip, Amount) => "velocity_ip_amount",
            Self::Velocity(Ip, Declines) => "velocity_ip_declines",
            Self::Velocity(Card, Payments) => "velocity_card_payments",
            Self::Velocity(Card, Amount) => "velocity_card_amount",
            Self::Velocity(Card, Declines) => "velocity_card_declines",
            Self::ChallengeList => "challenge_list",
            Self::AddressLimit => "address_limit",
            Self::Lockout => "lockout",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        use KeyKind::{Card, Email, Ip};
        use Measure::{Amount, Declines, Payments};
        match self {
            Self::Panic => "Block all requests",
            Self::BlockList => "Block lists",
            Self::AllowList => "Allow lists",
            Self::Velocity(Email, Payments) => "E-mail, payments in 24 h",
            Self::Velocity(Email, Amount) => "E-mail, amount in 24 h",
            Self::Velocity(Email, Declines) => "E-mail, bank declines in 24 h",
            Self::Velocity(Ip, Payments) => "IP, payments in 24 h",
            Self::Velocity(Ip, Amount) => "IP, amount in 24 h",
            Self::Velocity(Ip, Declines) => "IP, bank declines in 24 h",
            Self::Velocity(Card, Payments) => "Card, payments in 24 h",
            Self::Velocity(Card, Amount) => "Card, amount in 24 h",
            Self::Velocity(Card, Declines) => "Card, bank declines in 24 h",
            Self::ChallengeList => "Challenge lists",
            Self::AddressLimit => "Address limits",
            Self::Lockout => "Lockout",
        }
    }
}

impl std::fmt::Display for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Check {
    type Err = NotAWord;
    fn from_str(text: &str) -> Result<Self, NotAWord> {
        let all = Self::ALL.into_iter().chain(Self::SIGN_IN);
        all.into_iter().find(|c| c.as_str() == text).ok_or(NotAWord("the name of a check"))
    }
}

impl TryFrom<String> for Check {
    type Error = NotAWord;
    fn try_from(text: String) -> Result<Self, NotAWord> {
        text.parse()
    }
}

impl From<Check> for String {
    fn from(check: Check) -> String {
        check.as_str().to_owned()
    }
}

/// What one check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingOutcome {
    /// It had nothing to look at, or was switched off; the code says why.
    NotApplicable,
    /// Nothing against it.
    Approve,
    /// At least a challenge.
    Challenge,
    /// Refused.
    Reject,
}

impl FindingOutcome {
    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        self.outcome().map_or("not_applicable", Outcome::as_str)
    }

    /// The outcome it asks for, if it has a say.
    pub fn outcome(self) -> Option<Outcome> {
        match self {
            Self::NotApplicable => None,
            Self::Approve => Some(Outcome::Approve),
            Self::Challenge => Some(Outcome::Challenge),
            Self::Reject => Some(Outcome::Reject),
        }
    }
}

/// Why a check said so, for programs; [`Code::as_str`] is the text in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The control is off.
    Off,
    /// *Block all requests* is on.
    AllRequestsBlocked,
    /// A gate before it stopped the attempt.
    NotReached,
    /// An entry of the list kind matches.
    Listed,
    /// No entry of the list kind matches.
    NotListed,
    /// Within the limit, this attempt counted.
    WithinLimit,
    /// Over the limit, this attempt counted.
    OverLimit,
    /// The limit is blank.
    NoLimit,
    /// No amount limit in the attempt's currency.
    NoLimitInCurrency,
    /// The attempt names no e-mail address.
    NoEmail,
    /// The attempt names no card that can be told from others.
    NoCard,
    /// Velocity filters look at payments only.
    NotAPayment,
    /// An allow list switches it off.
    Allowed,
    /// A known device is excepted.
    KnownDevice,
    /// The password is right.
    PasswordRight,
    /// The password is right, and a second step is asked for.
    SecondStepDue,
    /// The password is not taken.
    PasswordRefused,
    /// The door is shut after too many failures: nothing was compared.
    Locked,
    /// A passkey, which no lock holds back.
    Passkey,
    /// The passkey is not taken.
    PasskeyRefused,
}

impl Code {
    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::AllRequestsBlocked => "all_requests_blocked",
            Self::NotReached => "not_reached",
            Self::Listed => "listed",
            Self::NotListed => "not_listed",
            Self::WithinLimit => "within_limit",
            Self::OverLimit => "over_limit",
            Self::NoLimit => "no_limit",
            Self::NoLimitInCurrency => "no_limit_in_currency",
            Self::NoEmail => "no_email",
            Self::NoCard => "no_card",
            Self::NotAPayment => "not_a_payment",
            Self::Allowed => "allowed",
            Self::KnownDevice => "known_device",
            Self::PasswordRight => "password_right",
            Self::SecondStepDue => "second_step_due",
            Self::PasswordRefused => "password_refused",
            Self::Locked => "locked",
            Self::Passkey => "passkey",
            Self::PasskeyRefused => "passkey_refused",
        }
    }
}

/// The numbers and rows that a check compared.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Because {
    /// Nothing was compared.
    #[default]
    Nothing,
    /// List entries that match.
    Lists {
        /// Every match on a list of the check's kind, in the order in which they were read.
        matches: Vec<Matched>,
    },
    /// A limit and what stands against it.
    Limit(Compared),
    /// The networks of an address, the widest first, with what they tried.
    Networks {
        /// All addresses together where a password was tried, then one of IPv4 or three of IPv6.
        networks: Vec<Network>,
    },
    /// An account's lock and the failures that stand against it.
    Lock(Lock),
}

/// A network and what came from it without success, the try being decided counted. Which network it is stands beside the
/// attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// The bits that its addresses share; none where strangers of everywhere are counted.
    pub bits: u8,
    /// Tries without success in the window.
    pub tries: u32,
    /// From how many on it is refused.
    pub tries_limit: u32,
    /// How many accounts they were on.
    pub accounts: u32,
    /// On fewer than these nothing is refused.
    pub accounts_limit: u32,
    /// The window in minutes.
    pub window_minutes: u32,
    /// It is refused until then (strangers: they may try again then), and so was this try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A lock and the failures that stand against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Failed attempts; of a wrong password this one counted.
    pub failed: u32,
    /// How many shut the door.
    pub limit: u32,
    /// For how many minutes.
    pub minutes: u32,
    /// It is that of a known device, not the strangers'.
    #[serde(default, skip_serializing_if = "usual")]
    pub known_device: bool,
    /// Shut until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Shut until a reset, a passkey or an unlock.
    #[serde(default, skip_serializing_if = "usual")]
    pub closed: bool,
}

/// A matching list entry. Its name and values are read from the list when the trace is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Matched {
    /// The list.
    pub list: ListId,
    /// The list's name at the decision.
    pub list_name: String,
    /// Whether the list acted or only recorded.
    #[serde(default, skip_serializing_if = "usual")]
    pub mode: Mode,
    /// The entry.
    pub entry: EntryId,
    /// The fields it names; all of them matched.
    pub fields: Vec<Field>,
    /// Allow lists: whether it switches challenge lists off too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub also_challenge_list: bool,
    /// Allow lists: whether it switches risk assessment off too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub also_risk_assessment: bool,
}

impl From<&ListMatch> for Matched {
    fn from(m: &ListMatch) -> Self {
        Self {
            list: m.list_id,
            list_name: m.list_name.clone(),
            mode: m.mode,
            entry: m.entry_id,
            fields: m.fields.clone(),
            also_challenge_list: m.also_challenge_list,
            also_risk_assessment: m.also_risk_assessment,
        }
    }
}

/// A limit and what stands against it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// The kind of key.
    pub key: KeyKind,
    /// Which identity of it was used (a card by fingerprint, or by brand, last 4 and expiry).
    pub identity: Identity,
    /// Payments, minor units or declines. Payments and amounts include the attempt being decided.
    pub seen: i64,
    /// Counting stopped at the limit: there may be more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_least: bool,
    /// The limit.
    pub limit: i64,
    /// Amounts: the currency of both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The window in hours.
    pub window_hours: u32,
    /// The oldest of what was counted before this attempt; not known where counting stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_at: Option<Timestamp>,
}

/// What one check said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Which check.
    pub check: Check,
    /// Whether it acts. Like the other fields, stored only where it is not the usual.
    #[serde(default, skip_serializing_if = "usual")]
    pub mode: Mode,
    /// What it says.
    pub outcome: FindingOutcome,
    /// Points towards the risk score (anti-fraud rules only).
    #[serde(default, skip_serializing_if = "usual")]
    pub points: i32,
    /// Why, for programs.
    pub code: Code,
    /// Why, in numbers.
    #[serde(default, skip_serializing_if = "usual")]
    pub because: Because,
    /// Where the setting comes from.
    #[serde(default, skip_serializing_if = "usual")]
    pub origin: Origin,
    /// Why, in a sentence for people. Empty until [`crate::decision::wording::speak`] fills it; never stored.
    #[serde(skip)]
    pub detail: String,
}

fn usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Finding {
    /// A finding that acts if it is enforced and has a say.
    pub fn acts(&self) -> bool {
        self.mode == Mode::Enforce && self.outcome.outcome().is_some()
    }
}

/// Where a setting comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The site's policy.
    #[default]
    Site,
    /// The strictest of the sites that a collaborator belongs to.
    Strictest,
    /// Gatehouse itself: nobody sets it.
    BuiltIn,
}

impl Origin {
    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Site => "Site",
            Self::Strictest => "Strictest site",
            Self::BuiltIn => "Built in",
        }
    }
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The strongest outcome of the enforced findings.
    pub outcome: Outcome,
    /// One finding a check, in the published order.
    pub findings: Vec<Finding>,
    /// The first check that asked for a challenge or reject as strong as the outcome.
    pub settled_by: Option<Check>,
    /// Whether a check in shadow would have made the outcome stronger.
    pub shadow: bool,
    /// Sum of points of anti-fraud rules; `None` while no set is linked.
    pub risk_score: Option<i32>,
    /// 0.0 (surely a bot) to 1.0 (surely a person); `None` without risk assessment.
    pub trust_score: Option<f32>,
}

impl Verdict {
    /// Combines findings, which must be in the published order.
    pub fn of(findings: Vec<Finding>) -> Self {
        let strongest =
            |mode: Mode| findings.iter().filter(|f| f.mode == mode).filter_map(|f| f.outcome.outcome()).max();
        let outcome = strongest(Mode::Enforce).unwrap_or(Outcome::Approve);
        let shadow = strongest(Mode::Shadow).is_some_and(|would| would > outcome);
        let settled_by = match outcome {
            Outcome::Approve => None,
            strong => findings.iter().find(|f| f.acts() && f.outcome.outcome() == Some(strong)).map(|f| f.check),
        };
        Self { outcome, findings, settled_by, shadow, risk_score: None, trust_score: None }
    }
}
