//! Asking somebody to join: the link goes by mail to the address and to nobody else, works once and for seven days, and
//! only the newest does. The mails of a day are limited, for who sends them and for the site.

use chrono::TimeDelta;

use super::{demand_served, refused};
use crate::access::authority::grants;
use crate::access::grant::ManageCollaborators;
use crate::access::invitation::{Invitation, LIFE, MAILS_BY_ONE, MAILS_OF_SITE, MOST_OPEN, State, may_follow};
use crate::access::permission::Role;
use crate::access::permit::Permit;
use crate::access::service::notify;
use crate::access::store;
use crate::access::store::invitation::New;
use crate::audit::{self, Actor, Entry, Values};
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::email::Email;
use crate::kernel::id::{InvitationId, SiteId};
use crate::kernel::phone::Phone;
use crate::kernel::secret::Token;
use crate::platform::db::Tx;
use crate::platform::state::App;

/// Who shall be asked.
pub struct Wanted {
    /// Where the link goes.
    pub email: Email,
    /// What they shall be.
    pub role: Role,
    /// A second factor shall be required of them.
    pub mfa_own: bool,
    /// The number to fill in when they set it up.
    pub phone: Option<Phone>,
}

/// Asks somebody.
pub async fn invite(app: &App, permit: &Permit<ManageCollaborators>, wanted: &Wanted) -> Result<InvitationId> {
    let (site, now) = (permit.site_id(), app.clock.now());
    let mut tx = begin(app, permit, wanted.role).await?;
    demand_served(&mut tx, permit, wanted.phone.as_ref()).await?;
    if store::membership::is_member(&mut tx, site, wanted.email.canonical()).await? {
        return Err(Error::field(
            "email",
            "member",
            format!("{} is a collaborator of this site already.", wanted.email),
        ));
    }
    if store::invitation::open_count(&mut tx, site).await? >= MOST_OPEN {
        let words = "A hundred invitations wait for an answer. Take some back before you send more.";
        return Err(Error::field("email", "too_many", words));
    }
    let last = store::invitation::last_sent(&mut tx, site, wanted.email.canonical()).await?;
    let (id, token) = (InvitationId::new(now), Token::random());
    let row = New {
        id,
        email: &wanted.email,
        role: wanted.role,
        mfa_own: wanted.mfa_own,
        suggested_phone: wanted.phone.as_ref().map(Phone::as_str),
        token_hash: token.hash(),
        by: permit.visitor().id,
        now,
        expires_at: now + LIFE,
    };
    if !store::invitation::insert(&mut tx, site, row).await? {
        let words = format!("{} is invited already. Send that invitation again, or take it back first.", wanted.email);
        return Err(Error::field("email", "invited", words));
    }
    // One that was taken back has been mailed all the same.
    if last.is_some_and(|last| may_follow(last, now).is_err()) {
        let words = format!("A mail to {} left a moment ago. Wait a minute before you send another.", wanted.email);
        return Err(Error::field("email", "too_soon", words));
    }
    if let Err(full) = count_mail(&mut tx, permit, now).await? {
        return Err(Error::field("email", "too_many", full.words));
    }
    notify::collaborators::invited(&mut tx, app, permit, wanted.email.as_str(), wanted.role, &token, now + LIFE)
        .await?;
    let new = Values::new().plain("role", wanted.role).plain("mfa_own", wanted.mfa_own);
    let new = new.personal("email", wanted.email.as_str());
    record(&mut tx, app, permit, "invitation.sent", id, new).await?;
    tx.commit().await?;
    Ok(id)
}

