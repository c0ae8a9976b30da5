//! Password and MFA: whether the second step is on, who asks for it, the devices, the recovery codes.

use axum::response::Response;
use leptos::prelude::*;

use crate::access::factor::Factor;
use crate::access::pages::second_factor::parts::title;
use crate::access::recovery::FEW;
use crate::access::requirement::{Standing, days_left, last_day};
use crate::access::service::factors::{AskedAt, Mine};
use crate::console::Console;
use crate::kernel::clock::Timestamp;
use crate::kernel::phone::Phone;
use crate::ui::feedback::{Banner, EmptyState, Tone, banner};
use crate::ui::icon::{Icon, icon};
use crate::ui::layout::{Block, Head, Place, facts, two_lines};
use crate::ui::mark::{Outcome, outcome_saying};
use crate::ui::table::{Cell, Col, Row, Table};
use crate::ui::text::{Clockface, nothing};

const COLS: [Col; 4] = [Col::new("Device"), Col::new("Set up"), Col::new("Last used"), Col::quiet("Change it")];

/// The page.
pub fn page(console: Console, mine: Mine, clock: Clockface) -> Response {
    console.page("Password and MFA", move || view(mine, clock))
}

fn view(mine: Mine, clock: Clockface) -> impl IntoView {
    let active = !mine.factors.is_empty();
    let status = match active {
        true => outcome_saying(Outcome::Approve, "Active"),
        false => outcome_saying(Outcome::None, "Inactive"),
    };
    let facts = facts(vec![
        ("Password", view! { <a href="/me/profile">"Change it in your profile"</a> }.into_any()),
        ("Multi-factor authentication", status),
    ]);
    let asked: Vec<_> = mine.asked.iter().map(|site| view! { <li>{asked_words(site, clock.now)}</li> }).collect();
    let asked = (!asked.is_empty()).then(|| view! { <ul class="mid">{asked}</ul> });
    let codes = active.then(|| recovery_block(mine.codes_left));
    view! {
        <Head title="Password and MFA" crumbs=vec![("You".into(), None)] lead="With a second step, whoever learns your password still cannot sign in as you.".to_owned()>
            <a class="button primary" href="/me/second-factor/set-up">{icon(Icon::Plus)}{if active { "Add a device" } else { "Set up" }}</a>
        </Head>
        <Block title="Status" place=Place::First>{facts}{asked}</Block>
        <Block title="Devices" lead=active.then(|| clock.zone_words()) place=if active { Place::Between } else { Place::Last }>{devices(mine.factors, clock)}</Block>
        {codes}
    }
}

/// What a site asks, and until when.
fn asked_words(site: &AskedAt, now: Timestamp) -> AnyView {
    let (name, zone) = (site.name.clone(), site.at.zone);
    let clock = Clockface { now, zone };
    let day = |at: Timestamp| clock.saying(at, last_day(at, zone).format("%A %-d %B %Y").to_string());
    match site.at.standing {
        _ if site.at.active => format!("{name} requires a second step. Yours is active.").into_any(),
        Standing::Free => format!("{name} does not require a second step.").into_any(),
        Standing::Exempt { until } => {
            let words = until.with_timezone(&zone).format("%-d %B %Y, %H:%M %Z").to_string();
            view! { {name}" requires a second step; you are excused until "{clock.saying(until, words)}"." }.into_any()
        }
        Standing::Due { deadline } => {
            let left = match days_left(deadline, now, zone) {
                0 => "today is the last day".to_owned(),
                1 => "1 day left".to_owned(),
                n => format!("{n} days left"),
            };
            view! { {name}" requires a second step by the end of "{day(deadline)}": "{left}"." }.into_any()
        }
        Standing::Overdue { deadline } => view! {
            {name}" has required a second step since the end of "{day(deadline)}". Its pages open again once a device is set up."
        }
        .into_any(),
    }
}

fn devices(factors: Vec<Factor>, clock: Clockface) -> AnyView {
    if factors.is_empty() {
        return view! {
            <EmptyState title="No device yet" text="A passkey, an authenticator app or a mobile number: the second step asks for one of them." sign=Icon::Smartphone>
                <a class="button" href="/me/second-factor/set-up">"Set one up"</a>
            </EmptyState>
        }
        .into_any();
    }
    let rows: Vec<Row> = factors.into_iter().map(|factor| row(factor, clock)).collect();
    view! { <Table label="Devices" cols=COLS.to_vec() rows=rows/> }.into_any()
}

fn row(factor: Factor, clock: Clockface) -> Row {
    let label = format!("Change {}", factor.name);
    let href = format!("/me/second-factor/{}", factor.id);
    let set_up = factor.activated_at.map(|at| clock.ago(at).into_any()).unwrap_or_else(|| nothing("never"));
    let used = factor.last_used_at.map(|at| clock.ago(at).into_any()).unwrap_or_else(|| nothing("never"));
    let about = about(&factor);
    // Until somebody gives it a name, it has that of its kind.
    let device = if factor.name == about { factor.name.into_any() } else { two_lines(factor.name, about) };
    Row::new(vec![
        Cell::new(device),
        Cell::nowrap(set_up),
        Cell::nowrap(used),
        Cell::corner(view! { <a class="button small" href=href aria-label=label>"Change"</a> }),
    ])
}

/// The kind, and of a number as much as its person recognises it by.
pub fn about(factor: &Factor) -> String {
    match factor.phone.as_deref().and_then(|number| number.parse::<Phone>().ok()) {
        Some(phone) => format!("{}, {}", title(factor.kind), phone.masked()),
        None => title(factor.kind).to_owned(),
    }
}

fn recovery_block(left: i64) -> impl IntoView {
    let few = (left <= FEW).then(|| {
        let words = match left {
            0 => "There is none left.".to_owned(),
            1 => "One is left.".to_owned(),
            n => format!("{n} are left."),
        };
        banner(Banner::new(
            Tone::Warning,
            words,
            "Make new ones, or you may be shut out on the day your device is lost.",
        ))
    });
    view! {
        <Block title="Recovery codes" lead="For a day without your device: each gets you in once.".to_owned() place=Place::Last>
            {few}
            <p class="row">
                <span class="tnum">{format!("{left} of 10 left")}</span>
                <a class="button" href="/me/second-factor/recovery-codes">"Make ten new ones"</a>
                <span class="quiet small">"Those you have become worthless."</span>
            </p>
        </Block>
    }
}
