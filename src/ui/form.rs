//! Fields: a label above, help below, the error beside it in words that say how to mend it, the input kept. The id of
//! a field is `f-` and its name, so that the error summary can point to it.
//!
//! `saved` is the value now in force. Where it is given and differs, the field says so, and the save bar's island
//! lists it.

use leptos::prelude::*;

use super::{
    escape::escape,
    icon::{Icon, icon},
};

/// A one-line field.
#[component]
pub fn Field(
    /// The name it is posted under.
    #[prop(into)]
    name: String,
    /// Its label.
    #[prop(into)]
    label: String,
    /// What is in it: kept input, or the saved value. Never a password.
    #[prop(optional_no_strip, into)]
    value: Option<String>,
    /// How to mend it.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// What helps before anything is wrong: the range, where to find it.
    #[prop(optional_no_strip, into)]
    help: Option<String>,
    /// A quiet word behind the label ("optional").
    #[prop(optional, into)]
    aside: Option<String>,
    /// text, email, password, search, tel, url, date, datetime-local, number.
    #[prop(default = "text")]
    kind: &'static str,
    /// A unit before the input (a currency sign).
    #[prop(optional_no_strip, into)]
    prefix: Option<String>,
    /// A unit behind the input ("in 24 h").
    #[prop(optional_no_strip, into)]
    unit: Option<String>,
    /// What stands there while it is empty ("No limit").
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// The browser's own memory for it.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    /// The keyboard for it: numeric, decimal, email.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// It may not be left empty.
    #[prop(optional)]
    required: bool,
    /// It is shown, but not this person's to change.
    #[prop(optional)]
    disabled: bool,
    /// The cursor starts here.
    #[prop(optional)]
    autofocus: bool,
    /// Longest input, in UTF-16 units.
    #[prop(optional)]
    maxlength: Option<u32>,
    /// The value in force; see the module.
    #[prop(optional_no_strip, into)]
    saved: Option<String>,
    /// The name in the save bar, if the label alone would not say it.
    #[prop(optional, into)]
    bar: Option<String>,
    /// The id of something more that describes it.
    #[prop(optional, into)]
    described_by: Option<String>,
) -> impl IntoView {
    let parts = Parts::new(&name, &error, &help);
    let described = parts.described.into_iter().chain(described_by).reduce(|these, more| format!("{these} {more}"));
    let changed = saved.as_ref().is_some_and(|saved| *saved != value.clone().unwrap_or_default());
    let was = saved.clone().filter(|_| changed).map(|saved| was(&saved));
    let invalid = error.is_some().then_some("true");
    let with_unit = prefix.is_some() || unit.is_some();
    let bar = saved.is_some().then(|| bar.unwrap_or_else(|| label.clone()));
    let input = view! {
        <input
            class=(!with_unit).then_some(if changed { "input changed" } else { "input" })
            id=parts.id.clone()
            name=name
            type=kind
            value=value
            placeholder=placeholder
            autocomplete=autocomplete.unwrap_or("off")
            inputmode=inputmode
            required=required
            disabled=disabled
            autofocus=autofocus
            maxlength=maxlength
            aria-invalid=invalid
            aria-describedby=described
            data-saved=saved
            data-bar=bar
            spellcheck="false"
        />
    };
    let input = if with_unit {
        let class = if changed { "unit changed" } else { "unit" };
        view! {
            <span class=class data-invalid=invalid>
                {prefix.map(|prefix| view! { <span>{prefix}</span> })}
                {input}
                {unit.map(|unit| view! { <span>{unit}</span> })}
            </span>
        }
        .into_any()
    } else {
        input.into_any()
    };
    view! {
        <div class="field">
            <label for=parts.id>{label}{aside.map(aside_words)}</label>
            {input}
            {was}
            {error.map(|words| error_line(parts.error_id, words))}
            {help.map(|words| help_line(parts.help_id, words))}
        </div>
    }
}

