//! What the operator sees from outside: lines that say whose they are, figures that name nobody.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use gatehouse::error::Error;
use gatehouse::platform::http::edge;
use gatehouse::platform::state::App;
use http::{Method, header};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::Value;

use crate::access::stage::{GOOD, OWNER, fail, house, is_in, try_to_sign_in};
use crate::decision::stage::payment;
use crate::support::{Browser, Log, TestApp};

#[tokio::test]
async fn every_line_of_a_request_carries_its_id_and_none_carries_what_callers_wrote() {
    async fn works() -> Result<&'static str, Error> {
        tracing::info!("at work");
        Err(Error::internal(anyhow::anyhow!("the cause")))
    }
    let stage = TestApp::new().await;
    let table: Router<App> = Router::new().route("/works/{at}", get(works));
    let browser = Browser::new(edge::wrap(stage.app.clone(), table));
    let log = Log::default();
    let listening = log.listen(tracing::Level::INFO);
    let request = browser
        .request(Method::GET, "/works/4711-path?q=4711-query")
        .header("x-request-id", "shop-42")
        .header(header::REFERER, "http://localhost:3000/?q=4711-referer");
    assert_eq!(browser.send(request.body(Body::empty()).unwrap()).await.status, 500);
    drop(listening);
    let written = log.text();
    let lines: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said: Vec<_> = lines.iter().map(|line| line["fields"]["message"].as_str().unwrap()).collect();
    assert_eq!(said, ["at work", "the request failed: the cause", "GET /works/{at} answered 500"]);
    assert!(lines.iter().all(|line| line["span"]["request.id"] == "shop-42"), "{written}");
    assert!(!written.contains("4711"), "{written}");
}

#[tokio::test]
async fn decisions_and_sign_ins_are_counted_and_nobody_is_named() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let counting = metrics::set_default_local_recorder(&recorder);
    let (stage, seed) = house().await;
    for _ in 0..4 {
        payment(seed.site, seed.service, 7).card("fp_1").sent(&stage.app).await;
    }
    assert!(is_in(&try_to_sign_in(&stage.browser(), OWNER, GOOD).await));
    fail(&stage.browser(), OWNER, 10).await;
    for n in 0..21 {
        try_to_sign_in(&stage.browser(), &format!("nobody{n}@example.com"), "x").await;
    }
    drop(counting);
    let figures = recorder.handle().render();
    for line in [
        r#"gatehouse_decisions_total{outcome="approve",settled_by="none"} 3"#,
        r#"gatehouse_decisions_total{outcome="reject",settled_by="velocity_email_payments"} 1"#,
        "gatehouse_decision_seconds_count 4",
        r#"gatehouse_access_events_total{event="sign_in.succeeded"} 1"#,
        r#"gatehouse_access_events_total{event="account.locked"} 1"#,
        r#"gatehouse_access_events_total{event="network.refused"} 1"#,
    ] {
        assert!(figures.lines().any(|found| found == line), "{line} is not in {figures}");
    }
    for name in [seed.site.to_string(), seed.site.0.to_string(), seed.handle, "owner@".into(), "203.0.113".into()] {
        assert!(!figures.contains(&name), "{name}: {figures}");
    }
}
