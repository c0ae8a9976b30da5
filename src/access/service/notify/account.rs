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

/// The operator has opened the account's locked doors.
pub async fn opened(tx: &mut Tx, app: &App, account: &Account, now: Timestamp) -> Result<()> {
    let letter = Letter::new("Your account is open again")
        .line(format!("Hello {},", account.name))
        .line("sign-in had been paused after too many wrong passwords. You can sign in again.")
        .facts([("By", "the operator, at the server".to_owned()), ("When", minute(now))])
        .line("If this surprises you, ask the people who run your console.");
    mail::send(tx, app, letter.to(&account.email)).await?;
    Ok(())
}

/// Wrong passwords have shut one of the account's doors.
pub struct Shut<'a> {
    /// Whose.
    pub account: &'a Account,
    /// Where the last wrong password came from.
    pub from: ClientAddress,
    /// When it came.
    pub now: Timestamp,
}

impl Shut<'_> {
    /// For browsers that are not known, for a while: at most one mail a day.
    pub async fn locked(self, tx: &mut Tx, app: &App) -> Result<()> {
        if !store::collaborator::may_mail_lock(tx, self.account.id, self.now).await? {
            return Ok(());
        }
        let words = "too many wrong passwords were tried on your Gatehouse account, so sign-in is paused for a while for browsers that we do not know. Browsers in which you have signed in before are not concerned.";
        self.tell(
            tx,
            app,
            "Sign-in to your account is paused",
            words,
            "You can wait, or set a new password, which ends the pause at once.",
        )
        .await
    }

    /// For a known device, which is no longer known: at most one mail a day.
    pub async fn device_locked(self, tx: &mut Tx, app: &App) -> Result<()> {
        if !store::collaborator::may_mail_lock(tx, self.account.id, self.now).await? {
            return Ok(());
        }
        let words = "too many wrong passwords were tried on your Gatehouse account in a browser in which you had signed in before. From now on we treat that browser like one that we do not know. Your other browsers are not concerned.";
        self.tell(
            tx,
            app,
            "Too many wrong passwords in a browser of yours",
            words,
            "If it was not you, somebody has had that browser: set a new password and look at your sessions.",
        )
        .await
    }

    /// For browsers that are not known, for good. Told at once, also on a day that had its mail: it happens once, and
    /// nothing but the person ends it.
    pub async fn closed(self, tx: &mut Tx, app: &App) -> Result<()> {
        store::collaborator::may_mail_lock(tx, self.account.id, self.now).await?;
        let words = "a hundred wrong passwords in a row were tried on your Gatehouse account, so browsers that we do not know can no longer sign in with a password. This does not end by itself. Browsers in which you have signed in before are not concerned.";
        self.tell(tx, app, "Sign-in to your account is closed to unknown browsers", words, "To open it, set a new password, sign in with a passkey, or ask an owner or admin of your console to unlock your account.").await
    }

    async fn tell(self, tx: &mut Tx, app: &App, subject: &str, words: &str, mend: &str) -> Result<()> {
        let letter = Letter::new(subject)
            .line(format!("Hello {},", self.account.name))
            .line(words)
            .facts([("When", minute(self.now)), ("Last tried from", self.from.to_string())])
            .line(mend)
            .link("Set a new password", page(app, "/forgot-password"));
        mail::send(tx, app, letter.to(&self.account.email)).await?;
        Ok(())
    }
}

/// To the owners of all sites: unknown browsers are not listened to, for passwords are tried from everywhere.
pub async fn strangers_refused(
    tx: &mut Tx,
    app: &App,
    owners: &[(String, String)],
    at: Timestamp,
    (failures, accounts): (usize, usize),
) -> Result<()> {
    for (name, email) in owners {
        let letter = Letter::new("Somebody tries passwords on many accounts of Gatehouse")
            .line(format!("Hello {name},"))
            .line(format!(
                "within ten minutes {failures} sign-ins to this Gatehouse failed, on {accounts} accounts of all its sites, from many places. While it goes on, browsers that nobody has signed in from before are told to wait a minute. Known browsers and passkeys get in."
            ))
            .facts([("When", minute(at))])
            .line("You need not do anything. Second factors keep accounts safe whose password is known elsewhere: require them of everybody. You get this mail once a day at most.");
        mail::send(tx, app, letter.to(email)).await?;
    }
    Ok(())
}

/// To a new address: is it theirs?
pub async fn verify_address(tx: &mut Tx, app: &App, account: &Account, new: &str, token: &Token) -> Result<()> {
    let letter = Letter::new("Confirm your new address")
        .line(format!("Hello {},", account.name))
        .line("this address was given as the new one of your Gatehouse account. Open this within an hour to use it; it works once. Until then you sign in with the old one.")
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
