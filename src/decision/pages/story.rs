//! A decision told in words: the headline that names what settled it, and the paragraph below. Pure; for the site's
//! people, never for a shopper.

use crate::decision::attempt::Kind;
use crate::decision::keys::KeyKind;
use crate::decision::verdict::{Because, Check, Code, Compared, Finding, Lock, Matched, Measure, Mode, Outcome};
use crate::kernel::money::Money;
use crate::ui::text::number;

/// The headline: "Refused: fourth payment from one card in 24 hours".
pub fn headline(outcome: Outcome, settled_by: Option<Check>, shadow: bool, findings: &[Finding]) -> String {
    let settling = settled_by.and_then(|check| findings.iter().find(|f| f.check == check));
    match settling {
        Some(finding) => format!("{}: {}", outcome.label(), reason(finding)),
        None if shadow => "Approved: only a check in shadow was against it".into(),
        None if allowed(findings) => "Approved: on an allow list".into(),
        None => "Approved: nothing was against it".into(),
    }
}

/// Whether an allow list switched something off.
fn allowed(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|f| f.check == Check::AllowList && f.mode == Mode::Enforce && matches!(f.because, Because::Lists { .. }))
}

/// What a finding is about, as the end of a headline.
pub fn reason(finding: &Finding) -> String {
    match (&finding.because, finding.check) {
        (Because::Limit(compared), Check::Velocity(key, measure)) => limit(compared, key, measure),
        (Because::Lists { matches }, check) => listed(matches, check),
        (Because::Networks { networks }, _) if networks.iter().any(|one| one.bits == 0 && one.until.is_some()) => {
            "too many tries from everywhere".into()
        }
        (Because::Networks { .. }, _) => "too many tries from one network".into(),
        (Because::Lock(lock), _) => at_the_lock(lock, finding.code),
        (_, Check::Lockout) => "the passkey was not taken".into(),
        (_, Check::Panic) => "all requests were blocked".into(),
        (_, check) => check.label().to_lowercase(),
    }
}

fn limit(compared: &Compared, key: KeyKind, measure: Measure) -> String {
    let (one, hours) = (one(key), compared.window_hours);
    match (measure, compared.currency) {
        (Measure::Amount, Some(currency)) => {
            let seen = Money::new(compared.seen, currency).short();
            let at_least = if compared.at_least { "at least " } else { "" };
            format!(
                "{at_least}{seen} from {one} in {hours} hours, over {}",
                Money::new(compared.limit, currency).short()
            )
        }
        (Measure::Declines, _) => {
            let at_least = if compared.at_least { "at least " } else { "" };
            format!(
                "{at_least}{} bank decline{} of {one} in {hours} hours",
                number(compared.seen),
                if compared.seen == 1 { "" } else { "s" }
            )
        }
        _ if compared.limit == 0 => format!("no payment from {one} is let through"),
        _ if compared.at_least => format!("more than {} payments from {one} in {hours} hours", number(compared.limit)),
        _ => {
            format!("{} payment from {one} in {hours} hours", ordinal(u32::try_from(compared.seen).unwrap_or(u32::MAX)))
        }
    }
}

fn at_the_lock(lock: &Lock, code: Code) -> String {
    match code {
        Code::Locked if lock.closed => "closed until a reset, a passkey or an unlock".into(),
        Code::Locked => format!("locked after {} failed attempts", number(lock.failed.into())),
        Code::SecondStepDue => "a second step was asked for".into(),
        _ => format!("{} failed attempt of {}", ordinal(lock.failed), number(lock.limit.into())),
    }
}

fn one(key: KeyKind) -> &'static str {
    match key {
        KeyKind::Email => "one e-mail address",
        KeyKind::Ip => "one IP address",
        KeyKind::Card => "one card",
    }
}

fn listed(matches: &[Matched], check: Check) -> String {
    let kind = match check {
        Check::BlockList => "block list",
        Check::AllowList => "allow list",
        _ => "challenge list",
    };
    let acts = matches.iter().find(|m| m.mode == Mode::Enforce).or(matches.first());
    acts.map_or_else(|| format!("on a {kind}"), |m| format!("on the {kind} “{}”", m.list_name))
}

/// The paragraph below the headline, sentence by sentence.
pub fn summary(outcome: Outcome, settled_by: Option<Check>, kind: Kind, findings: &[Finding]) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(finding) = settled_by.and_then(|check| findings.iter().find(|f| f.check == check)) {
        said.push(format!("{} settled it.", control(finding.check)));
        said.push(with_stop(&finding.detail));
    }
    let others: Vec<&Finding> = findings.iter().filter(|f| f.acts() && Some(f.check) != settled_by).collect();
    let weaker: Vec<&str> = others
        .iter()
        .filter(|f| f.outcome.outcome() == Some(Outcome::Challenge) && outcome == Outcome::Reject)
        .map(|f| control(f.check))
        .collect();
    if let Some(first) = weaker.first() {
        said.push(format!("{first} asked for a challenge, and the stronger answer wins."));
    }
    let same = others.iter().filter(|f| outcome != Outcome::Approve && f.outcome.outcome() == Some(outcome)).count();
    match same {
        0 => {}
        1 => said.push("One more check said the same.".into()),
        n => said.push(format!("{n} more checks said the same.")),
    }
    let shadow: Vec<String> = findings
        .iter()
        .filter(|f| f.mode == Mode::Shadow && f.outcome.outcome().is_some_and(|o| o > outcome))
        .map(|f| f.check.label().to_owned())
        .collect();
    if !shadow.is_empty() {
        said.push(format!("In shadow, and not acted on: {}.", shadow.join("; ")));
    }
    match (outcome, kind) {
        (Outcome::Reject, Kind::Payment) => said.push("Nothing was to reach the gateway.".into()),
        (Outcome::Challenge, Kind::Payment) => said.push("The site was told to ask for 3DS before charging.".into()),
        (Outcome::Challenge, _) => said.push("The site was told to ask for a captcha or a mailed code first.".into()),
        _ => {}
    }
    said
}

