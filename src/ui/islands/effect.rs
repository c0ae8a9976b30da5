//! What a setting would have done, beside the control, before it is saved. The page brings the first answer; on every
//! change the form's fields are posted to a JSON endpoint that answers with another.

use std::{cell::Cell, rc::Rc};

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::browser;
use crate::ui::mark::{Outcome, outcome_saying};

/// The answer: one sentence, then the figures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectView {
    /// "Effect of your 2 changes", "Effect of what is saved".
    pub title: String,
    /// "last 30 days".
    pub period: String,
    /// The sentence; the figures in it are strong.
    pub headline: Vec<Words>,
    /// The figures, in groups.
    pub groups: Vec<EffectGroup>,
    /// Which setting does how much.
    pub by_limit: Vec<LimitLine>,
    /// A quiet line below: what was left out, how old it is.
    pub note: Option<String>,
    /// Pictures of the form, drawn anew.
    #[serde(default)]
    pub pictures: Vec<Picture>,
    /// It is not an answer yet: ask again in a moment.
    #[serde(default)]
    pub again: bool,
}

/// A picture that moves with what is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// The id of its element.
    pub of: String,
    /// What stands in it, as HTML of ours.
    pub drawn: String,
}

/// A piece of a sentence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// The words.
    pub text: String,
    /// They are a figure to be seen.
    pub strong: bool,
}

impl Words {
    /// Ordinary words.
    pub fn plain(text: impl Into<String>) -> Self {
        Words { text: text.into(), strong: false }
    }

    /// A figure.
    pub fn strong(text: impl Into<String>) -> Self {
        Words { text: text.into(), strong: true }
    }
}

/// Figures under a heading.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectGroup {
    /// The heading.
    pub title: String,
    /// Its figures.
    pub rows: Vec<EffectRow>,
}

/// One figure: as saved, as changed, and the difference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectRow {
    /// What is counted.
    pub label: String,
    /// With what is in force.
    pub saved: String,
    /// With what is on the page.
    pub changed: String,
    /// The difference, with its sign; empty for none.
    pub change: String,
    /// The difference is to the worse: good people turned away.
    pub worse: bool,
}

/// What one limit does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitLine {
    /// The limit: "Card, 2 payments".
    pub label: String,
    /// What it does.
    pub outcome: Outcome,
    /// How much: "+9 payments".
    pub words: String,
}

/// The preview of the form with the id `form`. The endpoint gets the form's fields and answers with [`EffectView`] as
/// JSON; an answer that does not come leaves the last one, greyed.
#[island]
pub fn EffectPreview(
    /// The form's id.
    form: String,
    /// The endpoint.
    url: String,
    /// The first answer.
    effect: EffectView,
) -> impl IntoView {
    let shown = RwSignal::new(effect);
    let stale = RwSignal::new(false);
    Effect::new(move |_| {
        let slot = Rc::new(Cell::new(0));
        // Answers may overtake each other; only the newest question's counts.
        let asked = Rc::new(Cell::new(0_u32));
        let (of, url) = (form.clone(), url.clone());
        let ask = move |ms| {
            stale.set(true);
            let (of, url, asked) = (of.clone(), url.clone(), asked.clone());
            browser::debounce(&slot, ms, move || {
                let number = asked.get() + 1;
                asked.set(number);
                browser::spawn(async move {
                    let Some(body) = browser::fields_of(&of) else { return };
                    let Some(answer) = browser::post(&url, &body).await else { return };
                    if let (true, Ok(effect)) = (asked.get() == number, serde_json::from_str::<EffectView>(&answer)) {
                        for picture in &effect.pictures {
                            browser::draw(&picture.of, &picture.drawn);
                        }
                        shown.set(effect);
                        stale.set(false);
                    }
                });
            });
        };
        let change = ask.clone();
        browser::on_change(&form, move || change(350));
        Effect::new(move |_| {
            if shown.get().again {
                ask(2_000);
            }
        });
    });
    view! {
        <section class="effect block first" aria-live="polite" aria-busy=move || if stale.get() { "true" } else { "false" }>
            {move || effect_body(shown.get())}
        </section>
    }
}

/// The answer where a form asks for it with a button: it stands still.
pub fn effect_section(effect: EffectView, class: &'static str) -> AnyView {
    view! { <section class=format!("effect block {class}") id="effect">{effect_body(effect)}</section> }.into_any()
}

fn effect_body(effect: EffectView) -> impl IntoView {
    let headline: Vec<_> = effect
        .headline
        .into_iter()
        .map(|words| match words.strong {
            true => view! { <b class="tnum">{words.text}</b> }.into_any(),
            false => view! { <span>{words.text}</span> }.into_any(),
        })
        .collect();
    let groups: Vec<_> = effect.groups.into_iter().map(group).collect();
    let limits: Vec<_> = effect
        .by_limit
        .into_iter()
        .map(|line| view! { <li><span>{line.label}</span>{outcome_saying(line.outcome, line.words)}</li> })
        .collect();
    let limits = (!limits.is_empty())
        .then(|| view! { <h3 class="by-limit">"What each would settle"</h3><ul class="kv">{limits}</ul> });
    let table = (!groups.is_empty()).then(|| {
        view! {
            <div class="table-wrap">
                <table class="table tight names">
                    <thead>
                        <tr>
                            <th scope="col"><span class="said">"Effect"</span></th>
                            <th scope="col" class="num">"Saved"</th>
                            <th scope="col" class="num">"Changed"</th>
                            <th scope="col" class="num">"Change"</th>
                        </tr>
                    </thead>
                    {groups}
                </table>
            </div>
        }
    });
    view! {
        <div class="block-head"><h2>{effect.title}</h2><span class="quiet">{effect.period}</span></div>
        <p class="lead">{headline}</p>
        {table}
        {limits}
        {effect.note.map(|note| view! { <p class="pager">{note}</p> })}
    }
}

fn group(group: EffectGroup) -> impl IntoView {
    let rows: Vec<_> = group
        .rows
        .into_iter()
        .map(|row| {
            let class = row.worse.then_some("up-bad");
            view! {
                <tr>
                    <th scope="row">{row.label}</th>
                    <td class="num quiet">{row.saved}</td>
                    <td class="num">{row.changed}</td>
                    <td class="num"><span class=class>{row.change}</span></td>
                </tr>
            }
        })
        .collect();
    view! {
        <tbody>
            <tr class="group"><th scope="rowgroup" colspan="4">{group.title}</th></tr>
            {rows}
        </tbody>
    }
}
