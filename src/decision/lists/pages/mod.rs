//! The screens of lists, and what they share: addresses, signs, how conditions are written.

pub mod detail;
pub mod entry;
pub mod entry_form;
pub mod from_decision;
pub mod list_form;
pub mod look_up;
pub mod overview;
pub mod remove;
pub mod switch;
pub mod unnamed;

use leptos::prelude::*;

use crate::access::permission::Grant;
use crate::access::{Permission, Permit, Role};
use crate::decision::backtest::Effect;
use crate::decision::lists::entry::{Author, Conditions, Typed};
use crate::decision::lists::field::Field;
use crate::decision::lists::list::{List, ListKind, Reach};
use crate::decision::lists::service::matches::{COUNTED, KEPT, Matches};
use crate::decision::pages::effect::{Of, busy, effect_view};
use crate::decision::policy::Policy;
use crate::decision::verdict::Mode as PolicyMode;
use crate::kernel::id::{DecisionId, EntryId, ListId};
use crate::sites::Service;
use crate::ui::icon::{Icon, icon};
use crate::ui::islands::effect::effect_section;
use crate::ui::mark::{self, Mode, Outcome};
use crate::ui::stale::confirm_because;
use crate::ui::table::Col;
use crate::ui::text::{Clockface, counted, figure, nothing, number};

/// Addresses of the pages of one site.
#[derive(Debug, Clone)]
pub struct Links(String);

impl Links {
    /// Those of the permit's site.
    pub fn of<P: Grant>(permit: &Permit<P>) -> Self {
        Self(format!("/s/{}", permit.site().handle))
    }

    /// All lists.
    pub fn all(&self) -> String {
        format!("{}/lists", self.0)
    }

    /// The form of a new list.
    pub fn new_list(&self, kind: Option<ListKind>) -> String {
        match kind {
            Some(kind) => format!("{}/lists/new?kind={}", self.0, kind.as_str()),
            None => format!("{}/lists/new", self.0),
        }
    }

    /// "Is it listed?"
    pub fn look_up(&self) -> String {
        format!("{}/lists/look-up", self.0)
    }

    /// What the form of an entry asks while values are typed.
    pub fn check_lines(&self) -> String {
        format!("{}/lists/check-lines", self.0)
    }

    /// A decision's trace.
    pub fn decision(&self, decision: DecisionId) -> String {
        format!("{}/decisions/{decision}", self.0)
    }

    /// The form that lists what a decision's attempt carried, and what is ticked in it.
    pub fn entry_from_decision(&self, from: DecisionId, kind: ListKind, ticked: Option<Field>) -> String {
        let ticked = ticked.map(|field| format!("&field={}", field.as_str())).unwrap_or_default();
        format!("{}?from={from}&kind={}{ticked}", self.entry_from_decision_form(), kind.as_str())
    }

    /// Where that form goes.
    pub fn entry_from_decision_form(&self) -> String {
        format!("{}/lists/entries/new", self.0)
    }

    /// A list.
    pub fn list(&self, list: ListId) -> String {
        format!("{}/lists/{list}", self.0)
    }

    /// The form of a list.
    pub fn edit_list(&self, list: ListId) -> String {
        format!("{}/lists/{list}/edit", self.0)
    }

    /// The question before a list's mode changes what it does.
    pub fn switch_list(&self, list: ListId, to: PolicyMode) -> String {
        format!("{}/switch?to={}", self.list(list), to.as_str())
    }

    /// The question before a list goes.
    pub fn remove_list(&self, list: ListId) -> String {
        format!("{}/lists/{list}/remove", self.0)
    }

    /// The form of a new entry.
    pub fn new_entry(&self, list: ListId) -> String {
        format!("{}/lists/{list}/entries/new", self.0)
    }

    /// An entry.
    pub fn entry(&self, list: ListId, entry: EntryId) -> String {
        format!("{}/lists/{list}/entries/{entry}", self.0)
    }

    /// The form of an entry.
    pub fn edit_entry(&self, list: ListId, entry: EntryId) -> String {
        format!("{}/edit", self.entry(list, entry))
    }

    /// The question before an entry goes.
    pub fn remove_entry(&self, list: ListId, entry: EntryId) -> String {
        format!("{}/remove", self.entry(list, entry))
    }
}

/// Where the pages stand in the console's map.
fn crumbs(links: &Links, list: Option<&List>) -> Vec<(String, Option<String>)> {
    let mut crumbs = vec![("Protection".to_owned(), None), ("Lists".to_owned(), Some(links.all()))];
    if let Some(list) = list {
        crumbs.push((list.settings.name.as_str().to_owned(), Some(links.list(list.id))));
    }
    crumbs
}

/// Whether the role may change the entries of such a list.
fn may_edit_entries(role: Role, kind: ListKind) -> bool {
    role.may(if kind == ListKind::Allow { Permission::EditAllowEntries } else { Permission::EditBlockEntries })
}

/// "a block list", "an allow list".
pub(super) fn a(kind: ListKind) -> String {
    let article = if kind == ListKind::Allow { "an" } else { "a" };
    format!("{article} {}", kind.label().to_lowercase())
}

/// What a list does, as a shape and a word.
fn kind_sign(kind: ListKind) -> AnyView {
    match kind {
        ListKind::Block => mark::outcome_saying(Outcome::Reject, "Block"),
        ListKind::Challenge => mark::outcome_saying(Outcome::Challenge, "Challenge"),
        ListKind::Allow => mark::outcome_saying(Outcome::Approve, "Allow"),
    }
}

