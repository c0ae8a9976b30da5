//! The measurements of `make bench`: each beside a baseline taken in the same run on the same machine.
//!
//! Reads `DATABASE_URL` (a server that may create databases; durable commit stays as the server has it and is printed).
//! The program runs as separate processes, over HTTP keep-alive, as in production. Correctness is asserted inside the
//! load: a limit that was exceeded fails the run.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod alike;
mod baseline;
mod console;
mod decisions;
mod hashing;
mod stage;
mod wire;

use stage::Stage;

#[tokio::main(flavor = "multi_thread", worker_threads = 4)]
async fn main() {
    if std::env::args().any(|a| a == "--test") {
        return; // `cargo test --benches` only wants to know that it builds
    }
    let only = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    let wanted = |name: &str| only.as_deref().is_none_or(|o| o == name);
    let stage = Stage::set_up().await;
    if wanted("pages") {
        console::pages(&stage).await;
    }
    if wanted("hot") {
        decisions::hot_key(&stage).await;
    }
    if wanted("thousand") {
        decisions::thousand_from_two_processes(&stage, 20).await;
    }
    if wanted("throughput") {
        decisions::throughput_and_latency(&stage).await;
    }
    if wanted("sign-in") {
        hashing::sign_ins(&stage).await;
    }
    if wanted("alike") {
        alike::answers(&stage).await;
    }
    if wanted("bytes") {
        console::bytes();
    }
    stage.tear_down().await;
}
