//! Mails about the second step: codes, too many guesses, recovery codes, help.

use crate::access::code::Code;
use crate::access::service::notify::{NOT_YOU, minute, page};
use crate::access::store::collaborator::Account;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::ip::ClientAddress;
use crate::platform::db::Tx;
use crate::platform::mail::{self, Letter};
use crate::platform::state::App;

/// A code for the person's address.
pub async fn code(
    tx: &mut Tx,
    app: &App,
    account: &Account,
    code: &Code,
    from: ClientAddress,
    now: Timestamp,
) -> Result<()> {
    let letter = Letter::new("Your code for Gatehouse")
        .line(format!("Hello {},", account.name))
        .line("type this code where you were asked for it. It is good for five minutes and once.")
        .facts([("Code", code.reveal().to_owned()), ("Asked", minute(now)), ("From", from.to_string())])
        .line("Nobody will ever ask you for this code by telephone or mail.")
        .line(NOT_YOU);
    mail::send(tx, app, letter.to(&account.email)).await?;
    Ok(())
}

/// Too many wrong guesses of codes: somebody knows the password.
pub async fn second_step_closed(
    tx: &mut Tx,
    app: &App,
    account: &Account,
    from: ClientAddress,
    until: Timestamp,
) -> Result<()> {
    let letter = Letter::new("Too many wrong codes for your account")
        .line(format!("Hello {},", account.name))
        .line("somebody gave too many wrong codes for your Gatehouse account, so no codes are taken for a while. A passkey or a recovery code still works.")
        .facts([("Codes are taken again", minute(until)), ("Last tried from", from.to_string())])
        .line("If this was not you, somebody else may know your password: set a new one now.")
        .link("Set a new password", page(app, "/forgot-password"));
    mail::send(tx, app, letter.to(&account.email)).await?;
    Ok(())
}

/// A recovery code was used in place of a factor.
pub async fn recovery_used(
    tx: &mut Tx,
    app: &App,
    account: &Account,
    from: ClientAddress,
    left: i64,
    now: Timestamp,
) -> Result<()> {
    let mut letter = Letter::new("A recovery code was used")
        .line(format!("Hello {},", account.name))
        .line("one of your recovery codes was used in place of your second factor.")
        .facts([("When", minute(now)), ("From", from.to_string()), ("Codes left", left.to_string())]);
    if left <= crate::access::recovery::FEW {
        letter = letter
            .line("Few are left. Make new ones, so that you can still sign in without your devices.")
            .link("Make new ones", page(app, "/me/second-factor"));
    }
    let letter = letter.line(NOT_YOU).link("Set a new password", page(app, "/forgot-password"));
    mail::send(tx, app, letter.to(&account.email)).await?;
    Ok(())
}

/// To a site's support address: somebody cannot use their second factor.
pub fn help_wanted(site: &str, account: &Account, from: ClientAddress, now: Timestamp) -> Letter {
    Letter::new(format!("{} cannot use their second factor", account.name))
        .line(format!("{} works at {site} and cannot use the device they sign in with.", account.name))
        .line("The password was right. That is no proof that it was them: speak with them, by a way you know already, before you do anything.")
        .facts([("Signs in with", account.email.clone()), ("Asked", minute(now)), ("From", from.to_string())])
        .line("An owner or admin of every site they belong to can reset their second factor on the collaborators' page. Otherwise the operator can, at the server: gatehouse collaborator reset-mfa.")
}
