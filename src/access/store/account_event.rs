//! Rows of `account_event`.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, new_uuid};
use crate::platform::db::{Db, Tx};

/// Something that happened to an account.
#[derive(Debug, Clone)]
pub struct AccountEvent {
    /// As in the audit log.
    pub action: String,
    /// When.
    pub at: Timestamp,
    /// Where from, if it was the person or a stranger.
    pub address: Option<IpNet>,
    /// The browser's own words.
    pub user_agent: String,
}

pub async fn insert(
    tx: &mut Tx,
    who: CollaboratorId,
    action: &str,
    address: Option<IpAddr>,
    user_agent: &str,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "insert into account_event (collaborator_id, id, action, at, address, user_agent)
         values ($1, $2, $3, $4, $5, $6)",
        who.0,
        new_uuid(now),
        action,
        now,
        address.map(IpNet::from),
        user_agent,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How often this happened to the person after `since`.
pub async fn times(tx: &mut Tx, who: CollaboratorId, action: &str, since: Timestamp) -> Result<i64> {
    let times = sqlx::query_scalar!(
        r#"select count(*) as "times!"
           from account_event
           where collaborator_id = $1
             and action = $2
             and at > $3"#,
        who.0,
        action,
        since,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(times)
}

/// Of those to whom this happened `most` times or more after `since`: when the first of the newest `most` times was.
pub async fn oldest_of(
    tx: &mut Tx,
    whom: &[CollaboratorId],
    action: &str,
    since: Timestamp,
    most: i64,
) -> Result<Vec<(CollaboratorId, Timestamp)>> {
    let whom: Vec<uuid::Uuid> = whom.iter().map(|who| who.0).collect();
    let found = sqlx::query!(
        r#"select collaborator_id as "who: CollaboratorId", at
           from (select collaborator_id, at, row_number() over (partition by collaborator_id order by at desc) as place
                 from account_event
                 where collaborator_id = any($1)
                   and action = $2
                   and at > $3) newest
           where place = $4"#,
        &whom,
        action,
        since,
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found.into_iter().map(|row| (row.who, row.at)).collect())
}

/// The person's newest, newest first.
pub async fn newest(db: &Db, who: CollaboratorId, most: i64) -> Result<Vec<AccountEvent>> {
    let events = sqlx::query_as!(
        AccountEvent,
        "select action, at, address, user_agent
         from account_event
         where collaborator_id = $1
         order by id desc
         limit $2",
        who.0,
        most,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(events)
}
