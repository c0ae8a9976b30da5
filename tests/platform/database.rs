//! What a login of the program can do in the database, and what not.

use gatehouse::platform::db;
use sqlx::{Connection as _, PgConnection};

use crate::support::{TestApp, start_of_time};

#[tokio::test]
async fn a_shadowed_name_is_not_read_with_the_owners_rights() {
    let stage = TestApp::new().await;
    let mut session = stage.app.db.pool().acquire().await.unwrap();
    let shadows = "create temp view _sqlx_migrations as select 99999::bigint as version, true as success;
                   create temp table attempt_203001 (x int)";
    sqlx::raw_sql(shadows).execute(&mut *session).await.unwrap();
    let newest: Option<i64> = sqlx::query_scalar("select schema_version()").fetch_one(&mut *session).await.unwrap();
    assert!(newest.is_some_and(|version| version < 99_999), "{newest:?}");
    let made: i32 =
        sqlx::query_scalar("select ensure_partitions('2030-01-01Z', 1)").fetch_one(&mut *session).await.unwrap();
    assert_eq!(made, 5, "a temporary table is no partition");
}

#[tokio::test]
async fn the_program_may_make_no_temporary_tables() {
    let stage = TestApp::new().await;
    let mut server = stage.superuser().await;
    let name = format!("{}_fresh", url::Url::parse(&stage.database_url).unwrap().path().trim_start_matches('/'));
    let mut url = url::Url::parse(&stage.database_url).unwrap();
    url.set_path(&name);
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("create database {name}"))).execute(&mut server).await.unwrap();
    db::migrate(url.as_str(), start_of_time()).await.unwrap();
    let mut session = PgConnection::connect(url.as_str()).await.unwrap();
    sqlx::raw_sql("set role gatehouse_app").execute(&mut session).await.unwrap();
    let refused = sqlx::raw_sql("create temp table x (y int)").execute(&mut session).await;
    session.close().await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("drop database {name} with (force)")))
        .execute(&mut server)
        .await
        .unwrap();
    let code = refused.unwrap_err().into_database_error().unwrap().code().unwrap().into_owned();
    assert_eq!(code, "42501", "insufficient privilege");
}

#[tokio::test]
async fn a_login_that_could_lift_row_security_may_not_serve() {
    let stage = TestApp::new().await;
    let mut server = stage.superuser().await;
    let database = url::Url::parse(&stage.database_url).unwrap();
    let role = format!("{}_role", database.path().trim_start_matches('/'));
    let mut url = database.clone();
    url.set_username(&role).unwrap();
    let verdict = async || {
        let db = db::Db::connect(url.as_str(), 1).await.unwrap();
        let mighty = db.too_mighty().await.unwrap().map(|mighty| mighty.because);
        db.pool().close().await;
        mighty
    };
    let mut run = async |sql: String| sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut server).await.unwrap();

    assert_eq!(stage.app.db.too_mighty().await.unwrap().map(|m| m.because), Some("is a superuser or may become one"));
    run(format!("create role {role} login noinherit in role gatehouse_app")).await;
    let fit = verdict().await;
    run(format!("alter role {role} bypassrls")).await;
    let bypassing = verdict().await;
    run(format!("alter role {role} nobypassrls; alter table outcome owner to {role}")).await;
    let owning = verdict().await;
    run(format!("alter table outcome owner to postgres; drop owned by {role}; drop role {role}")).await;
    assert_eq!((fit, bypassing, owning), (None, Some("may bypass row security"), Some("owns the tables")));
}
