//! The end of a process: what was accepted is finished.

use std::net::TcpListener;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use gatehouse::platform::demo;
use gatehouse::platform::lifecycle::serve_on;
use tokio::sync::{Notify, oneshot};

use crate::support::TestApp;

#[tokio::test]
async fn a_request_at_work_is_answered_and_new_ones_are_not_accepted() {
    let stage = TestApp::with(|parts| parts.demo = true).await;
    demo::mark(&stage.app.db, stage.clock.now()).await.unwrap().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let (begun, may_end) = (std::sync::Arc::new(Notify::new()), std::sync::Arc::new(Notify::new()));
    let (begun2, may_end2) = (begun.clone(), may_end.clone());
    let slow = move || {
        let (begun, may_end) = (begun2.clone(), may_end2.clone());
        async move {
            begun.notify_one();
            may_end.notified().await;
            "finished"
        }
    };
    let router = Router::new().route("/slow", get(slow)).route("/quick", get(|| async { "quick" }));
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(serve_on(stage.app.clone(), router, listener, async move {
        let _ = stopped.await;
    }));

    let ask = |path: &'static str| async move { reqwest::get(format!("http://{addr}{path}")).await?.text().await };
    let mut quick = ask("/quick").await;
    for _ in 0..50 {
        if quick.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        quick = ask("/quick").await;
    }
    assert_eq!(quick.unwrap(), "quick");
    let at_work = tokio::spawn(ask("/slow"));
    begun.notified().await;
    stop.send(()).unwrap();
    let mut refused = false;
    for _ in 0..50 {
        if ask("/quick").await.is_err() {
            refused = true;
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(refused, "the listener is closed");
    assert!(!serving.is_finished(), "a request is still at work");
    may_end.notify_one();
    assert_eq!(at_work.await.unwrap().unwrap(), "finished");
    tokio::time::timeout(Duration::from_secs(10), serving).await.unwrap().unwrap().unwrap();
}
