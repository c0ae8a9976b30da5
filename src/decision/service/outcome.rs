//! What became of a decided attempt, as the site tells it. The first final outcome stands.

use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};

use crate::decision::store;
use crate::decision::verdict::{Finding, NotAWord};
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{DecisionId, SiteId};
use crate::platform::db::Tx;
use crate::platform::state::App;

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    /// The money was taken; the login succeeded.
    Approved,
    /// The gateway declined.
    Declined,
    /// Nothing came of it.
    Abandoned,
}

impl Became {
    /// All.
    pub const ALL: [Became; 3] = [Became::Approved, Became::Declined, Became::Abandoned];

    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Abandoned => "abandoned",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Approved => "Approved by the bank",
            Self::Declined => "Declined by the bank",
            Self::Abandoned => "Abandoned",
        }
    }
}

impl std::str::FromStr for Became {
    type Err = NotAWord;
    fn from_str(text: &str) -> Result<Self, NotAWord> {
        Self::ALL
            .into_iter()
            .find(|b| b.as_str() == text)
            .ok_or(NotAWord("an outcome: approved, declined or abandoned"))
    }
}

/// What the site should do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing.
    None,
    /// Give the money back before it is settled.
    Void,
}

impl Action {
    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Void => "void",
        }
    }
}

impl std::str::FromStr for Action {
    type Err = NotAWord;
    fn from_str(text: &str) -> Result<Self, NotAWord> {
        [Self::None, Self::Void].into_iter().find(|a| a.as_str() == text).ok_or(NotAWord("an action: none or void"))
    }
}

/// What the site tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What became of it.
    pub outcome: Became,
    /// The gateway's code.
    pub code: Option<String>,
    /// The gateway's words.
    pub message: Option<String>,
    /// Its check of the card's code.
    pub cvc_check: Option<String>,
    /// Its check of the address.
    pub avs_check: Option<String>,
    /// Its check of the e-mail address.
    pub email_check: Option<String>,
    /// What became of 3DS.
    pub three_ds: Option<String>,
}

impl Told {
    /// An outcome without further words.
    pub fn plain(outcome: Became) -> Self {
        Self { outcome, code: None, message: None, cvc_check: None, avs_check: None, email_check: None, three_ds: None }
    }
}

/// What we answer.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeAnswer {
    /// The outcome that stands.
    pub outcome: Became,
    /// What the site should do now.
    pub action: Action,
    /// What the checks after the gateway said.
    pub findings: Vec<Finding>,
    /// When it was first told.
    pub at: Timestamp,
    /// Told after the decision's amount was freed.
    pub late: bool,
    /// The same had been told before.
    pub repeated: bool,
}

/// Records what became of a decision.
///
/// # Errors
/// `NotFound` if the site has no such decision; `Conflict` with code `outcome_stands` if another outcome was told before;
/// `Conflict` with code `decision_rejected` if we had rejected the attempt and it is said to have reached the gateway.
#[tracing::instrument(name = "decision.outcome", skip_all, fields(site.id = %site, decision.id = %id))]
pub async fn report(app: &App, site: SiteId, id: DecisionId, told: Told) -> Result<OutcomeAnswer> {
    report_at(app, site, id, told, app.clock.now()).await
}

/// The same as if it were `now` (simulation of history).
pub async fn report_at(app: &App, site: SiteId, id: DecisionId, told: Told, now: Timestamp) -> Result<OutcomeAnswer> {
    answered(store::outcome::record(app.db.pool(), site, id, &told, now).await?, id, &told)
}

/// The same in a transaction, which the caller commits.
#[tracing::instrument(name = "decision.outcome", skip_all, fields(site.id = %site, decision.id = %id))]
pub async fn report_in(app: &App, tx: &mut Tx, site: SiteId, id: DecisionId, told: &Told) -> Result<OutcomeAnswer> {
    answered(store::outcome::record(&mut **tx, site, id, told, app.clock.now()).await?, id, told)
}

fn answered(row: store::outcome::Recorded, id: DecisionId, told: &Told) -> Result<OutcomeAnswer> {
    if row.ours.is_none() {
        return Err(Error::not_found());
    }
    let (Some(stands), Some(at), Some(late)) = (row.stands, row.stood_at, row.late) else {
        let detail =
            format!("{id} was rejected by us, so it cannot have been {}. Nothing was recorded.", told.outcome.as_str());
        return Err(Error::new(Kind::Conflict, detail).code("decision_rejected"));
    };
    let stands: Became = stands.parse().map_err(Error::internal)?;
    if stands != told.outcome {
        let since = at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let detail = format!("The outcome of {id} is {} since {since}. The first outcome stands.", stands.as_str());
        return Err(Error::new(Kind::Conflict, detail).code("outcome_stands"));
    }
    Ok(OutcomeAnswer { outcome: stands, action: Action::None, findings: Vec::new(), at, late, repeated: !row.recorded })
}
