//! `/me/activity`: the last sign-ins and changes of a person's account.

use axum::response::Response;
use leptos::prelude::*;

use crate::access::activity::{Weight, weight, words};
use crate::access::pages::sessions::browser_name;
use crate::access::service::activity::AccountEvent;
use crate::audit::words::action as recorded;
use crate::console::Console;
use crate::kernel::id::CollaboratorId;
use crate::ui::dialog::Confirm;
use crate::ui::feedback::EmptyState;
use crate::ui::icon::{Icon, icon};
use crate::ui::layout::Head;
use crate::ui::mark::{Outcome, outcome_saying};
use crate::ui::table::{Cell, Col, Row, Table};
use crate::ui::text::{Clockface, nothing};

const COLS: [Col; 4] = [Col::new("What"), Col::new("When"), Col::new("From"), Col::new("Browser")];

/// The page.
pub fn page(console: Console, events: Vec<AccountEvent>, clock: Clockface) -> Response {
    console.page("Account activity", move || view(events, clock))
}

fn view(events: Vec<AccountEvent>, clock: Clockface) -> impl IntoView {
    let table = if events.is_empty() {
        view! { <EmptyState title="Nothing yet" sign=Icon::History text="Sign-ins and changes of your account are listed here for 90 days."/> }
            .into_any()
    } else {
        let rows = events.into_iter().map(|event| row(event, clock)).collect();
        view! { <Table label="Account activity" cols=COLS.to_vec() rows=rows/> }.into_any()
    };
    view! {
        <Head
            title="Account activity" crumbs=vec![("You".into(), None)]
            lead=format!("Your last sign-ins and the changes of your account, for 90 days. {}", clock.zone_words())
        >
            <a class="button danger" href="/me/activity/not-me">{icon(Icon::ShieldAlert)}"This was not me"</a>
        </Head>
        {table}
    }
}

fn row(event: AccountEvent, clock: Clockface) -> Row {
    let said = words(&event.action).map_or_else(|| recorded(&event.action), str::to_owned);
    let sign = match weight(&event.action) {
        Weight::Usual => Outcome::Approve,
        Weight::Change => Outcome::Challenge,
        Weight::Refusal => Outcome::Reject,
    };
    let address =
        event.address.map_or_else(|| nothing("Not from a browser of yours"), |net| net.addr().to_string().into_any());
    let browser =
        if event.user_agent.is_empty() { nothing("None") } else { browser_name(&event.user_agent).into_any() };
    Row::new(vec![
        Cell::new(outcome_saying(sign, said)),
        Cell::nowrap(clock.ago(event.at)),
        Cell::nowrap(address),
        Cell::new(browser),
    ])
}

/// The question before everything is shut.
pub fn question(console: Console, who: CollaboratorId) -> Response {
    let text = "All your browsers are signed out at once, this one too, and your password is void. We mail you a link to choose another; if your address was changed not long ago, it goes to the address before. A change of address that nobody has confirmed yet is dropped. Second factors that were set up in the last week end if you have an older one; the others stay: look at them after that.";
    console.page("Was this not you?", move || {
        view! {
            <Confirm
                title="Was this not you?" text=text action="/me/activity/not-me"
                button="Sign out everywhere and void the password" cancel="/me/activity"
            >
                <input type="hidden" name="who" value=who.to_string()/>
            </Confirm>
        }
    })
}
