//! The sentences of findings: put together when they are read, from the finding's numbers and from what the attempt
//! still has. They are for the site's people; a shopper never sees one.

use crate::decision::attempt::AttemptRequest;
use crate::decision::checks::allow_list::would_lift;
use crate::decision::keys::{Identity, KeyKind};
use crate::decision::verdict::{
    Because, Check, Code, Compared, Finding, FindingOutcome, Lock, Matched, Measure, Mode, Network,
};
use crate::kernel::ip::ClientAddress;
use crate::kernel::money::Money;

/// Gives every finding its sentence.
pub fn speak(findings: &mut [Finding], attempt: &AttemptRequest) {
    let spared = spared(findings, attempt.customer.guest);
    for finding in findings {
        finding.detail = sentence(finding, attempt);
        if finding.check == Check::AllowList {
            finding.detail.push_str(&spared);
        }
    }
}

/// What allow lists in shadow would have passed over, of all that stands against the attempt; empty if none matches.
fn spared(findings: &[Finding], guest: Option<bool>) -> String {
    let matches = findings.iter().find(|f| f.check == Check::AllowList).map(|f| &f.because);
    let Some(Because::Lists { matches }) = matches else { return String::new() };
    if matches.iter().all(|m| m.mode == Mode::Enforce) {
        return String::new();
    }
    let would = would_lift(matches, guest);
    let against = |f: &&Finding| f.outcome > FindingOutcome::Approve && would.holds(f.check);
    let over: Vec<&str> = findings.iter().filter(against).map(|f| f.check.label()).collect();
    if over.is_empty() {
        " Enforced, it would have changed nothing here.".to_owned()
    } else {
        format!(" Enforced, it would have passed over: {}.", over.join("; "))
    }
}

fn sentence(finding: &Finding, attempt: &AttemptRequest) -> String {
    match (&finding.because, finding.code) {
        (Because::Nothing, Code::AllRequestsBlocked) if finding.mode == Mode::Shadow => {
            "Block all requests is in shadow: it would have refused this attempt. Recorded, not acted on.".to_owned()
        }
        (Because::Limit(compared), code) => limit(finding.check, compared, code, attempt),
        (Because::Lists { matches }, code) => lists(finding.check, finding.mode, matches, code),
        (Because::Networks { networks }, code) => from_networks(networks, code),
        (Because::Lock(lock), code) => at_the_lock(lock, code),
        (Because::Nothing, code) => nothing(finding.check, code).to_owned(),
    }
}

fn nothing(check: Check, code: Code) -> &'static str {
    match (check, code) {
        (Check::Panic, Code::AllRequestsBlocked) => "Block all requests is on: every attempt is refused.",
        (Check::Panic, _) => "Block all requests is off.",
        (Check::BlockList, Code::NotListed) => "No match on a block list.",
        (Check::AllowList, Code::NotListed) => "No match on an allow list.",
        (Check::ChallengeList, Code::NotListed) => "No match on a challenge list.",
        (_, Code::Off) => "Velocity filters are off.",
        (_, Code::NotReached) => "Not reached: a gate before it stopped the attempt.",
        (_, Code::NoLimit) => "No limit is set.",
        (_, Code::NoLimitInCurrency) => "No limit is set in the payment's currency.",
        (_, Code::NoEmail) => "The attempt names no e-mail address.",
        (_, Code::NoCard) => "The attempt names no card by fingerprint, nor by brand, last 4 and expiry.",
        (_, Code::NotAPayment) => "Velocity filters look at payments only.",
        (_, Code::Allowed) => "Switched off by an allow list.",
        (_, Code::KnownDevice) => "A known device is excepted.",
        (_, Code::Passkey) => "A passkey was taken, which no lock holds back.",
        (_, Code::PasskeyRefused) => "The passkey was not taken.",
        (_, Code::AllRequestsBlocked | Code::Listed | Code::NotListed | Code::WithinLimit | Code::OverLimit) => "",
        (_, Code::PasswordRight | Code::SecondStepDue | Code::PasswordRefused | Code::Locked) => "",
    }
}