/// Whether a list acts.
fn state_sign(list: &List) -> AnyView {
    let mode = Mode::from(list.settings.mode);
    match &list.settings.reach {
        Reach::Services(ids) if ids.is_empty() && mode != Mode::Off => {
            mark::mode_saying(Mode::Off, format!("{}, but linked to nothing", mode.word()))
        }
        _ => mark::mode(mode).into_any(),
    }
}

/// Where a list acts, in a few words.
fn reach_words(list: &List, services: &[Service]) -> String {
    match &list.settings.reach {
        Reach::AllServices => "All services".to_owned(),
        Reach::Services(ids) if ids.is_empty() => "None".to_owned(),
        Reach::Services(ids) => {
            let names: Vec<&str> =
                ids.iter().filter_map(|id| services.iter().find(|s| s.id == *id)).map(|s| s.name.as_str()).collect();
            if names.len() <= 2 { names.join(", ") } else { format!("{} and {} more", names[0], names.len() - 1) }
        }
    }
}

/// Who wrote an entry.
fn author_words(author: &Author) -> String {
    match author {
        Author::Collaborator(name) => name.clone(),
        Author::ApiKey(name) => format!("API key {name}"),
        Author::Unknown => "Gatehouse".to_owned(),
    }
}

/// When an entry ends.
fn end_words(end: Option<crate::kernel::clock::Timestamp>, face: Clockface) -> AnyView {
    match end {
        None => nothing("Never"),
        Some(end) if end <= face.now => view! { <span class="quiet">"Ended "{face.ago(end)}</span> }.into_any(),
        Some(end) => face.ago(end).into_any(),
    }
}

/// The head over [`matched`].
const MATCHED: Col = Col::num("Matched in 24 h");

/// How many attempts matched in 24 hours, and when the last one did.
fn matched(matches: Option<&Matches>, face: Clockface) -> AnyView {
    let Matches { attempts, last } = matches.copied().unwrap_or_default();
    let attempts = if attempts > COUNTED { format!("{}+", number(COUNTED)) } else { number(attempts) };
    let last = match last {
        Some(at) => view! { "Last: "{face.ago(at)} }.into_any(),
        None => format!("None in {} days", KEPT.num_days()).into_any(),
    };
    view! { <span class="two">{figure(attempts)}<small>{last}</small></span> }.into_any()
}

/// Fields with their first values: all of them must match.
fn conditions(conditions: &Conditions) -> AnyView {
    let lines: Vec<_> = conditions
        .fields()
        .map(|(field, values)| view! { <li><span class="quiet">{field.label()}</span>" "<span>{few(values)}</span></li> })
        .collect();
    view! { <ul class="conditions">{lines}</ul> }.into_any()
}

/// The first values, and how many more there are.
fn few(values: &[Typed]) -> String {
    let first: Vec<&str> = values.iter().take(2).map(|v| v.typed.as_str()).collect();
    match values.len() {
        0..=2 => first.join(", "),
        many => format!("{}, {} more", first.join(", "), number(i64::try_from(many - 2).unwrap_or(i64::MAX))),
    }
}

/// "214 entries, 3 of them ended".
fn entries_words(current: i64, expired: i64) -> String {
    let all = counted(usize::try_from(current + expired).unwrap_or(0), "entry", "entries");
    if expired == 0 { all } else { format!("{all}, {} of them ended", number(expired)) }
}

/// The look-up of the rail: a form of its own that leads to the look-up's page.
fn look_up_form(links: &Links) -> AnyView {
    view! {
        <p class="mid">"Looks in every list of this site."</p>
        <form class="field bar" action=links.look_up() method="post" role="search" aria-label="Is it listed?">
            <label class="said" for="look">"Value"</label>
            <span class="row lookup">
                <input class="input" id="look" name="value" autocomplete="off" spellcheck="false" maxlength="254"/>
                <button class="button" type="submit">"Look up"</button>
            </span>
            <p class="help">"E-mail, IP, customer, card fingerprint, BIN, name, postal code or any other field"</p>
        </form>
    }
    .into_any()
}

/// The button that asks what a form would have done; it saves nothing.
fn effect_button() -> AnyView {
    view! { <button class="button" type="submit" name="action" value="preview">{icon(Icon::Eye)}"Show the effect"</button> }
        .into_any()
}

/// What the form would have done, above its buttons.
fn effect_of(of: Of, effect: Option<&Effect>) -> AnyView {
    let view = effect.map_or_else(|| busy(of), |effect| effect_view(effect, of, &Policy::default()));
    effect_section(view, "first last")
}

/// Asks for a fresh proof without losing what was typed: the proof is given in another tab.
fn confirm_first(back: &str) -> AnyView {
    confirm_because("This lets more through, so it asks for a fresh proof.".to_owned(), back).into_any()
}

/// Says that somebody was faster, and how it stands now.
fn overtaken(lead: &str, text: String, now: Option<AnyView>) -> AnyView {
    view! {
        <div class="banner problems" data-o="challenge" role="alert" id="problems" tabindex="-1">
            {icon(Icon::TriangleAlert)}
            <div>
                <p><strong>{lead.to_owned()}</strong>" "{text}</p>
                {now}
            </div>
        </div>
    }
    .into_any()
}
