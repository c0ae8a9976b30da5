//! Whether an outsider can tell by the time which account exists or is locked: medians of 200 interleaved tries.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::hashing;
use crate::stage::{Server, Stage};
use crate::wire::Wire;

const TRIES: usize = 200;
/// The program's answers leave on a beat of so many milliseconds.
const BEAT: f64 = 250.0;

/// What is tried, one after the other, again and again.
struct Try {
    name: &'static str,
    path: &'static str,
    status: u16,
    body: fn(&Cast, usize) -> Vec<(&'static str, String)>,
}

struct Cast {
    people: Vec<String>,
    locked: String,
}

/// Wrong, unknown and locked at sign-in; known and unknown at a reset.
pub async fn answers(stage: &Stage) {
    println!("\nAnswers alike in time: medians of {TRIES} interleaved tries ({BEAT} ms is the beat they leave on)");
    // Each try comes from a network of its own, or the limit for a network would answer.
    let server = Server::start_with(&stage.program_url, &stage.secret, &[("GATEHOUSE_TRUSTED_PROXIES", "1")]).await;
    let mut people = hashing::people(stage, "alike", 51).await;
    let cast = Cast { locked: people.pop().unwrap(), people };
    let mut wire = Wire::open(server.addr).await;
    let mut networks = (0..).map(|n: u32| format!("198.{}.{}.{}", 18 + (n >> 16), (n >> 8) % 256, n % 256));
    for _ in 0..10 {
        let reply = post(&mut wire, &mut networks, "/sign-in", &sign_in(&cast.locked)).await;
        assert_eq!(reply.0, 422);
    }
    let tries = [
        Try {
            name: "sign-in, wrong password",
            path: "/sign-in",
            status: 422,
            body: |cast, n| sign_in(person(cast, n)),
        },
        Try { name: "sign-in, unknown", path: "/sign-in", status: 422, body: |_, n| sign_in(&nobody(n)) },
        Try { name: "sign-in, locked", path: "/sign-in", status: 422, body: |cast, _| sign_in(&cast.locked) },
        Try { name: "reset, known", path: "/forgot-password", status: 303, body: |cast, n| reset(person(cast, n)) },
        Try { name: "reset, unknown", path: "/forgot-password", status: 303, body: |_, n| reset(&nobody(n)) },
    ];
    let mut times: Vec<_> = tries.iter().map(|_| Histogram::<u64>::new(3).unwrap()).collect();
    for n in 0..TRIES {
        for (kind, histogram) in tries.iter().zip(&mut times) {
            let (status, took) = post(&mut wire, &mut networks, kind.path, &(kind.body)(&cast, n)).await;
            assert_eq!(status, kind.status, "{}, try {n}", kind.name);
            histogram.record(took.as_micros() as u64).unwrap();
        }
    }
    let medians: Vec<f64> = times.iter().map(|h| h.value_at_quantile(0.5) as f64 / 1_000.0).collect();
    for ((kind, median), histogram) in tries.iter().zip(&medians).zip(&times) {
        let p95 = histogram.value_at_quantile(0.95) as f64 / 1_000.0;
        println!("  {}: median {median:.2} ms ({:.3} of a beat), p95 {p95:.2}", kind.name, median / BEAT);
    }
    for (what, of) in [("sign-in", &medians[..3]), ("reset", &medians[3..])] {
        let (low, high) = of.iter().fold((f64::MAX, 0f64), |(low, high), m| (low.min(*m), high.max(*m)));
        println!("  {what}: the medians lie {:.2} ms apart", high - low);
    }
}

fn person(cast: &Cast, n: usize) -> &str {
    &cast.people[n % cast.people.len()]
}

fn nobody(n: usize) -> String {
    format!("nobody-{n}@example.com")
}

fn sign_in(email: &str) -> Vec<(&'static str, String)> {
    vec![("email", email.to_owned()), ("password", format!("not {}", hashing::PASSWORD)), ("next", String::new())]
}

fn reset(email: &str) -> Vec<(&'static str, String)> {
    vec![("email", email.to_owned())]
}

async fn post(
    wire: &mut Wire,
    networks: &mut impl Iterator<Item = String>,
    path: &str,
    fields: &[(&str, String)],
) -> (u16, Duration) {
    let body = serde_urlencoded::to_string(fields).unwrap();
    let began = Instant::now();
    let reply = wire.post_form_from(networks.next().as_deref(), path, &body).await;
    (reply.status, began.elapsed())
}
