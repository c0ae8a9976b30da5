//! Payments as tests speak of them, and processes beside the test's own.

use std::collections::BTreeMap;

use gatehouse::decision::attempt::{AttemptRequest, Card, Kind};
use gatehouse::decision::policy::{KeyLimits, Policy, Velocity};
use gatehouse::decision::service::decide::{Decision, decide};
use gatehouse::decision::verdict::{Finding, Outcome};
use gatehouse::kernel::clock::Clock;
use gatehouse::kernel::id::{ServiceId, SiteId};
use gatehouse::kernel::ip::ClientAddress;
use gatehouse::kernel::money::Money;
use gatehouse::kernel::secret::RootKeys;
use gatehouse::platform::state::App;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::support::{Seed, TestApp};

/// The root key of installations that several processes share.
pub const ROOT_KEY: &str = "Z2F0ZWhvdXNlIHRlc3RzIHVzZSB0aGlzIGtleSEhISE=";

/// A payment under construction.
#[derive(Clone)]
pub struct Payment(pub AttemptRequest);

/// A payment of £10 by an unknown card, from an address of its own for each number.
pub fn payment(site: SiteId, service: ServiceId, number: u32) -> Payment {
    let mut request = AttemptRequest::new(site, Kind::Payment);
    request.service = Some(service);
    request.money = Some(Money::new(1_000, "GBP".parse().unwrap()));
    Payment(request).email(&format!("shopper-{number}@example.com")).address(&format!(
        "10.{}.{}.{}",
        number >> 16,
        number >> 8 & 255,
        number & 255
    ))
}

impl Payment {
    pub fn email(mut self, email: &str) -> Self {
        self.0.customer.email = Some(email.parse().unwrap());
        self
    }

    pub fn nobody(mut self) -> Self {
        self.0.customer.email = None;
        self
    }

    pub fn address(mut self, address: &str) -> Self {
        self.0.ip = ClientAddress::parse(address);
        self
    }

    pub fn card(mut self, fingerprint: &str) -> Self {
        self.0.card = Some(Card {
            fingerprint: Some(fingerprint.into()),
            last4: Some("4242".into()),
            brand: Some("Visa".into()),
            ..Card::default()
        });
        self
    }

    pub fn of(mut self, minor: i64) -> Self {
        self.0.money = Some(Money::new(minor, "GBP".parse().unwrap()));
        self
    }

    pub async fn sent(self, app: &App) -> Decision {
        decide(app, self.0).await.unwrap()
    }
}

impl TestApp {
    /// As [`TestApp::new`], with the root key that other processes know too.
    pub async fn shared() -> Self {
        Self::with(|parts| parts.keys = RootKeys::parse(ROOT_KEY).unwrap()).await
    }

    /// Puts a policy in force, and this process knows it.
    pub async fn obey(&self, seed: &Seed, policy: Policy) {
        self.save_elsewhere(seed, policy).await;
        self.app.snapshots().expire_all();
    }

    /// Puts a policy in force behind the program's back: it finds out by itself.
    pub async fn save_elsewhere(&self, seed: &Seed, policy: Policy) {
        let mut db = self.superuser().await;
        let version: i32 = sqlx::query_scalar(
            "update site set policy_version = policy_version + 1 where id = $1 returning policy_version",
        )
        .bind(seed.site.0)
        .fetch_one(&mut db)
        .await
        .unwrap();
        sqlx::query(
            "insert into policy (site_id, version, document, created_at, note) values ($1, $2, $3, $4, 'test')",
        )
        .bind(seed.site.0)
        .bind(version)
        .bind(serde_json::to_value(&policy).unwrap())
        .bind(self.clock.now())
        .execute(&mut db)
        .await
        .unwrap();
    }
}

/// A policy that limits cards and nothing else.
pub fn cards(limits: KeyLimits) -> Policy {
    Policy {
        velocity: Velocity {
            email: KeyLimits::default(),
            ip: KeyLimits::default(),
            card: limits,
            ..Velocity::default()
        },
        ..Policy::default()
    }
}

pub fn payments(n: u32) -> KeyLimits {
    KeyLimits { payments: Some(n), ..KeyLimits::default() }
}

pub fn declines(n: u32) -> KeyLimits {
    KeyLimits { declines: Some(n), ..KeyLimits::default() }
}

pub fn amount(currency: &str, minor: i64) -> KeyLimits {
    KeyLimits { amounts: BTreeMap::from([(currency.parse().unwrap(), minor)]), ..KeyLimits::default() }
}

pub fn finding<'a>(decision: &'a Decision, check: &str) -> &'a Finding {
    decision.findings.iter().find(|f| f.check.as_str() == check).unwrap()
}

pub fn admitted(decisions: &[Decision]) -> usize {
    decisions.iter().filter(|d| d.outcome != Outcome::Reject).count()
}

/// What a process beside the test's own is to do.
pub struct Order<'a> {
    /// The test that is the child's whole life (`decision::exact::child`).
    pub role: &'a str,
    /// What it needs to know, in words.
    pub words: String,
}

/// Starts this very test binary again, in another role.
pub fn start(test: &TestApp, seed: &Seed, order: &Order<'_>) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([order.role, "--exact", "--ignored", "--nocapture"])
        .env("GATEHOUSE_TEST_DATABASE", &test.database_url)
        .env("GATEHOUSE_TEST_SITE", seed.site.to_string())
        .env("GATEHOUSE_TEST_SERVICE", seed.service.to_string())
        .env("GATEHOUSE_TEST_WORDS", &order.words)
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

/// A child's own view: the program, its site and service, and its words.
pub async fn child() -> (App, SiteId, ServiceId, String) {
    let word = |name: &str| std::env::var(name).unwrap_or_default();
    let keys = RootKeys::parse(ROOT_KEY).unwrap();
    let clock = Clock::fixed(crate::support::start_of_time());
    let app = TestApp::program(&word("GATEHOUSE_TEST_DATABASE"), clock, keys, |_| {}).await;
    (
        app,
        word("GATEHOUSE_TEST_SITE").parse().unwrap(),
        word("GATEHOUSE_TEST_SERVICE").parse().unwrap(),
        word("GATEHOUSE_TEST_WORDS"),
    )
}

/// Small numbers without pattern, the same on every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(sides)).unwrap()
    }
}
