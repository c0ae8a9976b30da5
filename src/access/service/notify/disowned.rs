//! The mail to somebody who said that something on their account was not them.

use super::{link, minute};
use crate::access::store::collaborator::Account;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::ip::ClientAddress;
use crate::kernel::secret::Token;
use crate::platform::db::Tx;
use crate::platform::mail::{self, Letter};
use crate::platform::state::App;

/// The password is void: the link to a new one.
pub async fn disowned(
    tx: &mut Tx,
    app: &App,
    account: &Account,
    token: &Token,
    from: ClientAddress,
    now: Timestamp,
) -> Result<()> {
    let letter = Letter::new("Choose a new password: your account was secured")
        .line(format!("Hello {},", account.name))
        .line("you told us that something on your Gatehouse account was not you. All browsers are signed out and the old password is void. Open this within an hour to choose another; it works once.")
        .link("Choose a new password", link(app, "/reset-password", token))
        .line("Then look at your second factors and recovery codes, and remove what is not yours. Later links: ask for one at the sign-in page.")
        .facts([("When", minute(now)), ("From", from.to_string())]);
    mail::send(tx, app, letter.to(&account.email)).await?;
    Ok(())
}
