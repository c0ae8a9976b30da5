//! What is alive in the browser, and the whole of it: each only enhances a page that works alone. They know nothing of
//! the domain but its rule for passwords; what they show comes as view types, from their props or from a JSON endpoint.
//!
//! [`palette`] Ctrl K, keys, menus that close; [`session_timer`] asks before the session ends; [`copy`] copies;
//! [`save_bar`] lists unsaved changes; [`effect`] shows what a setting would have done; [`lines`] checks a list while it
//! is typed; [`new_password`] keeps the list of what is asked of a password true. All that touches the document is in `browser`, which on the server does nothing.

#![allow(missing_docs, reason = "the macro that makes an island makes undocumented helpers beside it")]

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(not(feature = "hydrate"))]
#[path = "no_browser.rs"]
mod browser;
pub mod copy;
pub mod effect;
pub mod lines;
pub mod new_password;
pub mod palette;
pub mod save_bar;
pub mod session_timer;
