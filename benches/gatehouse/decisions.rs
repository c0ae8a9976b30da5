//! Rows 1, 2 and 4: decisions a second, their latency, and the hot key, with limits asserted inside the load.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use rand_distr::{Distribution as _, Zipf};

use crate::baseline;
use crate::stage::{PAYMENTS, SPENT, Server, Stage};
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

/// One attempt of a storm.
struct Shot {
    card: String,
    email: String,
    ip: String,
    amount: i64,
}

impl Shot {
    /// At one card, with an e-mail and an address of its own.
    fn at(card: &str, n: usize, amount: i64) -> Self {
        Self {
            card: card.to_owned(),
            email: format!("{card}-{n}@example.com"),
            ip: format!("198.18.{}.{}", n / 250, n % 250 + 1),
            amount,
        }
    }
}

/// 200 parallel attempts at one card with limit 3: exactly 3 admitted.
pub async fn hot_key(stage: &Stage) {
    println!("\nRow 4, hot key: 200 parallel attempts at one card, limit {PAYMENTS}");
    for run in 1..=3 {
        let card = format!("fp_hot_{run}");
        let shots = (0..200).map(|n| Shot::at(&card, n, 1_000)).collect();
        let (outcomes, histogram) = storm(&[stage.server.addr], stage, shots).await;
        let (admitted, errors) = counted(&outcomes);
        print_latency(&format!("run {run}: {admitted} admitted, {errors} errors"), &histogram);
        assert_eq!((admitted, errors), (PAYMENTS as usize, 0), "a limit that is not exact is not a limit");
    }
}

/// 1,000 simultaneous attempts from two processes: at one card by count, at one card by amount, and at a few cards,
/// e-mails and addresses mixed. Exact, every time.
pub async fn thousand_from_two_processes(stage: &Stage, runs: usize) {
    println!("\nExactness: 1,000 simultaneous attempts from two processes, {runs} runs each");
    let second = Server::start(&stage.program_url, &stage.secret).await;
    let addrs = [stage.server.addr, second.addr];
    for (name, amount, fit) in [("count", 1_000, PAYMENTS as usize), ("amount", SPENT / 2, 2)] {
        for run in 1..=runs {
            let card = format!("fp_{name}_{run}");
            let (outcomes, _) = storm(&addrs, stage, (0..1_000).map(|n| Shot::at(&card, n, amount)).collect()).await;
            assert_eq!(counted(&outcomes), (fit, 0), "{name}, run {run}");
        }
        println!("  one card, by {name}: exactly {fit} admitted in each run, no error");
    }
    for run in 1..=runs {
        let keys = |n: usize| [format!("c{}", n % 7), format!("e{}", n % 11), format!("i{}", n % 13)];
        let shots = (0..1_000).map(|n| Shot {
            card: format!("fp_mixed_{run}_{}", n % 7),
            email: format!("mixed-{run}-{}@example.com", n % 11),
            ip: format!("198.19.{run}.{}", n % 13 + 1),
            amount: 1_000,
        });
        let (outcomes, _) = storm(&addrs, stage, shots.collect()).await;
        let mut uses: HashMap<String, u32> = HashMap::new();
        for (n, _) in outcomes.iter().enumerate().filter(|(_, o)| o.as_deref() == Some("approve")) {
            keys(n).into_iter().for_each(|key| *uses.entry(key).or_default() += 1);
        }
        assert_eq!(counted(&outcomes).1, 0, "mixed, run {run}: errors");
        assert!(uses.values().all(|n| *n <= PAYMENTS), "mixed, run {run}: {uses:?}");
        let refused_in_vain = (0..1_000)
            .filter(|n| outcomes[*n].as_deref() == Some("reject"))
            .find(|n| keys(*n).iter().all(|key| uses.get(key).copied().unwrap_or_default() < PAYMENTS));
        assert_eq!(refused_in_vain, None, "mixed, run {run}: refused though no key of it was used up");
    }
    println!("  mixed keys: none over its limit, nothing refused in vain, no deadlock, no error");
}

/// How many were approved, and how many got no answer.
fn counted(outcomes: &[Option<String>]) -> (usize, usize) {
    let approved = outcomes.iter().filter(|o| o.as_deref() == Some("approve")).count();
    (approved, outcomes.iter().filter(|o| o.is_none()).count())
}

/// Fires all at once, each on its own connection. The outcomes in the order of the shots, `None` for an error.
async fn storm(addrs: &[SocketAddr], stage: &Stage, shots: Vec<Shot>) -> (Vec<Option<String>>, Histogram<u64>) {
    let gate = Arc::new(tokio::sync::Barrier::new(shots.len()));
    let tasks: Vec<_> = shots
        .into_iter()
        .enumerate()
        .map(|(n, shot)| {
            let (gate, key, addr) = (gate.clone(), stage.key.clone(), addrs[n % addrs.len()]);
            let body = stage.payment(&shot.card, &shot.email, &shot.ip, shot.amount);
            tokio::spawn(async move {
                let mut wire = Wire::open_nth(addr, n).await;
                gate.wait().await;
                let began = Instant::now();
                let reply = wire.post_json("/v1/decisions", &key, &body).await;
                let took = began.elapsed().as_micros() as u64;
                let outcome = (reply.status == 200).then(|| reply.json()["outcome"].as_str().unwrap().to_owned());
                (outcome, took)
            })
        })
        .collect();
    let (mut outcomes, mut histogram) = (Vec::new(), Histogram::new(3).unwrap());
    for task in tasks {
        let (outcome, took) = task.await.unwrap();
        histogram.record(took).unwrap();
        outcomes.push(outcome);
    }
    (outcomes, histogram)
}

