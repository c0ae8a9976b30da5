//! Killed at any moment: what the server acknowledged is there, whole, and no limit was passed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatehouse::api::Scope;
use gatehouse::api::key::KeyKind;
use gatehouse::api::service::issue::{Wanted, issue_by_operator};
use gatehouse::kernel::id::DecisionId;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::stage::{ROOT_KEY, cards, payments};
use crate::support::{Seed, TestApp};

/// The login that the server uses: it may take the program's role, and nothing else. Gone with the test.
struct Login {
    name: String,
    url: String,
}

impl Login {
    async fn new(test: &TestApp) -> Self {
        let name = format!("gt_program_{}", hex::encode(gatehouse::kernel::secret::random_bytes::<6>()));
        let made = format!("create role {name} login noinherit password '{name}' in role gatehouse_app");
        sqlx::raw_sql(sqlx::AssertSqlSafe(made)).execute(&mut test.superuser().await).await.unwrap();
        let mut url = url::Url::parse(&test.database_url).unwrap();
        url.set_username(&name).unwrap();
        url.set_password(Some(&name)).unwrap();
        Self { name, url: url.to_string() }
    }

    async fn drop(self, test: &TestApp) {
        let gone = format!("drop role {}", self.name);
        sqlx::raw_sql(sqlx::AssertSqlSafe(gone)).execute(&mut test.superuser().await).await.unwrap();
    }
}

/// A site's server under load: it has a key, and notes what was acknowledged.
#[derive(Clone)]
struct Shop {
    http: reqwest::Client,
    address: String,
    key: String,
    service: String,
    did: Arc<Mutex<Vec<(String, String)>>>,
    told: Arc<Mutex<Vec<String>>>,
    /// What was sent under an Idempotency-Key and never answered.
    unanswered: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Shop {
    async fn new(test: &TestApp, seed: &Seed) -> Self {
        let mut tx = test.app.db.site(seed.site).await.unwrap();
        let wanted =
            Wanted { name: "Shop".into(), kind: KeyKind::Secret, scopes: Scope::ALL.to_vec(), expires_at: None };
        let made = issue_by_operator(&mut tx, &test.app, seed.site, false, &wanted).await.unwrap();
        tx.commit().await.unwrap();
        let unbound = "update api_key set rate = 1000, burst = 10000";
        sqlx::query(unbound).execute(&mut test.superuser().await).await.unwrap();
        // Free when asked; the server takes it.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self {
            http: reqwest::Client::new(),
            address: format!("127.0.0.1:{port}"),
            key: made.text.reveal().to_owned(),
            service: seed.service.to_string(),
            did: Arc::default(),
            told: Arc::default(),
            unanswered: Arc::default(),
        }
    }

