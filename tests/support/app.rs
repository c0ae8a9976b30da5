//! The program on a database of its own.

use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta};
use gatehouse::access::session::{self, Assurance};
use gatehouse::access::{Cost, Pace, Role};
use gatehouse::kernel::clock::{Clock, Timestamp};
use gatehouse::kernel::id::{CollaboratorId, ServiceId, SiteId};
use gatehouse::kernel::secret::{Purpose, RootKeys};
use gatehouse::platform::config::Config;
use gatehouse::platform::db::{self, Db};
use gatehouse::platform::http::client_address::TrustedProxies;
use gatehouse::platform::state::{App, Parts};
use sqlx::{Connection as _, PgConnection};

use super::browser::Browser;

/// Where tests find a Postgres they may create databases on.
pub fn server_url() -> String {
    std::env::var("TEST_DATABASE_URL").unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5499/postgres".into())
}

fn url_of(database: &str) -> String {
    let mut url = url::Url::parse(&server_url()).unwrap();
    url.set_path(database);
    url.to_string()
}

/// Monday 2 March 2026, 10:00 UTC: where every test's clock begins.
pub fn start_of_time() -> Timestamp {
    DateTime::parse_from_rfc3339("2026-03-02T10:00:00Z").unwrap().to_utc()
}

/// A migrated database to copy from, made once per version of the migrations and server.
async fn template() -> String {
    static ONCE: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    ONCE.get_or_init(|| async {
        let mut bytes = Vec::new();
        let mut files: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))
            .unwrap()
            .map(|f| f.unwrap().path())
            .collect();
        files.sort();
        for file in files {
            bytes.extend(std::fs::read(file).unwrap());
        }
        let name = format!("gt_template_{}", &hex::encode(gatehouse::kernel::secret::sha256(&bytes))[..12]);
        let mut server = PgConnection::connect(&server_url()).await.unwrap();
        sqlx::query("select pg_advisory_lock(7401)").execute(&mut server).await.unwrap();
        let there: Option<i32> = sqlx::query_scalar("select 1 from pg_database where datname = $1")
            .bind(&name)
            .fetch_optional(&mut server)
            .await
            .unwrap();
        if there.is_none() {
            let making = format!("{name}_making");
            sqlx::raw_sql(sqlx::AssertSqlSafe(format!("drop database if exists {making} with (force)")))
                .execute(&mut server)
                .await
                .unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(format!("create database {making}"))).execute(&mut server).await.unwrap();
            db::migrate(&url_of(&making), start_of_time()).await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(format!("alter database {making} rename to {name}")))
                .execute(&mut server)
                .await
                .unwrap();
        }
        server.close().await.unwrap();
        name
    })
    .await
    .clone()
}

/// The program in the hands of a test.
pub struct TestApp {
    /// The program.
    pub app: App,
    /// Its clock: stands still until moved.
    pub clock: Clock,
    /// The address of its database, with all rights: for looking behind the curtain.
    pub database_url: String,
    name: String,
    router: axum::Router,
}

/// A site with its people, as most tests want it.
#[derive(Clone)]
pub struct Seed {
    pub site: SiteId,
    pub handle: String,
    pub service: ServiceId,
    pub owner: CollaboratorId,
}

