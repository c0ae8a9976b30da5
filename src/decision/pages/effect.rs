//! What a change would have done with the last 30 days' payments, in words and figures: beside the control, before
//! anything is saved.

use crate::decision::backtest::{ByCheck, Effect, TurnedAway};
use crate::decision::policy::Policy;
use crate::decision::verdict::{Check, Measure};
use crate::kernel::money::{Currency, Money};
use crate::ui::islands::effect::{EffectGroup, EffectRow, EffectView, LimitLine, Words};
use crate::ui::mark::Outcome;
use crate::ui::text::{counted, number};

/// What an effect is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// The filters as they stand.
    Saved,
    /// So many changes of them.
    Changes(usize),
    /// An older version of the policy.
    Version(i32),
    /// An entry of a list.
    Entry,
    /// A list's settings.
    List,
    /// *Block all requests*.
    Panic,
}

impl Of {
    /// The filters' page, with so many changes on it.
    pub fn changes(many: usize) -> Self {
        if many == 0 { Self::Saved } else { Self::Changes(many) }
    }

    fn title(self) -> String {
        match self {
            Self::Saved => "Effect of what is saved".into(),
            Self::Changes(1) | Self::List => "Effect of your change".into(),
            Self::Changes(n) => format!("Effect of your {n} changes"),
            Self::Version(version) => format!("Effect of version {version}"),
            Self::Entry => "Effect of this entry".into(),
            Self::Panic => "Effect of blocking all".into(),
        }
    }

    /// "They would have …".
    fn subject(self) -> &'static str {
        match self {
            Self::Saved | Self::Changes(_) => "They",
            Self::Version(_) | Self::Entry | Self::List | Self::Panic => "It",
        }
    }
}

/// The answer for a candidate.
pub fn effect_view(effect: &Effect, of: Of, candidate: &Policy) -> EffectView {
    let headline = if effect.payments == 0 {
        vec![Words::plain(format!(
            "There were no payments in the last {} days, so there is nothing to try this on yet.",
            effect.days
        ))]
    } else if of == Of::Saved {
        as_saved(&effect.current)
    } else {
        as_changed(of.subject(), &effect.current, &effect.candidate)
    };
    let cut = if effect.cut { ", the newest ones" } else { "" };
    let note = (effect.payments > 0)
        .then(|| format!("{} replayed{cut}.", counted(as_count(effect.payments), "payment", "payments")));
    EffectView {
        title: of.title(),
        period: format!("last {} days", effect.days),
        headline,
        groups: if effect.payments == 0 { Vec::new() } else { groups(effect) },
        by_limit: by_limit(&effect.by_check, of == Of::Saved, candidate),
        note,
        pictures: Vec::new(),
        again: false,
    }
}

/// The answer while a field cannot be read.
pub fn unreadable() -> EffectView {
    EffectView {
        title: "Effect of your changes".into(),
        period: "last 30 days".into(),
        headline: vec![Words::plain("A field cannot be read yet. Mend it to see what your changes would have done.")],
        ..EffectView::default()
    }
}

/// The answer while it is being worked out, or too many others are.
pub fn busy(of: Of) -> EffectView {
    EffectView {
        title: of.title(),
        period: "last 30 days".into(),
        headline: vec![Words::plain(
            "Not worked out yet: that takes a while. Ask again in a moment. Saving does not wait for this.",
        )],
        again: true,
        ..EffectView::default()
    }
}

fn as_saved(now: &TurnedAway) -> Vec<Words> {
    vec![
        Words::plain("These filters turn away "),
        Words::strong(number(signed(now.payments))),
        Words::plain(if now.payments == 1 { " payment: " } else { " payments: " }),
        Words::strong(number(signed(now.declines))),
        Words::plain(" that the bank declined and "),
        Words::strong(number(signed(now.approved))),
        Words::plain(if now.payments > now.declines + now.approved {
            " that it approved; of the others it told nothing."
        } else {
            " that it approved."
        }),
    ]
}

fn as_changed(subject: &str, now: &TurnedAway, then: &TurnedAway) -> Vec<Words> {
    let mut parts = refusals(subject, now, then);
    let challenges = challenges(subject, now, then);
    if !parts.is_empty() && !challenges.is_empty() {
        parts.push(Words::plain(" "));
    }
    parts.extend(challenges);
    if parts.is_empty() { vec![Words::plain(format!("{subject} would have changed nothing."))] } else { parts }
}

/// Whom the change challenges; nothing if it makes no difference.
fn challenges(subject: &str, now: &TurnedAway, then: &TurnedAway) -> Vec<Words> {
    let all = signed(then.challenged) - signed(now.challenged);
    let approved = signed(then.challenged_approved) - signed(now.challenged_approved);
    if all == 0 {
        return Vec::new();
    }
    let (verb, more) = if all > 0 { ("challenged ", " more") } else { ("spared the challenge ", "") };
    let noun = if all.abs() == 1 { "payment" } else { "payments" };
    let of_them = if approved == 0 { "none".to_owned() } else { number(approved.abs()) };
    vec![
        Words::plain(format!("{subject} would have {verb}")),
        Words::strong(number(all.abs())),
        Words::plain(format!("{more} {noun}, {of_them} of them approved by the bank.")),
    ]
}

