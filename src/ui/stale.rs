//! What stands above a form that could not be saved for a reason outside of it: somebody saved meanwhile, or the proof
//! of identity is too old. The input is kept in the form below, so both are mended without typing anything again.

use leptos::prelude::*;

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

/// Somebody else saved while the form was open: how it stands now, against what was typed. Nothing if nothing differs.
pub fn stale_banner(differing: Vec<Differing>) -> impl IntoView {
    let lines: Vec<_> = differing
        .into_iter()
        .map(|d| view! { <li>{d.label}": now "<strong>{d.now}</strong>", you typed "<strong>{d.typed}</strong></li> })
        .collect();
    (!lines.is_empty()).then(|| {
        view! {
            <div class="banner problems" data-o="challenge" role="alert" id="problems" tabindex="-1">
                {icon(Icon::TriangleAlert)}
                <div>
                    <p>
                        <strong>"Somebody saved while you were editing, so nothing of yours was saved."</strong>
                        " Your input is kept below; saving again puts it over theirs."
                    </p>
                    <ul>{lines}</ul>
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

    #[test]
    fn what_was_not_touched_follows_the_other_and_what_was_typed_stays() {
        for (opened, typed, newer, holds) in
            [("3", "3", "9", "9"), ("3", "5", "9", "5"), ("3", "5", "3", "5"), ("3", "", "9", ""), ("3", "9", "9", "9")]
        {
            assert_eq!(merged(&opened, typed, newer), holds, "{opened} {typed} {newer}");
        }
    }

    #[test]
    fn a_way_back_with_a_query_stays_one_value() {
        assert_eq!(confirm_href("/s/a/lists?q=a b&x=1"), "/me/confirm?next=%2Fs%2Fa%2Flists%3Fq%3Da+b%26x%3D1");
    }
}
