//! Mails about passkeys.

use crate::access::store::collaborator::Account;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::ip::ClientAddress;
use crate::platform::db::Tx;
use crate::platform::mail::{self, Letter};
use crate::platform::state::App;

use super::{minute, page};

/// A passkey was used whose counter had gone backwards.
pub async fn passkey_copied(
    tx: &mut Tx,
    app: &App,
    account: &Account,
    from: ClientAddress,
    now: Timestamp,
) -> Result<()> {
    let letter = Letter::new("A passkey of yours may have been copied")
        .line(format!("Hello {},", account.name))
        .line("a passkey of your Gatehouse account was used, but its counter was behind the one we know. That happens when there are two of it, so it was refused.")
        .facts([("When", minute(now)), ("From", from.to_string())])
        .line("Sign in another way, mark that passkey as lost and make a new one. If you know nothing of it, tell the people who run your console.")
        .link("Password and MFA", page(app, "/me/second-factor"));
    mail::send(tx, app, letter.to(&account.email)).await?;
    Ok(())
}
