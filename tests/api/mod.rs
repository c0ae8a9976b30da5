//! The API as a site's server meets it, and the console's pages of keys.

mod bodies;
mod decisions;
mod idempotency;
mod keys;
mod lists;
mod openapi;
mod pages;

use axum::body::Body;
use gatehouse::api::Scope;
use gatehouse::api::key::KeyKind;
use gatehouse::api::service::issue::{Made, Wanted, issue_by_operator};
use gatehouse::kernel::id::{KeyId, SiteId};
use gatehouse::platform::state::App;
use http::{Method, Request, header};
use serde_json::{Value, json};

use crate::support::{Answer, Browser, Seed, TestApp};

/// A key made on the command line.
async fn made(stage: &TestApp, site: SiteId, wanted: &Wanted) -> Made {
    let mut tx = stage.app.db.site(site).await.unwrap();
    let made = issue_by_operator(&mut tx, &stage.app, site, false, wanted).await.unwrap();
    tx.commit().await.unwrap();
    made
}

fn wanted(scopes: &[Scope]) -> Wanted {
    Wanted { name: "Shop server".into(), kind: KeyKind::Secret, scopes: scopes.to_vec(), expires_at: None }
}

/// A site's server: it holds a key and has no cookies.
pub struct Server {
    browser: Browser,
    key: String,
    pub id: KeyId,
}

impl Server {
    async fn with(stage: &TestApp, site: SiteId, scopes: &[Scope]) -> Self {
        let made = made(stage, site, &wanted(scopes)).await;
        Self { browser: stage.browser(), key: made.text.reveal().to_owned(), id: made.id }
    }

    pub async fn of(stage: &TestApp, seed: &Seed) -> Self {
        Self::with(stage, seed.site, &Scope::ALL).await
    }

    /// The same server, calling another process of the installation.
    fn at(&self, app: &App) -> Self {
        Self { browser: Browser::new(gatehouse::app::router(app.clone())), key: self.key.clone(), id: self.id }
    }

    /// Any call.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.browser.call(method, path, &self.key, body).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.browser.call(Method::GET, path, &self.key, None).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.browser.call(Method::POST, path, &self.key, Some(body)).await
    }

    async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.browser.call(Method::PATCH, path, &self.key, Some(body)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.browser.call(Method::DELETE, path, &self.key, None).await
    }

    /// Any bytes as a body, under any further headers.
    async fn raw(&self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost:3000");
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.key));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.browser.send(request.body(body.into()).unwrap()).await
    }

    /// JSON as text, sent as it stands.
    async fn text(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.raw(Method::POST, path, &[("content-type", "application/json")], body).await
    }

    /// The same under an Idempotency-Key.
    async fn once(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.raw(
            Method::POST,
            path,
            &[("content-type", "application/json"), ("idempotency-key", key)],
            body.to_string(),
        )
        .await
    }
}

/// A payment that nothing speaks against.
fn payment(seed: &Seed) -> Value {
    json!({
        "kind": "payment", "service": seed.service.to_string(), "amount": 4_900, "currency": "GBP", "ip": "203.0.113.7",
        "user_agent": "Mozilla/5.0", "headers": { "Accept-Language": "en-GB" },
        "customer": { "external_id": "c_20931", "email": "ann@example.com", "guest": false },
        "card": { "token": "tok_1", "fingerprint": "fp_1", "bin": "424242", "last4": "4242", "brand": "visa", "exp_month": 8, "exp_year": 2028, "holder": "Ann Lee", "country": "GB" },
        "billing": { "first_name": "Ann", "last_name": "Lee", "address": "1 Quay", "city": "Bristol", "postal_code": "BS1 4DJ", "state": "Avon", "country": "GB" },
        "shipping": { "first_name": "Ann", "last_name": "Lee", "address": "1 Quay", "city": "Bristol", "postal_code": "BS1 4DJ", "state": "Avon", "country": "GB" },
    })
}

/// The problem of an answer: status, code and the first field's name and code.
fn problem(answer: &Answer) -> (u16, String, String, String) {
    let kind = answer.headers.get(header::CONTENT_TYPE).map(|v| v.to_str().unwrap()).unwrap_or_default();
    assert_eq!(kind, "application/problem+json", "{} {}", answer.status, answer.body);
    let body = answer.json();
    for field in ["type", "title", "detail", "code", "request_id"] {
        assert!(body[field].is_string(), "{field}: {body}");
    }
    assert_eq!(body["status"], answer.status.as_u16());
    assert_eq!(body["request_id"], answer.headers["x-request-id"].to_str().unwrap());
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), text(&body["code"]), text(&body["errors"][0]["field"]), text(&body["errors"][0]["code"]))
}

/// What [`problem`] gives for a fault of one field.
fn fault(field: &str, code: &str) -> (u16, String, String, String) {
    (422, "invalid".into(), field.into(), code.into())
}
