//! The server's half of `browser`: the same names, doing nothing. Effects and handlers never run here.

use super::save_bar::Change;

pub fn on_change(_: &str, _: impl Fn() + Clone + 'static) {}
pub fn debounce(_: &std::rc::Rc<std::cell::Cell<i32>>, _: i32, _: impl FnOnce() + 'static) {}
pub fn every_second(_: impl FnMut() + 'static) {}
pub fn seconds() -> f64 {
    0.0
}
pub fn fields_of(_: &str) -> Option<String> {
    None
}
pub fn typed(_: &str, _: &str) -> Vec<String> {
    Vec::new()
}
pub fn data(_: &str, _: &str) -> Option<String> {
    None
}
pub fn mark_lines(_: &str, _: impl Iterator<Item = &'static str>) {}
pub fn draw(_: &str, _: &str) {}
pub fn tell(_: &str, _: &str, _: bool) {}
pub fn encode(_: &str, _: &str) -> Option<String> {
    None
}
pub async fn post(_: &str, _: &str) -> Option<String> {
    None
}
pub fn spawn(_: impl Future<Output = ()> + 'static) {}
pub async fn copy(_: &str) -> bool {
    false
}
pub fn changes_of(_: &str) -> Vec<Change> {
    Vec::new()
}

pub struct Key {
    pub name: String,
    pub command: bool,
    pub typing: bool,
}

pub fn on_key(_: impl Fn(Key) -> bool + 'static) {}
pub fn tend_menus() {}
pub fn focus(_: &str) {}
pub fn show(_: &str) {}
pub fn dialog(_: &str, _: bool) {}
pub fn go(_: &str) {}
pub fn reload() {}
