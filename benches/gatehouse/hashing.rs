//! Row 6: sign-ins a second against bare Argon2 hashes, and a page's latency meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, Version};
use hdrhistogram::Histogram;
use sqlx::Connection as _;

use crate::decisions::print_latency;
use crate::stage::{Server, Stage};
use crate::wire::Wire;

pub const PASSWORD: &str = "a harbour with nine cranes";

pub async fn sign_ins(stage: &Stage) {
    println!("\nRow 6, sign-ins a second against bare hashes");
    // Each try comes from a network of its own, or the limit for a network would answer.
    let server = Server::start_with(&stage.program_url, &stage.secret, &[("GATEHOUSE_TRUSTED_PROXIES", "1")]).await;
    let people = people(stage, "person", 256).await;
    let cores = std::thread::available_parallelism().unwrap().get();
    for run in 1..=3 {
        let bare = bare(cores, Duration::from_secs(4)).await;
        let busy = Arc::new(AtomicBool::new(true));
        let meanwhile = tokio::spawn({
            let (busy, addr, cookie, path) =
                (busy.clone(), server.addr, stage.cookie.clone(), format!("/s/{}/overview", stage.handle));
            async move {
                let (mut wire, mut histogram) = (Wire::open(addr).await, Histogram::<u64>::new(3).unwrap());
                while busy.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    assert_eq!(wire.get(&path, &cookie).await.status, 200);
                    histogram.record(began.elapsed().as_micros() as u64).unwrap();
                    tokio::time::sleep(Duration::from_millis(25)).await;
                }
                histogram
            }
        });
        let signed_in = load(&server, run, &people, bare, Duration::from_secs(4)).await;
        busy.store(false, Ordering::Relaxed);
        println!(
            "  run {run}: {signed_in:.1} sign-ins a second; bare hashes {bare:.1}; ratio {:.2}; memory {:.0} MiB",
            signed_in / bare,
            server.memory()
        );
        print_latency("overview meanwhile", &meanwhile.await.unwrap());
    }
}

fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).unwrap())
}

/// So many new collaborators of the site, all with [`PASSWORD`]; their addresses.
pub async fn people(stage: &Stage, name: &str, number: usize) -> Vec<String> {
    use argon2::password_hash::PasswordHasher as _;
    let hash = hasher().hash_password(PASSWORD.as_bytes()).unwrap().to_string();
    let mut db = sqlx::PgConnection::connect(&stage.database_url).await.unwrap();
    let people: Vec<String> = (0..number).map(|n| format!("{name}-{n}@example.com")).collect();
    for email in &people {
        sqlx::query("with person as (insert into collaborator (id, email, email_canonical, name, password_hash, password_set_at, created_at) values (gen_random_uuid(), $1, $1, 'Person', $2, now(), now()) returning id) insert into membership (site_id, collaborator_id, role, created_at) select $3, id, 'analyst', now() from person")
            .bind(email).bind(&hash).bind(stage.site.0).execute(&mut db).await.unwrap();
    }
    db.close().await.unwrap();
    people
}

async fn bare(cores: usize, time: Duration) -> f64 {
    let until = Instant::now() + time;
    let tasks: Vec<_> = (0..cores)
        .map(|_| {
            tokio::task::spawn_blocking(move || {
                let hasher = hasher();
                let (mut done, mut out) = (0, [0u8; 32]);
                while Instant::now() < until {
                    hasher.hash_password_into(PASSWORD.as_bytes(), b"sixteen byte salt", &mut out).unwrap();
                    done += 1;
                }
                done
            })
        })
        .collect();
    let mut all = 0;
    for task in tasks {
        all += task.await.unwrap();
    }
    f64::from(all) / time.as_secs_f64()
}

/// Half as many at once again as the cores can hash in one beat of 250 ms, on which every answer leaves.
async fn load(server: &Server, run: usize, people: &[String], bare: f64, time: Duration) -> f64 {
    let clients = ((bare * 0.25 * 1.5) as usize).clamp(8, 64);
    let until = Instant::now() + time;
    let done = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for (client, chunk) in people.chunks(4).take(clients).enumerate() {
        let (done, addr, people) = (done.clone(), server.addr, chunk.to_vec());
        tasks.spawn(async move {
            let mut wire = Wire::open(addr).await;
            for (n, email) in people.iter().cycle().enumerate() {
                if Instant::now() >= until {
                    break;
                }
                let body =
                    serde_urlencoded::to_string([("email", email.as_str()), ("password", PASSWORD), ("next", "")])
                        .unwrap();
                let network = format!("198.{}.{client}.{}", 17 + run, n % 256);
                let reply = wire.post_form_from(Some(&network), "/sign-in", &body).await;
                assert!(matches!(reply.status, 303 | 503), "{} {}", reply.status, reply.head);
                done.fetch_add(usize::from(reply.status == 303), Ordering::Relaxed);
            }
        });
    }
    tasks.join_all().await;
    done.load(Ordering::Relaxed) as f64 / time.as_secs_f64()
}
