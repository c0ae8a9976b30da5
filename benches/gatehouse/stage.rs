//! The stage: a fresh database with history, the program as child processes, a key and a signed-in session.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use gatehouse::api::key::{KeyKind, KeyText};
use gatehouse::decision::policy::{KeyLimits, Policy, Velocity};
use gatehouse::decision::verdict::Mode;
use gatehouse::kernel::clock::Clock;
use gatehouse::kernel::id::{CollaboratorId, KeyId, ServiceId, SiteId};
use gatehouse::kernel::secret::{RootKeys, random_bytes};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::wire::Wire;

/// Payments that one key may make in 24 hours.
pub const PAYMENTS: u32 = 3;
/// Minor units that one key may spend in 24 hours.
pub const SPENT: i64 = 100_000;

/// Six velocity limits: payments and amount under each kind of key.
fn policy() -> Policy {
    let limits = KeyLimits {
        payments: Some(PAYMENTS),
        amounts: [("GBP".parse().unwrap(), SPENT)].into(),
        ..KeyLimits::default()
    };
    let velocity = Velocity { mode: Mode::Enforce, email: limits.clone(), ip: limits.clone(), card: limits };
    Policy { velocity, ..Policy::default() }
}

/// What everything below needs.
pub struct Stage {
    pub database_url: String,
    /// The same with the program's login.
    pub program_url: String,
    pub server_url: String,
    pub name: String,
    pub secret: String,
    pub site: SiteId,
    pub handle: &'static str,
    pub service: ServiceId,
    pub key: String,
    pub cookie: String,
    pub history: i64,
    pub server: Server,
}

/// One process of the program.
pub struct Server {
    child: Child,
    pub addr: SocketAddr,
}

impl Server {
    pub async fn start(database_url: &str, secret: &str) -> Self {
        Self::start_with(database_url, secret, &[]).await
    }

