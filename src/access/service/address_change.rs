//! The two links that change where a person signs in: one confirms a new address at that address, the other, mailed to
//! the old one, takes it back.

use chrono::TimeDelta;

use crate::access::service::notify;
use crate::access::service::record::{self, Event};
use crate::access::store;
use crate::access::store::collaborator::Account;
use crate::access::store::token::{Live, New, Purpose};
use crate::audit::{Actor, Values};
use crate::error::{Error, Kind, Result};
use crate::kernel::email::Email;
use crate::kernel::ip::ClientAddress;
use crate::kernel::secret::Token;
use crate::platform::db::Tx;
use crate::platform::state::App;

/// Which link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// From the new address.
    Confirm,
    /// From the old address.
    Revert,
}

impl Link {
    fn purpose(self) -> Purpose {
        match self {
            Self::Confirm => Purpose::ChangeEmail,
            Self::Revert => Purpose::RevertEmail,
        }
    }
}

/// The address that using the link would set, while it can be used.
pub async fn leads_to(app: &App, link: Link, token: &Token) -> Result<Option<String>> {
    let live = store::token::find(&app.db, &token.hash(), link.purpose(), app.clock.now()).await?;
    Ok(live.and_then(|live| live.new_email))
}

/// Uses the link; `false` if it is used up, too old or, meanwhile, somebody else's address.
pub async fn apply(app: &App, link: Link, token: &Token, address: ClientAddress, user_agent: &str) -> Result<bool> {
    let now = app.clock.now();
    let mut tx = app.db.platform().await?;
    let Some(Live { who: Some(who), new_email: Some(new), .. }) =
        store::token::consume(&mut tx, &token.hash(), link.purpose(), now).await?
    else {
        return Ok(false);
    };
    let new: Email = new.parse().map_err(Error::internal)?;
    let account = store::collaborator::by_id(&app.db, who).await?.ok_or_else(Error::not_found)?;
    match store::collaborator::set_email(&mut tx, who, &account.email_canonical, &new).await {
        Ok(true) => {}
        Ok(false) => return Ok(false),
        Err(error) if error.kind == Kind::Conflict => return Ok(false),
        Err(error) => return Err(error),
    }
    let action = match link {
        Link::Confirm => {
            after_confirming(&mut tx, app, &account, &new).await?;
            "email.changed"
        }
        Link::Revert => {
            after_reverting(&mut tx, app, &account).await?;
            "email.reverted"
        }
    };
    let actor = Actor::Stranger { email: Some(new.as_str().to_owned()), address, user_agent: user_agent.to_owned() };
    let event = Event::new(actor, action, who).values(
        Some(Values::new().personal("email", &account.email)),
        Some(Values::new().personal("email", new.as_str())),
    );
    record::everywhere(&mut tx, app, Some(who), event).await?;
    tx.commit().await?;
    Ok(true)
}

/// The old address gets the way back, good for a week whatever the address becomes meanwhile.
async fn after_confirming(tx: &mut Tx, app: &App, account: &Account, new: &Email) -> Result<()> {
    let now = app.clock.now();
    let revert = Token::random();
    let row = New {
        hash: revert.hash(),
        purpose: Purpose::RevertEmail,
        who: Some(account.id),
        email: Some(new.canonical()),
        new_email: Some(&account.email),
        now,
        expires_at: now + TimeDelta::days(7),
    };
    store::token::add(tx, row).await?;
    notify::address_changed(tx, app, account, new.as_str(), &revert, now).await
}

/// Whoever changed it loses everything: sessions, known devices, links. The password is the person's to reset.
async fn after_reverting(tx: &mut Tx, app: &App, account: &Account) -> Result<()> {
    let now = app.clock.now();
    for purpose in [Purpose::RevertEmail, Purpose::ChangeEmail, Purpose::ResetPassword] {
        store::token::end_all(tx, Some(account.id), purpose, now).await?;
    }
    store::session::revoke_others(tx, account.id, None, now).await?;
    store::device::end_all_but(tx, account.id, 0, now).await?;
    store::lockout::forget(tx, account.id, now).await?;
    store::collaborator::forget_password(tx, account.id).await
}
