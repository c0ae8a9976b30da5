//! Rows of `address_failure` and `address_block`.

use ipnet::IpNet;

use crate::access::address_limit::{Failures, WINDOW};
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::platform::db::{Db, Tx};

/// Until when the network is refused, if it is.
pub async fn blocked_until(db: &Db, network: IpNet, now: Timestamp) -> Result<Option<Timestamp>> {
    let until = sqlx::query_scalar!(
        "select until
         from address_block
         where network = $1
           and until > $2",
        network,
        now,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(until)
}

/// Notes a failure and counts those of the window, this one included. Older ones of the network are dropped.
pub async fn fail(tx: &mut Tx, network: IpNet, account: &[u8], now: Timestamp) -> Result<Failures> {
    sqlx::query!(
        "delete from address_failure
         where network = $1
           and at <= $2",
        network,
        now - WINDOW,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into address_failure (network, at, account)
         values ($1, $2, $3)",
        network,
        now,
        account,
    )
    .execute(&mut **tx)
    .await?;
    let failures = sqlx::query_as!(
        Failures,
        r#"select count(*) as "total!", count(distinct account) as "accounts!"
           from address_failure
           where network = $1
             and at > $2"#,
        network,
        now - WINDOW,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(failures)
}

/// Refuses the network until then; never shortens.
pub async fn block(tx: &mut Tx, network: IpNet, until: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into address_block (network, until)
         values ($1, $2)
         on conflict (network) do update
         set until = greatest(address_block.until, excluded.until)",
        network,
        until,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
