//! What the console says: banners, what has just been done, what is wrong with a form, and empty places with a next
//! step.

use std::fmt;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    icon::{Icon, icon},
    mark::Outcome,
};

/// How strongly a banner speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Good to know.
    Info,
    /// Something went as it should.
    Good,
    /// Something wants doing.
    Warning,
    /// Something is wrong, or stopped.
    Danger,
}

impl Tone {
    fn outcome(self) -> Option<&'static str> {
        match self {
            Tone::Info => None,
            Tone::Good => Some(Outcome::Approve.name()),
            Tone::Warning => Some(Outcome::Challenge.name()),
            Tone::Danger => Some(Outcome::Reject.name()),
        }
    }

    fn icon(self) -> Icon {
        match self {
            Tone::Info => Icon::Info,
            Tone::Good => Icon::CircleCheck,
            Tone::Warning => Icon::TriangleAlert,
            Tone::Danger => Icon::ShieldAlert,
        }
    }
}

/// A sentence over a page, with at most one way on.
#[derive(Debug, Clone)]
pub struct Banner {
    /// How strongly.
    pub tone: Tone,
    /// The news, in bold.
    pub lead: String,
    /// The rest.
    pub text: String,
    /// A button: words and address.
    pub action: Option<(String, String)>,
}

impl Banner {
    /// A banner without a button.
    pub fn new(tone: Tone, lead: impl Into<String>, text: impl Into<String>) -> Self {
        Banner { tone, lead: lead.into(), text: text.into(), action: None }
    }

    /// With a button that leads on.
    pub fn action(self, words: impl Into<String>, href: impl Into<String>) -> Self {
        Banner { action: Some((words.into(), href.into())), ..self }
    }
}

/// The banner's element.
pub fn banner(banner: Banner) -> impl IntoView + use<> {
    let action = banner
        .action
        .map(|(words, href)| view! { <div class="row"><a class="button small" href=href>{words}</a></div> });
    view! {
        <div class="banner" data-o=banner.tone.outcome()>
            {icon(banner.tone.icon())}
            <p><strong>{banner.lead}</strong>" "<span>{banner.text}</span></p>
            {action}
        </div>
    }
}

/// What a form has just done, carried through the redirect as `?done=…`. A closed set, so that a link cannot put
/// words into the console's mouth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// Settings were saved.
    Saved,
    /// Something new exists.
    Created,
    /// Something was added to something.
    Added,
    /// Something is gone.
    Removed,
    /// An older state is back.
    Restored,
    /// A key or session is worthless now.
    Revoked,
    /// A mail is on its way.
    Sent,
    /// A control was switched on.
    SwitchedOn,
    /// A control was switched off.
    SwitchedOff,
    /// A service takes no more payments.
    Archived,
    /// A control records from now on, and does nothing.
    Shadowed,
    /// Whatever failed is tried again.
    Retried,
    /// Nothing differed from what was saved.
    Unchanged,
    /// The person has signed out.
    SignedOut,
    /// A password was changed.
    PasswordChanged,
    /// Somebody's second factor was taken away.
    FactorsReset,
    /// A locked person may try again.
    Unlocked,
    /// A person has proved again who they are, before what they were about to do.
    Confirmed,
    /// A person said that something was not them.
    AccountSecured,
    /// What was asked for held a card number, and was not looked at.
    CardNumberLeftOut,
}

impl Done {
    fn words(self) -> &'static str {
        match self {
            Done::Saved => "Saved.",
            Done::Created => "Created.",
            Done::Added => "Added.",
            Done::Removed => "Removed.",
            Done::Restored => "Restored.",
            Done::Revoked => "Revoked.",
            Done::Sent => "Sent.",
            Done::SwitchedOn => "Switched on.",
            Done::SwitchedOff => "Switched off.",
            Done::Archived => "Archived. Its payments are refused.",
            Done::Shadowed => "In shadow: recorded from now on, never acted on.",
            Done::Retried => "It will be tried again shortly.",
            Done::Unchanged => "Nothing was different, so nothing was saved.",
            Done::SignedOut => "You are signed out.",
            Done::PasswordChanged => "Your password is changed.",
            Done::FactorsReset => "Their devices and recovery codes are gone, and they are signed out everywhere.",
            Done::Confirmed => {
                "It is you: confirmed for the next ten minutes. Nothing is changed yet. Press the button again to go on; a form in another tab can be saved now."
            }
            Done::Unlocked => "Unlocked. They can try again at once.",
            Done::CardNumberLeftOut => {
                "That was a card number, so it was not looked for, and neither this address nor our log has it. Look for the last four digits or the BIN instead."
            }
            Done::AccountSecured => "You are signed out everywhere, and a link to a new password is on its way to you.",
        }
    }

    /// The path with `done=…` behind it, to redirect to.
    pub fn at(self, path: &str) -> String {
        let sign = if path.contains('?') { '&' } else { '?' };
        format!("{path}{sign}done={self}")
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// The query of a page that a form may come back to. Unknown words are no notice, not an error.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct DoneQuery {
    #[serde(default)]
    done: Option<String>,
}

