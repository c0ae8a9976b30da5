//! Recovery codes, shown this once: to be written down, printed or kept as a file.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::pages::second_factor::parts::{Stage, crumbs, stages};
use crate::access::recovery::RecoveryCode;
use crate::console::Console;
use crate::ui::icon::{Icon, icon};
use crate::ui::islands::copy::CopyButton;
use crate::ui::layout::Head;
use crate::ui::page::{Page, Script};

/// After the first device.
pub fn first(console: Console, codes: &[RecoveryCode]) -> Response {
    let codes = lines(codes);
    let view = move || {
        view! {
            <Head title="Keep your recovery codes" crumbs=crumbs() lead="The second step is on. These ten codes get you in on a day without your device, each of them once.".to_owned()/>
            {stages(Stage::Codes)}
            {sheet(codes, "/", "I have kept them, to the dashboard")}
        }
    };
    console
        .without_banners()
        .show(Page::new("Keep your recovery codes", view).status(StatusCode::CREATED).with(Script::Print, true))
}

/// In place of an older set.
pub fn renewed(console: Console, codes: &[RecoveryCode]) -> Response {
    let codes = lines(codes);
    let view = move || {
        view! {
            <Head title="Your new recovery codes" crumbs=crumbs() lead="Those you had before are worthless now. Each of these gets you in once, on a day without your device.".to_owned()/>
            {sheet(codes, "/me/second-factor", "I have kept them")}
        }
    };
    console.show(Page::new("Your new recovery codes", view).status(StatusCode::CREATED).with(Script::Print, true))
}

fn lines(codes: &[RecoveryCode]) -> String {
    codes.iter().map(RecoveryCode::reveal).collect::<Vec<_>>().join("\n")
}

fn sheet(codes: String, onward: &'static str, words: &'static str) -> impl IntoView {
    let file = format!("Recovery codes for Gatehouse. Each works once.\n\n{codes}\n");
    let file: String = url::form_urlencoded::byte_serialize(file.as_bytes()).collect();
    let file = format!("data:text/plain;charset=utf-8,{}", file.replace('+', "%20"));
    view! {
        <section class="sheet codes panel" aria-label="Recovery codes">
            <p><strong>"They are shown this once."</strong>" "<span class="mid">"Keep them where your device is not: in a password manager, or on paper. This page can be printed."</span></p>
            <pre class="codes-list" id="recovery-codes">{codes}</pre>
            <div class="row">
                <a class="button" href=file download="gatehouse-recovery-codes.txt">{icon(Icon::Download)}"Download as a text file"</a>
                <button class="button" type="button" data-print="" hidden=true>{icon(Icon::Printer)}"Print"</button>
                <CopyButton target="recovery-codes".to_owned() label="Copy".to_owned()/>
            </div>
            <div class="row"><a class="button primary" href=onward>{words}</a></div>
        </section>
    }
}
