//! The job queue: once, again, and never more.

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::kernel::id::SiteId;
use gatehouse::kernel::secret::RootKeys;
use gatehouse::platform::jobs::commands::{Jobs, jobs};
use gatehouse::platform::jobs::push;
use gatehouse::platform::jobs::runner::{Runner, order_recurring, run_due};
use gatehouse::platform::mail::{self, Letter, Mailer};
use gatehouse::platform::state::App;
use sqlx::Row as _;

use super::smtp_sink::SmtpSink;
use crate::access::stage::{GOOD, OWNER, give_password, link, mails, signed_in};
use crate::support::TestApp;

/// How long a test waits for what has to happen; it goes on as soon as it did.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

async fn order(app: &App, to: &str) -> uuid::Uuid {
    let mut tx = app.db.platform().await.unwrap();
    let id = mail::send(&mut tx, app, Letter::new("Hello").line("Hello.").to(to)).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// The same for a mail of a site.
async fn order_for(app: &App, site: SiteId, to: &str) -> uuid::Uuid {
    let mut tx = app.db.platform().await.unwrap();
    let id = mail::send_for(&mut tx, app, site, Letter::new("Hello").line("Hello.").to(to)).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// Makes every job a dead letter.
async fn kill(stage: &TestApp) {
    sqlx::query("update job set dead_at = $1, attempts = 8, last_error = 'no'")
        .bind(stage.clock.now())
        .execute(&mut stage.superuser().await)
        .await
        .unwrap();
}

/// `attempts, dead, last_error` of the one job.
async fn job(stage: &TestApp) -> (i32, bool, String) {
    let mut db = stage.superuser().await;
    let row = sqlx::query("select attempts, dead_at is not null, coalesce(last_error, '') from job")
        .fetch_one(&mut db)
        .await
        .unwrap();
    (row.get(0), row.get(1), row.get(2))
}

#[tokio::test]
async fn of_two_processes_one_does_each_job_once() {
    let stage = TestApp::with(|parts| parts.demo = true).await;
    let other = stage.second_process().await;
    for n in 0..60 {
        order(&stage.app, &format!("person{n}@example.com")).await;
    }
    let (here, there) = tokio::join!(run_due(&stage.app), run_due(&other));
    assert_eq!(here.unwrap() + there.unwrap(), 60);
    assert_eq!(stage.count("select count(*) from outbox").await, 60);
    assert_eq!(stage.count("select count(*) from job").await, 0);
}

#[tokio::test]
async fn what_was_not_committed_is_not_done() {
    let stage = TestApp::with(|parts| parts.demo = true).await;
    let mut tx = stage.app.db.platform().await.unwrap();
    mail::send(&mut tx, &stage.app, Letter::new("Hello").to("ann@example.com")).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(run_due(&stage.app).await.unwrap(), 0);
}

#[tokio::test]
async fn a_failure_waits_longer_each_time_and_the_eighth_is_the_last() {
    // No mail server and no demo: every try fails.
    let stage = TestApp::new().await;
    order(&stage.app, "ann@example.com").await;
    assert_eq!(run_due(&stage.app).await.unwrap(), 1);
    assert_eq!(run_due(&stage.app).await.unwrap(), 0, "not before its time");
    stage.wait(TimeDelta::seconds(7));
    assert_eq!(run_due(&stage.app).await.unwrap(), 0, "10 s less a fifth");
    stage.wait(TimeDelta::seconds(6));
    assert_eq!(run_due(&stage.app).await.unwrap(), 1, "10 s and a fifth");
    stage.wait(TimeDelta::seconds(31));
    assert_eq!(run_due(&stage.app).await.unwrap(), 0, "40 s less a fifth");
    for _ in 3..=8 {
        stage.wait(TimeDelta::hours(8));
        assert_eq!(run_due(&stage.app).await.unwrap(), 1);
    }
    assert_eq!(job(&stage).await, (8, true, "GATEHOUSE_SMTP_URL is not set, so no mail can leave".into()));
    stage.wait(TimeDelta::days(7));
    assert_eq!(run_due(&stage.app).await.unwrap(), 0, "a dead letter stays where it is");
}

#[tokio::test]
async fn the_job_of_a_crashed_worker_is_taken_again_when_its_lease_ends() {
    let stage = TestApp::with(|parts| parts.demo = true).await;
    order(&stage.app, "ann@example.com").await;
    // What a worker writes when it takes a job; then it is gone.
    let mut db = stage.superuser().await;
    sqlx::query("update job set attempts = 1, run_at = $1")
        .bind(stage.clock.now() + TimeDelta::minutes(5))
        .execute(&mut db)
        .await
        .unwrap();
    stage.wait(TimeDelta::minutes(5) - TimeDelta::seconds(1));
    assert_eq!(run_due(&stage.app).await.unwrap(), 0);
    stage.wait(TimeDelta::seconds(1));
    assert_eq!(run_due(&stage.app).await.unwrap(), 1);
    assert_eq!(stage.count("select count(*) from job").await, 0);
}

#[tokio::test]
async fn a_worker_that_outlived_its_lease_settles_nothing() {
    for (to, what) in [("ann@example.com", "done"), ("bounce@example.com", "given up"), ("defer@example.com", "failed")]
    {
        let sink = SmtpSink::hesitant().await;
        let url = format!("smtp://{}", sink.address);
        let stage = TestApp::with(|parts| parts.config.smtp_url = Some(url)).await;
        order(&stage.app, to).await;
        // While the first worker speaks with the mail server its lease ends, and a second one takes the job.
        let overtaken = async {
            sink.called().await;
            sqlx::query("update job set attempts = 2").execute(&mut stage.superuser().await).await.unwrap();
            sink.greet();
        };
        let (worked, ()) = tokio::join!(run_due(&stage.app), overtaken);
        assert_eq!(worked.unwrap(), 1);
        assert_eq!(job(&stage).await, (2, false, String::new()), "the second worker's job is not noted as {what}");
    }
}

#[tokio::test]
async fn the_runner_does_what_is_due_and_stops_when_told() {
    let stage = TestApp::with(|parts| parts.demo = true).await;
    let runner = Runner::start(stage.app.clone(), Mailer::new(&stage.app.config).unwrap());
    order(&stage.app, "ann@example.com").await;
    let arrived = async { while stage.count("select count(*) from outbox").await == 0 {} };
    tokio::time::timeout(PATIENCE, arrived).await.expect("the runner does what is due");
    // It returns when the loop and every worker have: nothing is left that could take a job.
    tokio::time::timeout(PATIENCE, runner.stop()).await.expect("the runner stops when told");
    order(&stage.app, "bob@example.com").await;
    assert_eq!(stage.count("select count(*) from outbox").await, 1);
    assert_eq!(run_due(&stage.app).await.unwrap(), 1, "what came after waits for another process");
}

/// As a stranger orders a look whether somebody signs in with the owner's address.
async fn ask_for_a_link(app: &App) {
    let ask = serde_json::json!({ "kind": "reset_asked", "email": OWNER, "address": null, "user_agent": "" });
    let mut tx = app.db.platform().await.unwrap();
    push(&mut tx, app, serde_json::from_value(ask).unwrap()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_mail_waits_for_nothing_that_strangers_have_ordered() {
    let stage = TestApp::with(|parts| parts.demo = true).await;
    let seed = stage.seed().await;
    // Whoever looks whether the owner may have a link waits for as long as this lasts.
    let mut busy = stage.superuser().await;
    sqlx::query("begin").execute(&mut busy).await.unwrap();
    let held = sqlx::query("select 1 from collaborator where id = $1 for update").bind(seed.owner.0);
    held.fetch_one(&mut busy).await.unwrap();
    for _ in 0..20 {
        ask_for_a_link(&stage.app).await;
    }
    order(&stage.app, "ann@example.com").await;
    let runner = Runner::start(stage.app.clone(), Mailer::new(&stage.app.config).unwrap());
    let arrived = async { while stage.count("select count(*) from outbox").await == 0 {} };
    tokio::time::timeout(std::time::Duration::from_secs(8), arrived).await.expect("the mail is not behind them");
    assert_eq!(stage.count("select count(*) from job where kind = 'reset_asked'").await, 20);
    sqlx::query("commit").execute(&mut busy).await.unwrap();
    tokio::time::timeout(PATIENCE, runner.stop()).await.expect("the runner stops when told");
}

#[tokio::test]
async fn a_long_queue_is_done_without_a_pause_between_four_and_four() {
    let stage = TestApp::with(|parts| parts.demo = true).await;
    for n in 0..120 {
        order(&stage.app, &format!("person{n}@example.com")).await;
    }
    let runner = Runner::start(stage.app.clone(), Mailer::new(&stage.app.config).unwrap());
    // Four every half second would take fifteen seconds.
    let arrived = async { while stage.count("select count(*) from outbox").await < 120 {} };
    tokio::time::timeout(std::time::Duration::from_secs(12), arrived).await.expect("all of them arrive");
    tokio::time::timeout(PATIENCE, runner.stop()).await.expect("the runner stops when told");
}

#[tokio::test]
async fn upkeep_comes_back_and_deletes_what_is_old() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let now = stage.clock.now();
    let mut db = stage.superuser().await;
    for (days, token) in [(0, "new"), (10, "old")] {
        let then = now - TimeDelta::days(days);
        sqlx::query("insert into network_tally (network, touched_at) values ($2::text::inet, $1)")
            .bind(then)
            .bind(format!("203.0.113.{days}"))
            .execute(&mut db)
            .await
            .unwrap();
        sqlx::query(
            "insert into mailed_token (token_hash, purpose, created_at, expires_at) values ($1, 'set_up', $2, $2)",
        )
        .bind(token.as_bytes())
        .bind(then)
        .execute(&mut db)
        .await
        .unwrap();
    }
    drop(stage.signed_in(seed.owner).await);
    order_recurring(&stage.app).await.unwrap();
    assert_eq!(run_due(&stage.app).await.unwrap(), 2);
    assert_eq!(stage.count("select count(*) from network_tally").await, 1);
    assert_eq!(stage.count("select count(*) from mailed_token").await, 1);
    assert_eq!(stage.count("select count(*) from session").await, 1);
    assert_eq!(run_due(&stage.app).await.unwrap(), 0);
    stage.wait(TimeDelta::days(43));
    assert_eq!(run_due(&stage.app).await.unwrap(), 2, "both are due again");
    assert_eq!(stage.count("select count(*) from session").await, 0);
    let ahead: String = sqlx::query_scalar(
        "select max(right(relname, 6)) from pg_class where relname like 'audit\\_2%' and relkind = 'r'",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert_eq!(ahead, "202704", "a year ahead of April 2026");
}

#[tokio::test]
async fn an_owner_tries_a_dead_letter_again_or_discards_it_and_it_is_recorded() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let id = order_for(&stage.app, seed.site, "bounce@example.com").await;
    let mut db = stage.superuser().await;
    kill(&stage).await;

    let page = owner.get("/s/harbour-books/system").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(!page.body.contains("bounce@example.com"), "a payload is never shown");
    let analyst = stage.actor(seed.site, Role::Analyst).await;
    assert_eq!(analyst.post(&format!("/s/harbour-books/system/jobs/{id}"), &[("do", "discard")]).await.status, 403);

    let answer = owner.post(&format!("/s/harbour-books/system/jobs/{id}"), &[("do", "try_again")]).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, "/s/harbour-books/system?done=retried"));
    assert!(!job(&stage).await.1);
    assert_eq!(
        owner.post(&format!("/s/harbour-books/system/jobs/{id}"), &[("do", "discard")]).await.status,
        404,
        "it is no dead letter any more"
    );
    sqlx::query("update job set dead_at = $1").bind(stage.clock.now()).execute(&mut db).await.unwrap();
    assert_eq!(owner.post(&format!("/s/harbour-books/system/jobs/{id}"), &[("do", "discard")]).await.status, 303);
    assert_eq!(stage.count("select count(*) from job").await, 0);
    let recorded: Vec<String> =
        sqlx::query_scalar("select action from audit order by seq").fetch_all(&mut db).await.unwrap();
    assert_eq!(recorded, ["job.retried", "job.discarded"]);
}

#[tokio::test]
async fn a_site_sees_and_settles_no_dead_letter_but_its_own() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let other = stage.seed_site("other-shop").await;
    let mine = order_for(&stage.app, seed.site, "mine@example.com").await;
    let strangers = [
        order_for(&stage.app, other.site, "theirs@example.com").await,
        order(&stage.app, "somebody@example.com").await,
    ];
    kill(&stage).await;
    let owner = stage.signed_in(seed.owner).await;
    let page = owner.get("/s/harbour-books/system").await;
    assert!(page.body.contains(&mine.to_string()), "{}", page.body);
    for id in strangers {
        assert!(!page.body.contains(&id.to_string()), "{}", page.body);
        for wish in ["try_again", "discard"] {
            let answer = owner.post(&format!("/s/harbour-books/system/jobs/{id}"), &[("do", wish)]).await;
            assert_eq!(answer.status, 404, "{wish}");
        }
    }
    assert_eq!(stage.count("select count(*) from job where dead_at is not null").await, 3);
}

