//! `/s/{site}/services`: the payment services of a site, a new one, one of them.

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::{Permission, Permit, grant};
use crate::console::Console;
use crate::decision::lists;
use crate::decision::lists::list::{List, Reach};
use crate::error::{Error, Result};
use crate::platform::state::App;
use crate::sites::forms::{ServiceForm, read_id};
use crate::sites::pages::{currencies, with_kept};
use crate::sites::payment_service::Service;
use crate::sites::service::services;
use crate::ui::feedback::{EmptyState, Problems, error_summary};
use crate::ui::form::{Field, Select};
use crate::ui::icon::{Icon, icon};
use crate::ui::layout::{Block, Head, Place, Split, facts};
use crate::ui::mark::{Mode, mode_saying};
use crate::ui::page::Page;
use crate::ui::stale::{Differing, Texts as _, confirm_because, stale_banner};
use crate::ui::table::{Cell, Col, Row, Table};
use crate::ui::text::{Clockface, code};

const COLS: [Col; 4] = [Col::new("Service"), Col::new("Currency"), Col::new("State"), Col::new("Made")];

/// What the confirmation is for.
const PROOF: &str = "Services say how payments are taken, so changing them asks who you are.";

/// `GET /s/{site}/services`.
pub async fn list(State(app): State<App>, permit: Permit<grant::ReadServices>, console: Console) -> Result<Response> {
    let all = services::list(&app, &permit).await?;
    let base = format!("/s/{}/services", permit.site().handle);
    let clock = Clockface { now: app.clock.now(), zone: permit.site().time_zone };
    let may_edit = permit.role().may(Permission::EditServices);
    Ok(console.page("Services", move || list_view(all, base, clock, may_edit)))
}

fn list_view(all: Vec<Service>, base: String, clock: Clockface, may_edit: bool) -> impl IntoView {
    let new = format!("{base}/new");
    let button = || {
        let new = new.clone();
        may_edit.then(|| view! { <a class="button primary" href=new>{icon(Icon::Plus)}"New service"</a> }.into_any())
    };
    let body = if all.is_empty() {
        let first = button();
        view! {
            <EmptyState
                title="No payment service yet" sign=Icon::CreditCard
                text="A service is what takes payments: a shop's checkout, a subscription. Every payment that is decided names one."
            >
                {first}
            </EmptyState>
        }
        .into_any()
    } else {
        let rows = all.into_iter().map(|service| row(service, &base, clock)).collect();
        view! { <Table label="Payment services" cols=COLS.to_vec() rows=rows/> }.into_any()
    };
    let button = button();
    view! {
        <Head
            title="Services" crumbs=vec![("Payments".into(), None)]
            lead="What takes payments at this site. Each service has one currency; a payment that is to be decided names its service.".to_owned()
        >
            {button}
        </Head>
        {body}
    }
}

fn row(service: Service, base: &str, clock: Clockface) -> Row {
    let href = format!("{base}/{}", service.id);
    let state = state(&service);
    Row::new(vec![
        Cell::new(
            view! { <span class="two"><a href=href>{service.name}</a><small><code>{service.id.to_string()}</code></small></span> },
        ),
        Cell::new(view! { <span title=service.currency.name()>{service.currency.code()}</span> }),
        Cell::new(state),
        Cell::quiet(clock.ago(service.created_at)),
    ])
}

fn state(service: &Service) -> AnyView {
    if service.is_open() { mode_saying(Mode::Enforce, "Open") } else { mode_saying(Mode::Off, "Archived") }
}

/// `GET /s/{site}/services/new`.
pub async fn new(permit: Permit<grant::EditServices>, console: Console) -> Response {
    let form = ServiceForm { currency: Some(permit.site().currency.code().to_owned()), ..ServiceForm::default() };
    let base = format!("/s/{}/services", permit.site().handle);
    console.page("New service", move || new_view(form, Problems::none(), false, base))
}

/// The form of a new service with what was typed.
pub fn new_again(
    console: Console,
    permit: &Permit<grant::EditServices>,
    form: ServiceForm,
    problems: Problems,
) -> Response {
    let base = format!("/s/{}/services", permit.site().handle);
    console.show(
        Page::new("New service", move || new_view(form, problems, false, base))
            .status(StatusCode::UNPROCESSABLE_ENTITY),
    )
}

