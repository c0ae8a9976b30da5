//! Mails about a person's place at a site: asked to join, joined, another role, shut out, a second factor required,
//! dropped, or waived.

use super::{NOT_YOU, link, minute, page};
use crate::access::grant::ManageCollaborators;
use crate::access::permission::Role;
use crate::access::permit::{Permit, Visitor};
use crate::access::service::collaborators::join::Live;
use crate::access::store::collaborator::Account;
use crate::access::store::member::Member;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::secret::Token;
use crate::platform::db::Tx;
use crate::platform::mail::{self, Letter};
use crate::platform::state::App;
use crate::sites::Site;

type Managing = Permit<ManageCollaborators>;

/// What became of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Shut.
    Disabled,
    /// Open again.
    Enabled,
    /// Gone.
    Removed,
}

/// Asks somebody to join.
pub async fn invited(
    tx: &mut Tx,
    app: &App,
    permit: &Managing,
    to: &str,
    role: Role,
    token: &Token,
    until: Timestamp,
) -> Result<()> {
    let (site, by) = (&permit.site().name, &permit.visitor().name);
    let letter = Letter::new(format!("{by} invites you to {site}"))
        .line("Hello,")
        .line(format!("{by} asks you to join {site} on Gatehouse as {}.", role.label().to_lowercase()))
        .link("Join", link(app, "/invitation", token))
        .facts([("Site", site.clone()), ("Role", role.label().to_owned()), ("Works until", minute(until))])
        .line("The link is for this address only and works once. If you do not know what this is about, you need not do anything.");
    mail::send_for(tx, app, permit.site_id(), letter.to(to)).await?;
    Ok(())
}

/// To the person and to who asked them.
pub async fn joined(
    tx: &mut Tx,
    app: &App,
    Live { site, invitation, .. }: &Live,
    member: &Member,
    giver: Option<(String, String)>,
) -> Result<()> {
    let letter = Letter::new(format!("You have joined {}", site.name))
        .line(format!("Hello {},", member.name))
        .line(format!(
            "you are now {} of {} on Gatehouse, invited by {}.",
            member.role.label().to_lowercase(),
            site.name,
            invitation.invited_by
        ))
        .link("Sign in", page(app, "/sign-in"));
    mail::send_for(tx, app, site.id, letter.to(&member.email)).await?;
    if let Some((name, email)) = giver {
        let letter = Letter::new(format!("{} has joined {}", member.name, site.name))
            .line(format!("Hello {name},"))
            .line(format!(
                "{} ({}) has taken up your invitation and is now {} of {} on Gatehouse.",
                member.name,
                member.email,
                member.role.label().to_lowercase(),
                site.name
            ))
            .line("If this surprises you, remove them on the page of collaborators and look into the audit log.");
        mail::send_for(tx, app, site.id, letter.to(&email)).await?;
    }
    Ok(())
}

/// To somebody to whom the operator has given a place, and to the owners.
pub async fn placed(tx: &mut Tx, app: &App, site: &Site, member: &Member, owners: &[Member]) -> Result<()> {
    let by = || [("By", "the operator, at the server".to_owned()), ("When", minute(app.clock.now()))];
    let letter = begin(format!("You have joined {}", site.name), member)
        .line(format!("you are now {} of {} on Gatehouse.", article(member.role), site.name))
        .facts(by())
        .link("Sign in", page(app, "/sign-in"))
        .line("If this surprises you, ask the people who run the site.");
    mail::send_for(tx, app, site.id, letter.to(&member.email)).await?;
    for owner in owners {
        let letter = begin(format!("{} has joined {}", member.name, site.name), owner)
            .line(format!(
                "{} ({}) is now {} of {} on Gatehouse.",
                member.name,
                member.email,
                article(member.role),
                site.name
            ))
            .facts(by())
            .line("If this surprises you, remove them on the page of collaborators and look into the audit log.");
        mail::send_for(tx, app, site.id, letter.to(&owner.email)).await?;
    }
    Ok(())
}