/// What a link of a mail ends with.
fn token(link: &str) -> String {
    link.split_once("?token=").expect("a link with a token").1.to_owned()
}

/// The queue as whoever reads the table sees it.
async fn rows(stage: &TestApp) -> String {
    let rows: Vec<String> = sqlx::query_scalar("select j::text from job j order by id")
        .fetch_all(&mut stage.superuser().await)
        .await
        .unwrap();
    rows.join("\n")
}

#[tokio::test]
async fn a_waiting_mail_tells_neither_its_link_nor_its_reader_and_arrives() {
    let stage = TestApp::with(|parts| parts.demo = true).await;
    let seed = stage.seed().await;
    give_password(&stage, seed.owner, GOOD).await;
    // Who asks for a new password is answered by a job, which orders the mail.
    assert_eq!(stage.browser().post("/forgot-password", &[("email", OWNER)]).await.status, 303);
    let asked = rows(&stage).await;
    assert!(!asked.contains(OWNER), "{asked}");
    run_due(&stage.app).await.unwrap();
    run_due(&stage.app).await.unwrap();
    let mail: String =
        sqlx::query_scalar("select body from outbox").fetch_one(&mut stage.superuser().await).await.unwrap();
    let reset = token(&link(&mail));
    let owner = signed_in(&stage, OWNER, GOOD).await;
    let invitation = [("email", "ruth@example.com"), ("role", "support")];
    owner.post("/s/harbour-books/collaborators/invite", &invitation).await;
    let invited = token(&link(mails(&stage, "ruth@example.com").await.last().unwrap()));
    owner.post("/me/email", &[("email", "maren@new.example"), ("password", GOOD)]).await;
    let moved = token(&link(mails(&stage, "maren@new.example").await.last().unwrap()));

    let secrets = [&*reset, &invited, &moved, "?token=", "reset-password", "@example.com", "maren@"];
    let waiting = rows(&stage).await;
    for secret in secrets {
        assert!(!waiting.contains(secret), "{secret}: {waiting}");
    }
    kill(&stage).await;
    let page = owner.get("/s/harbour-books/system").await;
    let mut listed = Vec::new();
    jobs(&stage.app, Jobs::List, &mut listed).await.unwrap();
    let listed = String::from_utf8(listed).unwrap();
    assert!(page.body.contains("Dead letter") && listed.contains("dead letters"), "{listed}");
    for secret in secrets.into_iter().take(4) {
        assert!(!page.body.contains(secret) && !listed.contains(secret), "{secret}");
    }

    sqlx::query("update job set dead_at = null, attempts = 0").execute(&mut stage.superuser().await).await.unwrap();
    run_due(&stage.app).await.unwrap();
    assert_eq!(stage.count("select count(*) from job").await, 0, "and nothing of them is kept");
    let arrived: Vec<String> =
        sqlx::query_scalar("select body from outbox").fetch_all(&mut stage.superuser().await).await.unwrap();
    for secret in [reset, invited, moved] {
        assert_eq!(arrived.iter().filter(|body| body.contains(&secret)).count(), 1, "{secret}");
    }
}

