//! What the demo would have mailed and texted.

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use leptos::prelude::*;
use serde::Deserialize;
use serde_json::json;

use crate::console::Doorway;
use crate::error::Result;
use crate::platform::demo::store::{self, Message};
use crate::platform::http::wants_page;
use crate::platform::state::App;
use crate::ui::door::Sheet;
use crate::ui::feedback::EmptyState;

/// Messages shown at once.
const MOST: i64 = 200;

/// Whose messages.
#[derive(Deserialize)]
pub struct Wanted {
    to: Option<String>,
}

/// `GET /demo/outbox`: a page, or JSON for who does not accept one.
pub async fn show(
    State(app): State<App>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
    door: Doorway,
) -> Result<Response> {
    let to = wanted.to.filter(|to| !to.is_empty() && !to.contains('\0'));
    let messages = store::outbox(&app.db, to.as_deref(), MOST).await?;
    if wants_page(&headers) {
        return Ok(door.page("Outbox of the demo", move || page(messages)));
    }
    let rows: Vec<_> = messages
        .iter()
        .map(|m| json!({ "kind": m.kind, "to": m.recipient, "subject": m.subject, "body": m.body, "at": m.at }))
        .collect();
    Ok(Json(rows).into_response())
}

fn page(messages: Vec<Message>) -> impl IntoView {
    let empty = messages.is_empty().then(
        || view! { <EmptyState title="Nothing yet" text="Mails and texts that Gatehouse sends land here, newest first."/> },
    );
    let letters: Vec<_> = messages
        .into_iter()
        .map(|message| {
            let at = message.at.format("%Y-%m-%d %H:%M:%S UTC").to_string();
            view! {
                <section class="block letter">
                    <div class="block-head"><h2>{message.subject}</h2><p>{format!("{} to {}, {at}", message.kind, message.recipient)}</p></div>
                    <div class="letter-text">{message.body.split('\n').map(line).collect_view()}</div>
                </section>
            }
        })
        .collect();
    view! { <Sheet title="Outbox of the demo" lead="What would have been mailed or texted.".to_owned()><div class="pad">{empty}{letters}</div></Sheet> }
}

/// A line of a mail; an address of ours is a link.
fn line(text: &str) -> AnyView {
    let text = text.to_owned();
    if text.starts_with("http://") || text.starts_with("https://") {
        view! { <p><a href=text.clone()>{text.clone()}</a></p> }.into_any()
    } else {
        view! { <p>{text}</p> }.into_any()
    }
}