/// What came from the networks of an address; the one that says most is the one that is refused, else their own.
fn from_networks(networks: &[Network], code: Code) -> String {
    let Some(network) = networks.iter().find(|network| network.until.is_some()).or(networks.last()) else {
        return String::new();
    };
    let Network { tries, accounts, window_minutes: minutes, .. } = network;
    let tries = if *tries == 1 { "1 try".to_owned() } else { format!("{tries} tries") };
    let on = counted((*accounts).into(), "account");
    match code {
        Code::OverLimit if network.bits == 0 => format!(
            "Too many tries without success came from unknown browsers everywhere: {tries} on {on}. Nothing was compared."
        ),
        Code::OverLimit => format!(
            "Too many tries without success came from the address’s network: {tries} on {on}. Nothing was compared."
        ),
        _ => format!(
            "{tries} without success from the address’s network in {minutes} minutes on {on}, this one counted."
        ),
    }
}

/// What the lock of an account said, and the proof behind it.
fn at_the_lock(lock: &Lock, code: Code) -> String {
    let Lock { failed, limit, .. } = lock;
    let whose = if lock.known_device { "this known device" } else { "unknown browsers" };
    let shut = match (lock.closed, lock.until) {
        (true, _) => format!(" Closed to {whose} until a reset, a passkey or an unlock."),
        (false, Some(_)) => format!(" Locked for {whose} for {} minutes.", lock.minutes),
        (false, None) => String::new(),
    };
    match code {
        Code::PasswordRight if *failed == 0 => "The password was right.".to_owned(),
        Code::PasswordRight => format!("The password was right. It cleared {failed} of {limit} failed attempts."),
        Code::SecondStepDue => "The password was right; a second step was asked for.".to_owned(),
        Code::Locked => format!("{failed} of {limit} failed attempts: nothing was compared.{shut}"),
        _ => format!("The password was not taken: {failed} of {limit} failed attempts.{shut}"),
    }
}

fn limit(check: Check, compared: &Compared, code: Code, attempt: &AttemptRequest) -> String {
    let who = subject(compared, attempt);
    let Compared { seen, limit, window_hours: hours, .. } = *compared;
    let at_least = if compared.at_least { "at least " } else { "" };
    let said = match (check, compared.currency) {
        (Check::Velocity(_, Measure::Amount), Some(currency)) => {
            let (seen, limit) = (Money::new(seen, currency), Money::new(limit, currency));
            format!("{who}: {at_least}{seen} in {hours} hours, the limit is {limit}")
        }
        (Check::Velocity(_, Measure::Declines), _) => {
            format!("{who}: {at_least}{} in {hours} hours, the limit is {limit}", counted(seen, "bank decline"))
        }
        _ => format!("{who}: {at_least}{} in {hours} hours, the limit is {limit}", counted(seen, "payment")),
    };
    if code == Code::Allowed { format!("{said}. Switched off by an allow list.") } else { said }
}

/// What the key is, as far as it is still known.
fn subject(compared: &Compared, attempt: &AttemptRequest) -> String {
    match (compared.key, compared.identity) {
        (KeyKind::Email, _) => {
            attempt.customer.email.as_ref().map_or_else(|| "This e-mail address".into(), ToString::to_string)
        }
        (KeyKind::Ip, Identity::UnknownAddress) => "All unknown addresses together".into(),
        (KeyKind::Ip, _) => match attempt.ip {
            ClientAddress::Known(std::net::IpAddr::V4(v4)) => v4.to_string(),
            ClientAddress::Known(_) => attempt.ip.network().to_string(),
            ClientAddress::Unknown => "This address".into(),
        },
        (KeyKind::Card, by) => {
            let last4 = attempt.card.as_ref().and_then(|card| card.last4.as_deref());
            let card = last4.map_or_else(|| "This card".to_owned(), |last4| format!("Card ending {last4}"));
            if by == Identity::BrandLast4Expiry { format!("{card} (by brand, last 4 and expiry)") } else { card }
        }
    }
}

