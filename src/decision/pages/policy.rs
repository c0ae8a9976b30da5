//! `/s/{site}/policy`: every version of the site's settings with who saved it, and what one changed, in plain words.

use std::sync::Arc;

use leptos::prelude::*;

use crate::decision::backtest::Effect;
use crate::decision::change::{Change, changes};
use crate::decision::last_week::LastWeek;
use crate::decision::pages::effect::{Of, busy, effect_view};
use crate::decision::pages::number::name_the_number;
use crate::decision::pages::velocity::in_words;
use crate::decision::policy::{Policy, Versioned};
use crate::decision::service::policy::VersionRow;
use crate::kernel::page::PageOf;
use crate::ui::feedback::{EmptyState, Tone};
use crate::ui::icon::{Icon, icon};
use crate::ui::islands::effect::effect_section;
use crate::ui::layout::{Block, Head, Place, Split, facts, pairs};
use crate::ui::mark::plain_tag;
use crate::ui::stale::confirm_banner;
use crate::ui::table::{Cell, Col, Pager, Row, Table, pager};
use crate::ui::text::{Clockface, counted, nothing};

/// What the list shows.
pub struct ListModel {
    /// The site's path.
    pub base: String,
    /// Versions, newest first; the last of a full page is there only to compare with.
    pub versions: PageOf<VersionRow>,
    /// Whether this is the first page.
    pub first_page: bool,
    /// Now, in the site's zone.
    pub clock: Clockface,
}

const COLS: [Col; 4] = [Col::new("Version"), Col::new("What changed"), Col::new("Saved by"), Col::new("When")];

/// The list.
pub fn list_view(model: ListModel) -> impl IntoView {
    let lead = "All settings of this site’s protection are one document. Every save makes a version; every decision names the one it was made \
                under. List entries have histories of their own.";
    let path = format!("{}/policy", model.base);
    let body = if model.versions.data.is_empty() {
        let velocity = format!("{}/velocity", model.base);
        view! {
            <EmptyState
                title="No version yet" sign=Icon::History
                text="The site runs on the defaults of a new site: velocity filters of three payments for each e-mail, address and card."
            >
                <a class="button primary" href=velocity>"Velocity filters"</a>
            </EmptyState>
        }
        .into_any()
    } else {
        rows(model, &path).into_any()
    };
    view! {
        <Head title="Policy versions" crumbs=vec![("Record".into(), None)] lead=lead.to_owned()/>
        {body}
    }
}

fn rows(model: ListModel, path: &str) -> impl IntoView + use<> {
    let ListModel { versions, first_page, clock, .. } = model;
    let all = versions.data;
    let shown = if versions.has_more { all.len() - 1 } else { all.len() };
    let lines: Vec<Row> = (0..shown).map(|at| line(&all[at], all.get(at + 1), path, clock)).collect();
    let next = versions.has_more.then(|| format!("{path}?before={}", all[shown - 1].versioned.version));
    let first = (!first_page).then(|| path.to_owned());
    view! {
        <Table label="Policy versions" cols=COLS.to_vec() rows=lines/>
        {pager(Pager { shown: counted(shown, "version", "versions"), first, next })}
    }
}

fn line(row: &VersionRow, previous: Option<&VersionRow>, path: &str, clock: Clockface) -> Row {
    let version = row.versioned.version;
    let href = format!("{path}/{version}");
    let name = view! { <a href=href>{format!("Version {version}")}</a>{row.current.then(|| view! { " "{plain_tag("in force")} })} };
    let what = match previous {
        Some(previous) => said(&changes(&previous.versioned.policy, &row.versioned.policy)),
        None => row.versioned.note.clone(),
    };
    Row::new(vec![
        Cell::nowrap(name),
        Cell::wide(what),
        Cell::new(by(row)),
        Cell::nowrap(clock.ago(row.versioned.created_at)),
    ])
}

fn by(row: &VersionRow) -> AnyView {
    match &row.by {
        Some(name) => name.clone().into_any(),
        None if row.versioned.version <= 1 => nothing("Defaults of a new site"),
        None => nothing("Command line"),
    }
}

fn said(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "No setting".into();
    }
    changes.iter().map(|c| format!("{}: {} to {}", c.label, c.from, c.to)).collect::<Vec<_>>().join("; ")
}

/// Why a version was not brought back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It was not asked for.
    Nothing,
    /// Somebody saved meanwhile.
    Stale,
    /// It loosens a protection and the proof of identity is too old.
    Confirm,
    /// It would have refused more than half of last week's good payments: the number has to be typed.
    Unnamed(LastWeek),
}

/// What a version's page shows.
pub struct Model {
    /// The site's path.
    pub base: String,
    /// The version.
    pub version: VersionRow,
    /// The one before it.
    pub previous: Option<Versioned>,
    /// What is in force.
    pub current: Arc<Versioned>,
    /// Why it was not brought back just now.
    pub refused: Refused,
    /// What was typed to name the number.
    pub typed: Option<String>,
    /// What it would have done in place of the one in force; `None` while too many are being worked out.
    pub effect: Option<Effect>,
    /// Whether the reader may bring it back.
    pub may_edit: bool,
    /// Now, in the site's zone.
    pub clock: Clockface,
}