#[tokio::test]
async fn a_mail_that_was_ordered_under_the_old_root_key_is_sent_under_the_new_one() {
    let (old, new) = ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=");
    let keys = |text: &str| RootKeys::parse(text).unwrap();
    let stage = TestApp::with(|parts| {
        parts.demo = true;
        parts.keys = keys(old);
    })
    .await;
    let process =
        |keys: RootKeys| TestApp::program(&stage.database_url, stage.clock.clone(), keys, |parts| parts.demo = true);
    order(&stage.app, "ann@example.com").await;

    assert_eq!(run_due(&process(keys(new)).await).await.unwrap(), 1);
    let (attempts, dead, said) = job(&stage).await;
    assert_eq!((attempts, dead), (1, false), "who took the old key away can put it back");
    assert!(said.contains("add the one it was sealed with, behind the newest"), "{said}");
    assert_eq!(stage.count("select count(*) from outbox").await, 0);

    stage.wait(TimeDelta::minutes(1));
    let rotated = process(keys(&format!("{new},{old}"))).await;
    assert_eq!(run_due(&rotated).await.unwrap(), 1);
    assert_eq!(stage.count("select count(*) from outbox where recipient = 'ann@example.com'").await, 1);
    order(&rotated, "bob@example.com").await;
    assert_eq!(
        run_due(&process(keys(new)).await).await.unwrap(),
        1,
        "what is ordered from now on needs only the new key"
    );
    assert_eq!(stage.count("select count(*) from outbox where recipient = 'bob@example.com'").await, 1);
}

