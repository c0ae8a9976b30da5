//! What stands above a form that could not be saved for a reason outside of it: somebody saved meanwhile, or the proof
//! of identity is too old. What was changed is kept in the form below, so both are mended without typing anything again.

use leptos::prelude::*;
use serde::Deserialize;
use url::form_urlencoded;

use super::icon::{Icon, icon};

/// A setting that now differs from what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// Which.
    pub label: String,
    /// How it stands now.
    pub now: String,
    /// What was typed.
    pub typed: String,
}

impl Differing {
    /// One setting; an empty value is said as such.
    pub fn new(label: impl Into<String>, now: impl Into<String>, typed: impl Into<String>) -> Self {
        let said = |value: String| if value.is_empty() { "empty".to_owned() } else { value };
        Self { label: label.into(), now: said(now.into()), typed: said(typed.into()) }
    }
}

/// What a field holds once somebody else has saved: what was typed, or the newer value where the field holds what it held
/// when the form was opened. So nobody undoes what they have neither seen nor touched.
pub fn merged<T: PartialEq>(opened: &T, typed: T, newer: T) -> T {
    if typed == *opened { newer } else { typed }
}

/// [`merged`] for each box of a set of boxes, those that were ticked being named.
pub fn merged_boxes<T: PartialEq>(opened: &[T], mut typed: Vec<T>, newer: Vec<T>) -> Vec<T> {
    typed.retain(|name| merged(&opened.contains(name), true, newer.contains(name)));
    for name in newer {
        if !typed.contains(&name) && !opened.contains(&name) {
            typed.push(name);
        }
    }
    typed
}

/// The fields of a form as they stood when it was opened, carried along in one hidden field.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct Opened(String);

impl From<String> for Opened {
    fn from(posted: String) -> Self {
        Self(posted)
    }
}

impl Opened {
    /// These names and values.
    pub fn with<N: AsRef<str>, V: AsRef<str>>(fields: impl IntoIterator<Item = (N, V)>) -> Self {
        Self(form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish())
    }

    /// The names and values; none where the form does not say how it was opened.
    pub fn fields(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.0.as_bytes()).into_owned().collect()
    }

    /// The hidden field.
    pub fn field(&self) -> impl IntoView + use<> {
        view! { <input type="hidden" name="opened" value=self.0.clone()/> }
    }
}