/// Another role.
pub async fn role_changed(tx: &mut Tx, app: &App, permit: &Managing, member: &Member, role: Role) -> Result<()> {
    let site = &permit.site().name;
    let letter = begin(format!("Your role at {site} has changed"), member)
        .line(format!("you are now {} of {site}; you were {}.", article(role), article(member.role)))
        .line("The site asks you to confirm that it is you before you go on there.");
    send(tx, app, permit, member, letter).await
}

/// To the new owner and to the old one.
pub async fn handed_over(tx: &mut Tx, app: &App, permit: &Managing, member: &Member) -> Result<()> {
    let (site, me) = (&permit.site().name, permit.visitor());
    let letter = begin(format!("You are an owner of {site}"), member)
        .line(format!("{} has handed the ownership of {site} over to you and is an admin now.", me.name))
        .line("The site asks you to confirm that it is you before you go on there.");
    send(tx, app, permit, member, letter).await?;
    let letter = Letter::new(format!("You have handed {site} over"))
        .line(format!("Hello {},", me.name))
        .line(format!("{} is an owner of {site} now, and you are an admin.", member.name))
        .facts([("When", minute(app.clock.now())), ("From", me.address.to_string())]);
    mail::send_for(tx, app, permit.site_id(), letter.to(&me.email)).await?;
    Ok(())
}

/// To somebody who has left, and to the owners.
pub async fn left(tx: &mut Tx, app: &App, site: &Site, visitor: &Visitor, owners: &[Member]) -> Result<()> {
    let letter = Letter::new(format!("You have left {}", site.name))
        .line(format!("Hello {},", visitor.name))
        .line(format!(
            "you no longer belong to {} on Gatehouse. Your account and your other sites stay as they are.",
            site.name
        ))
        .facts([("When", minute(app.clock.now())), ("From", visitor.address.to_string())])
        .line(NOT_YOU);
    mail::send_for(tx, app, site.id, letter.to(&visitor.email)).await?;
    for owner in owners {
        let letter = Letter::new(format!("{} has left {}", visitor.name, site.name))
            .line(format!("Hello {},", owner.name))
            .line(format!(
                "{} ({}) has given up their place at {} on Gatehouse. API keys they have made no longer work there.",
                visitor.name, visitor.email, site.name
            ))
            .facts([("When", minute(app.clock.now()))]);
        mail::send_for(tx, app, site.id, letter.to(&owner.email)).await?;
    }
    Ok(())
}

/// Shut out, let in again, removed.
pub async fn place_changed(tx: &mut Tx, app: &App, permit: &Managing, member: &Member, change: Change) -> Result<()> {
    let site = &permit.site().name;
    let letter = match change {
        Change::Disabled => begin(format!("You are shut out of {site}"), member).line(format!(
            "you can no longer use {site} on Gatehouse. Your account and your other sites stay as they are."
        )),
        Change::Enabled => begin(format!("You may use {site} again"), member)
            .line(format!("{site} on Gatehouse is open to you again, as {}.", article(member.role))),
        Change::Removed => begin(format!("You no longer belong to {site}"), member).line(format!(
            "you were removed from {site} on Gatehouse. Your account and your other sites stay as they are."
        )),
    };
    send(tx, app, permit, member, letter).await
}

/// A second factor is required of the person, or no longer on their own account.
pub async fn mfa_switched(tx: &mut Tx, app: &App, permit: &Managing, member: &Member, on: bool) -> Result<()> {
    let site = &permit.site().name;
    let letter = if on {
        begin(format!("{site} asks you for a second factor"), member)
            .line("from now on a second factor is required of you: a text message, an authenticator app or a passkey. It takes about two minutes; the console says until when.")
            .link("Set it up", page(app, "/me/second-factor"))
    } else {
        begin(format!("{site} no longer asks you in particular for a second factor"), member)
            .line("your own switch is off. If the site asks everybody, it still asks you; devices you have set up stay active.")
    };
    send(tx, app, permit, member, letter).await
}

