//! Rows 1, 2 and 4: decisions a second, their latency, and the hot key, with limits asserted inside the load.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use crate::baseline;
use crate::stage::{Server, Stage};
use crate::wire::Wire;

const CLIENTS: usize = 16;

pub fn print_latency(name: &str, micros: &Histogram<u64>) {
    let at = |q: f64| micros.value_at_quantile(q) as f64 / 1_000.0;
    println!(
        "  {name}: p50 {:.2} ms, p95 {:.2}, p99 {:.2}, p99.9 {:.2}, max {:.2} ({} samples)",
        at(0.5),
        at(0.95),
        at(0.99),
        at(0.999),
        micros.max() as f64 / 1_000.0,
        micros.len()
    );
}

/// 200 parallel attempts at one card with limit 3: exactly 3 admitted.
pub async fn hot_key(stage: &Stage) {
    println!("\nRow 4, hot key: 200 parallel attempts at one card, limit 3");
    for run in 1..=3 {
        let (admitted, histogram, errors) = storm(&[stage.server.addr], stage, 200, &format!("fp_hot_{run}")).await;
        print_latency(&format!("run {run}: {admitted} admitted, {errors} errors"), &histogram);
        assert_eq!((admitted, errors), (3, 0), "a limit that is not exact is not a limit");
    }
}

/// 1,000 simultaneous attempts from two processes at one card: exactly 3, every time.
pub async fn thousand_from_two_processes(stage: &Stage, runs: usize) {
    println!("\nExactness: 1,000 simultaneous attempts at one card from two processes, limit 3");
    let second = Server::start(&stage.program_url, &stage.secret).await;
    for run in 1..=runs {
        let (admitted, _, errors) =
            storm(&[stage.server.addr, second.addr], stage, 1_000, &format!("fp_thousand_{run}")).await;
        assert_eq!((admitted, errors), (3, 0), "run {run}");
    }
    println!("  {runs} runs: exactly 3 admitted in each, no error");
}

/// Fires all at once, each on its own connection, each with another e-mail and address.
async fn storm(
    addrs: &[std::net::SocketAddr],
    stage: &Stage,
    attempts: usize,
    card: &str,
) -> (usize, Histogram<u64>, usize) {
    let gate = Arc::new(tokio::sync::Barrier::new(attempts));
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..attempts {
        let (gate, key, addr) = (gate.clone(), stage.key.clone(), addrs[n % addrs.len()]);
        let body = stage.payment(
            card,
            &format!("{card}-{n}@example.com"),
            &format!("198.18.{}.{}", n / 250, n % 250 + 1),
            1_000,
        );
        tasks.spawn(async move {
            let mut wire = Wire::open(addr).await;
            gate.wait().await;
            let began = Instant::now();
            let reply = wire.post_json("/v1/decisions", &key, &body).await;
            let took = began.elapsed().as_micros() as u64;
            (
                reply.status,
                if reply.status == 200 {
                    reply.json()["outcome"].as_str().unwrap_or_default().to_owned()
                } else {
                    String::new()
                },
                took,
            )
        });
    }
    let (mut admitted, mut errors, mut histogram) = (0, 0, Histogram::new(3).unwrap());
    while let Some(done) = tasks.join_next().await {
        let (status, outcome, took) = done.unwrap();
        histogram.record(took).unwrap();
        admitted += usize::from(outcome == "approve");
        errors += usize::from(status != 200);
    }
    (admitted, histogram, errors)
}

/// Zipf-like: the square of a uniform draw prefers small numbers.
fn person(rng: &mut SmallRng) -> u64 {
    let draw: f64 = rng.random();
    (draw * draw * draw * 400_000.0) as u64
}

