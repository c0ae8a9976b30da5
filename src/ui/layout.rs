//! How a page is laid out: its head, blocks divided by hairlines, a rail for consequences, facts by name.

use leptos::prelude::*;

/// The head of a page: where it is, what it is, what can be done.
#[component]
pub fn Head(
    /// The heading.
    #[prop(into)]
    title: String,
    /// Groups and pages above it: words and, for pages, an address.
    #[prop(optional)]
    crumbs: Vec<(String, Option<String>)>,
    /// One or two sentences: what the page is for.
    #[prop(optional_no_strip, into)]
    lead: Option<String>,
    /// Buttons and ranges.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let crumbs: Vec<_> = crumbs
        .into_iter()
        .map(|(words, href)| match href {
            Some(href) => view! { <li><a href=href>{words}</a></li> }.into_any(),
            None => view! { <li>{words}</li> }.into_any(),
        })
        .collect();
    view! {
        <div class="head">
            <div>
                {(!crumbs.is_empty()).then(|| view! { <ol class="crumbs">{crumbs}</ol> })}
                <h1>{title}</h1>
                {lead.map(|lead| view! { <p>{lead}</p> })}
            </div>
            {children.map(|children| view! { <div class="row">{children()}</div> })}
        </div>
    }
}

/// Where in the block order a block stands: the first has no line above it, the last no space below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place {
    /// The first of its column.
    First,
    /// One between others.
    #[default]
    Between,
    /// The last of its column.
    Last,
    /// The only one.
    Only,
}

impl Place {
    fn class(self) -> &'static str {
        match self {
            Place::First => "block first",
            Place::Between => "block",
            Place::Last => "block last",
            Place::Only => "block first last",
        }
    }
}

/// A part of a page under a heading of its own.
#[component]
pub fn Block(
    /// The heading.
    #[prop(into)]
    title: String,
    /// A sentence below it.
    #[prop(optional_no_strip, into)]
    lead: Option<String>,
    /// What stands to the right of the heading: a link, a quiet word, a legend.
    #[prop(optional_no_strip, into)]
    aside: Option<AnyView>,
    /// Where it stands.
    #[prop(optional)]
    place: Place,
    /// An id to link to.
    #[prop(optional, into)]
    id: Option<String>,
    /// The part.
    children: Children,
) -> impl IntoView {
    let label = title.clone();
    view! {
        <section class=place.class() id=id aria-label=label>
            <div class="block-head">
                <h2>{title}</h2>
                {aside}
                {lead.map(|lead| view! { <p>{lead}</p> })}
            </div>
            {children()}
        </section>
    }
}

/// The work on the left, its consequences on the right; the rail moves below where there is no room.
#[component]
pub fn Split(
    /// The right column.
    rail: AnyView,
    /// The left column.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="split">
            <div>{children()}</div>
            <div class="rail">{rail}</div>
        </div>
    }
}

/// Facts by name, one a line.
pub fn facts(facts: Vec<(&'static str, AnyView)>) -> impl IntoView {
    let lines: Vec<_> = facts.into_iter().map(|(name, fact)| view! { <dt>{name}</dt><dd>{fact}</dd> }).collect();
    view! { <dl class="facts">{lines}</dl> }
}

/// Facts by name, side by side between two lines.
pub fn strip(facts: Vec<(&'static str, AnyView)>) -> impl IntoView {
    let lines: Vec<_> =
        facts.into_iter().map(|(name, fact)| view! { <div><dt>{name}</dt><dd>{fact}</dd></div> }).collect();
    view! { <dl class="strip">{lines}</dl> }
}

/// A name on the left and its state on the right, one a line.
pub fn pairs(pairs: Vec<(AnyView, AnyView)>) -> impl IntoView {
    let lines: Vec<_> =
        pairs.into_iter().map(|(left, right)| view! { <li><span>{left}</span><span>{right}</span></li> }).collect();
    view! { <ul class="kv">{lines}</ul> }
}

/// Two lines in one place: the thing, and what is known about it.
pub fn two_lines(first: impl IntoView + 'static, second: impl Into<String>) -> AnyView {
    view! { <span class="two">{first}<small>{second.into()}</small></span> }.into_any()
}

/// A step of a list of first steps.
#[derive(Debug, Clone)]
pub struct Step {
    /// What to do.
    pub title: String,
    /// Why.
    pub text: String,
    /// Where.
    pub href: String,
    /// It is done.
    pub done: bool,
}

/// First steps, each with its state and its way.
pub fn steps(steps: Vec<Step>) -> impl IntoView {
    use super::mark::{Outcome, outcome_only};
    let lines: Vec<_> = steps
        .into_iter()
        .map(|step| {
            let sign = match step.done {
                true => outcome_only(Outcome::Approve, "Done").into_any(),
                false => view! { <span class="todo"><span class="said">"To do"</span></span> }.into_any(),
            };
            view! {
                <li class=step.done.then_some("done")>
                    {sign}
                    <div><a href=step.href>{step.title}</a><p>{step.text}</p></div>
                </li>
            }
        })
        .collect();
    view! { <ol class="todo-list">{lines}</ol> }
}
