//! `/sign-in/second-step`: nothing of it is reachable without a right password just before.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;

use crate::access::forms::refusals::{self, Refusal};
use crate::access::forms::request::{Origin, clock, redirect};
use crate::access::next::own_path;
use crate::access::pace::Arrival;
use crate::access::pages::second_step as pages;
use crate::access::service::codes::Sent;
use crate::access::service::second_step::{self, Help, Outcome, Pending};
use crate::access::service::ways::{self, Came, Way};
use crate::access::session::{self, named_cookie};
use crate::console::Doorway;
use crate::error::{Error, Result};
use crate::platform::state::App;
use crate::ui::feedback::Problems;

/// The page's path.
pub const PATH: &str = "/sign-in/second-step";

/// Which way, and where to go afterwards.
#[derive(Debug, Default, Deserialize)]
pub struct Choice {
    #[serde(default)]
    with: String,
    #[serde(default)]
    next: String,
    helped: Option<String>,
}

/// A code. No `Debug`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Typed {
    with: String,
    code: String,
    next: String,
}

/// Which number a code goes to.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SendTo {
    with: String,
    next: String,
}

/// The page's address for a way.
pub fn address(way: Option<Way>, next: Option<&str>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    way.map(|way| query.append_pair("with", &way.to_string()));
    next.map(|next| query.append_pair("next", next));
    let query = query.finish();
    if query.is_empty() { PATH.to_owned() } else { format!("{PATH}?{query}") }
}

pub(super) async fn pending(app: &App, headers: &HeaderMap) -> Result<Option<Pending>> {
    second_step::find(app, named_cookie(headers, second_step::COOKIE).as_deref()).await
}

/// The page. Opening it sends nothing.
pub async fn page(
    State(app): State<App>,
    doorway: Doorway,
    headers: HeaderMap,
    Query(choice): Query<Choice>,
) -> Result<Response> {
    let Some(pending) = pending(&app, &headers).await? else { return Ok(pages::gone(doorway)) };
    let answer = Answer { doorway, way: Way::parse(&choice.with), next: own_path(&choice.next) };
    let helped = choice.helped.is_some();
    answer.show(&app, &pending, None, helped).await
}

/// The page again, with what is wrong.
pub(super) struct Answer {
    pub doorway: Doorway,
    pub way: Option<Way>,
    pub next: Option<String>,
}

impl Answer {
    pub async fn show(self, app: &App, pending: &Pending, refusal: Option<Refusal>, helped: bool) -> Result<Response> {
        let offers = ways::offers(app, pending.at(), self.way).await?;
        let problems: Problems = refusal.iter().map(|r| (r.field, r.words.clone())).collect();
        let shown = pages::Shown { offers, next: self.next, problems, helped, until: pending.expires_at };
        let response = pages::page(self.doorway, shown);
        Ok(match refusal {
            Some(refusal) => refusal.onto(response, app.clock.now()),
            None => response,
        })
    }
}

/// Takes the step.
pub async fn submit(
    arrival: Arrival,
    State(app): State<App>,
    doorway: Doorway,
    origin: Origin,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let answer = take(&app, doorway, origin, &headers, typed).await;
    arrival.leave(&app).await;
    answer
}

async fn take(app: &App, doorway: Doorway, origin: Origin, headers: &HeaderMap, typed: Typed) -> Result<Response> {
    let Some(pending) = pending(app, headers).await? else { return Ok(pages::gone(doorway)) };
    let answer = Answer { doorway, way: Way::parse(&typed.with), next: own_path(&typed.next) };
    let Some(way) = answer.way else {
        return answer.show(app, &pending, Some(refusals::no_way()), false).await;
    };
    let came = Came { address: origin.address, user_agent: origin.user_agent };
    // A task of its own: a browser that hangs up does not keep its guess from being counted.
    let (worker, code, old) = (app.clone(), typed.code, origin.session);
    let task = tokio::spawn(async move {
        let outcome = second_step::take(&worker, &pending, way, &code, &came, old.as_deref()).await;
        (pending, outcome)
    });
    let (pending, outcome) = task.await.map_err(Error::internal)?;
    match outcome? {
        Outcome::SignedIn(signed_in) => {
            let cookies = [session::set_cookie(&signed_in.session)?, signed_in.device, second_step::clear_cookie()];
            Ok(redirect(answer.next.as_deref().unwrap_or("/"), cookies))
        }
        Outcome::Refused(checked) => {
            let who = pending.at().who;
            let (kind, clockface) = (ways::kind(app, who, way).await?, clock(app, who).await?);
            answer.show(app, &pending, Some(refusals::of_code(&checked, kind, clockface)), false).await
        }
        Outcome::Gone => Ok(pages::gone(answer.doorway)),
    }
}

/// Sends a code to the chosen number.
pub async fn send(
    arrival: Arrival,
    State(app): State<App>,
    doorway: Doorway,
    origin: Origin,
    headers: HeaderMap,
    Form(to): Form<SendTo>,
) -> Result<Response> {
    let answer = text(&app, doorway, origin, &headers, to).await;
    arrival.leave(&app).await;
    answer
}

async fn text(app: &App, doorway: Doorway, origin: Origin, headers: &HeaderMap, to: SendTo) -> Result<Response> {
    let Some(pending) = pending(app, headers).await? else { return Ok(pages::gone(doorway)) };
    let answer = Answer { doorway, way: Way::parse(&to.with), next: own_path(&to.next) };
    let Some(Way::Factor(factor)) = answer.way else {
        return answer.show(app, &pending, Some(refusals::no_way()), false).await;
    };
    let came = Came { address: origin.address, user_agent: origin.user_agent };
    match second_step::send(app, &pending, factor, &came).await? {
        Sent::Sent { .. } => Ok(redirect(&address(answer.way, answer.next.as_deref()), [])),
        refused => {
            let refusal = refusals::of_send(&refused, clock(app, pending.at().who).await?);
            answer.show(app, &pending, Some(refusal), false).await
        }
    }
}

/// "Unable to access device".
pub async fn help(
    arrival: Arrival,
    State(app): State<App>,
    doorway: Doorway,
    origin: Origin,
    headers: HeaderMap,
    Form(to): Form<SendTo>,
) -> Result<Response> {
    let answer = ask(&app, doorway, origin, &headers, to).await;
    arrival.leave(&app).await;
    answer
}

async fn ask(app: &App, doorway: Doorway, origin: Origin, headers: &HeaderMap, to: SendTo) -> Result<Response> {
    let Some(pending) = pending(app, headers).await? else { return Ok(pages::gone(doorway)) };
    let answer = Answer { doorway, way: Way::parse(&to.with), next: own_path(&to.next) };
    let came = Came { address: origin.address, user_agent: origin.user_agent };
    match second_step::ask_for_help(app, &pending, &came).await? {
        Help::Asked(_) => {
            let back = address(answer.way, answer.next.as_deref());
            let sign = if back.contains('?') { '&' } else { '?' };
            Ok(redirect(&format!("{back}{sign}helped="), []))
        }
        Help::Nowhere => answer.show(app, &pending, Some(refusals::no_help()), false).await,
        Help::TooOften { until } => {
            let refusal = refusals::help_too_often(until, clock(app, pending.at().who).await?);
            answer.show(app, &pending, Some(refusal), false).await
        }
    }
}