/// One version.
pub fn view(model: Model) -> impl IntoView {
    let shown = &model.version.versioned;
    let path = format!("{}/policy", model.base);
    let in_force = shown.version == model.current.version;
    let title = format!("Policy version {}", shown.version);
    let crumbs = vec![("Record".into(), None), ("Policy versions".into(), Some(path.clone()))];
    let lead = (!shown.note.is_empty()).then(|| shown.note.clone());
    let rail = rail(&model, in_force).into_any();
    let own = match &model.previous {
        Some(previous) => diff_block(
            "What it changed",
            Place::First,
            &changes(&previous.policy, &shown.policy),
            "It changed no setting.",
        ),
        None => all_block(&shown.policy, Place::First),
    };
    let since = (!in_force).then(|| {
        diff_block(
            "From this version to the one in force",
            Place::Between,
            &changes(&shown.policy, &model.current.policy),
            "The one in force has the same settings.",
        )
    });
    let all = model.previous.is_some().then(|| all_block(&shown.policy, Place::Last));
    let refused = refused(&model, &format!("{path}/{}", shown.version));
    view! {
        <Head title=title crumbs=crumbs lead=lead/>
        {refused}
        <Split rail=rail>{own}{since}{all}</Split>
    }
}

fn refused(model: &Model, path: &str) -> AnyView {
    match model.refused {
        Refused::Nothing | Refused::Unnamed(_) => ().into_any(),
        Refused::Stale => {
            use crate::ui::feedback::{Banner, banner};
            let words = format!(
                "Version {} is in force now. Look at the difference below, then restore again if you still want to.",
                model.current.version
            );
            banner(Banner::new(Tone::Warning, "Somebody saved meanwhile, so nothing was restored.", words)).into_any()
        }
        Refused::Confirm => confirm_banner("What this version says", path).into_any(),
    }
}

fn diff_block(title: &'static str, place: Place, changes: &[Change], none: &'static str) -> AnyView {
    let body = if changes.is_empty() {
        view! { <p class="mid">{none}</p> }.into_any()
    } else {
        let lines: Vec<_> = changes
            .iter()
            .map(|c| {
                view! {
                    <li>
                        {c.label.clone()}" "
                        <del>{c.from.clone()}</del>
                        <svg class="icon arrow" role="img" aria-label="to"><use_ href=Icon::ArrowRight.href()></use_></svg>
                        <ins>{c.to.clone()}</ins>
                    </li>
                }
            })
            .collect();
        view! { <ul class="diff down">{lines}</ul> }.into_any()
    };
    view! { <Block title=title place=place>{body}</Block> }.into_any()
}

fn all_block(policy: &Policy, place: Place) -> AnyView {
    let lines = in_words(policy).into_iter().map(|(name, value)| (name.into_any(), value.into_any())).collect();
    view! { <Block title="All its settings" place=place>{pairs(lines)}</Block> }.into_any()
}

fn rail(model: &Model, in_force: bool) -> impl IntoView + use<> {
    let shown = &model.version.versioned;
    let path = format!("{}/policy", model.base);
    let current = format!("{path}/{}", model.current.version);
    let mut lines = vec![
        ("Saved by", by(&model.version)),
        ("When", model.clock.at(shown.created_at).into_any()),
        (
            "In force",
            if in_force {
                "Yes".into_any()
            } else {
                view! { "No, "<a href=current>{format!("version {}", model.current.version)}</a>" is" }.into_any()
            },
        ),
    ];
    if let Some(previous) = &model.previous {
        let href = format!("{path}/{}", previous.version);
        lines.push(("Before it", view! { <a href=href>{format!("Version {}", previous.version)}</a> }.into_any()));
    }
    let action = format!("{path}/{}", shown.version);
    let restore = (model.may_edit && !in_force).then(|| {
        let base = model.current.version.to_string();
        let words = format!("Its settings come into force as version {}; nothing is lost. If that loosens a protection, you confirm that it is you.", model.current.version + 1);
        let of = Of::Version(shown.version);
        let effect = model.effect.as_ref().map_or_else(|| busy(of), |effect| effect_view(effect, of, &shown.policy));
        let number = match model.refused {
            Refused::Unnamed(week) => Some(name_the_number(week, model.typed.as_deref(), "leave it as it is")),
            _ => None,
        };
        view! {
            {effect_section(effect, "")}
            <Block title="Restore" place=Place::Last>
                <p class="mid">{words}</p>
                <form class="form" action=action method="post">
                    {number}
                    <input type="hidden" name="base_version" value=base/>
                    <div class="row"><button class="button" type="submit">{icon(Icon::Rotate)}"Restore this version"</button></div>
                </form>
            </Block>
        }
    });
    view! {
        <Block title="About" place=Place::First>{facts(lines)}</Block>
        {restore}
    }
}
