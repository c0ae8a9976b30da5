//! Baselines on the same machine in the same run: pgbench with a decision's writes, and `SELECT 1`.

use std::process::Command;
use std::time::Instant;

use hdrhistogram::Histogram;
use sqlx::postgres::PgPoolOptions;

use crate::stage::Stage;

/// Transactions a second that insert what a decision inserts, without any reading, locking or deciding.
pub async fn pgbench(stage: &Stage, clients: usize, seconds: u32) -> f64 {
    let script = std::env::temp_dir().join(format!("gatehouse-writes-{}.sql", std::process::id()));
    std::fs::write(&script, include_str!("writes.sql").replace("$FINDINGS", &stage.newest_findings().await)).unwrap();
    let (url, seconds, clients) = (stage.database_url.clone(), seconds.to_string(), clients.to_string());
    let output = tokio::task::spawn_blocking({
        let script = script.clone();
        move || {
            Command::new("pgbench")
                .args(["-n", "-M", "prepared", "-j", "2", "-c", &clients, "-T", &seconds, "-f"])
                .arg(&script)
                .arg(&url)
                .output()
        }
    })
    .await
    .unwrap()
    .expect("pgbench: install Debian's package postgresql-contrib, or put it on the PATH");
    let _ = std::fs::remove_file(script);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text
        .lines()
        .find(|l| l.starts_with("tps"))
        .unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
    line.split_whitespace().nth(2).unwrap().parse().unwrap()
}

pub async fn select_one(stage: &Stage, times: u32) -> Histogram<u64> {
    let pool = PgPoolOptions::new().max_connections(1).connect(&stage.database_url).await.unwrap();
    let mut histogram = Histogram::new(3).unwrap();
    for _ in 0..times {
        let began = Instant::now();
        sqlx::query("select 1").execute(&pool).await.unwrap();
        histogram.record(began.elapsed().as_micros() as u64).unwrap();
    }
    pool.close().await;
    histogram
}
