//! The jobs: handing a text over, and reading back what became of it.

use chrono::TimeDelta;

use crate::error::Error;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::MessageId;
use crate::kernel::secret::Purpose;
use crate::platform::jobs::{self, Failure, Job};
use crate::platform::sms::store::{self, Change, Row};
use crate::platform::sms::twilio::Known;
use crate::platform::sms::{Provider, Status};
use crate::platform::state::App;

/// When delivery is read back after the hand-over, in seconds after the look before.
const LOOKS: [i64; 5] = [3, 7, 20, 90, 600];

/// Hands a text over, unless it is too late for it.
pub async fn deliver(
    app: &App,
    message: MessageId,
    sender: Option<&str>,
    sealed: &str,
    expires_at: Timestamp,
) -> Result<(), Failure> {
    let Some(row) = store::one(&app.db, message).await?.filter(|row| row.status == Status::Queued) else {
        return Ok(());
    };
    let done = try_to_deliver(app, &row, sender, sealed, expires_at).await;
    if let Err(failure) = &done {
        let status = if matches!(failure, Failure::Final(_)) { Status::Failed } else { Status::Queued };
        store::change(
            &app.db,
            message,
            Change { status, provider: None, error: Some(failure.text()) },
            app.clock.now(),
        )
        .await?;
    }
    done
}

async fn try_to_deliver(
    app: &App,
    row: &Row,
    sender: Option<&str>,
    sealed: &str,
    expires_at: Timestamp,
) -> Result<(), Failure> {
    let now = app.clock.now();
    if now >= expires_at {
        return Err(Failure::Final("it could not leave before its code ran out; send another".into()));
    }
    let place = row.id.to_string();
    let sealed = hex::decode(sealed).map_err(|_| Failure::Final("the text cannot be read".into()))?;
    let body = app
        .keys
        .open(Purpose::TextBody, place.as_bytes(), &sealed)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| Failure::Final("the text cannot be read; the root key was changed".into()))?;
    if app.demo {
        store::put(&app.db, row, &body, now).await?;
    }
    let Some(provider) = &app.config.sms else {
        return match app.demo {
            true => note(app, row, &Known { id: "demo".into(), status: Status::Delivered, error: None }, 0).await,
            false => Err(Failure::Passing("GATEHOUSE_SMS_URL is not set, so no text can leave".into())),
        };
    };
    let known = provider.send(&row.number, sender, &body).await?;
    note(app, row, &known, 0).await
}

/// Reads back what became of a text, and looks again later while it is still under way.
pub async fn look(app: &App, message: MessageId, turn: usize) -> Result<(), Failure> {
    let Some(row) = store::one(&app.db, message).await?.filter(|row| row.status == Status::Sent) else {
        return Ok(());
    };
    let (Some(provider), Some(id)) = (&app.config.sms, &row.provider_id) else { return Ok(()) };
    let known = read_back(provider, id).await?;
    note(app, &row, &known, turn + 1).await
}

async fn read_back(provider: &Provider, id: &str) -> Result<Known, Failure> {
    provider.look(id).await
}

/// Writes down where the text stands and orders the next look, in one transaction.
async fn note(app: &App, row: &Row, known: &Known, turn: usize) -> Result<(), Failure> {
    let now = app.clock.now();
    let change = Change { status: known.status, provider: Some(&known.id), error: known.error.as_deref() };
    let mut tx = app.db.platform().await?;
    store::change_in(&mut tx, row.id, change, now).await?;
    if known.status == Status::Sent
        && let Some(wait) = LOOKS.get(turn)
    {
        let job = Job::SmsLook { message: row.id, turn };
        jobs::push_at(&mut tx, app, job, now + TimeDelta::seconds(*wait)).await?;
    }
    tx.commit().await.map_err(Error::from)?;
    metrics::counter!("gatehouse_texts_total", "status" => known.status.as_str()).increment(1);
    Ok(())
}
