//! The newest decisions beside the overview's figures.

use http::StatusCode;

use crate::support::TestApp;

const PATH: &str = "/s/harbour-books/overview";

#[tokio::test]
async fn the_newest_decisions_are_asked_for_again_and_that_keeps_no_session_alive() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    assert!(!owner.get(PATH).await.body.contains("refresh.js"), "there is nothing yet");
    super::pay(&stage, &seed, 1).await;
    let page = owner.get(PATH).await;
    assert!(page.body.contains("id=\"newest\" data-refresh=\"10\""), "{}", page.body);
    assert!(page.body.contains("/pkg/refresh.js"), "{}", page.body);

    // As the script asks.
    let ask = async || {
        let request = owner.request(http::Method::GET, PATH).header("x-gatehouse-poll", "1");
        owner.send(request.body(axum::body::Body::empty()).unwrap()).await
    };
    let newer = super::pay(&stage, &seed, 1).await;
    assert!(ask().await.body.contains(&newer.id.to_string()), "the next one is among them");
    stage.wait(chrono::TimeDelta::minutes(27));
    assert_eq!(ask().await.status, StatusCode::OK);
    stage.wait(chrono::TimeDelta::minutes(2));
    assert_eq!(ask().await.status, StatusCode::SEE_OTHER, "idle for half an hour");
}