/// Shoppers as they come: few of them often, most of them once. Each run has its own.
struct Shoppers {
    rng: SmallRng,
    zipf: Zipf<f64>,
    run: u64,
}

impl Shoppers {
    fn of(run: u64, seed: u64) -> Self {
        Self { rng: SmallRng::seed_from_u64(seed), zipf: Zipf::new(1_000_000.0, 1.0).unwrap(), run }
    }

    fn body(&mut self, stage: &Stage) -> String {
        let p = self.zipf.sample(&mut self.rng) as u64;
        let run = self.run;
        let ip = format!("198.{}.{}.{}", 18 + (run + (p >> 16)) % 2, (p >> 8) % 256, p % 254 + 1);
        stage.payment(&format!("fp_{run}_{p}"), &format!("p{run}.{p}@example.com"), &ip, 1_000)
    }
}

/// Capacity with 16 clients, then latency at half of it in an open loop.
pub async fn throughput_and_latency(stage: &Stage) {
    println!("\nRow 1, decisions a second over HTTP ({CLIENTS} connections, {} attempts of history)", stage.history);
    let mut rates = Vec::new();
    for run in 1..=3 {
        let (rate, admitted) = closed_loop(stage, run, Duration::from_secs(8), false).await;
        let base = baseline::pgbench(stage, CLIENTS, 8).await;
        println!(
            "  run {run}: {rate:.0} decisions a second, {:.0} % admitted; the same writes by pgbench {base:.0}; ratio {:.2}",
            admitted * 100.0,
            rate / base
        );
        rates.push(rate);
    }
    rates.sort_by(f64::total_cmp);
    let (rate, admitted) = closed_loop(stage, 4, Duration::from_secs(8), true).await;
    println!("  each under an Idempotency-Key: {rate:.0} decisions a second, {:.0} % admitted", admitted * 100.0);
    println!("  resident memory under load: {:.0} MiB", stage.server.memory());
    let half = rates[1] / 2.0;
    println!("\nRow 2, latency at {half:.0} decisions a second (open loop, measured from the planned instant)");
    for run in 1..=3 {
        print_latency(&format!("run {run}"), &open_loop(stage, 10 + run, half, Duration::from_secs(8)).await);
        print_latency("  SELECT 1 over one pool", &baseline::select_one(stage, 2_000).await);
    }
    let (payments, spent) = stage.most_admitted().await;
    println!("  most admitted under one key in all of it: {payments} payments, {spent} minor units");
    assert!(payments <= i64::from(PAYMENTS) && spent <= SPENT, "a limit was exceeded under load");
}

/// Decisions a second, and the share of them that was admitted.
async fn closed_loop(stage: &Stage, run: u64, time: Duration, once: bool) -> (f64, f64) {
    let (done, admitted) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut tasks = tokio::task::JoinSet::new();
    let mut loads = Vec::new();
    for client in 0..CLIENTS as u64 {
        let mut shoppers = Shoppers::of(run, run * 1_000 + client);
        loads.push((0..6_000).map(|_| shoppers.body(stage)).collect::<Vec<String>>());
    }
    let warm_until = Instant::now() + Duration::from_secs(1);
    let until = warm_until + time;
    for (client, bodies) in loads.into_iter().enumerate() {
        let (done, admitted, key, addr) = (done.clone(), admitted.clone(), stage.key.clone(), stage.server.addr);
        tasks.spawn(async move {
            let mut wire = Wire::open(addr).await;
            for (n, body) in bodies.iter().cycle().enumerate() {
                if Instant::now() >= until {
                    break;
                }
                let reply = match once {
                    true => wire.post_once("/v1/decisions", &key, &format!("order-{client}-{n}"), body).await,
                    false => wire.post_json("/v1/decisions", &key, body).await,
                };
                assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
                if Instant::now() >= warm_until {
                    done.fetch_add(1, Ordering::Relaxed);
                    admitted.fetch_add(usize::from(reply.decided("approve")), Ordering::Relaxed);
                }
            }
        });
    }
    tasks.join_all().await;
    let (done, admitted) = (done.load(Ordering::Relaxed) as f64, admitted.load(Ordering::Relaxed) as f64);
    (done / time.as_secs_f64(), admitted / done)
}

async fn open_loop(stage: &Stage, run: u64, rate: f64, time: Duration) -> Histogram<u64> {
    let gap = Duration::from_secs_f64(1.0 / rate);
    let total = (rate * time.as_secs_f64()) as usize;
    let mut shoppers = Shoppers::of(run, run * 1_000);
    let bodies: Arc<Vec<String>> = Arc::new((0..total).map(|_| shoppers.body(stage)).collect());
    let began = Instant::now() + Duration::from_millis(50);
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS * 4 {
        let (next, key, addr, bodies) = (next.clone(), stage.key.clone(), stage.server.addr, bodies.clone());
        tasks.spawn(async move {
            let mut wire = Wire::open(addr).await;
            let mut histogram = Histogram::<u64>::new(3).unwrap();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let Some(body) = bodies.get(n) else { return histogram };
                let planned = began + gap * u32::try_from(n).unwrap();
                tokio::time::sleep_until(planned.into()).await;
                let reply = wire.post_json("/v1/decisions", &key, body).await;
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
