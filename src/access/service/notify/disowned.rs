//! The mail to somebody who said that something on their account was not them.

use super::{link, minute, page};
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
        .line("you told us that something on your Gatehouse account was not you. All browsers are signed out, the old password is void, and second factors that were set up in the last week are gone where you have an older one. Open this within an hour to choose another password; it works once.")
        .link("Choose a new password", link(app, "/reset-password", token))
        .line("Then look at your second factors and recovery codes, and remove what is not yours. A passkey signs in alone only once you have used it beside the new password. Later links: ask for one at the sign-in page.")
        .facts([("When", minute(now)), ("From", from.to_string())]);
    mail::send(tx, app, letter.to(&account.email)).await?;
    Ok(())
}

/// The password is void and the address was changed not long ago: the link that takes the change back goes to the address
/// before, and to the present one a word without a link of its own.
pub async fn disowned_elsewhere(
    tx: &mut Tx,
    app: &App,
    account: &Account,
    before: &str,
    revert: &Token,
    from: ClientAddress,
    now: Timestamp,
) -> Result<()> {
    let facts = [("When", minute(now)), ("From", from.to_string())];
    let letter = Letter::new("Take your account back: it was secured")
        .line(format!("Hello {},", account.name))
        .line(format!(
            "you told us that something on your Gatehouse account was not you. All browsers are signed out and the old password is void. The account's address was changed to {} not long ago. If that was not you either, take it back: devices that were set up since are worthless then, and you choose a new password.",
            account.email
        ))
        .link("Take it back", link(app, "/revert-email", revert))
        .line("If the change was yours, ask for a new password at the sign-in page with the new address.")
        .facts(facts.clone());
    mail::send(tx, app, letter.to(before)).await?;
    let letter = Letter::new("Your account was secured")
        .line(format!("Hello {},", account.name))
        .line("you told us that something on your Gatehouse account was not you. All browsers are signed out and the old password is void. A link that takes the change of your address back went to the address before.")
        .line("If the change was yours, ask for a new password.")
        .link("Ask for a new password", page(app, "/forgot-password"))
        .facts(facts);
    mail::send(tx, app, letter.to(&account.email)).await?;
    Ok(())
}
