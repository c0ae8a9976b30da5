//! Sending a code: a turn is taken before anything leaves, and the code before it dies.

use crate::access::code::{Code, LIFE, Turn};
use crate::access::service::codes::{CodePurpose, Send, Sent, To, counted_under, said};
use crate::access::service::notify;
use crate::access::service::record::{self, Event};
use crate::access::store;
use crate::audit::Values;
use crate::error::{Result, sentence};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::CodeId;
use crate::kernel::secret::Purpose;
use crate::platform::db::Tx;
use crate::platform::sms::{self, NumberIs, Text};
use crate::platform::state::App;

/// Sends a code; the one before it for the same person and purpose is dead.
pub async fn send(app: &App, send: Send) -> Result<Sent> {
    let now = app.clock.now();
    let destination = send.to.address().to_owned();
    let key = counted_under(app, &destination);
    let mut tx = app.db.platform().await?;
    let budget = store::code::lock_guesses(&mut tx, send.who).await?;
    if let Some(until) = budget.closed_until(now) {
        return Ok(Sent::Closed { until });
    }
    let sends = match store::code::lock_sends(&mut tx, send.who, &key).await?.take(now) {
        Turn::Go(sends) => sends,
        Turn::Wait(until) => return Ok(Sent::Wait { until }),
    };
    store::code::save_sends(&mut tx, send.who, &key, &sends).await?;
    let code = Code::random();
    let said = said(send.purpose, send.flow, &destination, &code);
    let new = store::code::New {
        id: CodeId::new(now),
        who: send.who,
        flow: send.flow,
        purpose: send.purpose,
        factor: send.factor,
        destination: &destination,
        code_mac: app.keys.digest(Purpose::OneTimeCode, said.as_bytes()),
        now,
        expires_at: now + LIFE,
    };
    store::code::insert(&mut tx, new).await?;
    if let Err(words) = hand_over(&mut tx, app, &send, &code, now).await? {
        return Ok(Sent::Refused(words));
    }
    let new = Values::new()
        .plain("for", send.purpose.as_str())
        .plain("device", send.to.device())
        .personal("to", send.to.masked());
    let event = Event::new(send.by, "code.sent", send.who).values(None, Some(new));
    record::everywhere(&mut tx, app, Some(send.who), event).await?;
    tx.commit().await?;
    Ok(Sent::Sent { resends_left: sends.resends_left(now), next_at: sends.next_at(now).unwrap_or(now) })
}

/// Queues the text or the mail; in words, why it cannot go there.
async fn hand_over(
    tx: &mut Tx,
    app: &App,
    send: &Send,
    code: &Code,
    now: Timestamp,
) -> Result<std::result::Result<(), String>> {
    match &send.to {
        To::Mail(account) => {
            notify::code(tx, app, account, code, send.by.address(), now).await?;
            Ok(Ok(()))
        }
        To::Phone(number) => {
            let (who, purpose) = (send.who, send.purpose.as_str());
            let number_is = match send.purpose {
                CodePurpose::SignIn | CodePurpose::StepUp => NumberIs::Device,
                CodePurpose::EnrolPhone | CodePurpose::EnrolMail => NumberIs::New,
            };
            let text = Text { site: None, who, number, purpose, number_is, code: code.reveal() };
            Ok(sms::queue(tx, app, text).await?.map(|_| ()).map_err(|refusal| sentence(&refusal)))
        }
    }
}
