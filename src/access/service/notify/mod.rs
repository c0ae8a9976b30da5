//! Mails to a person about their account. Links begin with `GATEHOUSE_PUBLIC_URL`, never with what a request said.

mod account;
pub mod collaborators;
mod disowned;
mod factor;
mod passkey;
pub mod requirement;
mod second_step;

pub use account::{
    Shut, address_changed, address_wanted, opened, password_changed, reset, strangers_refused, switched_off,
    switched_on, verify_address,
};
pub use disowned::{disowned, disowned_elsewhere};
pub use factor::{codes_made, factor_added, factor_ended, text_numbers};
pub use passkey::passkey_copied;
pub use second_step::{code, help_wanted, recovery_used, second_step_closed};

use crate::kernel::clock::Timestamp;
use crate::kernel::secret::Token;
use crate::platform::state::App;

/// What a person should do who knows nothing of it.
pub(super) const NOT_YOU: &str =
    "If this was not you, set a new password now and tell the people who run your console.";

/// A link with a single-use token.
pub fn link(app: &App, path: &str, token: &Token) -> String {
    let mut url = app.config.public_url.clone();
    url.set_path(path);
    url.query_pairs_mut().append_pair("token", token.reveal());
    url.into()
}

/// The address of a page.
pub(super) fn page(app: &App, path: &str) -> String {
    let mut url = app.config.public_url.clone();
    url.set_path(path);
    url.into()
}

/// An instant as mails say it.
pub(super) fn minute(at: Timestamp) -> String {
    at.format("%-d %B %Y, %H:%M UTC").to_string()
}
