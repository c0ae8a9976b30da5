//! Rows of `network_tally`, and the one of `stranger_tally`.

use ipnet::IpNet;

use crate::access::address_limit::Tally;
use crate::access::ask_limit::Asks;
use crate::access::stranger_limit::Strangers;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::platform::db::{Db, Tx};

/// Makes sure that the network has its row.
async fn know(tx: &mut Tx, network: IpNet, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into network_tally (network, touched_at)
         values ($1, $2)
         on conflict (network) do nothing",
        network,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// When strangers of the network were set challenges, locked until the transaction ends. Of several networks lock the
/// widest first.
pub async fn lock_challenges(tx: &mut Tx, network: IpNet, now: Timestamp) -> Result<Vec<Timestamp>> {
    know(tx, network, now).await?;
    let set = sqlx::query_scalar!(
        "select challenges
         from network_tally
         where network = $1
         for update",
        network,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(set)
}

pub async fn save_challenges(tx: &mut Tx, network: IpNet, set: &[Timestamp], now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update network_tally
         set challenges = $2,
             touched_at = $3
         where network = $1",
        network,
        set,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The network's tally, locked until the transaction ends. Of several networks lock the widest first.
pub async fn lock(tx: &mut Tx, network: IpNet, now: Timestamp) -> Result<Tally> {
    know(tx, network, now).await?;
    let tally = sqlx::query_as!(
        Tally,
        "select slots, accounts, turned_away, refused_until
         from network_tally
         where network = $1
         for update",
        network,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(tally)
}

pub async fn save(tx: &mut Tx, network: IpNet, tally: &Tally, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update network_tally
         set slots = $2,
             accounts = $3,
             turned_away = $4,
             refused_until = $5,
             touched_at = $6
         where network = $1",
        network,
        &tally.slots,
        &tally.accounts,
        &tally.turned_away,
        tally.refused_until,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What strangers of the network asked for; its row is locked and there.
pub async fn asks(tx: &mut Tx, network: IpNet) -> Result<Asks> {
    let asks = sqlx::query_as!(
        Asks,
        "select asks, asked
         from network_tally
         where network = $1",
        network,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(asks)
}

pub async fn save_asks(tx: &mut Tx, network: IpNet, asks: &Asks, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update network_tally
         set asks = $2,
             asked = $3,
             touched_at = $4
         where network = $1",
        network,
        &asks.asks,
        &asks.asked,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What strangers tried anywhere.
pub async fn strangers(db: &Db) -> Result<Strangers> {
    let strangers = sqlx::query_as!(Strangers, "select slots, accounts, audited_at, mailed_at from stranger_tally")
        .fetch_optional(db.pool())
        .await?;
    Ok(strangers.unwrap_or_default())
}

/// What strangers tried anywhere, locked until the transaction ends. Lock it after the networks: everybody waits for it.
pub async fn lock_strangers(tx: &mut Tx) -> Result<Strangers> {
    loop {
        let strangers = sqlx::query_as!(
            Strangers,
            "select slots, accounts, audited_at, mailed_at
             from stranger_tally
             for update",
        )
        .fetch_optional(&mut **tx)
        .await?;
        if let Some(strangers) = strangers {
            return Ok(strangers);
        }
        sqlx::query!("insert into stranger_tally default values on conflict do nothing").execute(&mut **tx).await?;
    }
}

pub async fn save_strangers(tx: &mut Tx, strangers: &Strangers) -> Result<()> {
    sqlx::query!(
        "update stranger_tally
         set slots = $1,
             accounts = $2,
             audited_at = $3,
             mailed_at = $4",
        &strangers.slots,
        &strangers.accounts,
        strangers.audited_at,
        strangers.mailed_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