#[tokio::test]
async fn discarding_asks_for_a_fresh_proof() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let id = order_for(&stage.app, seed.site, "bounce@example.com").await;
    kill(&stage).await;
    let owner = stage.signed_in(seed.owner).await;
    stage.wait(TimeDelta::minutes(11));
    let answer = owner.post(&format!("/s/harbour-books/system/jobs/{id}"), &[("do", "discard")]).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, "/me/confirm?next=%2Fs%2Fharbour-books%2Fsystem"));
    assert_eq!(stage.count("select count(*) from job").await, 1);
}

#[tokio::test]
async fn the_operator_lists_revives_and_discards_what_is_nobodys() {
    let stage = TestApp::new().await;
    let id = order(&stage.app, "bounce@example.com").await;
    kill(&stage).await;
    let say = async |command: Jobs| {
        let mut out = Vec::new();
        let done = jobs(&stage.app, command, &mut out).await;
        (done.is_ok(), String::from_utf8(out).unwrap())
    };
    let (_, listed) = say(Jobs::List).await;
    assert!(listed.contains("1 dead letters") && listed.contains(&id.to_string()), "{listed}");
    assert!(!listed.contains("bounce@example.com"), "a payload is never shown");
    assert!(say(Jobs::Revive { id }).await.0);
    assert!(!job(&stage).await.1);
    assert!(!say(Jobs::Discard { id }).await.0, "it is no dead letter any more");
    kill(&stage).await;
    assert!(say(Jobs::Discard { id }).await.0);
    let mut db = stage.superuser().await;
    let recorded: Vec<(String, String)> =
        sqlx::query_as("select action, actor_kind from audit order by seq").fetch_all(&mut db).await.unwrap();
    let said = |action: &str| (action.to_owned(), "command_line".to_owned());
    assert_eq!(recorded, [said("job.retried"), said("job.discarded")]);
}