/// An exemption, or its end.
pub async fn exempted(
    tx: &mut Tx,
    app: &App,
    permit: &Managing,
    member: &Member,
    until: Option<(Timestamp, &str)>,
) -> Result<()> {
    let site = &permit.site().name;
    let letter = match until {
        Some((until, reason)) => begin(format!("{site} exempts you from the second factor"), member)
            .facts([("Until", minute(until)), ("Reason", reason.to_owned())]),
        None => begin(format!("Your exemption at {site} has ended"), member)
            .line("what the site asks of others about the second factor is asked of you again."),
    };
    send(tx, app, permit, member, letter).await
}

/// To the owners: an admin asks less of another admin than the site does.
pub async fn loosened_for_an_admin(
    tx: &mut Tx,
    app: &App,
    permit: &Managing,
    member: &Member,
    owners: &[Member],
    what: &str,
) -> Result<()> {
    let site = &permit.site().name;
    for owner in owners {
        let letter = Letter::new(format!("{} needs less to sign in to {site}", member.name))
            .line(format!("Hello {},", owner.name))
            .line(format!("{} ({}), an admin of {site}, {what}.", member.name, member.email));
        send(tx, app, permit, owner, letter).await?;
    }
    Ok(())
}

/// The account is open again.
pub async fn unlocked(tx: &mut Tx, app: &App, permit: &Managing, member: &Member) -> Result<()> {
    let letter = begin("Your account is open again".to_owned(), member)
        .line("sign-in had been paused after too many wrong passwords. You can sign in again.");
    send(tx, app, permit, member, letter).await
}

fn begin(subject: String, member: &Member) -> Letter {
    Letter::new(subject).line(format!("Hello {},", member.name))
}

/// Signed with who did it and when.
async fn send(tx: &mut Tx, app: &App, permit: &Managing, member: &Member, letter: Letter) -> Result<()> {
    let by = format!("{}, {} of {}", permit.visitor().name, permit.role().label().to_lowercase(), permit.site().name);
    let letter = letter
        .facts([("By", by), ("When", minute(app.clock.now()))])
        .line("If this surprises you, ask the people who run the site.");
    mail::send_for(tx, app, permit.site_id(), letter.to(&member.email)).await?;
    Ok(())
}

fn article(role: Role) -> &'static str {
    match role {
        Role::Owner => "an owner",
        Role::Admin => "an admin",
        Role::Support => "in support",
        Role::Developer => "a developer",
        Role::Analyst => "an analyst",
    }
}

/// Devices and recovery codes are dropped: to the person, and to the owners of each of their sites.
pub async fn mfa_reset(
    tx: &mut Tx,
    app: &App,
    account: &Account,
    owners: &[(String, String)],
    by: &str,
    why: &str,
) -> Result<()> {
    let facts = [("By", by.to_owned()), ("Reason", why.to_owned()), ("When", minute(app.clock.now()))];
    let letter = Letter::new("Your second factor was reset")
        .line(format!("Hello {},", account.name))
        .line("your devices and recovery codes no longer count, and you are signed out everywhere. Sign in with your password and set up a device anew: the first one also asks for a code that we mail to you.")
        .facts(facts.clone())
        .link("Sign in", page(app, "/sign-in"))
        .line("If you did not ask for this, tell the people who run your console at once, and set a new password.");
    mail::send(tx, app, letter.to(&account.email)).await?;
    for (name, email) in owners {
        let letter = Letter::new(format!("The second factor of {} was reset", account.name))
            .line(format!("Hello {name},"))
            .line(format!(
                "the devices and recovery codes of {} ({}) no longer count. They were signed out everywhere.",
                account.name, account.email
            ))
            .facts(facts.clone())
            .line("If this surprises you, look into the audit log and speak with them.");
        mail::send(tx, app, letter.to(email)).await?;
    }
    Ok(())
}
