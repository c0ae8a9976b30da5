//! Writes what happened to a person into the audit log of every site they belong to; of nobody's sites, and for people
//! without one, into the installation's own. What concerns the account itself the person can read too.

use std::net::IpAddr;

use crate::access::requirement::Standing;
use crate::access::service::requirement::AtSite;
use crate::access::{activity, store};
use crate::audit::{self, Actor, Entry, Target, Values};
use crate::error::Result;
use crate::kernel::id::{CollaboratorId, SiteId};
use crate::platform::db::{self, Tx};
use crate::platform::state::App;

/// What happened.
pub struct Event {
    /// Who did it.
    pub actor: Actor,
    /// `sign_in.failed` and so on.
    pub action: &'static str,
    /// To whom or what.
    pub target: Target,
    /// How it was.
    pub old: Option<Values>,
    /// How it is.
    pub new: Option<Values>,
    /// The site at which it was done, which keeps it in any case.
    pub at: Option<SiteId>,
}

impl Event {
    /// An event without old and new values.
    pub fn new(actor: Actor, action: &'static str, target: impl Into<Target>) -> Self {
        Self { actor, action, target: target.into(), old: None, new: None, at: None }
    }

    /// The same, done at a site.
    pub fn at(self, site: SiteId) -> Self {
        Self { at: Some(site), ..self }
    }

    /// The same with values.
    pub fn values(self, old: Option<Values>, new: Option<Values>) -> Self {
        Self { old, new, ..self }
    }
}

/// Where an event came from, as its person may know it: an admin's or the operator's own whereabouts are not shown.
fn origin(actor: &Actor, who: CollaboratorId) -> (Option<IpAddr>, &str) {
    match actor {
        Actor::Stranger { address, user_agent, .. } => (address.ip(), user_agent),
        Actor::Collaborator { id, address, user_agent, .. } if *id == who => (address.ip(), user_agent),
        _ => (None, ""),
    }
}

/// Records the event at each of the person's sites, and for the person themselves if it concerns their account. A site that
/// has shut the person out has no part in it any more; of who did it to them, a site learns what concerns its own people
/// only. Call it last: it locks the heads of their chains until the commit, always in the order of the sites' ids.
pub async fn everywhere(tx: &mut Tx, app: &App, who: Option<CollaboratorId>, event: Event) -> Result<()> {
    metrics::counter!("gatehouse_access_events_total", "event" => event.action).increment(1);
    if let Some(who) = who.filter(|_| activity::is_shown(event.action)) {
        let (address, user_agent) = origin(&event.actor, who);
        store::account_event::insert(tx, who, event.action, address, user_agent, app.clock.now()).await?;
    }
    let mut sites = match who {
        Some(who) => store::membership::sites(tx, who).await?,
        None => Vec::new(),
    };
    sites.extend(event.at.filter(|site| !sites.contains(site)));
    sites.sort_unstable_by_key(|site| site.0);
    if sites.is_empty() {
        sites.push(SiteId::PLATFORM);
    }
    let theirs = match &event.actor {
        Actor::Collaborator { id, .. } if Some(*id) != who => Some(store::membership::sites(tx, *id).await?),
        _ => None,
    };
    for site in sites {
        db::enter(tx, site).await?;
        let knows = site == SiteId::PLATFORM || theirs.as_ref().is_none_or(|theirs| theirs.contains(&site));
        let entry = Entry {
            actor: if knows { event.actor.clone() } else { Actor::Elsewhere },
            action: event.action,
            target: event.target.clone(),
            old: event.old.clone(),
            new: event.new.clone(),
        };
        audit::record(tx, app, site, entry).await?;
    }
    Ok(())
}

/// Records that the person is signed in, and at each site where a second factor is due of them that they came in without
/// it while there was still time. `with`: what is said of the proof.
pub async fn signed_in(tx: &mut Tx, app: &App, who: CollaboratorId, actor: Actor, with: Option<Values>) -> Result<()> {
    let now = app.clock.now();
    let places = store::requirement::of(&mut **tx, None, Some(who)).await?;
    let event = Event::new(actor.clone(), "sign_in.succeeded", who).values(None, with);
    everywhere(tx, app, Some(who), event).await?;
    for place in places.iter().filter(|place| place.disabled_at.is_none()) {
        let at = AtSite::of(place, now);
        let Standing::Due { deadline } = at.standing else { continue };
        if at.active {
            continue;
        }
        db::enter(tx, at.site).await?;
        let new = Some(Values::new().plain("second_factor_due", deadline));
        let entry = Entry { actor: actor.clone(), action: "mfa_grace.used", target: who.into(), old: None, new };
        audit::record(tx, app, at.site, entry).await?;
    }
    Ok(())
}