fn counted(n: i64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// `E-mail` becomes `e-mail`; `IP address` and `BIN` stay.
fn within_a_sentence(label: &str) -> String {
    if label.chars().nth(1).is_some_and(char::is_uppercase) { label.to_owned() } else { label.to_lowercase() }
}

fn lists(check: Check, mode: Mode, matches: &[Matched], code: Code) -> String {
    let mut names: Vec<String> = Vec::new();
    for matched in matches {
        let fields = matched.fields.iter().map(|f| within_a_sentence(f.label())).collect::<Vec<_>>().join(" and ");
        let aside = if matched.mode == Mode::Shadow && mode != Mode::Shadow { " (in shadow)" } else { "" };
        names.push(format!("“{}” by {fields}{aside}", matched.list_name));
    }
    names.dedup();
    let on = names.join(", ");
    let kind = match check {
        Check::BlockList => "block",
        Check::AllowList => "allow",
        _ => "challenge",
    };
    let more = match (code, mode) {
        (Code::Allowed, _) => " Switched off by an allow list.",
        (_, Mode::Shadow) => " In shadow: recorded, not acted on.",
        _ => "",
    };
    format!("On the {kind} list {on}.{more}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::attempt::{Card, Kind};
    use crate::decision::facts::Facts;
    use crate::decision::facts::tests::{listed, over_every_limit, payment};
    use crate::decision::lists::{Field, ListKind, ListMatch};
    use crate::decision::pipeline::decide;
    use crate::decision::policy::Policy;
    use crate::kernel::clock::Clock;
    use crate::kernel::id::SiteId;

    fn attempt() -> AttemptRequest {
        let site = SiteId::new(Clock::fixed(chrono::DateTime::UNIX_EPOCH).now());
        let mut attempt = AttemptRequest::new(site, Kind::Payment);
        attempt.card = Some(Card { last4: Some("4242".into()), ..Card::default() });
        attempt.ip = ClientAddress::parse("203.0.113.7");
        attempt
    }

    fn said(facts: &Facts, check: &str) -> String {
        let mut verdict = decide(facts, &Policy::default());
        speak(&mut verdict.findings, &attempt());
        verdict.findings.into_iter().find(|f| f.check.as_str() == check).unwrap().detail
    }

    #[test]
    fn every_finding_says_its_numbers() {
        assert_eq!(
            said(&payment(), "velocity_card_payments"),
            "Card ending 4242: 1 payment in 24 hours, the limit is 3"
        );
        assert_eq!(
            said(&over_every_limit(), "velocity_ip_payments"),
            "203.0.113.7: 101 payments in 24 hours, the limit is 3"
        );
        assert_eq!(
            said(&payment(), "velocity_email_payments"),
            "This e-mail address: 1 payment in 24 hours, the limit is 3",
            "not given, or erased"
        );
        assert_eq!(said(&payment(), "velocity_card_amount"), "No limit is set.");
        let blocked = Facts { lists: vec![listed(ListKind::Block, &[Field::Email, Field::Ip])], ..payment() };
        assert_eq!(said(&blocked, "block_list"), "On the block list “Regulars” by e-mail and IP address.");
    }

    #[test]
    fn a_list_in_shadow_says_so_and_what_it_would_have_done() {
        let shadow = |kind, fields: &[Field]| ListMatch { mode: Mode::Shadow, ..listed(kind, fields) };
        let lists = vec![shadow(ListKind::Block, &[Field::Ip]), shadow(ListKind::Allow, &[Field::Email])];
        let facts = Facts { lists, ..over_every_limit() };
        assert_eq!(
            said(&facts, "block_list"),
            "On the block list “Regulars” by IP address. In shadow: recorded, not acted on."
        );
        assert_eq!(
            said(&facts, "allow_list"),
            "On the allow list “Regulars” by e-mail. In shadow: recorded, not acted on. Enforced, it would have passed over: \
             E-mail, payments in 24 h; IP, payments in 24 h.",
            "the card's filter is not lifted for a guest"
        );
        let both = vec![listed(ListKind::Block, &[Field::Email]), shadow(ListKind::Block, &[Field::Ip])];
        assert_eq!(
            said(&Facts { lists: both, ..payment() }, "block_list"),
            "On the block list “Regulars” by e-mail, “Regulars” by IP address (in shadow)."
        );
        let nothing = Facts { lists: vec![shadow(ListKind::Allow, &[Field::Ip])], ..payment() };
        assert!(said(&nothing, "allow_list").ends_with("Enforced, it would have changed nothing here."));
    }

    #[test]
    fn nothing_is_left_unsaid() {
        for facts in [payment(), over_every_limit(), Facts { kind: Kind::Login, ..payment() }] {
            for policy in Mode::ALL.map(|panic| Policy { panic, ..Policy::default() }) {
                let mut verdict = decide(&facts, &policy);
                speak(&mut verdict.findings, &attempt());
                assert!(verdict.findings.iter().all(|f| !f.detail.is_empty()), "{:?}", verdict.findings);
            }
        }
    }
}
