//! Everything the islands do to the document, and nothing else. `no_browser.rs` has the same names for the server.
//! What is not there is passed over in silence: an island enhances, it may not break a page.

use js_sys::{Array, JsString};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Document, Element, Event, EventTarget, FormData, HtmlDialogElement, HtmlElement, HtmlFormElement, HtmlInputElement,
    HtmlSelectElement, KeyboardEvent, Request, RequestInit, Response, UrlSearchParams, Window,
};

use super::save_bar::Change;
use crate::kernel::letters::lower;

fn window() -> Option<Window> {
    web_sys::window()
}

fn document() -> Option<Document> {
    window()?.document()
}

fn by_id<T: JsCast>(id: &str) -> Option<T> {
    document()?.get_element_by_id(id)?.dyn_into().ok()
}

fn all(root: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = root.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.item(at)?.dyn_into().ok()).collect()
}

fn listen(target: &EventTarget, event: &str, f: impl FnMut(Event) + 'static) {
    let closure = Closure::<dyn FnMut(Event)>::new(f);
    // Islands live as long as their page.
    let _ = target.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
    closure.forget();
}

/// Calls back on every keystroke and choice in the element with this id.
pub fn on_change(id: &str, f: impl Fn() + Clone + 'static) {
    let Some(target) = by_id::<EventTarget>(id) else { return };
    let again = f.clone();
    listen(&target, "input", move |_| f());
    listen(&target, "change", move |_| again());
}

/// Calls back once, when `ms` have passed without a further call with the same slot.
pub fn debounce(slot: &std::rc::Rc<std::cell::Cell<i32>>, ms: i32, f: impl FnOnce() + 'static) {
    let Some(window) = window() else { return };
    window.clear_timeout_with_handle(slot.get());
    let closure = Closure::once_into_js(f);
    if let Ok(handle) = window.set_timeout_with_callback_and_timeout_and_arguments_0(closure.unchecked_ref(), ms) {
        slot.set(handle);
    }
}

/// Calls back every second.
pub fn every_second(f: impl FnMut() + 'static) {
    let Some(window) = window() else { return };
    let closure = Closure::<dyn FnMut()>::new(f);
    let _ = window.set_interval_with_callback_and_timeout_and_arguments_0(closure.as_ref().unchecked_ref(), 1_000);
    closure.forget();
}

/// Seconds since some moment; a sleeping laptop's clock goes on.
pub fn seconds() -> f64 {
    js_sys::Date::now() / 1_000.0
}

/// The form's fields as a browser would post them.
pub fn fields_of(form: &str) -> Option<String> {
    let data = FormData::new_with_form(&by_id::<HtmlFormElement>(form)?).ok()?;
    let params = UrlSearchParams::new_with_str_sequence_sequence(&Array::from(&data)).ok()?;
    Some(params.to_string().into())
}

/// What is typed into the form's inputs that fit the selector, NFKC-normalised.
pub fn typed(form: &str, selector: &str) -> Vec<String> {
    let Some(form) = by_id::<Element>(form) else { return Vec::new() };
    let inputs = all(&form, selector).into_iter().filter_map(|found| found.dyn_into::<HtmlInputElement>().ok());
    inputs.map(|input| JsString::from(input.value()).normalize("NFKC").into()).collect()
}

/// What an element carries under this attribute.
pub fn data(id: &str, name: &str) -> Option<String> {
    by_id::<Element>(id)?.get_attribute(name)
}

/// Marks the lines of a list, one after the other.
pub fn mark_lines(list: &str, marks: impl Iterator<Item = &'static str>) {
    let Some(list) = by_id::<Element>(list) else { return };
    for (line, mark) in all(&list, "li").iter().zip(marks) {
        let _ = line.set_attribute("data-mark", mark);
    }
}

/// Puts HTML that our server drew into the element with this id.
pub fn draw(id: &str, html: &str) {
    if let Some(element) = by_id::<Element>(id) {
        element.set_inner_html(html);
    }
}

/// Says something in a line that is read out, unless it says so already; `good` is for everybody's eyes.
pub fn tell(id: &str, words: &str, good: bool) {
    let Some(line) = by_id::<Element>(id) else { return };
    if line.text_content().as_deref() != Some(words) {
        line.set_text_content(Some(words));
    }
    line.set_class_name(if good { "good" } else { "said" });
}

/// Encodes one field as a form body.
pub fn encode(name: &str, value: &str) -> Option<String> {
    let params = UrlSearchParams::new().ok()?;
    params.append(name, value);
    Some(params.to_string().into())
}

/// Posts a form body to our own server; the text of a good answer.
pub async fn post(url: &str, body: &str) -> Option<String> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&JsValue::from_str(body));
    let request = Request::new_with_str_and_init(url, &init).ok()?;
    let headers = request.headers();
    headers.set("content-type", "application/x-www-form-urlencoded").ok()?;
    headers.set("accept", "application/json").ok()?;
    let answer: Response = JsFuture::from(window()?.fetch_with_request(&request)).await.ok()?.dyn_into().ok()?;
    if !answer.ok() || answer.redirected() {
        return None;
    }
    JsFuture::from(answer.text().ok()?).await.ok()?.as_string()
}

