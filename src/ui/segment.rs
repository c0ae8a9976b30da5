//! One of a few, all visible: a control's mode (radios in a form), a time range (links), a page's tabs (links).

use leptos::prelude::*;

use super::mark::Mode;

/// Off, shadow, enforce; posted as those words.
#[component]
pub fn ModeField(
    /// The name it is posted under.
    #[prop(default = "mode".into(), into)]
    name: String,
    /// Its label.
    #[prop(default = "Mode".into(), into)]
    label: String,
    /// The mode chosen.
    value: Mode,
    /// The mode in force, for the save bar.
    #[prop(optional)]
    saved: Option<Mode>,
    /// What the modes do here.
    #[prop(optional_no_strip, into)]
    help: Option<String>,
    /// It is shown, but not this person's to change.
    #[prop(optional)]
    disabled: bool,
) -> impl IntoView {
    let choices = [Mode::Off, Mode::Shadow, Mode::Enforce]
        .into_iter()
        .map(|mode| {
            let dot = view! { <svg viewBox="0 0 16 16" aria-hidden="true"><use_ href=mode.href()></use_></svg> };
            Choice { value: mode.name().into(), words: mode.word().into(), before: Some(dot.into_any()) }
        })
        .collect();
    view! {
        <RadioSegment
            name=name
            label=label
            choices=choices
            value=value.name()
            saved=saved.map(|mode| mode.name().to_owned())
            help=help
            disabled=disabled
        />
    }
}

/// One choice of a [`RadioSegment`].
pub struct Choice {
    /// What is posted.
    pub value: String,
    /// What is read.
    pub words: String,
    /// A sign before the words.
    pub before: Option<AnyView>,
}

impl Choice {
    /// A choice of words only.
    pub fn new(value: impl Into<String>, words: impl Into<String>) -> Self {
        Choice { value: value.into(), words: words.into(), before: None }
    }
}

/// Radios side by side.
#[component]
pub fn RadioSegment(
    /// The name it is posted under.
    #[prop(into)]
    name: String,
    /// Its label.
    #[prop(into)]
    label: String,
    /// The choices.
    choices: Vec<Choice>,
    /// The value chosen.
    #[prop(into)]
    value: String,
    /// The value in force, for the save bar.
    #[prop(optional_no_strip, into)]
    saved: Option<String>,
    /// What helps.
    #[prop(optional_no_strip, into)]
    help: Option<String>,
    /// It is shown, but not this person's to change.
    #[prop(optional)]
    disabled: bool,
) -> impl IntoView {
    let help_id = format!("f-{name}-h");
    let described = help.is_some().then(|| help_id.clone());
    let choices: Vec<_> = choices
        .into_iter()
        .map(|choice| {
            let bar = saved.is_some().then(|| label.clone());
            view! {
                <label>
                    {choice.before}
                    <input
                        type="radio"
                        name=name.clone()
                        value=choice.value.clone()
                        checked=choice.value == value
                        data-saved=saved.clone()
                        data-bar=bar
                        data-words=choice.words.clone()
                    />
                    {choice.words}
                </label>
            }
        })
        .collect();
    view! {
        <fieldset class="field" id=format!("f-{name}") disabled=disabled aria-describedby=described>
            <legend>{label}</legend>
            <span class="segments">{choices}</span>
            {help.map(|words| view! { <p class="help" id=help_id>{words}</p> })}
        </fieldset>
    }
}

/// A link of a tab row or a segment row.
#[derive(Debug, Clone)]
pub struct Tab {
    /// Its words.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// A number behind the words.
    pub count: Option<String>,
    /// It is where the reader is.
    pub current: bool,
}

impl Tab {
    /// A tab.
    pub fn new(label: impl Into<String>, href: impl Into<String>, current: bool) -> Self {
        Tab { label: label.into(), href: href.into(), count: None, current }
    }

    /// With a number behind the words.
    pub fn count(self, count: impl Into<String>) -> Self {
        Tab { count: Some(count.into()), ..self }
    }
}

/// The tabs of a page, as links.
pub fn tabs(label: impl Into<String>, tabs: Vec<Tab>) -> AnyView {
    let links: Vec<_> = tabs
        .into_iter()
        .map(|tab| {
            view! {
                <a href=tab.href aria-current=tab.current.then_some("page")>
                    {tab.label} {tab.count.map(|count| view! { " "<span>{count}</span> })}
                </a>
            }
        })
        .collect();
    view! { <nav class="tabs" aria-label=label.into()>{links}</nav> }.into_any()
}

/// A time range or another small choice in a page's head, as links.
pub fn range_links(label: impl Into<String>, tabs: Vec<Tab>) -> AnyView {
    let links: Vec<_> = tabs
        .into_iter()
        .map(|tab| view! { <a href=tab.href aria-current=tab.current.then_some("true")>{tab.label}</a> })
        .collect();
    view! { <nav class="segments" aria-label=label.into()>{links}</nav> }.into_any()
}
