//! The console's frame: which pages there are, who may see them in the navigation, and what stands around each.
//!
//! A page takes a [`Console`] (inside the console) or a [`Doorway`] (for people who are not signed in) as an extractor
//! and answers with `console.page(title, view)`. The navigation's items are data here; how they look is `ui`'s.

use axum::extract::{FromRequestParts, OriginalUri, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::request::Parts;
use leptos::prelude::IntoView;

use crate::access::banner;
use crate::access::permit::{Place, Visitor};
use crate::access::service::home::home as access_home;
use crate::access::service::requirement;
use crate::access::session::named_cookie;
use crate::access::{Permission, Role};
use crate::decision::service::policy;
use crate::decision::verdict::Mode as Switch;
use crate::error::{Error, Result};
use crate::platform::http::routes::{Access, Routes};
use crate::platform::state::App;
use crate::sites;
use crate::ui::chrome::{Chrome, Idle, Nav, NavItem, Person, Place as ChromePlace, Search};
use crate::ui::door::Door;
use crate::ui::feedback::{Banner, DoneQuery, Notice, Tone};
use crate::ui::icon::Icon;
use crate::ui::mark::Mode;
use crate::ui::page::{Frame, Page, Theme};

/// Seconds before a session's idle end at which the page asks.
const WARN_S: u32 = 120;

/// What stands around a page of a signed-in person.
pub struct Console {
    frame: Frame,
    chrome: Chrome,
    notice: Option<Notice>,
}

impl Console {
    /// The page with this title and content.
    pub fn page<V: IntoView + 'static>(self, title: impl Into<String>, view: impl FnOnce() -> V + 'static) -> Response {
        self.show(Page::new(title, view))
    }

    /// The page as it was prepared: with another status, with a notice of its own.
    pub fn show(self, page: Page) -> Response {
        let page = if self.notice.is_some() { page.notice(self.notice) } else { page };
        page.in_console(&self.frame, self.chrome)
    }

    /// Without the banners: they were made before the form was carried out that this page answers.
    pub fn without_banners(mut self) -> Self {
        self.chrome.banners.clear();
        self
    }

    /// The path of this page.
    pub fn path(&self) -> &str {
        &self.chrome.path
    }
}

/// What stands around a page of somebody who is not signed in.
pub struct Doorway {
    frame: Frame,
    door: Door,
    notice: Option<Notice>,
}

impl Doorway {
    /// The page with this title and content.
    pub fn page<V: IntoView + 'static>(self, title: impl Into<String>, view: impl FnOnce() -> V + 'static) -> Response {
        self.show(Page::new(title, view))
    }

    /// The page as it was prepared.
    pub fn show(self, page: Page) -> Response {
        let page = if self.notice.is_some() { page.notice(self.notice) } else { page };
        page.at_the_door(&self.frame, self.door)
    }

    /// Around an error: nothing is loaded, nobody is asked.
    pub fn bare(app: &App, theme: Option<&str>) -> Self {
        let frame = Frame { assets: app.assets.clone(), theme: theme.map_or(Theme::System, Theme::parse) };
        Self { frame, door: door(app), notice: None }
    }
}

fn door(app: &App) -> Door {
    let url = &app.config.public_url;
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        _ => String::new(),
    };
    Door { name: "Gatehouse".into(), host }
}

fn frame(app: &App, parts: &Parts) -> Frame {
    let theme = named_cookie(&parts.headers, "theme").map_or(Theme::System, |t| Theme::parse(&t));
    Frame { assets: app.assets.clone(), theme }
}

fn notice(parts: &Parts) -> Option<Notice> {
    Query::<DoneQuery>::try_from_uri(&parts.uri).ok().and_then(|query| query.0.notice())
}

impl FromRequestParts<App> for Doorway {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        Ok(Self { frame: frame(app, parts), door: door(app), notice: notice(parts) })
    }
}

impl FromRequestParts<App> for Console {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        let place = parts.extensions.get::<Place>().cloned();
        let path =
            OriginalUri::from_request_parts(parts, app).await.map(|uri| uri.path().to_owned()).unwrap_or_default();
        let chrome = chrome(app, &visitor, place.as_ref(), path).await?;
        Ok(Self { frame: frame(app, parts), chrome, notice: notice(parts) })
    }
}

