//! Demo mode: what it needs, and that nothing of it exists elsewhere.

use std::os::unix::fs::PermissionsExt as _;

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::access::commands::{UnlockCollaborator, unlock_collaborator};
use gatehouse::kernel::secret::sha256;
use gatehouse::platform::config::Config;
use gatehouse::platform::demo::{self, CannotMark, DemoFile, Person};
use gatehouse::platform::jobs::runner::run_due;
use gatehouse::platform::lifecycle;
use gatehouse::platform::mail::{self, Letter};
use gatehouse::platform::state::App;
use gatehouse::simulate::demo::{Demo, prepare};
use http::Method;
use serde_json::json;

use crate::access::stage::{is_in, try_to_sign_in};
use crate::support::{Browser, Seed, TestApp};

const KEY: &str = "gh_sk_test_0123456789abcdef0123456789abcdef";

/// A marked demo with a site and a secret key.
async fn stage() -> (TestApp, Seed) {
    let stage = TestApp::with(|parts| parts.demo = true).await;
    demo::mark(&stage.app.db, stage.clock.now()).await.unwrap().unwrap();
    let seed = stage.seed().await;
    let mut db = stage.superuser().await;
    sqlx::query("insert into api_key (site_id, id, name, kind, prefix, secret_hash, scopes, created_at) values ($1, gen_random_uuid(), 'demo', 'secret', 'gh_sk_test_0123', $2, '{}', $3)")
        .bind(seed.site.0).bind(&sha256(KEY.as_bytes())[..]).bind(stage.clock.now()).execute(&mut db).await.unwrap();
    (stage, seed)
}

#[tokio::test]
async fn an_ordinary_installation_has_no_demo_endpoints() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    for (method, path) in [
        (Method::GET, "/demo/outbox"),
        (Method::POST, "/demo/outbox"),
        (Method::POST, "/demo/clock"),
        (Method::GET, "/demo/clock"),
    ] {
        let answer = owner.call(method.clone(), path, KEY, Some(&json!({"advance": "8d"}))).await;
        assert_eq!(answer.status, 404, "{method} {path}");
    }
    assert_eq!(owner.get("/demo/outbox").await.status, 404);
    assert_eq!(owner.post_json("/demo/clock", &json!({"advance": "8d"})).await.status, 404);
}

#[tokio::test]
async fn the_outbox_opens_to_the_key_and_to_owners_only() {
    let (stage, seed) = stage().await;
    let mut tx = stage.app.db.platform().await.unwrap();
    mail::send(&mut tx, &stage.app, Letter::new("First").line("One <b>.").to("ann@example.com")).await.unwrap();
    tx.commit().await.unwrap();
    run_due(&stage.app).await.unwrap();
    stage.wait(TimeDelta::minutes(1));
    let mut tx = stage.app.db.platform().await.unwrap();
    mail::send(&mut tx, &stage.app, Letter::new("Second").line("Two.").to("bob@example.com")).await.unwrap();
    tx.commit().await.unwrap();
    run_due(&stage.app).await.unwrap();

    let stranger = stage.browser();
    let read = async |key: &str| {
        let request = http::Request::builder()
            .uri("/demo/outbox")
            .header("host", "localhost:3000")
            .header("accept", "application/json")
            .header("authorization", format!("Bearer {key}"));
        stranger.send(request.body(axum::body::Body::empty()).unwrap()).await
    };
    let answer = read(KEY).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(
        answer.json()[0],
        json!({"kind": "mail", "to": "bob@example.com", "subject": "Second", "body": "Two.\n", "at": "2026-03-02T10:01:00Z"})
    );
    assert_eq!(answer.json()[1]["subject"], "First");
    assert_eq!(read("gh_sk_test_wrong").await.status, 401);
    assert_eq!(read("").await.status, 401);
    assert_eq!(stranger.get("/demo/outbox").await.status, 303, "to sign in");
    assert_eq!(stage.actor(seed.site, Role::Admin).await.get("/demo/outbox").await.status, 403);
    let page = stage.signed_in(seed.owner).await.get("/demo/outbox").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("One &lt;b&gt;."), "{}", page.body);
}

