//! `/s/{site}/messages`: who texts come from and what they say, how that looks, a test, and what became of the last ones.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::forms::messages::{TestNumber, Typed};
use crate::access::pages::parts::country_options;
use crate::access::{Permission, Permit, grant};
use crate::console::Console;
use crate::error::Result;
use crate::kernel::country::Country;
use crate::platform::sms::{
    self, Listed, NUMBER_A_DAY, NUMBERS_A_DAY, PERSON_A_DAY, PREFIX_AN_HOUR, Status, Terms, UNPROVED_A_DAY, settings,
    template,
};
use crate::platform::state::App;
use crate::ui::feedback::{Banner, EmptyState, Problems, Tone, banner, error_summary};
use crate::ui::form::{Field, Select};
use crate::ui::layout::{Block, Head, Place, Split, facts, two_lines};
use crate::ui::mark::{Outcome, outcome_saying};
use crate::ui::page::Page;
use crate::ui::stale::{Differing, Texts as _, confirm_because, stale_banner};
use crate::ui::table::{Cell, Col, Row, Table};
use crate::ui::text::Clockface;

/// What the page shows.
pub struct Model {
    handle: String,
    terms: Terms,
    typed: Typed,
    number: TestNumber,
    problems: Problems,
    stale: Option<Vec<Differing>>,
    /// Why a fresh proof of identity is asked for, if it is.
    confirm: Option<&'static str>,
    listed: Vec<Listed>,
    clock: Clockface,
    may_edit: bool,
    /// Texts can leave.
    available: bool,
    /// Only shown, not saved.
    previewed: bool,
}

impl Model {
    /// The page as the site stands.
    pub async fn new(app: &App, permit: &Permit<grant::ReadCollaborators>) -> Result<Self> {
        let terms = settings::read(app, permit).await?;
        Ok(Self {
            handle: permit.site().handle.clone(),
            typed: Typed::of(&terms),
            terms,
            number: TestNumber::default(),
            problems: Problems::none(),
            stale: None,
            confirm: None,
            listed: sms::recent(app, permit).await?,
            clock: Clockface { now: app.clock.now(), zone: permit.site().time_zone },
            may_edit: permit.role().may(Permission::EditSite),
            available: sms::available(app),
            previewed: false,
        })
    }

    /// The page's address.
    pub fn path(&self) -> String {
        format!("/s/{}/messages", self.handle)
    }
}

/// The page.
pub fn show(console: Console, model: Model) -> Response {
    answer(console, model, StatusCode::OK)
}

/// The form with what was typed, and how it would look; nothing is saved.
pub fn preview(console: Console, model: Model, typed: Typed) -> Response {
    answer(console, Model { typed, previewed: true, ..model }, StatusCode::OK)
}

/// The form again with what is wrong.
pub fn again(console: Console, model: Model, typed: Typed, problems: Problems) -> Response {
    answer(console, Model { typed, problems, ..model }, StatusCode::UNPROCESSABLE_ENTITY)
}

/// The form again beside the other's change.
pub fn stale(console: Console, model: Model, now: Terms, typed: Typed) -> Response {
    let other = Typed::of(&now);
    let typed = typed.onto(Typed::of(&now));
    let pairs = [
        ("Sender", &other.sms_sender, &typed.sms_sender),
        ("Text", &other.sms_body, &typed.sms_body),
        ("Texts a day", &other.sms_daily_cap, &typed.sms_daily_cap),
    ];
    let differing = pairs
        .into_iter()
        .filter(|(_, now, typed)| now != typed)
        .map(|(label, now, typed)| Differing::new(label, now, typed))
        .collect();
    answer(console, Model { typed, stale: Some(differing), terms: now, ..model }, StatusCode::CONFLICT)
}

/// The form again, asking for a fresh proof of identity first.
pub fn confirm_first(console: Console, model: Model, typed: Typed) -> Response {
    let confirm =
        Some("Another sender, other words and a higher cap are for somebody who has just proved who they are.");
    answer(console, Model { typed, confirm, ..model }, StatusCode::FORBIDDEN)
}

