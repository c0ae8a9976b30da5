//! The signed-in browsers of a person.

use axum::response::Response;
use leptos::prelude::*;

use crate::access::service::sessions::Listed;
use crate::console::Console;
use crate::ui::layout::{Head, two_lines};
use crate::ui::table::{Cell, Col, Row, Table};
use crate::ui::text::Clockface;

const COLS: [Col; 5] =
    [Col::new("Browser"), Col::new("Address"), Col::new("Signed in"), Col::new("Last active"), Col::quiet("End it")];

/// The page.
pub fn page(console: Console, listed: Vec<Listed>, clock: Clockface) -> Response {
    console.page("Sessions", move || view(listed, clock))
}

fn view(listed: Vec<Listed>, clock: Clockface) -> impl IntoView {
    let lead = format!(
        "Browsers in which you are signed in. End those you do not know, then change your password. {}",
        clock.zone_words()
    );
    let others = listed.len() > 1;
    let rows: Vec<Row> = listed.into_iter().map(|session| row(session, clock)).collect();
    view! {
        <Head title="Sessions" crumbs=vec![("You".into(), None)] lead=lead>
            {others.then(|| view! { <form method="post" action="/me/sessions"><button class="button" type="submit">"Sign out everywhere else"</button></form> })}
        </Head>
        <Table label="Sessions" cols=COLS.to_vec() rows=rows/>
    }
}

fn row(session: Listed, clock: Clockface) -> Row {
    let name = browser_name(&session.user_agent);
    let browser = if session.this_one { two_lines(name, "This browser") } else { name.into_any() };
    let end = if session.this_one {
        view! { <form method="post" action="/sign-out"><button class="button small" type="submit">"Sign out"</button></form> }.into_any()
    } else {
        view! {
            <form method="post" action="/me/sessions">
                <input type="hidden" name="key" value=session.key/>
                <button class="button small" type="submit">"End it"</button>
            </form>
        }
        .into_any()
    };
    Row::new(vec![
        Cell::new(browser),
        Cell::nowrap(session.address.unwrap_or_else(|| "unknown".into())),
        Cell::nowrap(clock.ago(session.since)),
        Cell::nowrap(clock.ago(session.active)),
        Cell::corner(end),
    ])
}

/// The browser and system as people call them, from the browser's own words; those words where they are unknown.
pub(super) fn browser_name(user_agent: &str) -> String {
    let has = |word: &str| user_agent.contains(word);
    let browser = match () {
        () if has("Edg/") => "Edge",
        () if has("OPR/") => "Opera",
        () if has("Firefox/") => "Firefox",
        () if has("Chrome/") || has("Chromium/") => "Chrome",
        () if has("Safari/") => "Safari",
        () => "",
    };
    let system = match () {
        () if has("iPhone") || has("iPad") => "iOS",
        () if has("Android") => "Android",
        () if has("Windows") => "Windows",
        () if has("Mac OS X") => "macOS",
        () if has("Linux") => "Linux",
        () => "",
    };
    match (browser, system) {
        ("", _) if user_agent.is_empty() => "Unknown browser".into(),
        ("", _) => user_agent.chars().take(60).collect(),
        (browser, "") => browser.into(),
        (browser, system) => format!("{browser} on {system}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_have_names() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0";
        assert_eq!(browser_name(edge), "Edge on Windows");
        assert_eq!(
            browser_name("Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:127.0) Gecko/20100101 Firefox/127.0"),
            "Firefox on macOS"
        );
        assert_eq!(browser_name("curl/8.0"), "curl/8.0");
        assert_eq!(browser_name(""), "Unknown browser");
    }
}