/// The control that a check belongs to, as the subject of a sentence.
pub fn control(check: Check) -> &'static str {
    match check {
        Check::Velocity(..) => "Velocity filters",
        other => other.label(),
    }
}

fn with_stop(sentence: &str) -> String {
    if sentence.is_empty() || sentence.ends_with('.') { sentence.to_owned() } else { format!("{sentence}.") }
}

/// `first` to `tenth`, then `11th`.
pub fn ordinal(n: u32) -> String {
    const WORDS: [&str; 10] =
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    match n {
        1..=10 => WORDS[n as usize - 1].to_owned(),
        _ => {
            let end = match (n % 100, n % 10) {
                (11..=13, _) => "th",
                (_, 1) => "st",
                (_, 2) => "nd",
                (_, 3) => "rd",
                _ => "th",
            };
            format!("{}{end}", number(i64::from(n)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::keys::Identity;
    use crate::decision::verdict::{FindingOutcome, Origin};

    fn finding(check: Check, mode: Mode, outcome: FindingOutcome, because: Because) -> Finding {
        Finding {
            check,
            mode,
            outcome,
            points: 0,
            code: Code::OverLimit,
            because,
            origin: Origin::Site,
            detail: "Card ending 4417: 4 payments in 24 hours, the limit is 3".into(),
        }
    }

    fn over(seen: i64, limit: i64, at_least: bool, currency: Option<&str>) -> Because {
        Because::Limit(Compared {
            key: KeyKind::Card,
            identity: Identity::Fingerprint,
            seen,
            at_least,
            limit,
            currency: currency.map(|c| c.parse().unwrap()),
            window_hours: 24,
            first_at: None,
        })
    }

    fn told(measure: Measure, because: Because) -> String {
        let check = Check::Velocity(KeyKind::Card, measure);
        headline(Outcome::Reject, Some(check), false, &[finding(check, Mode::Enforce, FindingOutcome::Reject, because)])
    }

    #[test]
    fn the_headline_names_what_settled_it() {
        assert_eq!(
            told(Measure::Payments, over(4, 3, false, None)),
            "Refused: fourth payment from one card in 24 hours"
        );
        assert_eq!(
            told(Measure::Payments, over(1, 0, false, None)),
            "Refused: no payment from one card is let through"
        );
        assert_eq!(
            told(Measure::Payments, over(4, 3, true, None)),
            "Refused: more than 3 payments from one card in 24 hours"
        );
        assert_eq!(
            told(Measure::Amount, over(168_050, 150_000, false, Some("GBP"))),
            "Refused: £1,680.50 from one card in 24 hours, over £1,500"
        );
        assert_eq!(told(Measure::Declines, over(1, 1, false, None)), "Refused: 1 bank decline of one card in 24 hours");
        let panic = finding(Check::Panic, Mode::Enforce, FindingOutcome::Reject, Because::Nothing);
        assert_eq!(
            headline(Outcome::Reject, Some(Check::Panic), false, &[panic]),
            "Refused: all requests were blocked"
        );
        assert_eq!(headline(Outcome::Approve, None, true, &[]), "Approved: only a check in shadow was against it");
    }

    #[test]
    fn the_paragraph_tells_what_else_was_said() {
        let card = Check::Velocity(KeyKind::Card, Measure::Payments);
        let findings = [
            finding(card, Mode::Enforce, FindingOutcome::Reject, over(4, 3, false, None)),
            finding(
                Check::ChallengeList,
                Mode::Enforce,
                FindingOutcome::Challenge,
                Because::Lists { matches: Vec::new() },
            ),
        ];
        assert_eq!(
            summary(Outcome::Reject, Some(card), Kind::Payment, &findings).join(" "),
            "Velocity filters settled it. Card ending 4417: 4 payments in 24 hours, the limit is 3. Challenge lists asked for a challenge, \
             and the stronger answer wins. Nothing was to reach the gateway."
        );
    }

    #[test]
    fn ordinals_are_english() {
        let said: Vec<String> = [1, 4, 10, 11, 12, 21, 22, 101, 111, 1_003].into_iter().map(ordinal).collect();
        assert_eq!(said, ["first", "fourth", "tenth", "11th", "12th", "21st", "22nd", "101st", "111th", "1,003rd"]);
    }
}