#[tokio::test]
async fn a_key_or_a_site_that_somebody_made_opens_no_door_of_the_demo() {
    let (stage, seed) = stage().await;
    let made = "gh_sk_test_fedcba9876543210fedcba9876543210";
    let by = stage.person("developer@example.com").await;
    stage.member(seed.site, by, Role::Developer).await;
    sqlx::query("insert into api_key (site_id, id, name, kind, prefix, secret_hash, scopes, created_at, created_by) values ($1, gen_random_uuid(), 'mine', 'secret', 'gh_sk_test_fedc', $2, '{}', $3, $4)")
        .bind(seed.site.0).bind(&sha256(made.as_bytes())[..]).bind(stage.clock.now()).bind(by.0).execute(&mut stage.superuser().await).await.unwrap();
    stage.wait(TimeDelta::seconds(1));
    let second = stage.seed_site("second-shop").await;
    let (shop, neighbour) = (stage.browser(), stage.signed_in(second.owner).await);
    let advance = json!({"advance": "8d"});
    assert_eq!(shop.call(Method::POST, "/demo/clock", made, Some(&advance)).await.status, 401);
    assert_eq!(shop.call(Method::GET, "/demo/outbox", made, None).await.status, 401);
    assert_eq!(neighbour.get("/demo/outbox").await.status, 403);
    assert_eq!(neighbour.post_json("/demo/clock", &advance).await.status, 403);
    assert_eq!(stage.signed_in(seed.owner).await.get("/demo/outbox").await.status, 200);
    assert_eq!(shop.call(Method::GET, "/demo/outbox", KEY, None).await.status, 200);
}

