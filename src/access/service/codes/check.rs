//! Checking a code: a slot of the person's guesses is taken and committed before the comparison, and given back when it
//! was right.

use chrono::TimeDelta;

use crate::access::code::{Budget, Code, GUESSES, GUESSES_A_STEP};
use crate::access::service::codes::{Check, CheckTotp, Checked, counted_under, said};
use crate::access::service::notify;
use crate::access::service::record::{self, Event};
use crate::access::store;
use crate::access::totp::{self, Secret};
use crate::audit::{Actor, Values};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CodeId, CollaboratorId};
use crate::kernel::ip::ClientAddress;
use crate::kernel::secret::{NotSealed, Purpose};
use crate::platform::db::Tx;
use crate::platform::state::App;

/// Compares a code that was sent, counted, and uses it up when it is right.
pub async fn check(app: &App, check: Check<'_>) -> Result<Checked> {
    let Ok(typed) = check.code.parse::<Code>() else { return Ok(Checked::Malformed) };
    let now = app.clock.now();
    let mut tx = app.db.platform().await?;
    let budget = store::code::lock_guesses(&mut tx, check.who).await?;
    let Some(taken) = budget.clone().take(now) else { return Ok(closed(&budget, now)) };
    let Some(live) = store::code::guess(&mut tx, check.who, check.flow, check.purpose, now).await? else {
        return Ok(Checked::Expired);
    };
    store::code::save_guesses(&mut tx, check.who, &taken).await?;
    tx.commit().await?;

    let said = said(check.purpose, check.flow, &live.destination, &typed);
    if !app.keys.verifies(Purpose::OneTimeCode, said.as_bytes(), &live.code_mac) {
        let left = u8::try_from(GUESSES - live.guesses).unwrap_or(0);
        let dead = (left == 0).then_some(live.id);
        let who =
            Guesser { who: check.who, what: check.purpose.as_str(), from: check.from, user_agent: check.user_agent };
        wrong(app, who, dead, now).await?;
        return Ok(Checked::Wrong { left });
    }
    let mut tx = app.db.platform().await?;
    give_back(&mut tx, check.who, now).await?;
    let used = store::code::end(&mut tx, live.id, now).await?;
    if used {
        let key = counted_under(app, &live.destination);
        let sends = store::code::lock_sends(&mut tx, check.who, &key).await?.after_success(now);
        store::code::save_sends(&mut tx, check.who, &key, &sends).await?;
    }
    tx.commit().await?;
    Ok(if used { Checked::Right { factor: live.factor, destination: live.destination } } else { Checked::Expired })
}

/// Compares a code of an authenticator, counted, and spends its step when it is right.
pub async fn check_totp(app: &App, check: CheckTotp<'_>) -> Result<Checked> {
    let Ok(typed) = check.code.parse::<Code>() else { return Ok(Checked::Malformed) };
    let now = app.clock.now();
    let Some(kept) = store::factor::authenticator(&app.db, check.who, check.factor).await? else {
        return Ok(Checked::Expired);
    };
    let place = check.factor.to_string();
    let secret =
        app.keys.open(Purpose::FactorSecret, place.as_bytes(), &kept.secret_sealed).map_err(Error::internal)?;
    let secret = Secret::from_bytes(&secret).ok_or_else(|| Error::internal(NotSealed))?;
    let mut tx = app.db.platform().await?;
    let budget = store::code::lock_guesses(&mut tx, check.who).await?;
    let Some(taken) = budget.clone().take(now) else { return Ok(closed(&budget, now)) };
    let this_step = totp::began(now);
    let Some(left) = GUESSES_A_STEP.checked_sub(taken.since(this_step)) else {
        return Ok(Checked::Closed { until: this_step + TimeDelta::seconds(totp::STEP_S) });
    };
    store::code::save_guesses(&mut tx, check.who, &taken).await?;
    tx.commit().await?;

    if let Some(step) = secret.matching(&typed, now, kept.step) {
        let mut tx = app.db.platform().await?;
        give_back(&mut tx, check.who, now).await?;
        let spent = store::factor::spend_step(&mut tx, check.factor, step).await?;
        tx.commit().await?;
        let right = Checked::Right { factor: Some(check.factor), destination: String::new() };
        return Ok(if spent { right } else { Checked::Expired });
    }
    let who = Guesser { who: check.who, what: "totp", from: check.from, user_agent: check.user_agent };
    wrong(app, who, None, now).await?;
    Ok(Checked::Wrong { left: u8::try_from(left).unwrap_or(0) })
}

/// Who guessed wrong.
struct Guesser<'a> {
    who: CollaboratorId,
    what: &'static str,
    from: ClientAddress,
    user_agent: &'a str,
}

/// Records a wrong guess: the code that died of it, and what an empty budget leads to.
async fn wrong(app: &App, guesser: Guesser<'_>, dead: Option<CodeId>, now: Timestamp) -> Result<()> {
    let who = guesser.who;
    let account = store::collaborator::by_id(&app.db, who).await?.ok_or_else(Error::not_found)?;
    let actor = || Actor::Stranger {
        email: Some(account.email_canonical.clone()),
        address: guesser.from,
        user_agent: guesser.user_agent.to_owned(),
    };
    let mut tx = app.db.platform().await?;
    let budget = store::code::lock_guesses(&mut tx, who).await?;
    if let Some(code) = dead {
        store::code::end(&mut tx, code, now).await?;
    }
    let closed = match budget.closed_until(now) {
        Some(until) if store::code::may_mail_closed(&mut tx, who, now).await? => {
            notify::second_step_closed(&mut tx, app, &account, guesser.from, until).await?;
            Some(until)
        }
        _ => None,
    };
    let failed =
        Event::new(actor(), "second_step.failed", who).values(None, Some(Values::new().plain("what", guesser.what)));
    record::everywhere(&mut tx, app, Some(who), failed).await?;
    if let Some(until) = closed {
        let event =
            Event::new(actor(), "second_step.closed", who).values(None, Some(Values::new().plain("until", until)));
        record::everywhere(&mut tx, app, Some(who), event).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The guess was right: its slot is free again.
async fn give_back(tx: &mut Tx, who: CollaboratorId, taken: Timestamp) -> Result<()> {
    let budget = store::code::lock_guesses(tx, who).await?.give_back(taken);
    store::code::save_guesses(tx, who, &budget).await
}

fn closed(budget: &Budget, now: Timestamp) -> Checked {
    Checked::Closed { until: budget.closed_until(now).unwrap_or(now) }
}
