//! Prometheus metrics at `/metrics` on an address of their own, so that no public route shows them.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::routing::get;
use http::header;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::platform::jobs;
use crate::platform::state::App;

/// Buckets of every histogram of times, in seconds.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Buckets of how many attempts were decided together.
const TOGETHER: [f64; 6] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];

/// How often the gauges are measured.
const MEASURE: Duration = Duration::from_secs(10);

/// Collects from now on and answers Prometheus at `addr` until told to stop.
pub async fn serve(addr: SocketAddr, stop: CancellationToken) -> anyhow::Result<()> {
    let handle = PrometheusBuilder::new()
        .set_buckets(&SECONDS)?
        .set_buckets_for_metric(Matcher::Full("gatehouse_decision_batch_size".to_owned()), &TOGETHER)?
        .install_recorder()
        .context("metrics are collected already")?;
    describe();
    let listener =
        TcpListener::bind(addr).await.with_context(|| format!("GATEHOUSE_METRICS_ADDR: cannot listen on {addr}"))?;
    info!("metrics at http://{}/metrics", listener.local_addr()?);
    let router = router(handle);
    tokio::spawn(async move {
        let ended = axum::serve(listener, router).with_graceful_shutdown(async move { stop.cancelled().await }).await;
        if let Err(error) = ended {
            warn!("the metrics listener ended: {error}");
        }
    });
    Ok(())
}

fn router(handle: PrometheusHandle) -> Router {
    Router::new().route(
        "/metrics",
        get(move || {
            let handle = handle.clone();
            async move {
                handle.run_upkeep();
                ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render())
            }
        }),
    )
}

fn describe() {
    metrics::describe_counter!("gatehouse_http_requests_total", "Requests answered, by status.");
    metrics::describe_histogram!(
        "gatehouse_http_request_seconds",
        metrics::Unit::Seconds,
        "Time to the answer's head."
    );
    metrics::describe_counter!(
        "gatehouse_decisions_total",
        "Decisions recorded, by outcome and the check that settled it."
    );
    metrics::describe_histogram!(
        "gatehouse_decision_seconds",
        metrics::Unit::Seconds,
        "Time to just before the commit."
    );
    metrics::describe_histogram!("gatehouse_decision_batch_size", "Attempts that were decided together.");
    metrics::describe_counter!(
        "gatehouse_access_events_total",
        "What happened at the console's doors, by the audit log's names: sign_in.succeeded, sign_in.failed, account.locked, network.refused and so on."
    );
    metrics::describe_gauge!("gatehouse_hash_queue", "Passwords being compared or waiting for it.");
    metrics::describe_counter!("gatehouse_hash_queue_full_total", "Passwords turned away because the queue was full.");
    metrics::describe_counter!("gatehouse_connections_refused_total", "Connections refused by the limits on them.");
    metrics::describe_counter!("gatehouse_jobs_total", "Jobs worked on, by kind and result.");
    metrics::describe_gauge!("gatehouse_jobs", "Jobs in the queue, by where they stand.");
    metrics::describe_counter!("gatehouse_password_hashes_total", "Passwords hashed, to compare or to keep.");
    metrics::describe_counter!("gatehouse_texts_total", "Texts that left, by the status the provider gave them.");
    metrics::describe_counter!("gatehouse_texts_refused_total", "Texts that were not sent, by what held them back.");
    metrics::describe_counter!(
        "gatehouse_refusals_total",
        "Refusals of which only some are in the audit log, by what."
    );
    metrics::describe_gauge!("gatehouse_db_connections", "Connections to Postgres, by use.");
    metrics::describe_gauge!("gatehouse_memory_bytes", metrics::Unit::Bytes, "Resident memory of the process.");
}

/// Measures the gauges until told to stop.
pub async fn measure(app: App, stop: CancellationToken) {
    let mut tick = tokio::time::interval(MEASURE);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        let (size, idle) = (app.db.pool().size(), u32::try_from(app.db.pool().num_idle()).unwrap_or(u32::MAX));
        metrics::gauge!("gatehouse_db_connections", "state" => "idle").set(f64::from(idle));
        metrics::gauge!("gatehouse_db_connections", "state" => "used").set(f64::from(size.saturating_sub(idle)));
        if let Some(bytes) = resident_memory() {
            metrics::gauge!("gatehouse_memory_bytes").set(bytes as f64);
        }
        match jobs::census_of_all(&app).await {
            Ok(census) => {
                for (state, count) in [("waiting", census.waiting), ("due", census.due), ("dead", census.dead)] {
                    metrics::gauge!("gatehouse_jobs", "state" => state).set(count as f64);
                }
            }
            Err(error) => warn!("cannot count jobs: {error}"),
        }
    }
}

/// Resident memory of the process in bytes, where the system tells it.
pub fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1_024)
}