/// Sends it again: another link, seven more days. The old link is worthless.
pub async fn send_again(app: &App, permit: &Permit<ManageCollaborators>, id: InvitationId) -> Result<()> {
    let (site, now) = (permit.site_id(), app.clock.now());
    let (mut tx, invitation) = waiting(app, permit, id).await?;
    if let Err(next) = invitation.may_send_again(now) {
        let seconds = u32::try_from((next - now).num_seconds()).unwrap_or(60).max(1);
        let words = format!("A mail to {} left a moment ago. Wait a minute before you send another.", invitation.email);
        return Err(Error::new(Kind::TooMany, words).retry_after(seconds));
    }
    if let Err(full) = count_mail(&mut tx, permit, now).await? {
        let seconds = u32::try_from((full.until - now).num_seconds()).unwrap_or(60).max(1);
        return Err(Error::new(Kind::TooMany, full.words).retry_after(seconds));
    }
    let token = Token::random();
    if !store::invitation::renew(&mut tx, site, id, &token.hash(), now, now + LIFE).await? {
        return Err(Error::not_found());
    }
    notify::collaborators::invited(&mut tx, app, permit, &invitation.email, invitation.role, &token, now + LIFE)
        .await?;
    record(&mut tx, app, permit, "invitation.sent_again", id, Values::new().personal("email", &invitation.email))
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Takes it back: the link is worthless.
pub async fn take_back(app: &App, permit: &Permit<ManageCollaborators>, id: InvitationId) -> Result<()> {
    let (mut tx, invitation) = waiting(app, permit, id).await?;
    if !store::invitation::revoke(&mut tx, permit.site_id(), id, app.clock.now()).await? {
        return Err(Error::not_found());
    }
    record(&mut tx, app, permit, "invitation.revoked", id, Values::new().personal("email", &invitation.email)).await?;
    tx.commit().await?;
    Ok(())
}

/// One of the site's that waits for an answer and could be given by this visitor, locked.
async fn waiting(app: &App, permit: &Permit<ManageCollaborators>, id: InvitationId) -> Result<(Tx, Invitation)> {
    let mut tx = begin(app, permit, Role::Analyst).await?;
    let invitation = store::invitation::lock(&mut tx, permit.site_id(), id).await?.ok_or_else(Error::not_found)?;
    grants(permit.role(), invitation.role).map_err(refused)?;
    match invitation.state(app.clock.now()) {
        State::Open | State::Expired => Ok((tx, invitation)),
        State::Accepted | State::Revoked => Err(Error::not_found()),
    }
}

/// A transaction in which the visitor's role is what it is now, and may give `role`.
async fn begin(app: &App, permit: &Permit<ManageCollaborators>, role: Role) -> Result<Tx> {
    permit.fresh(app.clock.now())?;
    let site: SiteId = permit.site_id();
    let mut tx = app.db.site(site).await?;
    store::member::lock_site(&mut tx, site).await?;
    let actor = store::member::acting_role(&mut tx, site, permit.visitor().id).await?.ok_or_else(Error::not_found)?;
    grants(actor, role).map_err(|refusal| Error::field("role", "out_of_reach", refusal.to_string()))?;
    Ok(tx)
}

/// As many mails as may have left already.
struct Full {
    until: Timestamp,
    words: String,
}

/// Counts the mail that is about to leave, unless the day is full. Exact: the site is locked, and the person is held.
async fn count_mail(
    tx: &mut Tx,
    permit: &Permit<ManageCollaborators>,
    now: Timestamp,
) -> Result<std::result::Result<(), Full>> {
    let (site, by) = (permit.site_id(), permit.visitor().id);
    store::collaborator::hold(tx, by).await?;
    let day = TimeDelta::days(1);
    let in_the_way = store::invitation::in_the_way(tx, site, by, now - day).await?;
    let full = |sent_at: Timestamp, who: &str| {
        let until = sent_at + day;
        let when = until.with_timezone(&permit.site().time_zone).format("%H:%M on %-d %B");
        let words = format!("{who} within a day, which is the most. The next one can be sent from {when}.");
        Full { until, words }
    };
    if let Some(sent_at) = in_the_way.of_person {
        return Ok(Err(full(sent_at, &format!("You have sent {MAILS_BY_ONE} invitations"))));
    }
    if let Some(sent_at) = in_the_way.of_site {
        return Ok(Err(full(sent_at, &format!("{MAILS_OF_SITE} invitations have left this site"))));
    }
    store::invitation::note_mail(tx, site, by, now).await?;
    Ok(Ok(()))
}

async fn record(
    tx: &mut Tx,
    app: &App,
    permit: &Permit<ManageCollaborators>,
    action: &'static str,
    id: InvitationId,
    new: Values,
) -> Result<()> {
    let entry = Entry { actor: Actor::of(permit.visitor()), action, target: id.into(), old: None, new: Some(new) };
    audit::record(tx, app, permit.site_id(), entry).await?;
    Ok(())
}