impl DoneQuery {
    /// The notice it asks for.
    pub fn notice(&self) -> Option<Notice> {
        let word = self.done.as_deref()?;
        serde_json::from_value::<Done>(word.into()).ok().map(Notice::from)
    }
}

/// A line that something went as asked, or a page's own words for it.
#[derive(Debug, Clone)]
pub struct Notice {
    /// How strongly.
    pub tone: Tone,
    /// One sentence.
    pub text: String,
}

impl From<Done> for Notice {
    fn from(done: Done) -> Self {
        let tone = if done == Done::CardNumberLeftOut { Tone::Warning } else { Tone::Good };
        Notice { tone, text: done.words().into() }
    }
}

/// The notice's element; screen readers hear it.
pub fn notice_line(notice: Notice) -> impl IntoView {
    view! {
        <div class="banner notice" data-o=notice.tone.outcome() role="status">
            {icon(notice.tone.icon())}
            <p>{notice.text}</p>
        </div>
    }
}

/// What is wrong with a form, by field. The empty name stands for the form as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<(String, String)>);

impl Problems {
    /// Nothing wrong.
    pub fn none() -> Self {
        Problems::default()
    }

    /// One more: which field, and how to mend it.
    pub fn add(&mut self, field: impl Into<String>, words: impl Into<String>) {
        self.0.push((field.into(), words.into()));
    }

    /// Nothing wrong?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with this field.
    pub fn of(&self, field: &str) -> Option<String> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, words)| words.clone())
    }
}

impl<F: Into<String>, W: Into<String>> FromIterator<(F, W)> for Problems {
    fn from_iter<I: IntoIterator<Item = (F, W)>>(problems: I) -> Self {
        Problems(problems.into_iter().map(|(field, words)| (field.into(), words.into())).collect())
    }
}

/// All problems of a form above it, each a link to its field. Nothing if there is none.
pub fn error_summary(problems: &Problems) -> impl IntoView + use<> {
    summary(problems, " Nothing was saved.")
}

/// The same above a filter, where nothing is to be saved.
pub fn filter_summary(problems: &Problems) -> impl IntoView + use<> {
    summary(problems, "")
}

fn summary(problems: &Problems, after: &'static str) -> impl IntoView + use<> {
    let lines: Vec<_> = problems
        .0
        .iter()
        .map(|(field, words)| {
            let words = words.clone();
            if field.is_empty() {
                view! { <li>{words}</li> }.into_any()
            } else {
                view! { <li><a href=format!("#f-{field}")>{words}</a></li> }.into_any()
            }
        })
        .collect();
    let head = match lines.len() {
        1 => format!("One thing has to be mended first.{after}"),
        n => format!("{n} things have to be mended first.{after}"),
    };
    (!lines.is_empty()).then(|| {
        view! {
            <div class="banner problems" data-o="reject" role="alert" id="problems" tabindex="-1">
                {icon(Icon::CircleAlert)}
                <div><p><strong>{head}</strong></p><ul>{lines}</ul></div>
            </div>
        }
    })
}

/// A place where something will be: what it is for, and the next step.
#[component]
pub fn EmptyState(
    /// What is not here yet.
    #[prop(into)]
    title: String,
    /// What it is for, in a sentence.
    #[prop(into)]
    text: String,
    /// A sign.
    #[prop(default = Icon::Inbox)]
    sign: Icon,
    /// The next step: a button, usually.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            {icon(sign)}
            <h2>{title}</h2>
            <p>{text}</p>
            {children.map(|children| view! { <div class="row">{children()}</div> })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::page::render;

    #[test]
    fn a_notice_can_only_say_what_we_wrote() {
        let said = |word: &str| DoneQuery { done: Some(word.into()) }.notice().map(|n| n.text);
        assert_eq!(said("switched_off").as_deref(), Some("Switched off."));
        assert_eq!(said("Your account is locked, call 0900"), None);
    }

    #[test]
    fn done_joins_a_path_with_or_without_a_query() {
        assert_eq!(Done::Saved.at("/s/a/lists"), "/s/a/lists?done=saved");
        assert_eq!(Done::SwitchedOn.at("/s/a/lists?kind=block"), "/s/a/lists?kind=block&done=switched_on");
    }

    #[test]
    fn the_summary_links_to_the_fields_and_escapes() {
        let problems: Problems = [("limit", "<b>0</b> to 100"), ("", "stale")].into_iter().collect();
        let html = render(move || error_summary(&problems).into_any());
        assert!(html.contains("href=\"#f-limit\"") && html.contains("&lt;b&gt;0") && html.contains("role=\"alert\""));
        assert!(html.contains("2 things"));
    }
}