/// A field of several lines. The only place that may write `<textarea`: Leptos 0.8 does not escape its text, we do.
#[component]
pub fn TextArea(
    /// The name it is posted under.
    #[prop(into)]
    name: String,
    /// Its label.
    #[prop(into)]
    label: String,
    /// What is in it.
    #[prop(optional_no_strip, into)]
    value: Option<String>,
    /// How to mend it.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// What helps before anything is wrong.
    #[prop(optional_no_strip, into)]
    help: Option<String>,
    /// A quiet word behind the label ("optional").
    #[prop(optional, into)]
    aside: Option<String>,
    /// What stands there while it is empty.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// Lines to show.
    #[prop(default = 4)]
    rows: u32,
    /// Longest input, in UTF-16 units.
    #[prop(optional)]
    maxlength: Option<u32>,
    /// It may not be left empty.
    #[prop(optional)]
    required: bool,
    /// One value a line: a plain ground, no spelling marks.
    #[prop(optional)]
    lines: bool,
) -> impl IntoView {
    let parts = Parts::new(&name, &error, &help);
    // A parser drops the first line break after the tag; text that begins with one keeps it by a second.
    let text = value.unwrap_or_default();
    let text = if text.starts_with('\n') { format!("\n{}", escape(&text)) } else { escape(&text) };
    view! {
        <div class="field">
            <label for=parts.id.clone()>{label}{aside.map(aside_words)}</label>
            <textarea
                class=if lines { "input values" } else { "input" }
                id=parts.id
                name=name
                rows=rows
                maxlength=maxlength
                placeholder=placeholder
                required=required
                spellcheck=if lines { "false" } else { "true" }
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=parts.described
            >
                {text}
            </textarea>
            {error.map(|words| error_line(parts.error_id, words))}
            {help.map(|words| help_line(parts.help_id, words))}
        </div>
    }
}

/// A choice of one from many.
#[component]
pub fn Select(
    /// The name it is posted under.
    #[prop(into)]
    name: String,
    /// Its label.
    #[prop(into)]
    label: String,
    /// Value and words of each choice.
    options: Vec<(String, String)>,
    /// The value chosen.
    #[prop(optional_no_strip, into)]
    value: Option<String>,
    /// How to mend it.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// What helps.
    #[prop(optional_no_strip, into)]
    help: Option<String>,
    /// The label is for screen readers only: in a filter row.
    #[prop(optional)]
    quiet_label: bool,
    /// It is shown, but not this person's to change.
    #[prop(optional)]
    disabled: bool,
    /// The value in force; see the module.
    #[prop(optional_no_strip, into)]
    saved: Option<String>,
) -> impl IntoView {
    let parts = Parts::new(&name, &error, &help);
    let bar = saved.is_some().then(|| label.clone());
    let options: Vec<_> = options
        .into_iter()
        .map(|(key, words)| {
            let selected = value.as_deref() == Some(key.as_str());
            view! { <option value=key selected=selected>{words}</option> }
        })
        .collect();
    view! {
        <div class="field">
            <label for=parts.id.clone() class=quiet_label.then_some("said")>{label}</label>
            <select
                class="input"
                id=parts.id
                name=name
                disabled=disabled
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=parts.described
                data-saved=saved
                data-bar=bar
            >
                {options}
            </select>
            {error.map(|words| error_line(parts.error_id, words))}
            {help.map(|words| help_line(parts.help_id, words))}
        </div>
    }
}