/// The test's form again, asking for a fresh proof of identity first.
pub fn untested_unproved(console: Console, model: Model, number: TestNumber) -> Response {
    let confirm = Some("A test is texted only for somebody who has just proved who they are.");
    answer(console, Model { number, confirm, ..model }, StatusCode::FORBIDDEN)
}

/// The test's form again with why nothing was sent.
pub fn untested(console: Console, model: Model, number: TestNumber, problems: Problems) -> Response {
    answer(console, Model { number, problems, ..model }, StatusCode::UNPROCESSABLE_ENTITY)
}

fn answer(console: Console, model: Model, status: StatusCode) -> Response {
    console.show(Page::new("Mail and SMS", move || view(model)).status(status))
}

fn view(model: Model) -> impl IntoView {
    let off = (!model.available).then(|| {
        banner(Banner::new(
            Tone::Warning,
            "Texts cannot be sent yet.",
            "The operator sets GATEHOUSE_SMS_URL; until then people use authenticator apps and passkeys.",
        ))
    });
    let seen = model.previewed.then(|| {
        banner(Banner::new(Tone::Info, "This is a preview.", "Nothing was saved; your input is kept in the form."))
    });
    let rail = rail(&model).into_any();
    let table = messages(&model);
    view! {
        <Head
            title="Mail and SMS" crumbs=vec![("Site".into(), None)]
            lead="Who the texts with codes come from, what they say, how many leave in a day, and what became of the last ones. Mails are Gatehouse's own words."
                .to_owned()
        />
        {off}
        {seen}
        {stale_banner(model.stale.clone())}
        {model.confirm.map(|why| confirm_because(why.to_owned(), &model.path()))}
        {error_summary(&model.problems)}
        <Split rail=rail>{words_form(&model)} {test_form(&model)}</Split>
        <Block title="The last texts" lead="At most 50. The words are kept nowhere.".to_owned() place=Place::Last>{table}</Block>
    }
}

fn words_form(model: &Model) -> impl IntoView + use<> {
    let (path, typed, problems, off) = (model.path(), model.typed.clone(), &model.problems, !model.may_edit);
    let saved = Typed::of(&model.terms);
    let buttons = model.may_edit.then(|| {
        view! {
            <div class="row">
                <button class="button primary" type="submit">"Save"</button>
                <button class="button" type="submit" name="intent" value="preview">"Preview"</button>
            </div>
        }
    });
    view! {
        <form class="form" id="messages" action=path method="post">
            <input type="hidden" name="base_version" value=typed.base_version.to_string()/>
            {typed.opened.field()}
            <Field
                name="sms_sender" label="Sender" aside="optional" value=typed.sms_sender error=problems.of("sms_sender")
                saved=saved.sms_sender disabled=off maxlength=11 placeholder="From the site's name"
                help="Shown where the country's carriers allow names: 1 to 11 letters, digits and spaces. Elsewhere texts come from \
                      the operator's number.".to_owned()
            />
            <Field
                name="sms_body" label="Text" aside="optional" value=typed.sms_body error=problems.of("sms_body")
                saved=saved.sms_body disabled=off maxlength=240 placeholder=template::BodyTemplate::ours().as_str().to_owned()
                help="{code} stands for the code and must be there once; {company} for the company name, which is left out where \
                      the site settings give none, or one that reads as a web address. At most 240 characters.".to_owned()
            />
            <Field
                name="sms_daily_cap" label="Texts a day" unit="in 24 h".to_owned() value=typed.sms_daily_cap error=problems.of("sms_daily_cap")
                saved=saved.sms_daily_cap disabled=off required=true inputmode="numeric" maxlength=6
                help="1 to 100000, for the whole site, against somebody who makes it text for money. Beyond it nobody of this site is texted \
                      a code until there is room again. Raising it asks you to confirm that it is you.".to_owned()
            />
            {buttons}
        </form>
    }
}

