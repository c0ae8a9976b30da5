//! The engine's words as the signs that pages show.

use crate::decision::verdict;
use crate::ui::mark;

impl From<verdict::Outcome> for mark::Outcome {
    fn from(outcome: verdict::Outcome) -> Self {
        match outcome {
            verdict::Outcome::Approve => Self::Approve,
            verdict::Outcome::Challenge => Self::Challenge,
            verdict::Outcome::Reject => Self::Reject,
        }
    }
}

impl From<verdict::Mode> for mark::Mode {
    fn from(mode: verdict::Mode) -> Self {
        match mode {
            verdict::Mode::Off => Self::Off,
            verdict::Mode::Shadow => Self::Shadow,
            verdict::Mode::Enforce => Self::Enforce,
        }
    }
}
