//! The overview: a period against the site's own history, what stopped what, the panic switch, the newest decisions, and
//! the first steps until they are taken.

use axum::extract::{Query, State};
use axum::response::Response;
use leptos::prelude::*;
use serde::Deserialize;

use crate::access::grant::{ReadDecisions, ReadOverview};
use crate::access::{Permission, Permit, Role};
use crate::console::Console;
use crate::decision::service::policy;
use crate::decision::service::search::{self, Filter, Row as Found};
use crate::decision::verdict::Mode as Switch;
use crate::error::Result;
use crate::kernel::page::PageRequest;
use crate::platform::state::App;
use crate::reports::pages::figures::figures;
use crate::reports::pages::rail::rail;
use crate::reports::period::Range;
use crate::reports::service::{self, Overview};
use crate::ui::feedback::EmptyState;
use crate::ui::icon::Icon;
use crate::ui::layout::{Head, Split};
use crate::ui::page::{Page, Script};
use crate::ui::segment::{Tab, range_links};
use crate::ui::text::Clockface;

/// The page's query.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    range: String,
}

pub(super) struct Model {
    pub overview: Overview,
    pub latest: Vec<Found>,
    pub panic: Switch,
    pub role: Role,
    pub site: String,
    pub base: String,
    pub face: Clockface,
}

/// `GET /s/{site}/overview`.
pub async fn get(
    State(app): State<App>,
    permit: Permit<ReadOverview>,
    console: Console,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let overview = service::overview(&app, &permit, Range::parse(&asked.range)).await?;
    let newest = PageRequest { after: None, limit: 8 };
    let latest = search::find(&app, &permit.also::<ReadDecisions>()?, &Filter::default(), newest).await?.data;
    let panic = policy::current(&app, permit.site_id()).await?.policy.panic;
    let model = Model {
        face: Clockface { now: overview.period.now, zone: permit.site().time_zone },
        overview,
        latest,
        panic,
        role: permit.role(),
        site: permit.site().name.clone(),
        base: format!("/s/{}", permit.site().handle),
    };
    let any = !model.latest.is_empty();
    Ok(console.show(Page::new("Overview", move || view(model)).with(Script::Refresh, any)))
}

fn view(model: Model) -> impl IntoView {
    let rail = rail(&model).into_any();
    let Model { overview, face, base, role, .. } = model;
    let ranges = Range::ALL
        .into_iter()
        .map(|range| {
            Tab::new(range.label(), format!("{base}/overview?range={}", range.as_str()), range == overview.period.range)
        })
        .collect();
    let lead = lead(&overview, face);
    let empty = (!overview.any).then(|| {
        let keys = role.may(Permission::EditApiKeys).then(|| format!("{base}/api-keys"));
        view! {
            <EmptyState
                title="No attempts yet"
                text="Once your server asks for decisions, this page shows them against what is usual for your site."
                sign=Icon::Activity
            >
                {keys.map(|href| view! { <a class="button primary" href=href>"Create an API key"</a> })}
            </EmptyState>
        }
    });
    let figures = overview.any.then(|| figures(&overview, &base, face));
    view! {
        <Head title="Overview" lead=lead>{range_links("Period", ranges)}</Head>
        <Split rail=rail>{empty}{figures}</Split>
    }
}

fn lead(overview: &Overview, face: Clockface) -> String {
    let day = face.now.with_timezone(&face.zone).format("%A %-d %B %Y").to_string();
    let history = overview.totals.attempts.usual.is_some();
    let against = match overview.period.range {
        _ if !history => "There is not enough history yet to say what is usual",
        Range::Today => "Against the same hours of the last days",
        Range::Day => "Against the last days",
        Range::Week | Range::Month => "Against the last weeks",
    };
    format!("{day}, times in {}. {against}.", face.zone.name().replace('_', " "))
}
