//! What happened to a person's account, and what they can do at once if it was not them.

use chrono::TimeDelta;

use crate::access::activity::SHOWN;
use crate::access::service::address_change::REVERT_LIFE;
use crate::access::service::notify;
use crate::access::service::record::{self, Event};
pub use crate::access::store::account_event::AccountEvent;
use crate::access::store::collaborator::Account;
use crate::access::store::token::{New, Purpose};
use crate::access::{Visitor, store};
use crate::audit::{Actor, Values};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::secret::Token;
use crate::platform::db::Tx;
use crate::platform::state::App;

/// The visitor's newest events.
pub async fn newest(app: &App, visitor: &Visitor) -> Result<Vec<AccountEvent>> {
    store::account_event::newest(&app.db, visitor.id, SHOWN).await
}

/// "This was not me": all sessions end, this one too, no device is known any more, half-done sign-ins are dropped, second
/// factors of the last week end where an older one is left, the password is void, and a link to a new one goes to the
/// person's address. Was the address changed not long ago, whoever did that reads what goes there: then the way back goes to
/// the address before, and takes the change back. Asks for no proof: whoever is at the browser gains nothing by it.
pub async fn not_me(app: &App, visitor: &Visitor) -> Result<()> {
    let now = app.clock.now();
    let account = store::collaborator::by_id(&app.db, visitor.id).await?.ok_or_else(Error::not_found)?;
    let mut tx = app.db.platform().await?;
    store::collaborator::forget_password(&mut tx, account.id).await?;
    let ended = store::session::revoke_others(&mut tx, account.id, None, now).await?;
    store::device::end_all_but(&mut tx, account.id, 0, now).await?;
    store::member::end_half_sign_ins(&mut tx, account.id, now).await?;
    let devices = store::factor::end_since(&mut tx, account.id, now, now).await?;
    store::token::end_all(&mut tx, Some(account.id), Purpose::ChangeEmail, now).await?;
    mail_the_way_back(&mut tx, app, &account, visitor, now).await?;
    let event = Event::new(Actor::of(visitor), "account.disowned", account.id)
        .values(None, Some(Values::new().plain("sessions_ended", ended).plain("devices", devices)));
    record::everywhere(&mut tx, app, Some(account.id), event).await?;
    tx.commit().await?;
    Ok(())
}

async fn mail_the_way_back(tx: &mut Tx, app: &App, account: &Account, visitor: &Visitor, now: Timestamp) -> Result<()> {
    let token = Token::random();
    store::token::end_all(tx, Some(account.id), Purpose::ResetPassword, now).await?;
    let first = store::token::first_revert(tx, account.id, now).await?;
    let changed = first.and_then(|first| first.new_email.map(|before| (before, first.since)));
    let (purpose, issued_at, life) = match &changed {
        Some((_, asked_at)) => (Purpose::RevertEmail, *asked_at, REVERT_LIFE),
        None => (Purpose::ResetPassword, now, TimeDelta::minutes(60)),
    };
    let row = New {
        hash: token.hash(),
        purpose,
        who: Some(account.id),
        email: Some(&account.email_canonical),
        new_email: changed.as_ref().map(|(before, _)| before.as_str()),
        now: issued_at,
        expires_at: now + life,
    };
    store::token::add(tx, row).await?;
    match &changed {
        Some((before, _)) => notify::disowned_elsewhere(tx, app, account, before, &token, visitor.address, now).await,
        None => notify::disowned(tx, app, account, &token, visitor.address, now).await,
    }
}
