//! Gatehouse: one engine that decides a site's logins and payments, and a console that shows what each setting will do.
//!
//! In reading order: `kernel` (words everything shares), `decision` (the engine), `access`, `audit`, `sites`, `api`,
//! `reports`, `system`, `simulate`, `ui`, `platform`; `app` and `console` put them together. A slice is a folder with the
//! same few file names inside; `mod.rs` is its front page.
//! The crate is built twice: with `ssr` for the server (everything), with `hydrate` for the browser (islands only).

pub mod access;
#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod audit;
#[cfg(feature = "ssr")]
pub mod console;
#[cfg(feature = "ssr")]
pub mod decision;
#[cfg(feature = "ssr")]
pub mod error;
pub mod kernel;
#[cfg(feature = "ssr")]
pub mod platform;
#[cfg(feature = "ssr")]
pub mod reports;
#[cfg(feature = "ssr")]
pub mod simulate;
#[cfg(feature = "ssr")]
pub mod sites;
#[cfg(feature = "ssr")]
pub mod system;
pub mod ui;

/// Wakes the islands of a page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
