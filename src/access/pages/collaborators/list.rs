//! `/s/{site}/collaborators`: who works at the site, how they sign in, and who is asked to join.

use axum::response::Response;
use leptos::prelude::*;

use super::{Links, crumbs, deadline, mfa_sign};
use crate::access::authority::{Deed, Subject, check, grants};
use crate::access::grant::ReadCollaborators;
use crate::access::invitation::{Invitation, State};
use crate::access::permission::{Permission, Role};
use crate::access::permit::Permit;
use crate::access::service::collaborators::list::{Listed, Mfa};
use crate::console::Console;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::CollaboratorId;
use crate::ui::chrome::who;
use crate::ui::feedback::EmptyState;
use crate::ui::icon::{Icon, icon};
use crate::ui::layout::{Head, two_lines};
use crate::ui::mark::{Outcome, outcome_saying, plain_tag, tag};
use crate::ui::table::{Cell, Col, FilterField, Filters, Pager, Row, RowMenu, Table, pager};
use crate::ui::text::{Clockface, counted, nothing};

const COLS: [Col; 6] = [
    Col::new("Person"),
    Col::new("Role"),
    Col::new("Multi-factor"),
    Col::new("Deadline"),
    Col::new("Last seen"),
    Col::quiet("Actions"),
];

/// A part of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    All,
    Active,
    Due,
    Overdue,
    Off,
    Invited,
}

impl Tab {
    const ALL: [(Tab, &'static str, &'static str); 6] = [
        (Tab::All, "", "All"),
        (Tab::Active, "active", "Active"),
        (Tab::Due, "due", "Due"),
        (Tab::Overdue, "overdue", "Past the deadline"),
        (Tab::Off, "off", "Off"),
        (Tab::Invited, "invited", "Invited"),
    ];

    fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|(_, key, _)| *key == text).map_or(Self::All, |(tab, ..)| tab)
    }

    fn holds(self, mfa: Mfa) -> bool {
        match self {
            Tab::All => true,
            Tab::Active => mfa == Mfa::Active,
            Tab::Due => matches!(mfa, Mfa::Due(_)),
            Tab::Overdue => matches!(mfa, Mfa::Overdue(_)),
            Tab::Off => matches!(mfa, Mfa::Off | Mfa::Exempt(_)),
            Tab::Invited => false,
        }
    }
}

struct Model {
    links: Links,
    listed: Vec<Listed>,
    invitations: Vec<Invitation>,
    search: String,
    tab: Tab,
    me: CollaboratorId,
    role: Role,
    clock: Clockface,
}

/// The page.
pub fn page(
    console: Console,
    permit: &Permit<ReadCollaborators>,
    (listed, invitations): (Vec<Listed>, Vec<Invitation>),
    (search, tab): (&str, &str),
    now: Timestamp,
) -> Response {
    let model = Model {
        links: Links::of(&permit.site().handle),
        listed,
        invitations,
        search: search.trim().to_owned(),
        tab: Tab::parse(tab),
        me: permit.visitor().id,
        role: permit.role(),
        clock: Clockface { now, zone: permit.site().time_zone },
    };
    console.page("Collaborators", move || view(model))
}

fn view(mut model: Model) -> impl IntoView {
    let words = model.search.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&words);
    model.listed.retain(|listed| has(&listed.member.name) || has(&listed.member.email));
    model.invitations.retain(|invitation| has(&invitation.email));
    let tabs = tabs(&model);
    let invite = model.role.may(Permission::ManageCollaborators).then(|| {
        view! { <a class="button primary" href=model.links.invite()>{icon(Icon::UserPlus)}"Invite a collaborator"</a> }
    });
    let people = counted(model.listed.len(), "person", "people");
    let rows = rows(&model);
    let table = if rows.is_empty() {
        view! { <EmptyState title="Nobody here" sign=Icon::Users text="No collaborator matches what is shown. Clear the search or choose another part of the list."/> }.into_any()
    } else {
        view! { <Table label="Collaborators" cols=COLS.to_vec() rows=rows/> }.into_any()
    };
    let clear = (!model.search.is_empty()).then(|| model.links.all());
    view! {
        <Head title="Collaborators" crumbs=crumbs(&model.links, false) lead="Who works at this site, and how they sign in.".to_owned()>{invite}</Head>
        <Filters action=model.links.all() clear=clear>
            <FilterField name="q" label="Name or e-mail" value=model.search.clone()/>
        </Filters>
        {tabs}
        {table}
        {pager(Pager { shown: format!("{people}. A site always keeps at least one owner; two are safer."), ..Pager::default() })}
    }
}

fn tabs(model: &Model) -> impl IntoView + use<> {
    let links: Vec<_> = Tab::ALL
        .into_iter()
        .map(|(tab, key, label)| {
            let invited = model.invitations.len();
            let count = match tab {
                Tab::Invited => invited,
                Tab::All => model.listed.len() + invited,
                tab => model.listed.iter().filter(|listed| tab.holds(listed.mfa)).count(),
            };
            let query: String = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs([("q", model.search.as_str()), ("show", key)].into_iter().filter(|(_, v)| !v.is_empty()))
                .finish();
            let href = if query.is_empty() { model.links.all() } else { format!("{}?{query}", model.links.all()) };
            let here = (tab == model.tab).then_some("page");
            view! { <a href=href aria-current=here>{label}" "<span>{count}</span></a> }
        })
        .collect();
    view! { <nav class="tabs" aria-label="Filter">{links}</nav> }
}