/// The form of a new service with what was typed, asking for a fresh proof of identity first.
pub fn new_confirm_first(console: Console, permit: &Permit<grant::EditServices>, form: ServiceForm) -> Response {
    let base = format!("/s/{}/services", permit.site().handle);
    console.show(
        Page::new("New service", move || new_view(form, Problems::none(), true, base)).status(StatusCode::FORBIDDEN),
    )
}

fn new_view(form: ServiceForm, problems: Problems, confirm: bool, base: String) -> impl IntoView {
    let action = format!("{base}/new");
    let confirm = confirm.then(|| confirm_because(PROOF.to_owned(), &action));
    view! {
        <Head title="New service" crumbs=vec![("Payments".into(), None), ("Services".into(), Some(base.clone()))]/>
        {confirm}
        {error_summary(&problems)}
        <form class="form" action=action method="post">
            <Field
                name="name" label="Name" value=form.name error=problems.of("name") required=true maxlength=60 autofocus=true
                help="What your people call it: Checkout, Subscriptions. Unique within the site; it can be changed later.".to_owned()
            />
            {currency_field(form.currency.unwrap_or_default(), problems.of("currency"), None)}
            <div class="row">
                <button class="button primary" type="submit">"Make the service"</button>
                <a class="button plain" href=base>"Cancel"</a>
            </div>
        </form>
    }
}

fn currency_field(value: String, error: Option<String>, saved: Option<String>) -> impl IntoView {
    view! {
        <Select
            name="currency" label="Currency" options=with_kept(currencies(), &value) value=value error=error saved=saved
            help="The only currency it takes. It can be changed until the first attempt.".to_owned()
        />
    }
}

/// What the page of one service shows.
pub struct Model {
    service: Service,
    fixed: bool,
    lists: Vec<List>,
    form: ServiceForm,
    problems: Problems,
    stale: Option<Vec<Differing>>,
    confirm: bool,
    base: String,
    clock: Clockface,
    may_edit: bool,
}

impl Model {
    /// A service as it stands, with what is in its form.
    pub async fn load(
        app: &App,
        permit: &Permit<grant::ReadServices>,
        service: Service,
        fixed: bool,
        form: ServiceForm,
    ) -> Result<Self> {
        let (site, now) = (permit.site(), app.clock.now());
        let lists = match permit.also::<grant::ReadLists>() {
            Ok(_) => {
                lists::service::read::of_service(&mut app.db.site(site.id).await?, site.id, service.id, now).await?
            }
            Err(_) => Vec::new(),
        };
        Ok(Self {
            service,
            fixed,
            lists,
            form,
            problems: Problems::none(),
            stale: None,
            confirm: false,
            base: format!("/s/{}/services", site.handle),
            clock: Clockface { now, zone: site.time_zone },
            may_edit: permit.role().may(Permission::EditServices),
        })
    }
}

/// `GET /s/{site}/services/{service}`.
pub async fn one(
    State(app): State<App>,
    permit: Permit<grant::ReadServices>,
    Path((_, id)): Path<(String, String)>,
    console: Console,
) -> Result<Response> {
    let (service, fixed) = services::one(&app, &permit, read_id(&id)?).await?.ok_or_else(Error::not_found)?;
    let form = ServiceForm::of(&service);
    let model = Model::load(&app, &permit, service, fixed, form).await?;
    Ok(console.page(model.service.name.clone(), move || one_view(model)))
}

/// The page again with what was typed. If somebody saved meanwhile, `service` is how it stands now, and the next save
/// starts from there; 403 asks for a fresh proof of identity.
pub fn one_again(console: Console, mut model: Model, problems: Problems, status: StatusCode) -> Response {
    if status == StatusCode::CONFLICT {
        model.form = model.form.onto(ServiceForm::of(&model.service));
        model.stale = Some(differing(&model.service, &model.form));
    }
    model.confirm = status == StatusCode::FORBIDDEN;
    model.problems = problems;
    console.show(Page::new(model.service.name.clone(), move || one_view(model)).status(status))
}

fn differing(now: &Service, typed: &ServiceForm) -> Vec<Differing> {
    let currency = typed.currency.as_deref().unwrap_or(now.currency.code());
    [("Name", now.name.as_str(), typed.name.as_str()), ("Currency", now.currency.code(), currency)]
        .into_iter()
        .filter(|(_, now, typed)| now != typed)
        .map(|(label, now, typed)| Differing::new(label, now, typed))
        .collect()
}

