//! OP-03: without its database the program approves nothing, lets nobody in, and says when to come back.

use std::str::FromStr as _;
use std::time::Duration;

use gatehouse::api::Scope;
use gatehouse::api::key::KeyKind;
use gatehouse::api::service::issue::{Wanted, issue_by_operator};
use http::{Method, header};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

use crate::access::stage::{GOOD, OWNER, house, is_in, try_to_sign_in};
use crate::support::{Answer, Browser, Seed, TestApp};

/// A line to a test's Postgres that can be cut and mended.
struct Line {
    url: String,
    cut: watch::Sender<bool>,
}

impl Line {
    async fn to(database: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut url = url::Url::parse(database).unwrap();
        url.set_query(None);
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let (cut, is_cut) = watch::channel(false);
        let far = PgConnectOptions::from_str(database).unwrap();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if !*is_cut.borrow() {
                    tokio::spawn(carry(near, far.clone(), is_cut.clone()));
                }
            }
        });
        Self { url: url.into(), cut }
    }
}

async fn carry(mut near: TcpStream, to: PgConnectOptions, mut cut: watch::Receiver<bool>) {
    let whole = async {
        match to.get_socket() {
            Some(folder) => {
                let mut far = UnixStream::connect(folder.join(format!(".s.PGSQL.{}", to.get_port()))).await.unwrap();
                copy_bidirectional(&mut near, &mut far).await
            }
            None => {
                let mut far = TcpStream::connect((to.get_host(), to.get_port())).await.unwrap();
                copy_bidirectional(&mut near, &mut far).await
            }
        }
    };
    tokio::select! {
        _ = whole => {}
        _ = cut.wait_for(|cut| *cut) => {}
    }
}

async fn secret_key(app: &TestApp, seed: &Seed) -> String {
    let mut tx = app.app.db.site(seed.site).await.unwrap();
    let wanted = Wanted { name: "Shop".into(), kind: KeyKind::Secret, scopes: Scope::ALL.to_vec(), expires_at: None };
    let made = issue_by_operator(&mut tx, &app.app, seed.site, false, &wanted).await.unwrap();
    tx.commit().await.unwrap();
    made.text.reveal().to_owned()
}

fn payment(seed: &Seed) -> Value {
    json!({
        "kind": "payment", "service": seed.service.to_string(), "amount": 4_900, "currency": "GBP", "ip": "203.0.113.7",
        "customer": { "email": "ann@example.com" },
    })
}

fn assert_closed(what: &str, answer: &Answer) {
    assert_eq!(answer.status, 503, "{what}: {}", answer.body);
    assert!(answer.headers.contains_key(header::RETRY_AFTER), "{what} says when to come back");
    assert!(!answer.headers.contains_key(header::SET_COOKIE), "{what}");
    assert!(!answer.body.contains("approve"), "{what}: {}", answer.body);
}

#[tokio::test]
async fn with_its_database_gone_nothing_is_approved_and_nobody_gets_in() {
    let (stage, seed) = house().await;
    let key = secret_key(&stage, &seed).await;
    let line = Line::to(&stage.database_url).await;
    let program = TestApp::program(&line.url, stage.clock.clone(), stage.app.keys.clone(), |_| {}).await;
    let browser = || Browser::new(gatehouse::app::router(program.clone()));
    let decide = async || browser().call(Method::POST, "/v1/decisions", &key, Some(&payment(&seed))).await;
    assert_eq!(decide().await.json()["outcome"], "approve", "the policy is known to the process");
    assert_eq!(browser().get("/readyz").await.status, 200);

    line.cut.send_replace(true);
    assert_closed("a decision", &decide().await);
    assert_closed("a decision, asked again", &decide().await);
    assert_closed("a sign-in", &try_to_sign_in(&browser(), OWNER, GOOD).await);
    assert_closed("readiness", &browser().get("/readyz").await);
    assert_eq!(browser().get("/healthz").await.status, 200, "the process lives");

    line.cut.send_replace(false);
    assert_eq!(browser().get("/readyz").await.status, 200);
    assert_eq!(decide().await.json()["outcome"], "approve", "it is there again");
    assert!(is_in(&try_to_sign_in(&browser(), OWNER, GOOD).await));
    assert_eq!(stage.count("select count(*) from decision").await, 2, "what was not answered was not recorded");
}

#[tokio::test]
async fn a_decision_whose_connection_is_shut_down_is_not_answered() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let key = secret_key(&stage, &seed).await;
    let mut clerk = stage.superuser().await;
    sqlx::raw_sql("begin; lock table decision in share mode").execute(&mut clerk).await.unwrap();
    let mut admin = stage.superuser().await;
    let shut_down = async {
        let waiting = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock'";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut admin).await.unwrap() == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let (browser, body) = (stage.browser(), payment(&seed));
    let (answer, ()) = tokio::join!(browser.call(Method::POST, "/v1/decisions", &key, Some(&body)), shut_down);
    assert_closed("the decision", &answer);
    sqlx::raw_sql("rollback").execute(&mut clerk).await.unwrap();
    assert_eq!(stage.count("select count(*) from decision").await, 0);
}
