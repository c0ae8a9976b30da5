//! `/s/{site}/messages`: the sender and words of texts, a test to one's own phone.

use axum::extract::{Form, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use crate::access::pages::messages::{self as page, Model};
use crate::access::{Permit, grant};
use crate::console::Console;
use crate::error::{Kind, Result, sentence};
use crate::kernel::phone::Phone;
use crate::platform::http::routes::{Access, Routes};
use crate::platform::sms::settings::{self, Saved, Templates};
use crate::platform::sms::{self, NotADailyCap, Terms};
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};
use crate::ui::stale::{Opened, Texts};

/// The rows of the route table.
pub fn routes() -> Routes {
    use crate::access::Permission as P;
    Routes::new()
        .get("/s/{site}/messages", Access::May(P::ReadCollaborators), show)
        .post("/s/{site}/messages", Access::May(P::EditSite), save)
        .post("/s/{site}/messages/test", Access::May(P::EditSite), test)
}

/// Sender, words and cap as typed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    /// This part's version when the form was opened.
    pub base_version: i32,
    /// Empty: from the site's name.
    pub sms_sender: String,
    /// Empty: ours.
    pub sms_body: String,
    /// Texts a day.
    pub sms_daily_cap: String,
    /// All of these when the form was opened.
    #[serde(default)]
    pub opened: Opened,
    /// `preview` shows without saving.
    pub intent: Option<String>,
}

impl Texts for Typed {
    fn texts(&mut self) -> Vec<(&'static str, &mut String)> {
        vec![
            ("sms_sender", &mut self.sms_sender),
            ("sms_body", &mut self.sms_body),
            ("sms_daily_cap", &mut self.sms_daily_cap),
        ]
    }

    fn opened(&mut self) -> &mut Opened {
        &mut self.opened
    }
}

impl Typed {
    /// As the site stands.
    pub fn of(terms: &Terms) -> Self {
        Self {
            base_version: terms.version,
            sms_sender: terms.sender.clone().unwrap_or_default(),
            sms_body: terms.body.clone().unwrap_or_default(),
            sms_daily_cap: terms.daily_cap.to_string(),
            opened: Opened::default(),
            intent: None,
        }
        .open()
    }

    /// All read, or what is wrong with them.
    pub fn read(&self) -> std::result::Result<Templates, Problems> {
        let mut problems = Problems::none();
        let sender = optional(&mut problems, "sms_sender", &self.sms_sender);
        let body = optional(&mut problems, "sms_body", &self.sms_body);
        let cap = self.sms_daily_cap.parse();
        let cap = cap.map_err(|e: NotADailyCap| problems.add("sms_daily_cap", sentence(&e))).ok();
        match (sender, body, cap) {
            (Some(sender), Some(body), Some(daily_cap)) => Ok(Templates { sender, body, daily_cap }),
            _ => Err(problems),
        }
    }
}

fn optional<T>(problems: &mut Problems, field: &str, typed: &str) -> Option<Option<T>>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    if typed.trim().is_empty() {
        return Some(None);
    }
    typed.parse().map(Some).map_err(|e: T::Err| problems.add(field, sentence(&e))).ok()
}

/// Where a test goes, as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestNumber {
    /// ISO 3166 alpha-2.
    pub country: String,
    /// As people write it.
    pub number: String,
}

async fn show(State(app): State<App>, permit: Permit<grant::ReadCollaborators>, console: Console) -> Result<Response> {
    let model = Model::new(&app, &permit).await?;
    Ok(page::show(console, model))
}

async fn save(
    State(app): State<App>,
    permit: Permit<grant::EditSite>,
    console: Console,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let model = Model::new(&app, &permit.also()?).await?;
    let new = match typed.read() {
        Ok(_) if typed.intent.as_deref() == Some("preview") => return Ok(page::preview(console, model, typed)),
        Ok(new) => new,
        Err(problems) => return Ok(page::again(console, model, typed, problems)),
    };
    match settings::save(&app, &permit, typed.base_version, new).await? {
        Saved::Done => Ok(Redirect::to(&Done::Saved.at(&model.path())).into_response()),
        Saved::Stale(now) => Ok(page::stale(console, model, now, typed)),
        Saved::StepUp => Ok(page::confirm_first(console, model, typed)),
    }
}

async fn test(
    State(app): State<App>,
    permit: Permit<grant::EditSite>,
    console: Console,
    Form(typed): Form<TestNumber>,
) -> Result<Response> {
    let model = Model::new(&app, &permit.also()?).await?;
    let refused = match Phone::parse(&typed.number, typed.country.parse().ok()) {
        Ok(number) => match sms::test(&app, &permit, &number).await {
            Ok(Ok(_)) => return Ok(Redirect::to(&Done::Sent.at(&model.path())).into_response()),
            Ok(Err(refusal)) => refusal.to_string(),
            Err(error) if error.kind == Kind::StepUpRequired => {
                return Ok(page::untested_unproved(console, model, typed));
            }
            Err(error) => return Err(error),
        },
        Err(error) => error.to_string(),
    };
    let problems = [("number", sentence(&refused))].into_iter().collect();
    Ok(page::untested(console, model, typed, problems))
}