/// Whom the change refuses; nothing if it makes no difference.
fn refusals(subject: &str, now: &TurnedAway, then: &TurnedAway) -> Vec<Words> {
    let declines = signed(then.declines) - signed(now.declines);
    let approved = signed(then.approved) - signed(now.approved);
    let all = signed(then.payments) - signed(now.payments);
    if (all, declines, approved) == (0, 0, 0) {
        return Vec::new();
    }
    let than = |n: i64| if n > 0 { "more" } else { "fewer" };
    // The sum first: what the bank declined and what it approved may go opposite ways.
    let mut parts = vec![Words::plain(format!("{subject} would have turned away "))];
    if all == 0 {
        parts.push(Words::plain("as many payments, but "));
    } else {
        parts.push(Words::strong(number(all.abs())));
        let noun = if all.abs() == 1 { "payment" } else { "payments" };
        let told = if declines == 0 && approved == 0 { ", none approved or declined by the bank" } else { ": " };
        parts.push(Words::plain(format!(" {} {noun}{told}", than(all))));
    }
    if declines != 0 {
        parts.push(Words::strong(number(declines.abs())));
        let noun = if declines.abs() == 1 { "bank decline" } else { "bank declines" };
        parts.push(Words::plain(format!(" {} {noun}", than(declines))));
    }
    if declines != 0 && approved != 0 {
        parts.push(Words::plain(" and "));
    }
    if approved != 0 {
        parts.push(Words::strong(number(approved.abs())));
        let noun = if approved.abs() == 1 { "approved one" } else { "approved ones" };
        parts.push(Words::plain(format!(" {} {noun}", than(approved))));
    }
    parts.push(Words::plain("."));
    parts
}

fn groups(effect: &Effect) -> Vec<EffectGroup> {
    let (now, then) = (&effect.current, &effect.candidate);
    let mut away = vec![
        row("Payments in all", now.payments, then.payments, false),
        row("Approved ones", now.approved, then.approved, true),
    ];
    away.extend(currencies(now, then).into_iter().map(|currency| money_row(now, then, currency)));
    let mut groups = vec![
        EffectGroup { title: "Turned away".into(), rows: away },
        EffectGroup {
            title: "Stopped before the gateway".into(),
            rows: vec![row("Bank declines", now.declines, then.declines, false)],
        },
    ];
    if now.challenged > 0 || then.challenged > 0 {
        groups.push(EffectGroup {
            title: "Challenged".into(),
            rows: vec![
                row("Payments in all", now.challenged, then.challenged, false),
                row("Approved ones", now.challenged_approved, then.challenged_approved, true),
            ],
        });
    }
    groups
}

fn currencies(now: &TurnedAway, then: &TurnedAway) -> Vec<Currency> {
    let mut all: Vec<Currency> = now.approved_money.iter().chain(&then.approved_money).map(|m| m.currency).collect();
    all.sort();
    all.dedup();
    all
}

fn row(label: &str, saved: u64, changed: u64, more_is_worse: bool) -> EffectRow {
    let change = signed(changed) - signed(saved);
    EffectRow {
        label: label.into(),
        saved: number(signed(saved)),
        changed: number(signed(changed)),
        change: with_sign(change, number),
        worse: more_is_worse && change > 0,
    }
}

fn money_row(now: &TurnedAway, then: &TurnedAway, currency: Currency) -> EffectRow {
    let of = |side: &TurnedAway| side.approved_money.iter().find(|m| m.currency == currency).map_or(0, |m| m.minor);
    let (saved, changed) = (of(now), of(then));
    let said = |minor: i64| whole(Money::new(minor, currency));
    EffectRow {
        label: "… in money".into(),
        saved: said(saved),
        changed: said(changed),
        change: with_sign(changed - saved, said),
        worse: changed > saved,
    }
}

/// Whole units: a rail has no room for pennies.
fn whole(money: Money) -> String {
    let unit = 10i64.pow(money.currency.minor_digits());
    Money::new(money.minor / unit * unit, money.currency).short()
}

fn with_sign(change: i64, said: impl Fn(i64) -> String) -> String {
    match change {
        0 => "–".into(),
        more if more > 0 => format!("+{}", said(more)),
        less => said(less),
    }
}

/// Which limit turns away how many: those that differ, or, as saved, those that turn anything away.
fn by_limit(checks: &[ByCheck], as_saved: bool, candidate: &Policy) -> Vec<LimitLine> {
    checks
        .iter()
        .filter(|c| if as_saved { c.candidate > 0 } else { c.candidate != c.current })
        .map(|c| {
            let n = if as_saved { signed(c.candidate) } else { signed(c.candidate) - signed(c.current) };
            let sign = if !as_saved && n > 0 { "+" } else { "" };
            let words = format!("{sign}{} {}", number(n), if n.abs() == 1 { "payment" } else { "payments" });
            LimitLine {
                label: limit_name(c.check, candidate),
                outcome: if n >= 0 { Outcome::Reject } else { Outcome::None },
                words,
            }
        })
        .collect()
}

