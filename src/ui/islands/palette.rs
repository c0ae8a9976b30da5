//! Ctrl K: jump to a page or search, by keyboard. It also holds the keys of the console (`/`, `?`) and closes menus
//! when something else is pressed.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::browser;
use crate::kernel::letters::lower;

const DIALOG: &str = "palette";
const KEYS: &str = "keys";

/// Somewhere to jump to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaletteItem {
    /// Its name.
    pub label: String,
    /// Its group.
    pub group: String,
    /// Where it is.
    pub href: String,
}

impl PaletteItem {
    /// An item.
    pub fn new(label: &str, group: &str, href: &str) -> Self {
        PaletteItem { label: label.into(), group: group.into(), href: href.into() }
    }
}

/// The palette and the list of keys, both closed.
#[island]
pub fn CommandPalette(
    /// Where one may go.
    items: Vec<PaletteItem>,
    /// Where words that match nothing are searched for, as `q`.
    search: Option<String>,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    // The list is made when it is first opened: until then the page needs none of it.
    let opened = RwSignal::new(false);
    let items = StoredValue::new(items);
    let search = StoredValue::new(search);
    let found = move || match opened.get() {
        true => items.with_value(|items| search.with_value(|search| matching(items, search.as_deref(), &typed.get()))),
        false => Vec::new(),
    };
    let open = move || {
        typed.set(String::new());
        at.set(0);
        opened.set(true);
        browser::dialog(DIALOG, true);
        browser::focus("palette-q");
    };
    Effect::new(move |_| {
        browser::tend_menus();
        browser::on_key(move |key| match (key.name.as_str(), key.command, key.typing) {
            ("k" | "K", true, _) => {
                open();
                true
            }
            ("/", false, false) => {
                browser::focus("find");
                true
            }
            ("?", false, false) => {
                browser::dialog(KEYS, true);
                true
            }
            _ => false,
        });
    });
    let pressed = move |event: leptos::ev::KeyboardEvent| {
        let list = found();
        let last = list.len().saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => at.update(|at| *at = if *at >= last { 0 } else { *at + 1 }),
            "ArrowUp" => at.update(|at| *at = if *at == 0 { last } else { *at - 1 }),
            "Enter" => {
                if let Some(item) = list.get(at.get()) {
                    browser::go(&item.href);
                }
            }
            _ => return,
        }
        event.prevent_default();
        browser::show(&format!("palette-{}", at.get()));
    };
    view! {
        <dialog class="dialog palette" id=DIALOG aria-label="Search or jump to">
            <input
                id="palette-q"
                type="text"
                role="combobox"
                aria-label="Search or jump to"
                aria-expanded="true"
                aria-controls="palette-list"
                aria-activedescendant=move || format!("palette-{}", at.get())
                placeholder="Search or jump to"
                autocomplete="off"
                spellcheck="false"
                prop:value=move || typed.get()
                on:input=move |event| {
                    typed.set(event_target_value(&event));
                    at.set(0);
                }
                on:keydown=pressed
            />
            <ul id="palette-list" role="listbox" aria-label="Pages">
                {move || {
                    found().into_iter().enumerate().map(|(n, item)| option_line(n, item, at)).collect::<Vec<_>>()
                }}
            </ul>
        </dialog>
        <dialog class="dialog small" id=KEYS aria-labelledby="keys-h">
            <div class="dialog-body">
                <h2 id="keys-h">"Keys"</h2>
                <dl class="key-list">
                    <dt><kbd>"Ctrl"</kbd>" "<kbd>"K"</kbd></dt><dd>"Search or jump to a page"</dd>
                    <dt><kbd>"/"</kbd></dt><dd>"Search"</dd>
                    <dt><kbd>"?"</kbd></dt><dd>"This list"</dd>
                    <dt><kbd>"Esc"</kbd></dt><dd>"Close what is open"</dd>
                </dl>
            </div>
            <form class="dialog-foot" method="dialog"><span></span><button class="button" type="submit">"Close"</button></form>
        </dialog>
    }
}

fn option_line(n: usize, item: PaletteItem, at: RwSignal<usize>) -> impl IntoView {
    view! {
        <li role="presentation">
            <a
                role="option"
                id=format!("palette-{n}")
                aria-selected=move || if at.get() == n { "true" } else { "false" }
                href=item.href
                tabindex="-1"
            >
                <span>{item.label}</span>
                <small>{item.group}</small>
            </a>
        </li>
    }
}

/// Items whose name or group has every word, those whose name begins with the first word before the others; then the
/// search for the words themselves.
fn matching(items: &[PaletteItem], search: Option<&str>, typed: &str) -> Vec<PaletteItem> {
    let typed = typed.trim();
    let words: Vec<String> = typed.split_whitespace().map(lower).collect();
    let fits = |item: &PaletteItem| {
        let all = lower(&format!("{} {}", item.label, item.group));
        words.iter().all(|word| all.contains(word.as_str()))
    };
    let (mut first, mut rest): (Vec<PaletteItem>, Vec<PaletteItem>) = items
        .iter()
        .filter(|item| fits(item))
        .cloned()
        .partition(|item| words.first().is_some_and(|word| lower(&item.label).starts_with(word.as_str())));
    first.append(&mut rest);
    if let (Some(action), false) = (search, typed.is_empty()) {
        let href = format!("{action}?{}", browser::encode("q", typed).unwrap_or_default());
        first.push(PaletteItem { label: format!("Search for {typed}"), group: "Search".into(), href });
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_match_comes_first_and_the_search_last() {
        let items = [
            PaletteItem::new("Audit log", "Record", "/a"),
            PaletteItem::new("Lists", "Protection", "/l"),
            PaletteItem::new("Policy versions", "Record", "/p"),
        ];
        let labels = |typed: &str| -> Vec<String> {
            matching(&items, Some("/d"), typed).into_iter().map(|item| item.label).collect()
        };
        assert_eq!(labels("rec aud"), ["Audit log", "Search for rec aud"]);
        assert_eq!(labels("p"), ["Policy versions", "Lists", "Search for p"]);
        assert_eq!(labels("").len(), 3);
    }
}
