//! The database: a pool whose connections run as `gatehouse_app`, transactions that name their site, migrations.

use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection as _, Postgres, Transaction};

/// A connection, for single statements.
pub use sqlx::PgConnection;

use crate::error::Result;
use crate::kernel::id::SiteId;

/// A transaction.
pub type Tx = Transaction<'static, Postgres>;

/// The pool. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
}

/// A login with rights that the program must not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("DATABASE_URL signs in as {login}, which {because}, so row security could be lifted. {TWO_ROLES}")]
pub struct TooMighty {
    /// The name it signs in with.
    pub login: String,
    /// What is wrong with that.
    pub because: &'static str,
}

/// How an installation comes by the two roles.
pub const TWO_ROLES: &str =
    "Keep the owner's address in GATEHOUSE_MIGRATE_URL, make a login for the program and name it in DATABASE_URL:
  create role gatehouse_program login noinherit password '…' in role gatehouse_app;";

impl Db {
    /// Connects and gives up the connecting role's rights: from here on row security applies.
    pub async fn connect(url: &str, connections: u32) -> anyhow::Result<Self> {
        let options: PgConnectOptions = url.parse()?;
        // Compiling a plan to machine code costs seconds over a dozen partitions; our statements take milliseconds. What is
        // counted after a lock must contain what its former holder committed, whatever the database's own default is.
        let options = options.application_name("gatehouse").options([
            ("default_transaction_isolation", "read committed"),
            ("statement_timeout", "15s"),
            ("lock_timeout", "10s"),
            // A process that hangs lets go of the keys it has locked.
            ("idle_in_transaction_session_timeout", "30s"),
            ("jit", "off"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(8))
            .after_connect(|connection, _| {
                Box::pin(async move {
                    sqlx::query("set role gatehouse_app").execute(&mut *connection).await?;
                    sqlx::query("set timezone to 'UTC'").execute(&mut *connection).await?;
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        Ok(Self { pool })
    }

    /// Why this login may not serve, in words that follow its name; `None` when it can do no more than the program.
    /// Connections take the program's role, but whoever finds a way to run a statement of their own could reset it.
    pub async fn too_mighty(&self) -> Result<Option<TooMighty>> {
        let found: (String, bool, bool, bool) = sqlx::query_as(
            "select session_user::text,
                    coalesce(bool_or(r.rolsuper), false),
                    coalesce(bool_or(r.rolbypassrls), false),
                    exists (select from pg_class c
                            join pg_namespace n on n.oid = c.relnamespace
                            where n.nspname = 'public'
                              and pg_has_role(session_user, c.relowner, 'member'))
             from pg_roles r
             where pg_has_role(session_user, r.oid, 'member')",
        )
        .fetch_one(&self.pool)
        .await?;
        let (login, superuser, bypasses, owns) = found;
        let because = match (superuser, bypasses, owns) {
            (true, ..) => "is a superuser or may become one",
            (_, true, _) => "may bypass row security",
            (.., true) => "owns the tables",
            _ => return Ok(None),
        };
        Ok(Some(TooMighty { login, because }))
    }

    /// A transaction in which row security shows this site's rows and no others.
    pub async fn site(&self, site: SiteId) -> Result<Tx> {
        let mut tx = self.pool.begin().await?;
        sqlx::query("select set_config('gatehouse.site', $1, true)").bind(site.0.to_string()).execute(&mut *tx).await?;
        Ok(tx)
    }

    /// A transaction for tables that belong to no site (people, sessions, jobs). Tenant tables appear empty in it.
    pub async fn platform(&self) -> Result<Tx> {
        Ok(self.pool.begin().await?)
    }

    /// The pool itself, for single statements on tables that belong to no site, and for listening.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }
}

/// A connection that is kept from one statement to the next: the pool asks each connection whether it lives when it is taken
/// and when it is given back, which would cost a busy task two round trips a statement.
#[derive(Default)]
pub struct KeptConnection(Option<(PoolConnection<Postgres>, Instant)>);

/// For how long a connection is kept: then those who wait for one have their turn.
const TURN: Duration = Duration::from_millis(100);

impl KeptConnection {
    /// The connection, or another one.
    pub async fn get(&mut self, db: &Db) -> Result<&mut PgConnection> {
        let kept = match self.0.take().filter(|(_, since)| since.elapsed() < TURN) {
            Some(kept) => kept,
            None => (db.pool.acquire().await?, Instant::now()),
        };
        Ok(&mut self.0.insert(kept).0)
    }

    /// Gives it back, as after a failure: it may be broken.
    pub fn give_back(&mut self) {
        self.0 = None;
    }
}

/// Moves a running transaction to another site: for what concerns a person at each of their sites.
pub async fn enter(tx: &mut Tx, site: SiteId) -> Result<()> {
    sqlx::query("select set_config('gatehouse.site', $1, true)").bind(site.0.to_string()).execute(&mut **tx).await?;
    Ok(())
}

/// Brings the schema up to date and makes the partitions of the coming months. Runs as the owner role.
pub async fn migrate(url: &str, now: crate::kernel::clock::Timestamp) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::migrate!("./migrations").run(&mut connection).await?;
    // Two months back, so that history can be loaded; a year ahead, so that a moved clock finds its month.
    sqlx::query("select ensure_partitions($1 - interval '2 months', 15)").bind(now).execute(&mut connection).await?;
    // The connecting role takes the program's role on, so that one URL is enough for a demo.
    sqlx::query("grant gatehouse_app to current_user").execute(&mut connection).await.ok();
    connection.close().await?;
    Ok(())
}
