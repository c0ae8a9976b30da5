//! `/s/{site}/collaborators/{who}`: one person, and what the visitor may change about them.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use super::{Links, crumbs, deadline, mfa_sign, roles_to_give};
use crate::access::authority::{Deed, Refusal, Subject, check};
use crate::access::forms::collaborators::posted::Typed;
use crate::access::grant::ManageCollaborators;
use crate::access::permission::Role;
use crate::access::permit::Permit;
use crate::access::service::collaborators::exempt::MOST_DAYS;
use crate::access::service::collaborators::list::{Listed, One};
use crate::console::Console;
use crate::kernel::clock::Timestamp;
use crate::kernel::phone::EXAMPLE;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::{CheckboxRow, Field, Select};
use crate::ui::icon::{Icon, icon};
use crate::ui::layout::{Block, Head, Place, Split, facts};
use crate::ui::page::Page;
use crate::ui::stale::{Differing, stale_banner};
use crate::ui::text::{Clockface, nothing};

struct Model {
    links: Links,
    listed: Listed,
    no_reset: Option<Refusal>,
    actor: Role,
    subject: Subject,
    typed: Typed,
    problems: Problems,
    stale: Option<Vec<Differing>>,
    clock: Clockface,
}

impl Model {
    fn may(&self, deed: Deed) -> bool {
        check(self.actor, self.subject, deed).is_ok()
    }
}

/// What the page shows.
pub struct View {
    /// The person.
    pub found: One,
    /// What stands in the forms.
    pub typed: Typed,
    /// What is wrong with it.
    pub problems: Problems,
    /// The other's values where somebody saved meanwhile.
    pub stale: Option<Vec<Differing>>,
    /// Now.
    pub now: Timestamp,
}