impl TestApp {
    /// A fresh program on a fresh database.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with other settings.
    pub async fn with(change: impl FnOnce(&mut Parts)) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "gt_{}_{}_{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::SeqCst),
            &hex::encode(gatehouse::kernel::secret::random_bytes::<3>())
        );
        let template = template().await;
        let mut server = PgConnection::connect(&server_url()).await.unwrap();
        // Copies of one template wait for each other; the lock makes that wait orderly.
        sqlx::query("select pg_advisory_lock(7402)").execute(&mut server).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("create database {name} template {template}")))
            .execute(&mut server)
            .await
            .unwrap();
        server.close().await.unwrap();
        let clock = Clock::fixed(start_of_time());
        let app = Self::program(&url_of(&name), clock.clone(), RootKeys::random(), change).await;
        let router = gatehouse::app::router(app.clone());
        Self { app, clock, database_url: url_of(&name), name, router }
    }

    /// Another process of the same installation: same database, keys and clock, nothing else shared.
    pub async fn second_process(&self) -> App {
        let (config, demo) = (self.app.config.clone(), self.app.demo);
        Self::program(&self.database_url, self.clock.clone(), self.app.keys.clone(), |parts| {
            parts.config = config;
            parts.demo = demo;
        })
        .await
    }

    /// The program on a database that is there already: for a process that a test starts beside its own.
    pub async fn program(url: &str, clock: Clock, keys: RootKeys, change: impl FnOnce(&mut Parts)) -> App {
        let config = Config {
            database_url: url.to_owned(),
            migrate_url: url.to_owned(),
            addr: "127.0.0.1:3000".parse().unwrap(),
            public_url: "http://localhost:3000".parse().unwrap(),
            root_keys: Some(keys.clone()),
            trusted_proxies: TrustedProxies::None,
            smtp_url: None,
            mail_from: None,
            sms: None,
            sms_daily_cap: 5_000,
            tls: None,
            metrics_addr: None,
            clock_offset: TimeDelta::zero(),
            site_root: concat!(env!("CARGO_MANIFEST_DIR"), "/target/site").into(),
            var: std::env::temp_dir(),
            hash_permits: 2,
            hash_cost: Cost { memory: 64, passes: 1, lanes: 1 },
            pace: Pace::Noted(Default::default()),
            db_connections: 12,
        };
        let db = Db::connect(url, config.db_connections).await.unwrap();
        let mut parts = Parts {
            config,
            db,
            clock,
            keys,
            assets: std::sync::Arc::new(gatehouse::ui::assets::Assets::unhashed()),
            demo: false,
        };
        let connections = parts.config.db_connections;
        change(&mut parts);
        if parts.config.db_connections != connections {
            parts.db = Db::connect(url, parts.config.db_connections).await.unwrap();
        }
        App::new(parts)
    }

    /// Moves the clock forward.
    pub fn wait(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// A browser without cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    /// A connection with all rights, past row security.
    pub async fn superuser(&self) -> PgConnection {
        PgConnection::connect(&self.database_url).await.unwrap()
    }

    /// A single number from the database, past row security.
    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.superuser().await).await.unwrap()
    }

    /// The mails in the queue, oldest first, opened as a worker opens them.
    pub async fn waiting_mails(&self) -> Vec<serde_json::Value> {
        let rows: Vec<(uuid::Uuid, String)> =
            sqlx::query_as("select id, payload ->> 'sealed_payload' from job where kind = 'mail' order by id")
                .fetch_all(&mut self.superuser().await)
                .await
                .unwrap();
        let open = |(id, sealed): (uuid::Uuid, String)| {
            let sealed = STANDARD.decode(sealed).unwrap();
            let plain = self.app.keys.open(Purpose::JobPayload, id.as_bytes(), &sealed).unwrap();
            serde_json::from_slice(&plain).unwrap()
        };
        rows.into_iter().map(open).collect()
    }

    /// A site `harbour-books` in GBP with an owner `owner@example.com` and a service.
    pub async fn seed(&self) -> Seed {
        self.seed_site("harbour-books").await
    }

    /// A site with an owner `owner@{handle}.example` (for `harbour-books`: `owner@example.com`) and a service in GBP.
    pub async fn seed_site(&self, handle: &str) -> Seed {
        let now = self.clock.now();
        let (site, service) = (SiteId::new(now), ServiceId::new(now));
        let mut db = self.superuser().await;
        sqlx::query("insert into site (id, handle, name, live, currency, time_zone, created_at) values ($1, $2, $3, false, 'GBP', 'Europe/London', $4)")
            .bind(site.0).bind(handle).bind(handle.replace('-', " ")).bind(now).execute(&mut db).await.unwrap();
        sqlx::query(
            "insert into service (site_id, id, name, currency, created_at) values ($1, $2, 'Checkout', 'GBP', $3)",
        )
        .bind(site.0)
        .bind(service.0)
        .bind(now)
        .execute(&mut db)
        .await
        .unwrap();
        db.close().await.unwrap();
        let email =
            if handle == "harbour-books" { "owner@example.com".to_owned() } else { format!("owner@{handle}.example") };
        let owner = self.person(&email).await;
        self.member(site, owner, Role::Owner).await;
        Seed { site, handle: handle.to_owned(), service, owner }
    }

    /// A collaborator without any site and without a password.
    pub async fn person(&self, email: &str) -> CollaboratorId {
        let now = self.clock.now();
        let id = CollaboratorId::new(now);
        let mut db = self.superuser().await;
        sqlx::query("insert into collaborator (id, email, email_canonical, name, created_at) values ($1, $2, lower($2), $3, $4)")
            .bind(id.0).bind(email).bind(email.split('@').next().unwrap()).bind(now).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
        id
    }

    /// Gives a person a role at a site.
    pub async fn member(&self, site: SiteId, who: CollaboratorId, role: Role) {
        let mut db = self.superuser().await;
        sqlx::query("insert into membership (site_id, collaborator_id, role, created_at) values ($1, $2, $3, $4)")
            .bind(site.0)
            .bind(who.0)
            .bind(role.as_str())
            .bind(self.clock.now())
            .execute(&mut db)
            .await
            .unwrap();
        db.close().await.unwrap();
    }

    /// A browser in which the person has just signed in (the session is made without the sign-in page).
    pub async fn signed_in(&self, who: CollaboratorId) -> Browser {
        self.signed_in_with(who, Assurance::Password).await
    }

    /// The same, proved with a second factor or not.
    pub async fn signed_in_with(&self, who: CollaboratorId, assurance: Assurance) -> Browser {
        let mut tx = self.app.db.platform().await.unwrap();
        let address = gatehouse::kernel::ip::ClientAddress::parse("203.0.113.1");
        let token = session::start(&mut tx, who, assurance, address, "test browser", self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let browser = self.browser();
        browser.set_cookie(session::COOKIE, token.reveal());
        browser
    }

    /// A browser signed in as somebody with this role at the site.
    pub async fn actor(&self, site: SiteId, role: Role) -> Browser {
        let who = self
            .person(&format!(
                "{}-{}@example.com",
                role.as_str(),
                hex::encode(gatehouse::kernel::secret::random_bytes::<3>())
            ))
            .await;
        self.member(site, who, role).await;
        self.signed_in(who).await
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let name = self.name.clone();
        // Own thread: the test's runtime may be ending.
        let gone = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let mut server = PgConnection::connect(&server_url()).await.ok()?;
                sqlx::raw_sql(sqlx::AssertSqlSafe(format!("drop database if exists {name} with (force)")))
                    .execute(&mut server)
                    .await
                    .ok()
            })
        });
        let _ = gone.join();
    }
}