    /// Starts `gatehouse serve` as an operator does, and waits until it is ready.
    async fn serve(&self, login: &Login) -> Child {
        let mut server = Command::new(env!("CARGO_BIN_EXE_gatehouse"))
            .arg("serve")
            .env("DATABASE_URL", &login.url)
            .env("GATEHOUSE_ADDR", &self.address)
            .env("GATEHOUSE_PUBLIC_URL", format!("http://{}", self.address))
            .env("GATEHOUSE_SECRET_KEY", ROOT_KEY)
            .env("GATEHOUSE_SMTP_URL", "smtp://127.0.0.1:9")
            .env("RUST_LOG", "error")
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        for _ in 0..300 {
            assert!(server.try_wait().unwrap().is_none(), "it serves");
            let ready = self.http.get(format!("http://{}/readyz", self.address)).send().await;
            if ready.is_ok_and(|answer| answer.status().is_success()) {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the server was not ready within half a minute");
    }

    /// What the server answers, if it lives to answer.
    async fn ask(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> Option<Value> {
        self.ask_once(method, path, body, None).await
    }

    /// The same, perhaps under an Idempotency-Key.
    async fn ask_once(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<&Value>,
        once: Option<&str>,
    ) -> Option<Value> {
        let mut request = self.http.request(method, format!("http://{}{path}", self.address)).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(once) = once {
            request = request.header("idempotency-key", once);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status();
        let text = answer.text().await.ok()?;
        assert!(status.is_success(), "{path}: {status} {text}");
        Some(serde_json::from_str(&text).unwrap())
    }

    /// Pays without end, and tells what became of it, until the server is gone.
    async fn pay(self, hand: u32, round: u32) {
        for n in (hand..).step_by(8) {
            let body = json!({
                "kind": "payment", "service": self.service, "amount": 1_000, "currency": "GBP",
                "ip": format!("10.{round}.{}.{}", n >> 8 & 255, n & 255),
                "customer": { "email": format!("shopper-{round}-{n}@example.com") },
                "card": { "fingerprint": format!("card-{}", n % 60), "brand": "visa", "last4": "4242" },
            });
            // Half of them are asked again when the server has come back.
            let once = hand.is_multiple_of(2).then(|| format!("order-{round}-{n}"));
            let decision = self.ask_once(reqwest::Method::POST, "/v1/decisions", Some(&body), once.as_deref()).await;
            let Some(decision) = decision else {
                return self.unanswered.lock().unwrap().extend(once.map(|once| (once, body)));
            };
            let word = |name: &str| decision[name].as_str().unwrap().to_owned();
            let (id, outcome) = (word("id"), word("outcome"));
            self.did.lock().unwrap().push((id.clone(), outcome.clone()));
            if outcome == "approve" {
                let path = format!("/v1/decisions/{id}/outcome");
                let told = json!({ "outcome": "approved" });
                if self.ask(reqwest::Method::POST, &path, Some(&told)).await.is_none() {
                    return;
                }
                self.told.lock().unwrap().push(id);
            }
        }
    }

    fn acknowledged(&self) -> usize {
        self.did.lock().unwrap().len()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed_under_load() {
    let test = TestApp::shared().await;
    let seed = test.seed().await;
    test.obey(&seed, cards(payments(3))).await;
    let (login, shop) = (Login::new(&test).await, Shop::new(&test, &seed).await);
    for (round, enough) in [(1, 60), (2, 150), (3, 300)] {
        let mut server = shop.serve(&login).await;
        let hands: Vec<_> = (0..8).map(|hand| tokio::spawn(shop.clone().pay(hand, round))).collect();
        while shop.acknowledged() < enough {
            assert!(hands.iter().any(|hand| !hand.is_finished()), "the server answers while it lives");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.kill().await.unwrap();
        for hand in hands {
            hand.await.unwrap();
        }
    }

    // Started again it knows all it said.
    let mut server = shop.serve(&login).await;
    let (did, told) = (shop.did.lock().unwrap().clone(), shop.told.lock().unwrap().clone());
    let mut db = test.superuser().await;
    for (id, outcome) in &did {
        let known = shop.ask(reqwest::Method::GET, &format!("/v1/decisions/{id}"), None).await.unwrap();
        assert_eq!(known["outcome"], *outcome, "{id}");
        if told.contains(id) {
            assert_eq!(known["told"]["outcome"], "approved", "{id}");
        }
        let uses: i64 = sqlx::query_scalar("select count(*) from key_use where attempt_id = $1")
            .bind(id.parse::<DecisionId>().unwrap().0)
            .fetch_one(&mut db)
            .await
            .unwrap();
        assert_eq!(uses, if outcome == "approve" { 3 } else { 0 }, "{id} is whole");
    }
    let unanswered = shop.unanswered.lock().unwrap().clone();
    assert!(!unanswered.is_empty(), "somebody was not answered");
    for (once, body) in &unanswered {
        shop.ask_once(reqwest::Method::POST, "/v1/decisions", Some(body), Some(once)).await.unwrap();
    }
    server.kill().await.unwrap();

    let twice = "select count(*) from (select 1 from attempt_person group by email having count(*) > 1) t";
    assert_eq!(test.count(twice).await, 0, "no order was decided twice");
    let kept: Vec<String> = sqlx::query_scalar("select response from idempotency where path = '/v1/decisions'")
        .fetch_all(&mut db)
        .await
        .unwrap();
    assert!(kept.len() > unanswered.len());
    for answer in kept {
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let stands: Option<String> = sqlx::query_scalar("select outcome from decision where id = $1")
            .bind(answer["id"].as_str().unwrap().parse::<DecisionId>().unwrap().0)
            .fetch_optional(&mut db)
            .await
            .unwrap();
        assert_eq!(stands.as_deref(), answer["outcome"].as_str(), "no answer is kept without its decision");
    }

    assert!(!told.is_empty());
    assert!(test.count("select max(n) from (select count(*) n from key_use u join attempt a on a.card_key = u.key and a.id = u.attempt_id group by u.key) t").await <= 3);
    assert_eq!(
        test.count(
            "select count(*) from attempt a full join decision d on d.id = a.id where a.id is null or d.id is null"
        )
        .await,
        0
    );
    assert_eq!(
        test.count("select count(*) from outcome o join key_use u on u.attempt_id = o.id where u.state <> 'approved'")
            .await,
        0
    );
    let held = "select count(*) from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database() where l.locktype = 'advisory'";
    for _ in 0..50 {
        if test.count(held).await == 0 {
            return login.drop(&test).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("a dead process still holds locks");
}
