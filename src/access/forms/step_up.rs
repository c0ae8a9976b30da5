//! `/me/confirm`: step-up.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::access::Visitor;
use crate::access::forms::myself::WRONG;
use crate::access::forms::refusals::{self, Refusal};
use crate::access::forms::request::{Origin, clock, redirect};
use crate::access::hashing::Password;
use crate::access::next::own_path;
use crate::access::pages::confirm as pages;
use crate::access::service::codes::Sent;
use crate::access::service::step_up::{self, Outcome};
use crate::access::service::ways::{self, Way};
use crate::access::session;
use crate::console::Console;
use crate::error::Result;
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};

/// The page's path.
pub const PATH: &str = "/me/confirm";

/// Which way, and where to go on afterwards.
#[derive(Debug, Default, Deserialize)]
pub struct Choice {
    #[serde(default)]
    with: String,
    #[serde(default)]
    next: String,
}

/// The password and, where there is a factor, a code. No `Debug`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Confirm {
    password: String,
    with: String,
    code: String,
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

/// Where the proof leads: to the page that asked for it, which says that it is given and nothing is done yet.
pub(super) fn onward(next: Option<&str>) -> String {
    next.map_or_else(|| "/".to_owned(), |next| Done::Confirmed.at(next))
}

/// The page, or the page again with what is wrong.
pub(super) struct Answer {
    pub console: Console,
    pub way: Option<Way>,
    pub next: Option<String>,
}

impl Answer {
    async fn show(self, app: &App, visitor: &Visitor, problems: Problems) -> Result<Response> {
        let offers = match visitor.has_factor {
            true => Some(ways::offers(app, step_up::at(visitor), self.way).await?),
            false => None,
        };
        let counts = step_up::counts(app, visitor, self.next.as_deref()).await?;
        let purpose = step_up::purpose(app, visitor, self.next.as_deref(), counts.as_ref()).await?;
        Ok(pages::page(self.console, pages::Shown { offers, next: self.next, counts, purpose, problems }))
    }

    pub async fn refuse(self, app: &App, visitor: &Visitor, refusal: Refusal) -> Result<Response> {
        let problems = [(refusal.field, refusal.words.clone())].into_iter().collect();
        Ok(refusal.onto(self.show(app, visitor, problems).await?, app.clock.now()))
    }
}

/// Asks for the strongest proof the person has.
pub async fn page(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    Query(choice): Query<Choice>,
) -> Result<Response> {
    let answer = Answer { console, way: Way::parse(&choice.with), next: own_path(&choice.next) };
    answer.show(&app, &visitor, Problems::none()).await
}

/// Step-up: the session goes on under a new id.
pub async fn submit(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    origin: Origin,
    Form(form): Form<Confirm>,
) -> Result<Response> {
    let answer = Answer { console, way: Way::parse(&form.with), next: own_path(&form.next) };
    let password = match Password::typed(&form.password) {
        Ok(password) => password,
        Err(error) => return answer.show(&app, &visitor, [("password", error.detail)].into_iter().collect()).await,
    };
    let second = answer.way.map(|way| (way, form.code.as_str()));
    match step_up::confirm(&app, &visitor, origin.device.as_deref(), password, second).await? {
        Outcome::Confirmed(session) => Ok(redirect(&onward(answer.next.as_deref()), [session::set_cookie(&session)?])),
        Outcome::WrongPassword => {
            let problems = [("password", WRONG)].into_iter().collect();
            answer.show(&app, &visitor, problems).await
        }
        Outcome::Refused(checked) => {
            let Some(way) = answer.way else { return answer.refuse(&app, &visitor, refusals::no_way()).await };
            let kind = ways::kind(&app, visitor.id, way).await?;
            let refusal = refusals::of_code(&checked, kind, clock(&app, visitor.id).await?);
            answer.refuse(&app, &visitor, refusal).await
        }
    }
}

/// Sends a code to the chosen number, once the password was right.
pub async fn send(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    origin: Origin,
    Form(form): Form<Confirm>,
) -> Result<Response> {
    let answer = Answer { console, way: Way::parse(&form.with), next: own_path(&form.next) };
    let Some(Way::Factor(factor)) = answer.way else {
        return answer.refuse(&app, &visitor, refusals::no_way()).await;
    };
    let password = Password::typed(&form.password)?;
    let Some(sent) = step_up::send(&app, &visitor, origin.device.as_deref(), password, factor).await? else {
        let problems = [("password", WRONG)].into_iter().collect();
        return answer.show(&app, &visitor, problems).await;
    };
    match sent {
        Sent::Sent { .. } => Ok(redirect(&address(answer.way, answer.next.as_deref()), [])),
        refused => {
            let refusal = refusals::of_send(&refused, clock(&app, visitor.id).await?);
            answer.refuse(&app, &visitor, refusal).await
        }
    }
}