/// A form whose every field is one text, and which says how it was opened.
pub trait Texts: Sized {
    /// What a person fills in, by its name; a box that is not ticked is empty. What the form does not have is left out.
    fn texts(&mut self) -> Vec<(&'static str, &mut String)>;

    /// How it was opened.
    fn opened(&mut self) -> &mut Opened;

    /// The form as it is shown first.
    #[must_use]
    fn open(mut self) -> Self {
        *self.opened() = Opened::with(self.texts());
        self
    }

    /// The form on top of what somebody else has saved since it was opened, see [`merged`]; all of it as typed, where it
    /// does not say how it was opened. The next save starts from the newer one.
    #[must_use]
    fn onto(mut self, mut newer: Self) -> Self {
        let opened = std::mem::take(self.opened()).fields();
        let mut stands = newer.texts();
        for (name, typed) in self.texts() {
            let untouched = opened.iter().any(|(field, value)| field == name && value == typed);
            if let Some((_, text)) = stands.iter_mut().find(|(field, _)| !untouched && *field == name) {
                **text = std::mem::take(typed);
            }
        }
        newer
    }
}

/// Somebody else saved while the form was open: how it stands now, against what was typed.
pub fn stale_banner(differing: Option<Vec<Differing>>) -> impl IntoView {
    differing.map(|differing| {
        let lines: Vec<_> = differing
            .into_iter()
            .map(|d| view! { <li>{d.label}": now "<strong>{d.now}</strong>", you typed "<strong>{d.typed}</strong></li> })
            .collect();
        let again = if lines.is_empty() { "." } else { "; saving again puts yours over theirs." };
        view! {
            <div class="banner problems" data-o="challenge" role="alert" id="problems" tabindex="-1">
                {icon(Icon::TriangleAlert)}
                <div>
                    <p>
                        <strong>"Somebody saved while you were editing, so nothing of yours was saved."</strong>
                        " Below, what you changed is kept and the rest is as they left it"{again}
                    </p>
                    {(!lines.is_empty()).then(|| view! { <ul>{lines}</ul> })}
                </div>
            </div>
        }
    })
}

/// Where a person proves who they are before going on to `back`, a path of ours.
pub fn confirm_href(back: &str) -> String {
    let next: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
    format!("/me/confirm?next={next}")
}

/// A change that loosens something needs a fresh proof of identity. The proof is given in another tab, so that what was
/// typed stays here without being stored anywhere.
pub fn confirm_banner(what: &str, back: &str) -> impl IntoView + use<> {
    confirm_because(format!("{what} loosens a protection, so it asks who you are."), back)
}

/// [`confirm_banner`] where nothing is loosened but something precious is touched; `words` say what.
pub fn confirm_because(words: String, back: &str) -> impl IntoView + use<> {
    let href = confirm_href(back);
    view! {
        <div class="banner problems" data-o="challenge" role="alert" id="problems" tabindex="-1">
            {icon(Icon::Lock)}
            <div>
                <p><strong>"Confirm that it is you, then save again."</strong>" "{words}" Nothing was saved; your input is kept below."</p>
                <p><a class="button small" href=href target="_blank" rel="noopener">"Confirm in a new tab"</a></p>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::page::render;

    #[test]
    fn what_was_not_touched_follows_the_other_and_what_was_typed_stays() {
        for (opened, typed, newer, holds) in
            [("3", "3", "9", "9"), ("3", "5", "9", "5"), ("3", "5", "3", "5"), ("3", "", "9", ""), ("3", "9", "9", "9")]
        {
            assert_eq!(merged(&opened, typed, newer), holds, "{opened} {typed} {newer}");
        }
    }

    #[test]
    fn where_nothing_differs_nothing_is_put_over_anything() {
        let said = |differing| render(|| stale_banner(Some(differing)).into_any());
        let (differing, same) = (said(vec![Differing::new("Name", "a", "b")]), said(Vec::new()));
        assert!(differing.contains("puts yours over theirs") && differing.contains("<ul>"), "{differing}");
        assert!(!same.contains("saving again") && !same.contains("<ul>"), "{same}");
    }

    #[test]
    fn each_box_follows_the_other_alone() {
        let typed = merged_boxes(&["gb", "ie", "de"], vec!["gb", "de", "fr"], vec!["gb", "ie", "es"]);
        assert_eq!(typed, ["gb", "fr", "es"], "ie was unticked and fr ticked here, de unticked and es ticked there");
    }

    #[derive(Debug, PartialEq, Default)]
    struct Two {
        version: i32,
        name: String,
        zone: Option<String>,
        opened: Opened,
    }

    impl Texts for Two {
        fn texts(&mut self) -> Vec<(&'static str, &mut String)> {
            [("name", &mut self.name)].into_iter().chain(self.zone.as_mut().map(|zone| ("zone", zone))).collect()
        }

        fn opened(&mut self) -> &mut Opened {
            &mut self.opened
        }
    }

    #[test]
    fn a_form_goes_onto_the_newer_one_field_by_field() {
        let two = |version, name: &str, zone: Option<&str>| Two {
            version,
            name: name.into(),
            zone: zone.map(Into::into),
            opened: Opened::default(),
        };
        let first = || two(1, "Tea & Co", Some(""));
        let newer = || two(2, "Tea & Sons", Some("GB")).open();
        let typed = |name, zone| Two { opened: first().open().opened, ..two(1, name, zone) }.onto(newer());
        let holds = |name, zone| Two { opened: newer().opened, ..two(2, name, zone) };
        assert_eq!(typed("Tea & Co", Some("")), newer());
        assert_eq!(typed("Tea", Some("")), holds("Tea", Some("GB")));
        assert_eq!(typed("Tea & Co", Some("IE")), holds("Tea & Sons", Some("IE")));
        assert_eq!(typed("Tea", None), holds("Tea", Some("GB")), "what was not posted was not touched");
        assert_eq!(
            first().onto(newer()),
            holds("Tea & Co", Some("")),
            "who does not say how it was opened typed it all"
        );
    }

    #[test]
    fn a_way_back_with_a_query_stays_one_value() {
        assert_eq!(confirm_href("/s/a/lists?q=a b&x=1"), "/me/confirm?next=%2Fs%2Fa%2Flists%3Fq%3Da+b%26x%3D1");
    }
}
