//! Rows 8 and 9: a console page under a million attempts, and what a browser has to fetch for it.

use std::time::Instant;

use hdrhistogram::Histogram;

use crate::decisions::print_latency;
use crate::stage::Stage;
use crate::wire::Wire;

pub async fn pages(stage: &Stage) {
    println!("\nRow 8, console pages, rendered on the server, {} attempts of history", stage.history);
    stage.sum_up().await;
    let mut wire = Wire::open(stage.server.addr).await;
    for page in ["overview", "decisions", "velocity", "lists"] {
        let path = format!("/s/{}/{page}", stage.handle);
        get(&mut wire, &path, &stage.cookie, 10).await;
        for run in 1..=3 {
            print_latency(&format!("{path}, run {run}"), &get(&mut wire, &path, &stage.cookie, 100).await);
        }
    }
    print_latency("baseline: /sign-in, which reads nothing", &get(&mut wire, "/sign-in", "", 100).await);
}

async fn get(wire: &mut Wire, path: &str, cookie: &str, times: usize) -> Histogram<u64> {
    let mut histogram = Histogram::new(3).unwrap();
    for _ in 0..times {
        let began = Instant::now();
        let reply = wire.get(path, cookie).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.head);
        histogram.record(began.elapsed().as_micros() as u64).unwrap();
    }
    histogram
}

pub fn bytes() {
    println!(
        "\nRow 9, bytes of the console's script and WASM, brotli (reach: 150 KB; the framework's hello world: 103 KB WASM)"
    );
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/site/pkg");
    let mut total = 0;
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".js.br") || name.ends_with(".wasm.br") {
            let size = entry.metadata().unwrap().len();
            total += size;
            println!("  {name}: {:.1} KB", size as f64 / 1_000.0);
        }
    }
    println!("  in all: {:.1} KB", total as f64 / 1_000.0);
}