/// A box to tick, with its words behind it and help below. Posted as `name=value` when ticked, not at all when not.
#[component]
pub fn CheckboxRow(
    /// The name it is posted under.
    #[prop(into)]
    name: String,
    /// The words behind the box.
    #[prop(into)]
    label: String,
    /// What is posted when it is ticked.
    #[prop(default = "on".into(), into)]
    value: String,
    /// It is ticked.
    checked: bool,
    /// What helps.
    #[prop(optional_no_strip, into)]
    help: Option<String>,
    /// It is shown, but not this person's to change.
    #[prop(optional)]
    disabled: bool,
    /// Whether it is ticked in what is in force; see the module.
    #[prop(optional)]
    saved: Option<bool>,
) -> impl IntoView {
    let id = if value == "on" { format!("f-{name}") } else { format!("f-{name}-{value}") };
    let bar = saved.is_some().then(|| label.clone());
    view! {
        <label class="check">
            <input
                type="checkbox"
                id=id
                name=name
                value=value
                checked=checked
                disabled=disabled
                data-saved=saved.map(|on| if on { "on" } else { "off" })
                data-bar=bar
            />
            <span>{label}</span>
            {help.map(|help| view! { <small>{help}</small> })}
        </label>
    }
}

/// What a browser posts for a ticked box, and nothing for an empty one.
pub fn ticked(value: Option<&str>) -> bool {
    value.is_some_and(|value| value == "on")
}

struct Parts {
    id: String,
    error_id: String,
    help_id: String,
    described: Option<String>,
}

impl Parts {
    fn new(name: &str, error: &Option<String>, help: &Option<String>) -> Self {
        let id = format!("f-{name}");
        let (error_id, help_id) = (format!("{id}-e"), format!("{id}-h"));
        let by: Vec<&str> = [(error, &error_id), (help, &help_id)]
            .into_iter()
            .filter(|(w, _)| w.is_some())
            .map(|(_, i)| &**i)
            .collect();
        let described = (!by.is_empty()).then(|| by.join(" "));
        Parts { id, error_id, help_id, described }
    }
}

fn aside_words(words: String) -> impl IntoView {
    view! { " "<span class="quiet">{words}</span> }
}

fn was(saved: &str) -> impl IntoView + use<> {
    let saved = if saved.is_empty() { "empty" } else { saved };
    view! { <span class="was">{format!("was {saved}")}</span> }
}

/// An error line for a control that is not one of ours.
pub fn error_line(id: String, words: String) -> impl IntoView {
    view! { <p class="error" id=id>{icon(Icon::TriangleAlert)}<span>{words}</span></p> }
}

fn help_line(id: String, words: String) -> impl IntoView {
    view! { <p class="help" id=id>{words}</p> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::page::render;

    #[test]
    fn text_cannot_leave_its_textarea() {
        let html = render(|| {
            view! { <TextArea name="note" label="Note" value="</textarea><script>alert(1)</script>".to_owned()/> }
                .into_any()
        });
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;/textarea&gt;&lt;script&gt;alert(1)"), "escaped once, and only once: {html}");
    }

    #[test]
    fn a_textarea_keeps_a_first_line_break() {
        let html = render(|| view! { <TextArea name="n" label="N" value="\na".to_owned()/> }.into_any());
        assert!(html.contains(">\n\na</textarea>"), "{html}");
    }

    #[test]
    fn a_field_with_an_error_says_so_to_everybody() {
        let html = render(|| {
            view! {
                <Field name="limit" label="Limit" value="x\"y".to_owned() error="0 to 100".to_owned() help="A number".to_owned()/>
            }
            .into_any()
        });
        assert!(
            html.contains("aria-invalid=\"true\"") && html.contains("aria-describedby=\"f-limit-e f-limit-h\""),
            "{html}"
        );
        assert!(html.contains("id=\"f-limit-e\"") && html.contains("for=\"f-limit\""), "{html}");
        assert!(html.contains("value=\"x&quot;y\""), "{html}");
    }

    #[test]
    fn a_changed_field_says_what_it_was() {
        let html =
            render(|| view! { <Field name="n" label="Limit" value="4".to_owned() saved="3".to_owned()/> }.into_any());
        assert!(
            html.contains("was 3") && html.contains("input changed") && html.contains("data-saved=\"3\""),
            "{html}"
        );
        let html =
            render(|| view! { <Field name="n" label="Limit" value="3".to_owned() saved="3".to_owned()/> }.into_any());
        assert!(!html.contains("class=\"was\""), "{html}");
    }
}