#[tokio::test]
async fn the_clock_moves_forward_for_every_process_and_finds_its_partitions() {
    let (stage, _) = stage().await;
    let before = stage.clock.now();
    let api = stage.browser();
    let moved = api.call(Method::POST, "/demo/clock", KEY, Some(&json!({"advance": "8d"}))).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(moved.json()["offset_seconds"], 8 * 86_400);
    assert_eq!(stage.clock.now(), before + TimeDelta::days(8));
    let again = api.call(Method::POST, "/demo/clock", KEY, Some(&json!({"advance": "730d"}))).await;
    assert_eq!(again.json()["offset_seconds"], 738 * 86_400);
    let mut db = stage.superuser().await;
    let ahead: String = sqlx::query_scalar(
        "select max(right(relname, 6)) from pg_class where relname like 'decision\\_2%' and relkind = 'r'",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert_eq!(ahead, "202903");
    for bad in [
        json!({"advance": "-8d"}),
        json!({"advance": "1w"}),
        json!({"advance": "100000d"}),
        json!({"advance": 8}),
        json!({"advance": "1d", "to": 1}),
        json!({}),
    ] {
        let answer = api.call(Method::POST, "/demo/clock", KEY, Some(&bad)).await;
        assert!(answer.status.is_client_error(), "{bad}: {}", answer.status);
    }
    for _ in 0..4 {
        api.call(Method::POST, "/demo/clock", KEY, Some(&json!({"advance": "3650d"}))).await;
    }
    assert!(stage.clock.now() < before + TimeDelta::days(21 * 365), "there is an end to it");
    let installation = demo::installation(&stage.app.db).await.unwrap().unwrap();
    assert_eq!(TimeDelta::milliseconds(installation.clock_offset_ms), stage.clock.now() - before);
}

#[tokio::test]
async fn a_process_follows_the_clock_that_another_moved() {
    let (stage, _) = stage().await;
    let own = gatehouse::kernel::clock::Clock::fixed(stage.clock.now());
    let other = gatehouse::platform::state::App::new(gatehouse::platform::state::Parts {
        config: stage.app.config.clone(),
        db: stage.app.db.clone(),
        clock: own.clone(),
        keys: stage.app.keys.clone(),
        assets: stage.app.assets.clone(),
        demo: true,
    });
    let stop = tokio_util::sync::CancellationToken::new();
    let following = tokio::spawn(demo::follow(other, stop.clone()));
    let api = stage.browser();
    api.call(Method::POST, "/demo/clock", KEY, Some(&json!({"advance": "36h"}))).await;
    for _ in 0..20 {
        if own.offset() == TimeDelta::hours(36) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(own.offset(), TimeDelta::hours(36));
    stop.cancel();
    following.await.unwrap();
}

#[tokio::test]
async fn only_an_empty_database_takes_the_mark() {
    let stage = TestApp::new().await;
    let now = stage.clock.now();
    assert!(demo::installation(&stage.app.db).await.unwrap().is_none());
    stage.person("ann@example.com").await;
    assert_eq!(demo::mark(&stage.app.db, now).await.unwrap(), Err(CannotMark::InUse));

    let ordinary = TestApp::new().await;
    demo::settle_down(&ordinary.app.db, now).await.unwrap();
    assert_eq!(
        demo::mark(&ordinary.app.db, now).await.unwrap(),
        Err(CannotMark::InUse),
        "an ordinary installation never becomes a demo"
    );

    let empty = TestApp::new().await;
    assert_eq!(demo::mark(&empty.app.db, now).await.unwrap(), Ok(()));
    empty.person("ann@example.com").await;
    assert_eq!(demo::mark(&empty.app.db, now).await.unwrap(), Ok(()), "a demo stays one");
    demo::settle_down(&empty.app.db, now).await.unwrap();
    assert!(demo::installation(&empty.app.db).await.unwrap().unwrap().demo);
}

#[tokio::test]
async fn what_would_be_half_configured_does_not_start() {
    let stage = TestApp::new().await;
    let mut config = stage.app.config.clone();
    let refused = |config: &_, demo| lifecycle::check(config, demo).err().map(|e| format!("{e:#}")).unwrap_or_default();
    assert!(refused(&config, false).contains("GATEHOUSE_SMTP_URL"));
    assert_eq!(refused(&config, true), "");
    config.smtp_url = Some("smtp://localhost".into());
    assert_eq!(refused(&config, false), "");
    config.clock_offset = TimeDelta::days(8);
    assert!(refused(&config, false).contains("GATEHOUSE_CLOCK_OFFSET"));
    assert_eq!(refused(&config, true), "", "a demo's clock may be moved");
    config.addr = "0.0.0.0:3000".parse().unwrap();
    assert!(refused(&config, true).contains("loopback"));
}

#[test]
fn the_demo_file_is_its_owners_alone() {
    let var = std::env::temp_dir().join(format!("gatehouse-demo-{}", std::process::id()));
    let person = |name: &str| Person { email: format!("{name}@example.com"), password: "made at random".into() };
    let file = DemoFile {
        url: "http://localhost:3000".into(),
        site_id: "site_1".into(),
        secret_key: KEY.into(),
        publishable_key: "gh_pk_1".into(),
        owner: person("owner"),
        admin: person("admin"),
        support: person("support"),
        service_id: "svc_1".into(),
        outbox_url: "http://localhost:3000/demo/outbox".into(),
    };
    assert!(DemoFile::read(&var).unwrap().is_none());
    file.write(&var).unwrap();
    file.write(&var).unwrap();
    let mode = std::fs::metadata(DemoFile::path(&var)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(DemoFile::read(&var).unwrap().unwrap().owner.email, "owner@example.com");
    std::fs::remove_dir_all(&var).unwrap();
}

/// A demo to be filled with little, on the stage's empty database, its key and file in a folder of their own.
fn to_be_filled(stage: &TestApp, name: &str) -> Config {
    let mut config = stage.app.config.clone();
    config.var = std::env::temp_dir().join(format!("gatehouse-{name}-{}", std::process::id()));
    config.root_keys = None;
    config
}

async fn fill(config: &Config, out: &mut (dyn std::io::Write + Send)) -> Result<App, String> {
    let args = Demo { attempts: 60, seed: 7 };
    prepare(config.clone(), args, out).await.map_err(|error| format!("{error:#}"))
}

async fn opens(app: App, who: &Person) -> bool {
    let browser = Browser::new(gatehouse::app::router(app));
    is_in(&try_to_sign_in(&browser, &who.email, &who.password).await)
}

/// A terminal that closes when the traffic begins.
struct Closing(Vec<u8>);

impl std::io::Write for Closing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.extend(bytes);
        if String::from_utf8_lossy(&self.0).contains("Sending") {
            Err(std::io::ErrorKind::BrokenPipe.into())
        } else {
            Ok(bytes.len())
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filled_demo_is_never_filled_again_and_its_file_opens_it() {
    let stage = TestApp::new().await;
    let config = to_be_filled(&stage, "filled");
    let app = fill(&config, &mut Vec::new()).await.unwrap();
    let file = DemoFile::read(&config.var).unwrap().unwrap();
    assert!(opens(app, &file.owner).await);
    let again = fill(&config, &mut Vec::new()).await.unwrap();
    assert!(opens(again, &file.admin).await, "the second start finds what the first had made");

    std::fs::remove_file(DemoFile::path(&config.var)).unwrap();
    let sites = stage.count("select count(*) from site").await;
    let refused = fill(&config, &mut Vec::new()).await.err().unwrap();
    assert!(refused.contains("nobody would know the passwords") && refused.contains("empty database"), "{refused}");
    assert_eq!(stage.count("select count(*) from site").await, sites, "and no second site");
    std::fs::remove_dir_all(&config.var).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_filling_begins_again_from_nothing() {
    let stage = TestApp::new().await;
    let config = to_be_filled(&stage, "interrupted");
    fill(&config, &mut Closing(Vec::new())).await.err().unwrap();
    assert!(DemoFile::read(&config.var).unwrap().is_none());
    assert_eq!(stage.count("select count(*) from site").await, 1);
    let mut said = Vec::new();
    let app = fill(&config, &mut said).await.unwrap();
    assert!(String::from_utf8(said).unwrap().contains("interrupted"));
    let file = DemoFile::read(&config.var).unwrap().unwrap();
    for person in [&file.owner, &file.admin, &file.support] {
        assert!(opens(app.clone(), person).await, "{}", person.email);
    }
    assert_eq!(stage.count("select count(*) from site").await, 1);
    std::fs::remove_dir_all(&config.var).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_find_the_key_of_a_demo_and_of_nothing_else() {
    let stage = TestApp::new().await;
    let config = to_be_filled(&stage, "commands");
    let started = async |config: &Config| gatehouse::app::start(config.clone()).await.err().map(|e| format!("{e:#}"));
    demo::make_root_key(&config.var).unwrap();
    let refused = started(&config).await.unwrap();
    assert!(refused.contains("GATEHOUSE_SECRET_KEY"), "an ordinary database is not opened with it: {refused}");

    let running = fill(&config, &mut Vec::new()).await.unwrap();
    let app = gatehouse::app::start(config.clone()).await.unwrap();
    let mut said = Vec::new();
    assert!(gatehouse::audit::commands::verify_chains(&app, None, &mut said).await.unwrap(), "with the demo's own key");
    let unlock = UnlockCollaborator { email: "owner@example.com".parse().unwrap() };
    unlock_collaborator(&app, unlock, &mut said).await.unwrap();
    drop(running);

    std::fs::remove_dir_all(&config.var).unwrap();
    assert!(started(&config).await.unwrap().contains("GATEHOUSE_VAR"), "it says where the key was looked for");
}
