//! What a policy would have done with the last 30 days' payments, in words and figures: for the rail beside the
//! filters, before anything is saved.

use crate::decision::change::Change;
use crate::decision::policy::Policy;
use crate::decision::service::backtest::{ByCheck, Effect, TurnedAway};
use crate::decision::verdict::{Check, Measure};
use crate::kernel::money::{Currency, Money};
use crate::ui::islands::effect::{EffectGroup, EffectRow, EffectView, LimitLine, Words};
use crate::ui::mark::Outcome;
use crate::ui::text::{counted, number};

/// The rail's answer for a candidate that differs from what is in force by `changes`.
pub fn effect_view(effect: &Effect, changes: &[Change], candidate: &Policy) -> EffectView {
    let title = match changes.len() {
        0 => "Effect of what is saved".to_owned(),
        1 => "Effect of your change".to_owned(),
        n => format!("Effect of your {n} changes"),
    };
    let headline = if effect.payments == 0 {
        vec![Words::plain(format!(
            "There were no payments in the last {} days, so there is nothing to try the filters on yet.",
            effect.days
        ))]
    } else if changes.is_empty() {
        as_saved(&effect.current)
    } else {
        as_changed(&effect.current, &effect.candidate)
    };
    let cut = if effect.cut { ", the newest ones" } else { "" };
    let note = (effect.payments > 0)
        .then(|| format!("{} replayed{cut}.", counted(as_count(effect.payments), "payment", "payments")));
    EffectView {
        title,
        period: format!("last {} days", effect.days),
        headline,
        groups: if effect.payments == 0 { Vec::new() } else { groups(effect) },
        by_limit: by_limit(&effect.by_check, changes.is_empty(), candidate),
        note,
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

/// The answer while too many replays are at work.
pub fn busy() -> EffectView {
    EffectView {
        title: "Effect of your changes".into(),
        period: "last 30 days".into(),
        headline: vec![Words::plain(
            "Not worked out: too many effects are being worked out just now. Change a field or open the page again in a moment. Saving does not wait for this.",
        )],
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

fn as_changed(now: &TurnedAway, then: &TurnedAway) -> Vec<Words> {
    let declines = signed(then.declines) - signed(now.declines);
    let approved = signed(then.approved) - signed(now.approved);
    let all = signed(then.payments) - signed(now.payments);
    if declines == 0 && approved == 0 {
        return if all == 0 {
            vec![Words::plain("They would have changed nothing.")]
        } else {
            let (verb, n) = if all > 0 { ("refused ", all) } else { ("let through ", -all) };
            vec![
                Words::plain(format!("They would have {verb}")),
                Words::strong(number(n)),
                Words::plain(" more payments, none of them approved or declined by the bank."),
            ]
        };
    }
    let mut parts = vec![Words::plain("They would have ")];
    if declines != 0 {
        parts.push(Words::plain(if declines > 0 { "stopped " } else { "let through " }));
        parts.push(Words::strong(number(declines.abs())));
        parts.push(Words::plain(if declines.abs() == 1 { " more bank decline" } else { " more bank declines" }));
    }
    if declines != 0 && approved != 0 {
        parts.push(Words::plain(" and "));
    }
    if approved != 0 {
        parts.push(Words::plain(if approved > 0 { "refused " } else { "spared " }));
        parts.push(Words::strong(number(approved.abs())));
        let more = if approved > 0 { " more" } else { "" };
        parts.push(Words::plain(format!("{more} approved payment{}", if approved.abs() == 1 { "" } else { "s" })));
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
    vec![
        EffectGroup { title: "Turned away".into(), rows: away },
        EffectGroup {
            title: "Stopped before the gateway".into(),
            rows: vec![row("Bank declines", now.declines, then.declines, false)],
        },
    ]
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
                outcome: if n >= 0 { Outcome::Reject } else { Outcome::Approve },
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
    use crate::decision::change::changes;
    use crate::decision::keys::{KeyKind, PerKey};

    fn gbp(minor: i64) -> Money {
        Money::new(minor, "GBP".parse().unwrap())
    }

    fn away(payments: u64, approved: u64, declines: u64, minor: i64) -> TurnedAway {
        TurnedAway { payments, approved, approved_money: vec![gbp(minor)], declines }
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
        let differ = changes(&before, &after);
        let view =
            effect_view(&effect(away(1_846, 41, 1_805, 120_400), away(2_173, 50, 2_123, 573_100)), &differ, &after);
        assert_eq!(view.title, "Effect of your change");
        assert_eq!(said(&view), "They would have stopped 318 more bank declines and refused 9 more approved payments.");
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

        let back = effect_view(&effect(away(10, 4, 6, 0), away(3, 1, 5, 0)), &differ, &after);
        assert_eq!(said(&back), "They would have let through 1 more bank decline and spared 3 approved payments.");
        let same = effect_view(&effect(away(3, 1, 2, 0), away(3, 1, 2, 0)), &differ, &after);
        assert_eq!(said(&same), "They would have changed nothing.");
    }

    #[test]
    fn without_history_it_says_so() {
        let mut none = effect(TurnedAway::default(), TurnedAway::default());
        none.payments = 0;
        let view = effect_view(&none, &[], &Policy::default());
        assert!(said(&view).contains("no payments in the last 30 days"));
        assert!(view.groups.is_empty() && view.note.is_none());
    }
}