/// The page, with what was typed.
pub fn page(console: Console, permit: &Permit<ManageCollaborators>, view: View) -> Response {
    let View { found: One { listed, last_owner, no_reset }, typed, problems, stale, now } = view;
    let status = match (problems.is_empty(), stale.is_none()) {
        (true, true) => StatusCode::OK,
        (true, false) => StatusCode::CONFLICT,
        (false, _) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let subject = Subject { role: listed.member.role, oneself: listed.member.id == permit.visitor().id, last_owner };
    let model = Model {
        links: Links::of(&permit.site().handle),
        no_reset,
        actor: permit.role(),
        subject,
        typed,
        problems,
        stale,
        clock: Clockface { now, zone: permit.site().time_zone },
        listed,
    };
    console.show(Page::new(model.listed.member.name.clone(), move || body(model)).status(status))
}

fn body(model: Model) -> impl IntoView {
    let member = &model.listed.member;
    let (title, email) = (member.name.clone(), member.email.clone());
    let crumbs = crumbs(&model.links, true);
    let (mfa, role, exemption) = (mfa_form(&model), role_form(&model), exemption_form(&model));
    let rail = rail(&model);
    view! {
        <Head title=title crumbs=crumbs lead=email/>
        {stale_banner(model.stale.clone())}
        {error_summary(&model.problems)}
        <Split rail=rail>{mfa}{role}{exemption}</Split>
    }
}

fn mfa_form(model: &Model) -> AnyView {
    let action = model.links.person(model.listed.member.id);
    let (on, phone, wrong) = (model.typed.mfa, model.typed.phone.clone(), model.problems.of("phone"));
    let was = &model.typed.was;
    let (was_on, was_phone) = (was.mfa.to_string(), was.phone.clone());
    view! {
        <Block title="Multi-factor authentication" place=Place::First id="mfa">
            <form class="form" action=action method="post">
                <input type="hidden" name="was_mfa" value=was_on/>
                <input type="hidden" name="was_phone" value=was_phone/>
                <CheckboxRow
                    name="mfa" label="Enable MFA" checked=on
                    help="Require a second factor of this person, even if the site does not ask everybody. Devices they have set up stay theirs either way.".to_owned()
                />
                <Field
                    name="phone" label="Phone" aside="optional" kind="tel" value=phone maxlength=40 error=wrong
                    help=format!("Filled in for them when they set up text messages: + and the country code first, such as {EXAMPLE}, of a country this site texts to. They still have to prove that it is theirs.")
                />
                <div class="row"><button class="button primary" type="submit">"Save"</button></div>
            </form>
        </Block>
    }
    .into_any()
}

fn role_form(model: &Model) -> AnyView {
    // Who may help them to come in, and no more.
    if let Err(refusal @ Refusal::OutOfReach(_)) = check(model.actor, model.subject, Deed::Enable) {
        return view! { <Block title="Role" id="role"><p class="mid">{refusal.to_string()}</p></Block> }.into_any();
    }
    let action = model.links.deed(model.listed.member.id, "role");
    let was = model.typed.was.role.clone();
    let (options, role, wrong) = (roles_to_give(model.actor), model.typed.role.clone(), model.problems.of("role"));
    view! {
        <Block title="Role" lead="They confirm that it is them before they go on here.".to_owned() id="role">
            <form class="form" action=action method="post">
                <input type="hidden" name="was_role" value=was/>
                <Select name="role" label="Role" options=options value=role error=wrong/>
                <div class="row"><button class="button" type="submit">"Change the role"</button></div>
            </form>
        </Block>
    }
    .into_any()
}

fn exemption_form(model: &Model) -> AnyView {
    let (member, clock) = (&model.listed.member, model.clock);
    let now = member.exempt_until.filter(|until| *until > clock.now).map(|until| {
        let by = member.exempt_by.clone().unwrap_or_default();
        let why = member.exempt_reason.clone().unwrap_or_default();
        let action = model.links.deed(member.id, "end-exemption");
        view! {
            <p>{format!("Exempt until {}, by {by}: {why}", clock.exact(until))}</p>
            <form class="form" action=action method="post">
                <input type="hidden" name="was_until" value=model.typed.was.until.clone()/>
                <div class="row"><button class="button" type="submit">"End the exemption"</button></div>
            </form>
        }
    });
    let button = if now.is_some() { "Replace the exemption" } else { "Exempt" };
    let lead = "While it lasts, no second factor is demanded of them here. Everybody who reads the audit log sees it.";
    let help = format!("1 to {MOST_DAYS}");
    let action = model.links.deed(member.id, "exempt");
    let was = model.typed.was.until.clone();
    let (days, reason) = (model.typed.days.clone(), model.typed.reason.clone());
    let (wrong_days, wrong_reason) = (model.problems.of("days"), model.problems.of("reason"));
    view! {
        <Block title="Exemption" lead=lead.to_owned() place=Place::Last id="exemption">
            {now}
            <form class="form" action=action method="post">
                <input type="hidden" name="was_until" value=was/>
                <Field name="days" label="For" unit="days".to_owned() inputmode="numeric" value=days required=true maxlength=2 help=help error=wrong_days/>
                <Field name="reason" label="Reason" value=reason required=true maxlength=200 error=wrong_reason/>
                <div class="row"><button class="button" type="submit">{button}</button></div>
            </form>
        </Block>
    }
    .into_any()
}

fn rail(model: &Model) -> AnyView {
    let (member, clock) = (&model.listed.member, model.clock);
    let seen = member.last_seen_at.map_or_else(|| nothing("Never"), |at| clock.ago(at).into_any());
    let known = facts(vec![
        ("Role", member.role.label().into_any()),
        ("Multi-factor", mfa_sign(&model.listed, clock)),
        ("Deadline", deadline(model.listed.mfa, clock)),
        ("Last seen", seen),
        ("Joined", clock.day(member.created_at).into_any()),
    ]);
    let id = member.id;
    let ask = |shown: bool, verb: &str, sign: Icon, words: &'static str, class: &'static str| {
        let href = model.links.deed(id, verb);
        shown.then(|| view! { <a class=class href=href>{icon(sign)}{words}</a> })
    };
    let post = |shown: bool, verb: &str, sign: Icon, words: &'static str| {
        let action = model.links.deed(id, verb);
        shown.then(|| view! { <form method="post" action=action><button class="button" type="submit">{icon(sign)}{words}</button></form> })
    };
    let shut = member.disabled_at.is_some();
    let hands_over = model.may(Deed::HandOver) && member.role != Role::Owner && !shut;
    let why_not = model.no_reset.filter(|_| !member.factors.is_empty());
    let no_unlock = model.listed.no_unlock.clone().filter(|_| member.locked);
    let acts = (
        post(member.locked && no_unlock.is_none(), "unlock", Icon::Lock, "Unlock"),
        no_unlock.is_some().then(|| view! { <button class="button" type="button" disabled=true aria-describedby="no-unlock">{icon(Icon::Lock)}"Unlock"</button> }),
        ask(!member.factors.is_empty() && why_not.is_none(), "reset-mfa", Icon::Rotate, "Reset MFA", "button"),
        why_not.map(|_| view! { <button class="button" type="button" disabled=true aria-describedby="no-reset">{icon(Icon::Rotate)}"Reset MFA"</button> }),
        ask(hands_over, "hand-over", Icon::Users, "Hand ownership over", "button"),
        ask(model.may(Deed::Disable) && !shut, "disable", Icon::Ban, "Disable at this site", "button"),
        post(model.may(Deed::Enable) && shut, "enable", Icon::Check, "Enable at this site"),
        ask(model.may(Deed::Remove), "remove", Icon::Trash, "Remove from this site", "button danger"),
    );
    view! {
        <Block title="Now" place=Place::First>{known}</Block>
        <Block title="More" place=Place::Last>
            <div class="row wrap acts">{acts}</div>
            {no_unlock.map(|why| view! { <p class="help" id="no-unlock">"Unlock: "{why}</p> })}
            {why_not.map(|why| view! { <p class="help" id="no-reset">"Reset MFA: "{why.to_string()}</p> })}
        </Block>
    }
    .into_any()
}