/// "Card, 2 payments": a limit with its number where it has one.
fn limit_name(check: Check, policy: &Policy) -> String {
    let Check::Velocity(key, measure) = check else { return check.label().to_owned() };
    let limits = policy.velocity.limits(key);
    let what = match measure {
        Measure::Payments => {
            limits.payments.map_or_else(|| "payments".into(), |n| counted(n as usize, "payment", "payments"))
        }
        Measure::Declines => limits
            .declines
            .map_or_else(|| "bank declines".into(), |n| counted(n as usize, "bank decline", "bank declines")),
        Measure::Amount => {
            let all: Vec<String> = limits.amounts.iter().map(|(c, minor)| Money::new(*minor, *c).short()).collect();
            if all.is_empty() { "amount".into() } else { format!("amount {}", all.join(", ")) }
        }
    };
    format!("{}, {what}", key.label())
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn as_count(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::keys::{KeyKind, PerKey};

    fn gbp(minor: i64) -> Money {
        Money::new(minor, "GBP".parse().unwrap())
    }

    fn away(payments: u64, approved: u64, declines: u64, minor: i64) -> TurnedAway {
        TurnedAway { payments, approved, approved_money: vec![gbp(minor)], declines, ..TurnedAway::default() }
    }

    fn effect(current: TurnedAway, candidate: TurnedAway) -> Effect {
        let check = Check::Velocity(KeyKind::Card, Measure::Payments);
        let by_check = vec![ByCheck { check, current: current.payments, candidate: candidate.payments }];
        Effect {
            days: 30,
            payments: 5_000,
            cut: false,
            current,
            candidate,
            by_check,
            busiest: PerKey::default(),
            last_week: crate::decision::last_week::LastWeek::default(),
            took: std::time::Duration::ZERO,
        }
    }

    fn said(view: &EffectView) -> String {
        view.headline.iter().map(|w| w.text.as_str()).collect()
    }

    #[test]
    fn the_sentence_says_what_the_changes_would_have_done() {
        let before = Policy::default();
        let mut after = before.clone();
        after.velocity.card.payments = Some(2);
        let view = effect_view(
            &effect(away(1_846, 41, 1_805, 120_400), away(2_173, 50, 2_123, 573_100)),
            Of::Changes(1),
            &after,
        );
        assert_eq!(view.title, "Effect of your change");
        assert_eq!(
            said(&view),
            "They would have turned away 327 more payments: 318 more bank declines and 9 more approved ones."
        );
        let rows = &view.groups[0].rows;
        assert_eq!(
            (rows[0].change.as_str(), rows[1].change.as_str(), rows[2].change.as_str()),
            ("+327", "+9", "+£4,527")
        );
        assert!(!rows[0].worse && rows[1].worse && rows[2].worse);
        assert_eq!(
            (view.by_limit[0].label.as_str(), view.by_limit[0].words.as_str()),
            ("Card, 2 payments", "+327 payments")
        );

        let back = effect_view(&effect(away(10, 4, 6, 0), away(3, 1, 5, 0)), Of::Changes(1), &after);
        assert_eq!(
            said(&back),
            "They would have turned away 7 fewer payments: 1 fewer bank decline and 3 fewer approved ones."
        );
        let same = effect_view(&effect(away(3, 1, 2, 0), away(3, 1, 2, 0)), Of::Changes(1), &after);
        assert_eq!(said(&same), "They would have changed nothing.");
    }

    #[test]
    fn a_challenge_is_said_apart_from_a_refusal() {
        let challenged =
            |challenged, challenged_approved| TurnedAway { challenged, challenged_approved, ..away(3, 1, 2, 0) };
        let view = effect_view(&effect(challenged(0, 0), challenged(12, 9)), Of::Entry, &Policy::default());
        assert_eq!(said(&view), "It would have challenged 12 more payments, 9 of them approved by the bank.");
        assert_eq!((view.title.as_str(), view.groups[2].title.as_str()), ("Effect of this entry", "Challenged"));
        let both = effect_view(
            &effect(challenged(5, 0), TurnedAway { challenged: 4, ..away(4, 1, 3, 0) }),
            Of::Entry,
            &Policy::default(),
        );
        assert_eq!(
            said(&both),
            "It would have turned away 1 more payment: 1 more bank decline. It would have spared the challenge 1 payment, none of them approved by the bank."
        );
    }

    #[test]
    fn without_history_it_says_so() {
        let mut none = effect(TurnedAway::default(), TurnedAway::default());
        none.payments = 0;
        let view = effect_view(&none, Of::Saved, &Policy::default());
        assert!(said(&view).contains("no payments in the last 30 days"));
        assert!(view.groups.is_empty() && view.note.is_none());
    }
}
