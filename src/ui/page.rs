//! A page: one whole HTML document, rendered at once, with the headers that guard it.
//!
//! The content is a closure, because islands and contexts need the reactive owner that only exists while rendering.
//! All data is loaded before; nothing here waits.

use std::{fmt::Write, sync::Arc};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use hydration_context::SsrSharedContext;
use leptos::{nonce::Nonce, prelude::*, reactive::owner::Owner};

use super::{
    assets::Assets,
    chrome::{Chrome, console},
    door::{Door, door},
    escape::escape,
    feedback::Notice,
    sprite::symbols_for,
};

/// What every page of a request shares.
#[derive(Clone)]
pub struct Frame {
    /// The files to load.
    pub assets: Arc<Assets>,
    /// The reader's choice of light or dark.
    pub theme: Theme,
}

/// Light, dark, or as the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// The cookie's and the form's value; anything unknown is the system's.
    pub fn parse(value: &str) -> Self {
        match value {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        }
    }

    /// The name that [`Theme::parse`] reads.
    pub fn name(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// A page about to be answered with.
pub struct Page {
    title: String,
    status: StatusCode,
    notice: Option<Notice>,
    scripts: Vec<Script>,
    islands: bool,
    content: Box<dyn FnOnce() -> AnyView>,
}

/// A file of its own that makes a page livelier, islands or not. The page works without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// Lets forms be confirmed with a passkey.
    Passkey,
    /// Counts waits down.
    Countdown,
    /// Shows the button that prints.
    Print,
    /// Keeps parts with `data-refresh` fresh.
    Refresh,
}

impl Script {
    fn file(self, assets: &Assets) -> &str {
        match self {
            Script::Passkey => &assets.passkey,
            Script::Countdown => &assets.countdown,
            Script::Print => &assets.print,
            Script::Refresh => &assets.refresh,
        }
    }
}

impl Page {
    /// A page with the heading's words as its title. The content is rendered inside `<main>`.
    pub fn new<V: IntoView + 'static>(title: impl Into<String>, content: impl FnOnce() -> V + 'static) -> Self {
        Page {
            title: title.into(),
            status: StatusCode::OK,
            notice: None,
            scripts: Vec::new(),
            islands: false,
            content: Box::new(move || content().into_any()),
        }
    }

    /// Another status than 200: 422 for a form with errors, 404, 403.
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// What has just been done, above the content ("Saved.").
    pub fn notice(mut self, notice: impl Into<Option<Notice>>) -> Self {
        self.notice = notice.into();
        self
    }

    /// With a script, if it is wanted.
    pub fn with(mut self, script: Script, wanted: bool) -> Self {
        if wanted {
            self.scripts.push(script);
        }
        self
    }

    /// With all of these scripts.
    pub fn with_all(mut self, scripts: Vec<Script>) -> Self {
        self.scripts.extend(scripts);
        self
    }

    /// With islands at the door, where there are none otherwise.
    pub fn with_islands(self) -> Self {
        Page { islands: true, ..self }
    }

    /// The answer, inside the console: sidebar, banners, palette. Loads the islands.
    pub fn in_console(self, frame: &Frame, chrome: Chrome) -> Response {
        let place = chrome.site.as_ref().map(|site| site.name.clone());
        let theme = frame.theme;
        let Page { title, status, notice, scripts, content, .. } = self;
        let body = render(move || console(chrome, theme, notice, content()).into_any());
        Document { frame, title, place, body, islands: true, scripts }.answer(status)
    }

    /// The answer, for people who are not signed in: a sheet on a quiet ground. Loads no islands unless asked to.
    pub fn at_the_door(self, frame: &Frame, at: Door) -> Response {
        // The console's own door needs its name only once in the title.
        let place = Some(at.name.clone()).filter(|name| name != "Gatehouse");
        let Page { title, status, notice, scripts, islands, content } = self;
        let body = render(move || door(at, notice, content()).into_any());
        Document { frame, title, place, body, islands, scripts }.answer(status)
    }
}

/// The view as HTML, in an owner of its own: only islands carry what hydration needs.
pub fn render(view: impl FnOnce() -> AnyView) -> String {
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    let html = owner.with(|| view().to_html());
    owner.cleanup();
    html
}

struct Document<'a> {
    frame: &'a Frame,
    title: String,
    place: Option<String>,
    body: String,
    islands: bool,
    scripts: Vec<Script>,
}

impl Document<'_> {
    fn answer(self, status: StatusCode) -> Response {
        let nonce = self.islands.then(Nonce::new);
        let policy = policy(nonce.as_deref(), !self.scripts.is_empty());
        let mut answer = (status, Body::from(self.html(nonce.as_deref()))).into_response();
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        answer
    }

    fn html(&self, nonce: Option<&str>) -> String {
        let Assets { css, js, wasm, font, icon, .. } = &*self.frame.assets;
        let theme = match self.frame.theme {
            Theme::System => String::new(),
            chosen => format!(r#" data-theme="{}""#, chosen.name()),
        };
        let place = self.place.as_deref().map(|p| format!("{} · ", escape(p))).unwrap_or_default();
        let title = escape(&self.title);
        let mut html = String::with_capacity(self.body.len() + 8 * 1024);
        // Writing to a String cannot fail.
        let _ = write!(
            html,
            r#"<!doctype html><html lang="en"{theme}><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title} · {place}Gatehouse</title><meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><link rel="icon" href="/pkg/{icon}" type="image/svg+xml"><link rel="preload" href="/pkg/{font}" as="font" type="font/woff2" crossorigin><link rel="stylesheet" href="/pkg/{css}">"#
        );
        if let Some(nonce) = nonce {
            let _ = write!(
                html,
                r#"<link rel="modulepreload" href="/pkg/{js}"><script type="module" nonce="{nonce}">{}</script>"#,
                loader(js, wasm)
            );
        }
        for script in &self.scripts {
            let file = script.file(&self.frame.assets);
            let _ = write!(html, r#"<script type="module" src="/pkg/{file}"></script>"#);
        }
        html.push_str("</head><body>");
        html.push_str(&symbols_for(&self.body, self.islands));
        html.push_str(&self.body);
        html.push_str("</body></html>");
        html
    }
}

/// Starts the islands. Nested islands do not occur here, so a flat walk is enough.
fn loader(js: &str, wasm: &str) -> String {
    format!(
        r#"import * as m from "/pkg/{js}";await m.default({{module_or_path:"/pkg/{wasm}"}});m.hydrate();for(const e of document.querySelectorAll("leptos-island"))m[e.dataset.component]?.(e);document.documentElement.dataset.ready="";"#
    )
}

/// BR-02. A page without islands may run no script at all, but for the files of its own where it has some.
fn policy(nonce: Option<&str>, scripts: bool) -> String {
    let script = match nonce {
        Some(nonce) => format!("'self' 'nonce-{nonce}' 'wasm-unsafe-eval'"),
        None if scripts => "'self'".into(),
        None => "'none'".into(),
    };
    format!(
        "default-src 'none'; script-src {script}; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}