fn test_form(model: &Model) -> Option<impl IntoView + use<>> {
    let countries = country_options(Country::all().filter(|country| model.terms.serves(*country)));
    let (number, error) = (model.number.clone(), model.problems.of("number"));
    let path = format!("{}/test", model.path());
    (model.may_edit && model.available).then(|| {
        view! {
            <Block title="Send a test" lead="The saved text with 123456 instead of a code, to your own phone. It counts towards the caps; to a number that is none of your devices there are five a day.".to_owned()>
                <form class="form" action=path method="post">
                    <Select name="country" label="Country" options=countries value=number.country/>
                    <Field
                        name="number" label="Your mobile number" kind="tel" inputmode="tel" autocomplete="tel" required=true
                        value=number.number error=error
                    />
                    <div class="row"><button class="button" type="submit">"Send the test"</button></div>
                </form>
            </Block>
        }
    })
}

/// How a text looks with what stands in the form.
fn rail(model: &Model) -> impl IntoView + use<> {
    let terms = &model.terms;
    let read = model.typed.read().ok();
    let sender = read
        .as_ref()
        .and_then(|new| new.sender.clone())
        .or_else(|| terms.site_name.as_deref().and_then(template::SenderId::from_name))
        .map_or_else(|| "the operator's number".to_owned(), |sender| sender.as_str().to_owned());
    let body = read.and_then(|new| new.body).unwrap_or_else(template::BodyTemplate::ours);
    let text = body.fill("042137", terms.company_name.as_deref());
    let company = terms.company_name.clone().unwrap_or_else(|| "not set".to_owned());
    let settings = format!("/s/{}/settings", model.handle);
    let looks = vec![
        ("Text", text.into_any()),
        ("From, in Germany", sender.into_any()),
        ("From, in the United States", "the operator's number".into_any()),
        ("Company name", view! { <a href=settings>{company}</a> }.into_any()),
    ];
    let cap = format!("{} for the whole site", terms.daily_cap);
    let caps = vec![
        ("A number", format!("{NUMBER_A_DAY} a day, {UNPROVED_A_DAY} until it is proved").into_any()),
        ("Its neighbours, unproved", format!("{PREFIX_AN_HOUR} an hour").into_any()),
        ("A person", format!("{PERSON_A_DAY} a day").into_any()),
        ("A person’s unproved numbers", format!("{NUMBERS_A_DAY} a day").into_any()),
        ("A day", cap.into_any()),
        ("Countries", terms.countries.len().to_string().into_any()),
    ];
    view! {
        <Block title="How it looks" place=Place::First>{facts(looks)}</Block>
        <Block title="Caps" place=Place::Last>{facts(caps)}</Block>
    }
}

fn messages(model: &Model) -> AnyView {
    if model.listed.is_empty() {
        return view! { <EmptyState title="No texts yet" text="Codes that this site's people are texted stand here, newest first."/> }
            .into_any();
    }
    let clock = model.clock;
    let rows = model
        .listed
        .iter()
        .map(|text| {
            let outcome = match text.delivery.status {
                Status::Delivered => Outcome::Approve,
                Status::Failed => Outcome::Reject,
                Status::Queued | Status::Sent => Outcome::None,
            };
            let state = outcome_saying(outcome, text.delivery.status.label());
            let state = match &text.delivery.error {
                Some(error) => two_lines(state, error.clone()),
                None => state.into_any(),
            };
            Row::new(vec![
                Cell::nowrap(clock.ago(text.at)),
                Cell::new(text.name.clone()),
                Cell::nowrap(text.number.clone()),
                Cell::quiet(purpose(&text.purpose)),
                Cell::new(state),
            ])
        })
        .collect();
    let cols = vec![Col::new("When"), Col::new("To"), Col::new("Number"), Col::new("For"), Col::new("State")];
    view! { <Table label="The last texts" cols=cols rows=rows/> }.into_any()
}

fn purpose(stored: &str) -> &'static str {
    match stored {
        "sign_in" => "Signing in",
        "step_up" => "Confirming",
        "enrol_phone" => "Setting up a phone",
        "notice" => "A word about the account",
        "test" => "A test",
        _ => "A code",
    }
}
