//! "Is it listed?": the question is posted, so that what is looked up stands in no address, and the page answers it.

use std::collections::BTreeSet;

use axum::extract::{Form, State};
use axum::response::Response;
use serde::Deserialize;

use crate::access::{Permit, grant};
use crate::console::Console;
use crate::decision::lists::pages::Links;
use crate::decision::lists::pages::look_up::{Answer, page};
use crate::decision::lists::service::look_up::look_up;
use crate::decision::lists::service::matches::of_entries;
use crate::error::Result;
use crate::kernel::id::EntryId;
use crate::platform::state::App;
use crate::ui::text::Clockface;

/// What is looked up. No `Debug`: it may be anything, a card number too.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Asked {
    /// The value as typed.
    pub value: String,
    /// The one field to look in; any without it.
    pub field: String,
}

/// `GET /s/{site}/lists/look-up`
pub async fn get(State(app): State<App>, permit: Permit<grant::ReadLists>, console: Console) -> Response {
    let face = Clockface { now: app.clock.now(), zone: permit.site().time_zone };
    page(console, Links::of(&permit), Asked::default(), Answer::NotAsked, face)
}

/// `POST /s/{site}/lists/look-up`: changes nothing.
pub async fn post(
    State(app): State<App>,
    permit: Permit<grant::ReadLists>,
    console: Console,
    Form(asked): Form<Asked>,
) -> Result<Response> {
    let (site, now) = (permit.site_id(), app.clock.now());
    let answer = if asked.value.trim().is_empty() {
        Answer::NotAsked
    } else {
        let mut tx = app.db.site(site).await?;
        match look_up(&mut tx, site, asked.field.parse().ok(), &asked.value, now).await? {
            Ok(found) => {
                let ids: BTreeSet<EntryId> = found.hits.iter().map(|hit| hit.entry_id).collect();
                let matches = of_entries(&mut tx, site, &Vec::from_iter(ids), now).await?;
                Answer::Found(found, matches)
            }
            Err(why) => Answer::Refused(why),
        }
    };
    let face = Clockface { now, zone: permit.site().time_zone };
    Ok(page(console, Links::of(&permit), asked, answer, face))
}
