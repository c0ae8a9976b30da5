//! The question before a list's mode changes what it does: what it would have done with past payments, before it is saved.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;
use serde::Deserialize;

use crate::access::{Permit, grant};
use crate::console::Console;
use crate::decision::backtest::Effect;
use crate::decision::change::mode_word;
use crate::decision::last_week::LastWeek;
use crate::decision::lists::forms::{confirm, id, see};
use crate::decision::lists::list::{List, Settings};
use crate::decision::lists::loosening;
use crate::decision::lists::pages::{Links, effect_of};
use crate::decision::lists::service::{Editor, effect, read};
use crate::decision::pages::effect::Of;
use crate::decision::pages::number::name_the_number;
use crate::decision::verdict::Mode;
use crate::error::{Error, Kind, Result};
use crate::kernel::id::ListId;
use crate::platform::state::App;
use crate::ui::dialog::Confirm;
use crate::ui::page::Page;

/// What is asked.
pub struct Question {
    /// Addresses.
    pub links: Links,
    /// The list as it stands.
    pub list: List,
    /// The mode that is wanted.
    pub to: Mode,
    /// What it would have done; `None` while too many others are being worked out.
    pub effect: Option<Box<Effect>>,
    /// How many of last week's good payments have to be named.
    pub week: Option<LastWeek>,
    /// What was typed instead, if it was asked before.
    pub typed: Option<String>,
}

/// The mode that is wanted.
#[derive(Debug, Deserialize)]
pub struct Asked {
    to: String,
}

/// A mode as the buttons post it.
pub fn read_mode(text: &str) -> Result<Mode> {
    let words = "The form does not say which mode: off, shadow or enforce.";
    text.parse().map_err(|_| Error::new(Kind::Malformed, words))
}

/// `GET /s/{site}/lists/{list}/switch`
pub async fn get(
    State(app): State<App>,
    permit: Permit<grant::EditProtection>,
    console: Console,
    Path((_, list)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let (id, to): (ListId, Mode) = (id(&list)?, read_mode(&asked.to)?);
    let links = Links::of(&permit);
    let editor = Editor::person(&permit, app.clock.now());
    let mut tx = app.db.site(permit.site_id()).await?;
    let list = read::list(&mut tx, permit.site_id(), id).await?.ok_or_else(Error::not_found)?;
    let after = Settings { mode: to, ..list.settings.clone() };
    if after == list.settings {
        return Ok(see(&links.list(id)));
    }
    if loosening::of_settings(list.kind, &list.settings, &after) && editor.need_fresh().is_err() {
        return Ok(confirm(&links.switch_list(id, to)));
    }
    let trial = effect::of_settings(&mut tx, &app, &editor, &list, Some(&after)).await?;
    tx.rollback().await?;
    let effect = effect::preview(&app, &editor, &trial).await?;
    let week = effect.as_ref().map(|effect| effect.last_week);
    let week = week.filter(|week| trial.may_refuse_more() && week.turns_most_away());
    Ok(show(console, Question { links, list, to, effect, week, typed: None }, StatusCode::OK))
}

/// The page with the question.
pub fn show(console: Console, question: Question, status: StatusCode) -> Response {
    let title = format!("Change the mode of {}", question.list.settings.name.as_str());
    console.show(Page::new(title, move || content(question)).status(status))
}

fn content(question: Question) -> impl IntoView {
    let Question { links, list, to, effect, week, typed } = question;
    let title = format!("Set {} to {}?", list.settings.name.as_str(), mode_word(to).to_lowercase());
    let text = match to {
        Mode::Off => "From the next attempt on nothing is compared with its entries.",
        Mode::Shadow => "From the next attempt on its matches are recorded, and nothing is done.",
        Mode::Enforce => list.kind.meaning(),
    };
    let after = Settings { mode: to, ..list.settings.clone() };
    let harmless = !loosening::of_settings(list.kind, &list.settings, &after);
    let (action, cancel) = (format!("{}/switch", links.list(list.id)), links.list(list.id));
    view! {
        <Confirm title=title text=text action=action button="Set the mode" cancel=cancel harmless=harmless>
            <input type="hidden" name="to" value=to.as_str()/>
            {week.map(|week| name_the_number(week, typed.as_deref(), "leave it as it is"))}
            {effect_of(Of::List, effect.as_deref())}
        </Confirm>
    }
}
