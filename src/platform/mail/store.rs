//! Rows of `outbox` as the mailer writes them.

use uuid::Uuid;

use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::platform::db::Db;
use crate::platform::mail::Mail;

/// A mail of the demo. The job's id makes a repetition harmless.
pub async fn put(db: &Db, id: Uuid, mail: &Mail, at: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into outbox (id, at, kind, recipient, subject, body, html)
         values ($1, $2, 'mail', $3, $4, $5, $6)
         on conflict (id) do nothing",
        id,
        at,
        mail.to,
        mail.subject,
        mail.text,
        mail.html,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}