/// Runs a future of this module.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(future);
}

/// Copies the text of the element with this id.
pub async fn copy(id: &str) -> bool {
    let text = by_id::<Element>(id).and_then(|element| element.text_content()).unwrap_or_default();
    let Some(window) = window() else { return false };
    JsFuture::from(window.navigator().clipboard().write_text(&text)).await.is_ok()
}

/// The controls of a form that differ from what is in force, in their order, and marks them.
pub fn changes_of(form: &str) -> Vec<Change> {
    let Some(form) = by_id::<Element>(form) else { return Vec::new() };
    all(&form, "[data-saved]").iter().filter_map(change_of).collect()
}

fn change_of(control: &Element) -> Option<Change> {
    let saved = control.get_attribute("data-saved")?;
    let label = control.get_attribute("data-bar").unwrap_or_default();
    if let Some(select) = control.dyn_ref::<HtmlSelectElement>() {
        let words = |value: &str| {
            let option =
                all(control, "option").into_iter().find(|o| o.get_attribute("value").as_deref() == Some(value));
            option.and_then(|o| o.text_content()).unwrap_or_else(|| value.into())
        };
        let now = select.value();
        return mark(control, now != saved).then(|| Change { label, from: words(&saved), to: words(&now) });
    }
    let input = control.dyn_ref::<HtmlInputElement>()?;
    match input.type_().as_str() {
        "radio" => {
            // One of the group speaks for it: the one that is chosen.
            let to = control.get_attribute("data-words").unwrap_or_default();
            (input.checked() && input.value() != saved).then(|| Change { label, from: saved, to: lower(&to) })
        }
        "checkbox" => {
            let now = if input.checked() { "on" } else { "off" };
            (now != saved).then(|| Change { label, from: saved, to: now.into() })
        }
        _ => {
            let now = input.value();
            let words = |value: &str| match value.trim() {
                "" => match input.placeholder() {
                    p if p.is_empty() => "empty".into(),
                    p => lower(&p),
                },
                value => format!("{}{value}", control.get_attribute("data-prefix").unwrap_or_default()),
            };
            mark(control, now.trim() != saved).then(|| Change { label, from: words(&saved), to: words(&now) })
        }
    }
}

fn mark(control: &Element, changed: bool) -> bool {
    let bounds = control.closest(".unit").ok().flatten().unwrap_or_else(|| control.clone());
    let _ = bounds.class_list().toggle_with_force("changed", changed);
    changed
}

/// What a key press means where it happened.
pub struct Key {
    /// The key's name.
    pub name: String,
    /// Ctrl or the command key is held.
    pub command: bool,
    /// The cursor is in a field.
    pub typing: bool,
}

/// Calls back on every key press; true means it was used up.
pub fn on_key(f: impl Fn(Key) -> bool + 'static) {
    let Some(document) = document() else { return };
    listen(&document, "keydown", move |event| {
        let Some(press) = event.dyn_ref::<KeyboardEvent>() else { return };
        let typing = event.target().and_then(|t| t.dyn_into::<Element>().ok()).is_some_and(|element| {
            element.matches("input:not([type=radio], [type=checkbox]), textarea, select").unwrap_or(false)
        });
        let key = Key { name: press.key(), command: press.ctrl_key() || press.meta_key(), typing };
        if !press.alt_key() && f(key) {
            event.prevent_default();
        }
    });
}

/// Menus close when something else is pressed or Escape is.
pub fn tend_menus() {
    let Some(document) = document() else { return };
    const MENUS: &str = "details:is(.me, .rowmenu, .site-switch)[open]";
    listen(&document, "click", move |event| {
        let Some(target) = event.target().and_then(|t| t.dyn_into::<Element>().ok()) else { return };
        close(MENUS, Some(&target));
    });
    listen(&document, "keydown", move |event| {
        if event.dyn_ref::<KeyboardEvent>().is_some_and(|press| press.key() == "Escape") {
            close(MENUS, None);
        }
    });
}

fn close(selector: &str, except: Option<&Element>) {
    let Some(root) = document().and_then(|d| d.document_element()) else { return };
    for menu in all(&root, selector) {
        if !except.is_some_and(|target| menu.contains(Some(target))) {
            let _ = menu.remove_attribute("open");
        }
    }
}

/// Puts the cursor there.
pub fn focus(id: &str) {
    if let Some(element) = by_id::<HtmlElement>(id) {
        let _ = element.focus();
    }
}

/// Keeps the element in view.
pub fn show(id: &str) {
    if let Some(element) = by_id::<Element>(id) {
        element.scroll_into_view_with_bool(false);
    }
}

/// Opens a dialog over the page, or closes it.
pub fn dialog(id: &str, open: bool) {
    let Some(dialog) = by_id::<HtmlDialogElement>(id) else { return };
    if !open {
        dialog.close();
    } else if !dialog.open() {
        let _ = dialog.show_modal();
    }
}

/// Goes to another page of ours.
pub fn go(href: &str) {
    if let Some(window) = window() {
        let _ = window.location().assign(href);
    }
}

/// Asks the server for this page again.
pub fn reload() {
    if let Some(window) = window() {
        let _ = window.location().reload();
    }
}
