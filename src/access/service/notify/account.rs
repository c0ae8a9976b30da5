//! Mails about the password, the address and locks.

use crate::access::service::notify::{NOT_YOU, link, minute, page};
use crate::access::store;
use crate::access::store::collaborator::Account;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::ip::ClientAddress;
use crate::kernel::secret::Token;
use crate::platform::db::Tx;
use crate::platform::mail::{self, Letter};
use crate::platform::state::App;

/// The link to a new password.
pub async fn reset(
    tx: &mut Tx,
    app: &App,
    account: &Account,
    token: &Token,
    from: ClientAddress,
    now: Timestamp,
) -> Result<()> {
    let letter = Letter::new("Choose a new password")
        .line(format!("Hello {},", account.name))
        .line("somebody asked for a new password for your Gatehouse account. If it was you, open this within an hour; it works once.")
        .link("Choose a new password", link(app, "/reset-password", token))
        .line("If it was not you, you need not do anything: without this link nothing changes.")
        .facts([("Asked", minute(now)), ("From", from.to_string())]);
    mail::send(tx, app, letter.to(&account.email)).await?;
    Ok(())
}

/// The password was changed or reset.
pub async fn password_changed(
    tx: &mut Tx,
    app: &App,
    account: &Account,
    from: ClientAddress,
    now: Timestamp,
) -> Result<()> {
    let letter = Letter::new("Your password was changed")
        .line(format!("Hello {},", account.name))
        .line("the password of your Gatehouse account was changed. Other browsers are signed out.")
        .facts([("When", minute(now)), ("From", from.to_string())])
        .line(NOT_YOU)
        .link("Set a new password", page(app, "/forgot-password"));
    mail::send(tx, app, letter.to(&account.email)).await?;
    Ok(())
}

/// The operator has switched the person off.
pub async fn switched_off(tx: &mut Tx, app: &App, account: &Account, why: &str, now: Timestamp) -> Result<()> {
    let letter = Letter::new("Your account is switched off")
        .line(format!("Hello {},", account.name))
        .line("your Gatehouse account was switched off at all its sites. You are signed out everywhere, and API keys that you have made no longer work.")
        .facts([("By", "the operator, at the server".to_owned()), ("Reason", why.to_owned()), ("When", minute(now))])
        .line("If this surprises you, ask the people who run your console.");
    mail::send(tx, app, letter.to(&account.email)).await?;
    Ok(())
}

/// And on again.
pub async fn switched_on(tx: &mut Tx, app: &App, account: &Account, now: Timestamp) -> Result<()> {
    let letter = Letter::new("Your account is switched on again")
        .line(format!("Hello {},", account.name))
        .line("you can sign in again, with the password and the devices you had.")
        .facts([("By", "the operator, at the server".to_owned()), ("When", minute(now))])
        .link("Sign in", page(app, "/sign-in"));
    mail::send(tx, app, letter.to(&account.email)).await?;
    Ok(())
}

/// The account was locked: at most one mail a day.
pub async fn locked(tx: &mut Tx, app: &App, account: &Account, from: ClientAddress, now: Timestamp) -> Result<()> {
    if !store::collaborator::may_mail_lock(tx, account.id, now).await? {
        return Ok(());
    }
    let letter = Letter::new("Sign-in to your account is paused")
        .line(format!("Hello {},", account.name))
        .line("too many wrong passwords were tried on your Gatehouse account, so sign-in is paused for a while for browsers that we do not know. Browsers in which you have signed in before are not concerned.")
        .facts([("When", minute(now)), ("Last tried from", from.to_string())])
        .line("You can wait, or set a new password, which ends the pause at once.")
        .link("Set a new password", page(app, "/forgot-password"));
    mail::send(tx, app, letter.to(&account.email)).await?;
    Ok(())
}

/// To a new address: is it theirs?
pub async fn verify_address(tx: &mut Tx, app: &App, account: &Account, new: &str, token: &Token) -> Result<()> {
    let letter = Letter::new("Confirm your new address")
        .line(format!("Hello {},", account.name))
        .line("this address was given as the new one of your Gatehouse account. Open this within a day to use it. Until then you sign in with the old one.")
        .link("Use this address", link(app, "/confirm-email", token))
        .line("If you did not ask for this, you need not do anything.");
    mail::send(tx, app, letter.to(new)).await?;
    Ok(())
}

/// To an address that somebody else gave as theirs, and that has an account.
pub async fn address_wanted(tx: &mut Tx, app: &App, owner: &Account) -> Result<()> {
    let letter = Letter::new("Your address already has an account")
        .line(format!("Hello {},", owner.name))
        .line("somebody wanted to use your address for another Gatehouse account. Nothing has changed: you sign in with it as before.");
    mail::send(tx, app, letter.to(&owner.email)).await?;
    Ok(())
}

/// To the old address: it was changed, and the way back.
pub async fn address_changed(
    tx: &mut Tx,
    app: &App,
    account: &Account,
    new: &str,
    revert: &Token,
    now: Timestamp,
) -> Result<()> {
    let letter = Letter::new("Your address was changed")
        .line(format!("Hello {},", account.name))
        .line(format!("you now sign in to your Gatehouse account with {new}."))
        .facts([("When", minute(now))])
        .line("If this was not you, take it back within seven days. All browsers are signed out then, devices that were set up since are worthless, and you choose a new password.")
        .link("Take it back", link(app, "/revert-email", revert));
    mail::send(tx, app, letter.to(&account.email)).await?;
    Ok(())
}