/// Capacity with 16 clients, then latency at half of it in an open loop.
pub async fn throughput_and_latency(stage: &Stage) {
    println!("\nRow 1, decisions a second over HTTP ({CLIENTS} connections, {} attempts of history)", stage.history);
    let mut rates = Vec::new();
    for run in 1..=3 {
        let rate = closed_loop(stage, Duration::from_secs(8)).await;
        let base = baseline::pgbench(stage, CLIENTS, 8).await;
        println!(
            "  run {run}: {rate:.0} decisions a second; the same writes by pgbench {base:.0}; ratio {:.2}",
            rate / base
        );
        rates.push(rate);
    }
    rates.sort_by(f64::total_cmp);
    println!("  resident memory under load: {:.0} MiB", stage.server.memory());
    let half = rates[1] / 2.0;
    println!("\nRow 2, latency at {half:.0} decisions a second (open loop, measured from the planned instant)");
    for run in 1..=3 {
        print_latency(&format!("run {run}"), &open_loop(stage, half, Duration::from_secs(8)).await);
        print_latency("  SELECT 1 over one pool", &baseline::select_one(stage, 2_000).await);
    }
}

async fn closed_loop(stage: &Stage, time: Duration) -> f64 {
    static SEED: AtomicU64 = AtomicU64::new(1);
    let done = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    let warm_until = Instant::now() + Duration::from_secs(1);
    let until = warm_until + time;
    for _ in 0..CLIENTS {
        let (done, key, addr) = (done.clone(), stage.key.clone(), stage.server.addr);
        let mut rng = SmallRng::seed_from_u64(SEED.fetch_add(1, Ordering::Relaxed));
        let bodies: Vec<String> = (0..6_000)
            .map(|_| {
                let p = person(&mut rng);
                stage.payment(
                    &format!("fp_{p}"),
                    &format!("p{p}@example.com"),
                    &format!("198.{}.{}.{}", 18 + (p >> 16) % 2, (p >> 8) % 256, p % 254 + 1),
                    1_000,
                )
            })
            .collect();
        tasks.spawn(async move {
            let mut wire = Wire::open(addr).await;
            for body in bodies.iter().cycle() {
                if Instant::now() >= until {
                    break;
                }
                let reply = wire.post_json("/v1/decisions", &key, body).await;
                assert!(matches!(reply.status, 200 | 429), "{} {}", reply.status, String::from_utf8_lossy(&reply.body));
                if reply.status == 200 && Instant::now() >= warm_until {
                    done.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    tasks.join_all().await;
    done.load(Ordering::Relaxed) as f64 / time.as_secs_f64()
}

async fn open_loop(stage: &Stage, rate: f64, time: Duration) -> Histogram<u64> {
    let gap = Duration::from_secs_f64(1.0 / rate);
    let total = (rate * time.as_secs_f64()) as u32;
    let began = Instant::now() + Duration::from_millis(50);
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for client in 0..CLIENTS * 4 {
        let (next, key, addr) = (next.clone(), stage.key.clone(), stage.server.addr);
        let mut rng = SmallRng::seed_from_u64(client as u64 + 77_000);
        let template = stage.payment("CARD", "MAIL", "ADDR", 1_000);
        tasks.spawn(async move {
            let mut wire = Wire::open(addr).await;
            let mut histogram = Histogram::<u64>::new(3).unwrap();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed) as u32;
                if n >= total {
                    return histogram;
                }
                let planned = began + gap * n;
                tokio::time::sleep_until(planned.into()).await;
                let p = person(&mut rng);
                let body = template
                    .replace("CARD", &format!("fp_{p}"))
                    .replace("MAIL", &format!("p{p}@example.com"))
                    .replace("ADDR", &format!("198.18.{}.{}", (p >> 8) % 256, p % 254 + 1));
                let reply = wire.post_json("/v1/decisions", &key, &body).await;
                assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
                if planned.duration_since(began) > time / 8 {
                    histogram.record(planned.elapsed().as_micros() as u64).unwrap();
                }
            }
        });
    }
    let mut all = Histogram::new(3).unwrap();
    for histogram in tasks.join_all().await {
        all.add(histogram).unwrap();
    }
    all
}
