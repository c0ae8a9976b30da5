//! Metrics: on their own address and on no other.

use http::{StatusCode, header};

use super::program::Program;

async fn get(url: String) -> (StatusCode, String, String) {
    let answer = reqwest::Client::new().get(url).header(header::HOST, "localhost:3000").send().await.unwrap();
    let kind = answer.headers().get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
    (answer.status(), kind.unwrap_or_default(), answer.text().await.unwrap())
}

#[tokio::test]
async fn metrics_are_served_on_their_own_address_which_serves_nothing_else() {
    let mut program = Program::start(&[("GATEHOUSE_METRICS_ADDR", "127.0.0.1:0")]).await;
    let metrics = program.address("metrics at http://").await;
    let main = program.address("listening on http://").await;
    assert_eq!(get(format!("http://{main}/sign-in")).await.0, StatusCode::OK);

    let (status, kind, body) = get(format!("http://{metrics}/metrics")).await;
    assert_eq!((status, &*kind), (StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8"));
    assert!(body.contains("gatehouse_http_requests_total{"), "{body}");
    for path in ["/", "/sign-in", "/healthz"] {
        assert_eq!(get(format!("http://{metrics}{path}")).await.0, StatusCode::NOT_FOUND, "{path}");
    }

    let (status, _, body) = get(format!("http://{main}/metrics")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(!body.contains("gatehouse_http_requests_total"), "{body}");
}

#[tokio::test]
async fn an_address_that_is_taken_stops_the_start_and_names_the_setting() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let said = Program::refuses(&[("GATEHOUSE_METRICS_ADDR", &addr)]).await;
    assert!(said.contains(&format!("GATEHOUSE_METRICS_ADDR: cannot listen on {addr}")), "{said}");
    let said = Program::refuses(&[("GATEHOUSE_METRICS_ADDR", "9100")]).await;
    assert!(said.contains("GATEHOUSE_METRICS_ADDR is not an address and port such as 127.0.0.1:9100"), "{said}");
}