    /// The same with more settings.
    pub async fn start_with(database_url: &str, secret: &str, settings: &[(&str, &str)]) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let addr: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_gatehouse"))
            .arg("serve")
            .env("DATABASE_URL", database_url)
            .env("GATEHOUSE_SECRET_KEY", secret)
            .env("GATEHOUSE_ADDR", addr.to_string())
            .env("GATEHOUSE_SMTP_URL", "smtp://127.0.0.1:1")
            .env("RUST_LOG", "error")
            .env_remove("GATEHOUSE_PUBLIC_URL")
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, addr };
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(addr).await.is_ok()
                && Wire::open(addr).await.get("/readyz", "").await.status == 200
            {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the program does not come up");
    }

    /// Resident memory in MiB.
    pub fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|l| l.starts_with("VmRSS")).unwrap_or("0 0");
        line.split_whitespace().nth(1).and_then(|k| k.parse::<f64>().ok()).unwrap_or_default() / 1_024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Stage {
    pub async fn set_up() -> Self {
        let server_url = std::env::var("DATABASE_URL")
            .expect("DATABASE_URL: a Postgres that may create databases; `make bench` starts one");
        let history: i64 =
            std::env::var("GATEHOUSE_BENCH_HISTORY").ok().and_then(|h| h.parse().ok()).unwrap_or(1_000_000);
        let name = format!("gatehouse_bench_{}", std::process::id());
        let mut server = PgConnection::connect(&server_url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(format!("create database {name}"))).execute(&mut server).await.unwrap();
        let mut url = url::Url::parse(&server_url).unwrap();
        url.set_path(&name);
        let database_url = url.to_string();
        println!("Machine: {} cores. Postgres:", std::thread::available_parallelism().unwrap());
        for setting in ["server_version", "fsync", "synchronous_commit", "shared_buffers", "max_wal_size"] {
            let value: String =
                sqlx::query_scalar(AssertSqlSafe(format!("show {setting}"))).fetch_one(&mut server).await.unwrap();
            println!("  {setting} = {value}");
        }
        let clock = Clock::system(chrono::TimeDelta::zero());
        gatehouse::platform::db::migrate(&database_url, clock.now()).await.unwrap();

        let secret = base64::engine::general_purpose::STANDARD.encode(random_bytes::<32>());
        let now = clock.now();
        let (site, service, owner) = (SiteId::new(now), ServiceId::new(now), CollaboratorId::new(now));
        let key = KeyText::random(KeyKind::Secret, false);
        let mut db = PgConnection::connect(&database_url).await.unwrap();
        sqlx::query("insert into site (id, handle, name, live, currency, time_zone, created_at) values ($1, 'bench', 'Bench', false, 'GBP', 'UTC', $2)").bind(site.0).bind(now).execute(&mut db).await.unwrap();
        sqlx::query(
            "insert into service (site_id, id, name, currency, created_at) values ($1, $2, 'Checkout', 'GBP', $3)",
        )
        .bind(site.0)
        .bind(service.0)
        .bind(now)
        .execute(&mut db)
        .await
        .unwrap();
        sqlx::query("insert into collaborator (id, email, email_canonical, name, created_at) values ($1, 'owner@example.com', 'owner@example.com', 'Owner', $2)").bind(owner.0).bind(now).execute(&mut db).await.unwrap();
        sqlx::query("insert into membership (site_id, collaborator_id, role, created_at) values ($1, $2, 'owner', $3)")
            .bind(site.0)
            .bind(owner.0)
            .bind(now)
            .execute(&mut db)
            .await
            .unwrap();
        // The load is to reach the engine's limits, not the key's.
        sqlx::query(
            "insert into api_key (site_id, id, name, kind, prefix, secret_hash, scopes, created_at, created_by, rate, burst) values ($1, $2, 'bench', 'secret', $3, $4, $5, $6, $7, 100000, 1000000)",
        )
        .bind(site.0)
        .bind(KeyId::new(now).0)
        .bind(key.prefix())
        .bind(&key.hash()[..])
        .bind(vec!["decisions:write", "decisions:read", "lists:read", "lists:write"])
        .bind(now)
        .bind(owner.0)
        .execute(&mut db)
        .await
        .unwrap();
        sqlx::query(
            "insert into policy (site_id, version, document, created_at, note) values ($1, 1, $2, $3, 'bench')",
        )
        .bind(site.0)
        .bind(serde_json::to_value(policy()).unwrap())
        .bind(now)
        .execute(&mut db)
        .await
        .unwrap();
        sqlx::query("update site set policy_version = 1 where id = $1").bind(site.0).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
        let cookie = Self::session(&database_url, &secret, owner).await;
        // The program refuses to serve as the superuser that made the database.
        let login = format!("{name}_program");
        sqlx::raw_sql(AssertSqlSafe(format!(
            "create role {login} login noinherit password '{login}' in role gatehouse_app"
        )))
        .execute(&mut server)
        .await
        .unwrap();
        url.set_username(&login).unwrap();
        url.set_password(Some(&login)).unwrap();
        let stage = Self {
            server: Server::start(url.as_str(), &secret).await,
            program_url: url.to_string(),
            database_url,
            server_url,
            name,
            secret,
            site,
            handle: "bench",
            service,
            key: key.reveal().to_owned(),
            cookie,
            history,
        };
        stage.fill().await;
        stage
    }

    async fn session(database_url: &str, secret: &str, owner: CollaboratorId) -> String {
        let _ = RootKeys::parse(secret).unwrap();
        let db = gatehouse::platform::db::Db::connect(database_url, 2).await.unwrap();
        let now = Clock::system(chrono::TimeDelta::zero()).now();
        let mut tx = db.platform().await.unwrap();
        let token = gatehouse::access::session::start(
            &mut tx,
            owner,
            gatehouse::access::session::Assurance::Password,
            gatehouse::kernel::ip::ClientAddress::parse("127.0.0.1"),
            "bench",
            now,
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        format!("{}={}", gatehouse::access::session::COOKIE, token.reveal())
    }

    /// History: attempts over 30 days with their decisions and, for the last day, their key uses; three lists of each
    /// kind with 1,000 entries.
    async fn fill(&self) {
        println!("Filling {} attempts of history and 9 lists with 1,000 entries each …", self.history);
        let mut db = PgConnection::connect(&self.database_url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(
            include_str!("fill.sql")
                .replace("$SITE", &self.site.0.to_string())
                .replace("$SERVICE", &self.service.0.to_string())
                .replace("$HISTORY", &self.history.to_string()),
        ))
        .execute(&mut db)
        .await
        .unwrap();
        // As if it had been there for long: what filling left to be written does not fall into the measurement.
        sqlx::raw_sql("vacuum analyze").execute(&mut db).await.unwrap();
        sqlx::raw_sql("checkpoint").execute(&mut db).await.unwrap();
        db.close().await.unwrap();
    }

    /// Has the hourly job sum the history up now, and waits until it has: it was written behind the program's back.
    pub async fn sum_up(&self) {
        let mut db = PgConnection::connect(&self.database_url).await.unwrap();
        sqlx::query("update job set run_at = now() where kind = 'sum_up'").execute(&mut db).await.unwrap();
        let summed = "select exists (select from decision_tallied where site_id = $1 and ends >= extract(epoch from now()) / 900 - 4)";
        for _ in 0..1_200 {
            if sqlx::query_scalar(summed).bind(self.site.0).fetch_one(&mut db).await.unwrap() {
                db.close().await.unwrap();
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the history is not summed up");
    }

    /// What the newest decision found, as it is stored.
    pub async fn newest_findings(&self) -> String {
        let mut db = PgConnection::connect(&self.database_url).await.unwrap();
        let newest = "select findings::text from decision where site_id = $1 order by id desc limit 1";
        let findings: String = sqlx::query_scalar(newest).bind(self.site.0).fetch_one(&mut db).await.unwrap();
        db.close().await.unwrap();
        assert!(findings.len() > 100, "a decision of the engine: {findings}");
        findings.replace('\'', "''")
    }

    /// The most payments, and the most minor units, that the load got admitted under one key.
    pub async fn most_admitted(&self) -> (i64, i64) {
        let mut db = PgConnection::connect(&self.database_url).await.unwrap();
        let most = sqlx::query_as(
            "select max(payments), max(spent)::bigint
             from (select count(*) as payments, sum(amount) as spent from key_use
                   where site_id = $1 and state = 'pending' group by key) used",
        )
        .bind(self.site.0)
        .fetch_one(&mut db)
        .await
        .unwrap();
        db.close().await.unwrap();
        most
    }

    /// The body of a payment.
    pub fn payment(&self, card: &str, email: &str, ip: &str, amount: i64) -> String {
        format!(
            r#"{{"kind":"payment","service":"{}","amount":{amount},"currency":"GBP","ip":"{ip}","customer":{{"email":"{email}"}},"card":{{"fingerprint":"{card}","bin":"424242","last4":"4242","brand":"visa","exp_month":4,"exp_year":2030,"country":"GB"}}}}"#,
            self.service
        )
    }

    pub async fn tear_down(self) {
        drop(self.server);
        let mut server = PgConnection::connect(&self.server_url).await.unwrap();
        for statement in
            [format!("drop database {} with (force)", self.name), format!("drop role {}_program", self.name)]
        {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut server).await.unwrap();
        }
    }
}