/// The frame of one request.
async fn chrome(app: &App, visitor: &Visitor, place: Option<&Place>, path: String) -> Result<Chrome> {
    let sites = sites::service::of(&app.db, visitor.id).await?;
    let mut banners = Vec::new();
    let mut nav = vec![Nav::Group { label: "You".into(), icon: Icon::UserRound, items: own_pages() }];
    if let Some(place) = place {
        let now = policy::current(app, place.site.id).await?;
        nav = navigation(&place.site.handle, place.role, now.policy.velocity.mode.into());
        if now.policy.panic == Switch::Enforce {
            banners.push(all_blocked(place));
        }
    }
    let name_of = |id| sites.iter().find(|s| s.id == id).map(|s| s.name.clone());
    let now = app.clock.now();
    banners.extend(banner(&requirement::of_person(&app.db, visitor.id, now).await?, name_of, &path, now));
    let here = place.map(|p| p.site.id);
    let to_place = |mine: &sites::Mine| ChromePlace {
        name: mine.name.clone(),
        detail: if mine.live { "Live".into() } else { "Test".into() },
        href: format!("/s/{}/overview", mine.handle),
    };
    let may_create = sites.iter().any(|s| s.role.may(Permission::EditSite));
    Ok(Chrome {
        site: sites.iter().find(|s| Some(s.id) == here).map(to_place),
        sites: sites.iter().filter(|s| Some(s.id) != here).map(to_place).collect(),
        site_actions: may_create
            .then(|| NavItem::new("Create a site", "/sites/new").icon(Icon::Plus))
            .into_iter()
            .chain(place.map(|place| {
                NavItem::new(format!("Leave {}", place.site.name), format!("/s/{}/leave", place.site.handle))
                    .icon(Icon::LogOut)
            }))
            .collect(),
        nav,
        path,
        person: Person {
            name: visitor.name.clone(),
            detail: place.map_or_else(|| visitor.email.clone(), |p| p.role.label().to_owned()),
            menu: own_pages(),
        },
        search: place
            .map(|p| Search { action: format!("/s/{}/decisions", p.site.handle), label: "Search decisions".into() }),
        banners,
        idle: Some(Idle { ends_in_s: visitor.seconds_left(app.clock.now()), warn_s: WARN_S }),
    })
}

/// The pages of a person's own account: they name no site.
fn own_pages() -> Vec<NavItem> {
    vec![
        NavItem::new("Profile", "/me/profile").icon(Icon::UserRound),
        NavItem::new("Password and MFA", "/me/second-factor").icon(Icon::Fingerprint),
        NavItem::new("Sessions", "/me/sessions").icon(Icon::Monitor),
        NavItem::new("Account activity", "/me/activity").icon(Icon::History),
    ]
}

/// Said on every page while the panic switch is on.
fn all_blocked(place: &Place) -> Banner {
    let text = format!("Every sign-in, registration and payment on {} is refused.", place.site.name);
    let banner = Banner::new(Tone::Danger, "All requests are blocked.", text);
    if place.role.may(Permission::EditProtection) {
        return banner.action("Switch it off", format!("/s/{}/panic", place.site.handle));
    }
    banner
}

/// The console's map, less what the role may not see.
fn navigation(handle: &str, role: Role, velocity: Mode) -> Vec<Nav> {
    let item = |permission: Permission, label: &str, page: &str| {
        role.may(permission).then(|| NavItem::new(label, format!("/s/{handle}/{page}")))
    };
    let group = |label: &str, icon: Icon, items: Vec<Option<NavItem>>| {
        let items: Vec<_> = items.into_iter().flatten().collect();
        (!items.is_empty()).then(|| Nav::Group { label: label.into(), icon, items })
    };
    [
        item(Permission::ReadOverview, "Overview", "overview").map(|i| Nav::Item(i.icon(Icon::LayoutDashboard))),
        group("Traffic", Icon::Activity, vec![item(Permission::ReadDecisions, "Decisions", "decisions")]),
        group(
            "Protection",
            Icon::Shield,
            vec![
                item(Permission::ReadPolicy, "Velocity filters", "velocity").map(|i| i.mode(velocity)),
                item(Permission::ReadLists, "Lists", "lists"),
                item(Permission::ReadDecisions, "Order of checks", "order"),
            ],
        ),
        group("Payments", Icon::CreditCard, vec![item(Permission::ReadServices, "Services", "services")]),
        group(
            "Access",
            Icon::Users,
            vec![
                item(Permission::ReadCollaborators, "Collaborators", "collaborators"),
                item(Permission::ReadCollaborators, "Multi-factor authentication", "mfa"),
                item(Permission::ReadCollaborators, "Passwords and lockout", "passwords"),
            ],
        ),
        group("Build", Icon::Blocks, vec![item(Permission::ReadApiKeys, "API keys", "api-keys")]),
        group(
            "Record",
            Icon::ScrollText,
            vec![
                item(Permission::ReadAudit, "Audit log", "audit"),
                item(Permission::ReadPolicy, "Policy versions", "policy"),
            ],
        ),
        group(
            "Site",
            Icon::Settings,
            vec![
                item(Permission::ReadSite, "Site settings", "settings"),
                item(Permission::ReadCollaborators, "Mail and SMS", "messages"),
                item(Permission::ReadSystem, "System", "system"),
            ],
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The console's own doors.
pub fn routes() -> Routes {
    Routes::new().get("/", Access::SignedIn, home).get("/s/{site}", Access::May(Permission::ReadOverview), site_home)
}

/// `/`: to the site the person was at last, or to their profile if they have none.
async fn home(State(app): State<App>, visitor: Visitor) -> Result<Response> {
    Ok(Redirect::to(&access_home(&app, &visitor).await?).into_response())
}

/// `/s/{site}`: to its overview.
async fn site_home(place: axum::Extension<Place>) -> Redirect {
    Redirect::to(&format!("/s/{}/overview", place.site.handle))
}
