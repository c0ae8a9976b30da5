//! The published order of a decision: what the trace, the console's page and the API's description say of it comes from
//! here. Steps that no check takes yet keep their place.

use crate::decision::verdict::Check;

/// A step of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Its place, from 1.
    pub number: u8,
    /// What it is called.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub does: &'static str,
}

/// The last step that is a gate: it may stop the attempt, and nothing behind it is reached then.
pub const LAST_GATE: u8 = 5;

const fn step(number: u8, name: &'static str, does: &'static str) -> Step {
    Step { number, name, does }
}

/// Every step, in order.
pub const STEPS: [Step; 12] = [
    step(1, "Block all requests", "The panic switch refuses every attempt of the site’s customers."),
    step(2, "Page tokens", "Signature, token and signed parameters of a hosted page."),
    step(3, "Submission limits", "How often an address, a card or the site may submit a page."),
    step(
        4,
        "Customer status",
        "A blocked customer is refused; so is an unverified e-mail address where the site asks for a verified one.",
    ),
    step(
        5,
        "Risk assessment",
        "The trust score against the stop that applies, and whether a captcha’s answer is valid.",
    ),
    step(6, "Block lists", "A match refuses, whatever an allow list says."),
    step(7, "Allow lists", "A match refuses nothing; it switches later steps off."),
    step(8, "Velocity filters", "What one e-mail address, one network or one card may do in any 24 hours."),
    step(9, "Challenge lists", "A match asks for at least a challenge."),
    step(10, "Anti-fraud set", "The risk score of the service’s rules against two thresholds: challenge and reject."),
    step(11, "External provider", "An external provider’s points against its threshold."),
    step(12, "Results after the gateway", "CVC, address, e-mail and 3DS results against the service’s settings."),
];

impl Step {
    /// Whether it may stop the attempt on its own.
    pub fn is_gate(self) -> bool {
        self.number <= LAST_GATE
    }

    /// The checks that take it today; none where it is not in use yet. Of a step of [`SIGN_IN`] ask [`Check::SIGN_IN`].
    pub fn checks(self) -> impl Iterator<Item = Check> {
        Check::ALL.into_iter().filter(move |check| check.step() == self.number)
    }
}

/// How the steps make one answer.
pub const ANSWER: &str = "Lists are facts, looked up before the first step. Gates come first and may stop the attempt. The remaining \
    steps all run, so that the record is complete, and the strongest answer of those that are enforced wins: reject, then challenge, \
    then approve. A step in shadow is recorded and never acts.";

/// What an allow list switches off.
pub const BYPASSES: &str = "A match on an allow list switches off steps 8, 10 and 11 and, for an allowed address, the address’s limit of \
    step 3. A list may be set to switch off step 9 too. An entry that names only an e-mail address lifts the card’s velocity filter \
    only for signed-in customers. Nothing switches off steps 1, 2, 4, 6 and 12 and the card’s and site’s limits of step 3: a payment on \
    both a block list and an allow list is rejected.";

/// Every step of a collaborator's sign-in, in order.
pub const SIGN_IN: [Step; 2] = [
    step(
        1,
        "Address limits",
        "Many tries without success on many accounts from one network: it is not listened to for a while. Very many from \
         everywhere: no unknown browser's password is. Known devices are excepted from both, passkeys from the second.",
    ),
    step(
        2,
        "Lockout",
        "Behind a locked door nothing is compared. Else a wrong password is refused and counted, and a right one asks for the \
         second step where one is due.",
    ),
];

/// What a collaborator's sign-in knows nothing of.
pub const CONSOLE: &str = "A collaborator’s sign-in is decided by the same engine in two steps of its own. No site’s panic switch, list or \
    filter has a part in it, so none can shut the console. Its record is read by those who may read the audit log.";

/// Which steps an attempt goes through, by its kind.
pub const KINDS: [(&str, &str); 4] = [
    ("Submission of a hosted page", "Steps 1 to 12"),
    ("Payment by API", "Steps 1, 4 and 6 to 12; step 5 when a captcha’s answer is sent or the service asks for one"),
    (
        "A customer’s registration, login or password reset",
        "Steps 1, 4 (blocked), 5, 6, 7 and 9, with lockout and address limits in place of 8, 10 and 11",
    ),
    (
        "A collaborator’s sign-in (collaborator_sign_in)",
        "Address limits and lockout only: no switch, list or filter of a site shuts the console",
    ),
];

/// The order as the API's description has it, in Markdown.
pub fn in_markdown() -> String {
    let mut text = format!("## The order of a decision\n\n{ANSWER}\n\n");
    for step in STEPS {
        let gate = if step.is_gate() { " (gate)" } else { "" };
        let names: Vec<String> = step.checks().map(|check| format!("`{check}`")).collect();
        let checks = if names.is_empty() { "Not in use yet".to_owned() } else { names.join(", ") };
        text.push_str(&format!("{}. **{}**{gate}: {} {checks}.\n", step.number, step.name, step.does));
    }
    text.push_str(&format!("\n{BYPASSES}\n\n"));
    for (kind, steps) in KINDS {
        text.push_str(&format!("- {kind}: {steps}.\n"));
    }
    text.push_str(&format!("\n{CONSOLE}\n\n"));
    for (step, check) in SIGN_IN.into_iter().zip(Check::SIGN_IN) {
        text.push_str(&format!("{}. **{}**: {} `{check}`.\n", step.number, step.name, step.does));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_its_step_and_the_steps_are_counted_in_order() {
        assert!(STEPS.iter().map(|step| step.number).eq(1..=12));
        let taken: Vec<Check> = STEPS.iter().flat_map(|step| step.checks()).collect();
        assert_eq!(taken, Check::ALL, "the checks run in the order that is published");
        assert!(SIGN_IN.iter().map(|step| step.number).eq(Check::SIGN_IN.map(Check::step)));
        assert!(SIGN_IN.iter().map(|step| step.name).eq(Check::SIGN_IN.map(Check::label)));
    }

    #[test]
    fn the_description_names_what_is_in_use_and_what_is_not() {
        let text = in_markdown();
        assert!(text.contains(
            "1. **Block all requests** (gate): The panic switch refuses every attempt of the site’s customers. `panic`."
        ));
        assert!(text.contains("10. **Anti-fraud set**: ") && text.contains("challenge and reject. Not in use yet."));
        assert!(text.contains("A list may be set to switch off step 9 too."), "nothing else can be set");
        assert!(Check::ALL.iter().chain(&Check::SIGN_IN).all(|check| text.contains(&format!("`{check}`"))));
    }
}
