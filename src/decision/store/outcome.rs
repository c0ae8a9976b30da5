//! Rows of `outcome`.

use sqlx::PgExecutor;

use crate::decision::service::outcome::Told;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{DecisionId, SiteId};

/// What the database made of an outcome.
pub struct Recorded {
    /// Our own outcome; `None` if there is no such decision.
    pub ours: Option<String>,
    /// The outcome that stands; `None` if none does.
    pub stands: Option<String>,
    pub stood_at: Option<Timestamp>,
    pub late: Option<bool>,
    /// Whether it was this one that was written.
    pub recorded: bool,
}

pub async fn record<'e>(
    db: impl PgExecutor<'e>,
    site: SiteId,
    id: DecisionId,
    told: &Told,
    now: Timestamp,
) -> Result<Recorded> {
    let row = sqlx::query_as!(
        Recorded,
        r#"select ours, stands, stood_at, late, recorded as "recorded!"
           from record_outcome($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"#,
        site.0,
        id.0,
        now,
        told.outcome.as_str(),
        told.code,
        told.message,
        told.cvc_check,
        told.avs_check,
        told.email_check,
        told.three_ds,
    )
    .fetch_one(db)
    .await?;
    Ok(row)
}
