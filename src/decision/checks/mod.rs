//! The checks, one a file: facts and policy in, one finding out. A check never looks at another's finding; what an allow
//! list switches off is read from the facts ([`allow_list::lifted`]).

use crate::decision::verdict::{Because, Check, Code, Finding, FindingOutcome, Mode, Origin};

pub mod address_limit;
pub mod allow_list;
pub mod block_list;
pub mod challenge_list;
pub mod lockout;
pub mod panic;
pub mod velocity;

/// A finding without points and without a sentence.
fn finding(check: Check, mode: Mode, outcome: FindingOutcome, code: Code, because: Because) -> Finding {
    Finding { check, mode, outcome, points: 0, code, because, origin: Origin::Site, detail: String::new() }
}