fn one_view(model: Model) -> impl IntoView {
    let crumbs = vec![("Payments".into(), None), ("Services".into(), Some(model.base.clone()))];
    let rail = rail(&model).into_any();
    let confirm =
        model.confirm.then(|| confirm_because(PROOF.to_owned(), &format!("{}/{}", model.base, model.service.id)));
    let form = if model.may_edit { edit_form(&model).into_any() } else { read_only(&model.service).into_any() };
    view! {
        <Head title=model.service.name.clone() crumbs=crumbs/>
        {stale_banner(model.stale.clone())}
        {confirm}
        {error_summary(&model.problems)}
        <Split rail=rail>{form}</Split>
    }
}

fn edit_form(model: &Model) -> impl IntoView + use<> {
    let (form, service) = (&model.form, &model.service);
    let currency = if model.fixed {
        view! {
            <div class="field">
                <span class="label">"Currency"</span>
                <p>{format!("{}, {}", service.currency.code(), service.currency.name())}</p>
                <p class="help">"Fixed, since the service has attempts. Make another service for another currency."</p>
            </div>
        }
        .into_any()
    } else {
        let value = form.currency.clone().unwrap_or_default();
        currency_field(value, model.problems.of("currency"), Some(service.currency.code().to_owned())).into_any()
    };
    let action = format!("{}/{}", model.base, service.id);
    view! {
        <form class="form" action=action method="post">
            <input type="hidden" name="base_version" value=form.base_version.unwrap_or_default().to_string()/>
            {form.opened.field()}
            <Field
                name="name" label="Name" value=form.name.clone() error=model.problems.of("name") saved=service.name.clone()
                required=true maxlength=60
            />
            {currency}
            <div class="row"><button class="button primary" type="submit">"Save"</button></div>
        </form>
    }
}

fn read_only(service: &Service) -> impl IntoView + use<> {
    let currency = format!("{}, {}", service.currency.code(), service.currency.name());
    facts(vec![("Name", service.name.clone().into_any()), ("Currency", currency.into_any())])
}

/// The lists that look at this service's attempts.
fn linked(model: &Model) -> AnyView {
    let all = format!("{}/lists", model.base.trim_end_matches("/services"));
    if model.lists.is_empty() {
        return view! { <p class="mid">"No list is linked to it. "<a href=all>"Lists"</a></p> }.into_any();
    }
    let lines: Vec<_> = model
        .lists
        .iter()
        .map(|list| {
            let href = format!("{all}/{}", list.id);
            let reach = if list.settings.reach == Reach::AllServices { ", of all services" } else { "" };
            let kind = format!("{}{reach}", list.kind.label());
            view! { <li><a href=href>{list.settings.name.as_str().to_owned()}</a>" "<span class="quiet">{kind}</span></li> }
        })
        .collect();
    view! { <ul class="conditions">{lines}</ul> }.into_any()
}

fn rail(model: &Model) -> impl IntoView + use<> {
    let service = &model.service;
    let mut lines = vec![
        ("Id", code(service.id.to_string())),
        ("State", state(service)),
        ("Made", model.clock.at(service.created_at).into_any()),
    ];
    if let Some(at) = service.archived_at {
        lines.push(("Archived", model.clock.at(at).into_any()));
    }
    let (verb, words, help) = if service.is_open() {
        (
            "archive",
            "Archive",
            "An archived service takes no more attempts: the API refuses them. Its history stays, and it can be opened again.",
        )
    } else {
        ("open", "Open again", "The service takes attempts again at once.")
    };
    let action = format!("{}/{}/{verb}", model.base, service.id);
    let open = service.is_open();
    let change = model.may_edit.then(|| {
        let button = if open {
            view! { <a class="button" href=action>{words}</a> }.into_any()
        } else {
            view! { <form action=action method="post"><button class="button" type="submit">{words}</button></form> }
                .into_any()
        };
        view! { <Block title=words place=Place::Last><p class="mid">{help}</p>{button}</Block> }
    });
    let lists = linked(model);
    let decisions = format!("{}/decisions?service={}", model.base.trim_end_matches("/services"), service.id);
    view! {
        <Block title="About" place=Place::First>
            {facts(lines)}
            <p class="pager"><span></span><a href=decisions>"Its decisions"</a></p>
        </Block>
        <Block title="Lists">{lists}</Block>
        {change}
    }
}