fn rows(model: &Model) -> Vec<Row> {
    let people = model.listed.iter().filter(|listed| model.tab.holds(listed.mfa)).map(|listed| person(listed, model));
    let invited = model.invitations.iter().filter(|_| matches!(model.tab, Tab::All | Tab::Invited));
    people.chain(invited.map(|invitation| invited_row(invitation, model))).collect()
}

fn person(listed: &Listed, model: &Model) -> Row {
    let (member, clock) = (&listed.member, model.clock);
    let you = (member.id == model.me).then(|| view! { " "<span class="quiet">"you"</span> });
    let subject = Subject { role: member.role, oneself: member.id == model.me, last_owner: false };
    let manages = check(model.role, subject, Deed::EditMfa).is_ok();
    let name = match manages {
        true => view! { <a href=model.links.person(member.id)>{member.name.clone()}</a> }.into_any(),
        false => view! { <span>{member.name.clone()}</span> }.into_any(),
    };
    let states = [
        member.disabled_at.map(|_| plain_tag("shut out")),
        member.off.then(|| plain_tag("switched off")),
        member.locked.then(|| tag(Outcome::Reject, "locked")),
    ];
    let states: Vec<_> = states.into_iter().flatten().map(|state| view! { " "{state} }).collect();
    let seen = member.last_seen_at.map_or_else(|| nothing("Never"), |at| clock.ago(at).into_any());
    Row::new(vec![
        Cell::new(view! {
            <span class="person">
                {who(&member.name)}
                <span class="two">{name}{you}{states}<small>{member.email.clone()}</small></span>
            </span>
        }),
        Cell::new(member.role.label()),
        Cell::new(mfa_sign(listed, clock)),
        Cell::nowrap(deadline(listed.mfa, clock)),
        Cell::quiet(seen),
        Cell::corner(manages.then(|| menu(listed, model, subject))),
    ])
}

fn menu(listed: &Listed, model: &Model, subject: Subject) -> impl IntoView + use<> {
    let (id, links) = (listed.member.id, &model.links);
    let may = |deed| check(model.role, subject, deed).is_ok();
    let factors = !listed.member.factors.is_empty();
    let reset = factors.then(|| view! { <a href=links.deed(id, "reset-mfa")>{icon(Icon::Rotate)}"Reset MFA"</a> });
    let unlock = listed.member.locked.then(|| match &listed.no_unlock {
        Some(why) => view! { <p>"Unlock: "{why.clone()}</p> }.into_any(),
        None => view! {
            <form method="post" action=links.deed(id, "unlock")><button type="submit">{icon(Icon::Lock)}"Unlock"</button></form>
        }
        .into_any(),
    });
    let shut = match listed.member.disabled_at {
        None => may(Deed::Disable)
            .then(|| view! { <a href=links.deed(id, "disable")>{icon(Icon::Ban)}"Disable at this site"</a> }.into_any()),
        Some(_) => may(Deed::Enable).then(|| {
            view! {
                <form method="post" action=links.deed(id, "enable")><button type="submit">{icon(Icon::Check)}"Enable at this site"</button></form>
            }
            .into_any()
        }),
    };
    let remove = may(Deed::Remove).then(|| {
        let href = links.deed(id, "remove");
        view! { <hr/><a class="danger" href=href>{icon(Icon::Trash)}"Remove from this site"</a> }
    });
    let edit = links.person(id);
    view! {
        <RowMenu label=format!("Actions for {}", listed.member.name)>
            <a href=edit>{icon(Icon::Pencil)}"Edit collaborator"</a>
            {reset}
            {unlock}
            {shut}
            {remove}
        </RowMenu>
    }
}

fn invited_row(invitation: &Invitation, model: &Model) -> Row {
    let clock = model.clock;
    let expired = invitation.state(clock.now) == State::Expired;
    let state = match expired {
        true => two_lines(outcome_saying(Outcome::Reject, "Invitation too old"), "Send it again"),
        false => two_lines(
            outcome_saying(Outcome::None, "Invited"),
            format!("by {}, works until {}", invitation.invited_by, clock.day(invitation.expires_at)),
        ),
    };
    let manages = grants(model.role, invitation.role).is_ok();
    let menu = manages.then(|| {
        let send = model.links.invitation(invitation.id, "send");
        let revoke = model.links.invitation(invitation.id, "revoke");
        view! {
            <RowMenu label=format!("Actions for the invitation of {}", invitation.email)>
                <form method="post" action=send><button type="submit">{icon(Icon::Send)}"Send it again"</button></form>
                <form method="post" action=revoke><button type="submit" class="danger">{icon(Icon::X)}"Take it back"</button></form>
            </RowMenu>
        }
    });
    Row::new(vec![
        Cell::new(
            view! { <span class="person">{who(&invitation.email)}<span class="two">{invitation.email.clone()}<small>"Has not joined yet"</small></span></span> },
        ),
        Cell::new(invitation.role.label()),
        Cell::new(state),
        Cell::nowrap(nothing("None")),
        Cell::quiet(nothing("Never")),
        Cell::corner(menu),
    ])
}
