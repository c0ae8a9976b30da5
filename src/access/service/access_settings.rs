//! Reads and changes what a site asks of its collaborators, and says beforehand whom a change concerns.

use crate::access::access_settings::{AccessSettings, FactorSettings};
use crate::access::factor::FactorKind;
use crate::access::password_settings::PasswordSettings;
use crate::access::permission::Role;
use crate::access::service::requirement::{self, AtSite, Who};
use crate::access::service::{notify, passkey};
use crate::access::store;
use crate::access::{Permit, grant};
use crate::audit::{self, Actor, Entry, Target, Values};
use crate::error::{Error, Result};
use crate::kernel::id::SiteId;
use crate::kernel::phone::Phone;
use crate::platform::db::Tx;
use crate::platform::sms;
use crate::platform::state::App;

/// What became of a wish to save.
#[derive(Debug)]
pub enum Saved {
    /// It is done.
    Done,
    /// Nothing differs from what is saved.
    Unchanged,
    /// Somebody else saved since the form was opened: this is how it stands now.
    Stale(Box<AccessSettings>),
    /// The proof of identity is too old for this change.
    StepUp,
}

/// What the site asks now. Who may see it is the caller's to ask.
pub async fn of(app: &App, site: SiteId) -> Result<AccessSettings> {
    store::access_settings::of(&app.db, site).await
}

/// What a new site asks, in the transaction that makes it.
pub async fn first(tx: &mut Tx, site: SiteId) -> Result<()> {
    store::access_settings::insert(tx, site).await
}

/// Refuses kinds of which none can be set up at this installation: whoever is required to have one, the last owner
/// included, would be shut out for good.
pub fn can_be_set_up(app: &App, kinds: &[FactorKind]) -> Result<()> {
    if kinds.iter().any(|kind| possible(app, *kind)) {
        return Ok(());
    }
    let words = "Nobody could set up one of these here: texts need a provider (the operator sets GATEHOUSE_SMS_URL), passkeys a console that is opened by a name. Tick the authenticator app too.";
    Err(Error::field("kinds", "impossible", words))
}

/// Whether anybody can set such a device up at this installation.
fn possible(app: &App, kind: FactorKind) -> bool {
    match kind {
        FactorKind::Sms => sms::available(app),
        FactorKind::Totp => true,
        FactorKind::Passkey => passkey::offered(app),
    }
}

/// Refuses settings under which every owner would be shut out at once and none could set a device up: kinds of which texts
/// alone can be had here, to countries where none of the owners has a number.
pub async fn leave_a_way_in(
    app: &App,
    permit: &Permit<grant::ReadCollaborators>,
    new: &FactorSettings,
) -> Result<Vec<Affected>> {
    let people = affected(app, permit, new).await?;
    let owners: Vec<_> = people.iter().filter(|person| person.role == Role::Owner).collect();
    let anywhere = |kind: &FactorKind| *kind != FactorKind::Sms && possible(app, *kind);
    if owners.iter().any(|owner| !owner.then.is_shut()) || new.kinds.iter().any(anywhere) {
        return Ok(people);
    }
    for owner in owners {
        let number = store::collaborator::phone(&app.db, owner.then.who).await?;
        let country = number.and_then(|number| number.parse::<Phone>().ok()).map(|number| number.country());
        if country.is_some_and(|country| new.countries.contains(&country)) {
            return Ok(people);
        }
    }
    let words = "Every owner would be shut out at once, and none has a number of these countries in their profile to set a device up with. Give a grace period, tick another kind, or write the number into your profile first.";
    Err(Error::field("kinds", "shuts_owners_out", words))
}

/// Saves who needs a second factor. Any change asks for a fresh proof of identity.
pub async fn save_factors(app: &App, permit: &Permit<grant::EditMfa>, base: i32, new: FactorSettings) -> Result<Saved> {
    let (site, now) = (permit.site_id(), app.clock.now());
    can_be_set_up(app, &new.kinds)?;
    let people = leave_a_way_in(app, &permit.also()?, &new).await?;
    let mut tx = app.db.site(site).await?;
    let before = store::access_settings::lock(&mut tx, site).await?;
    let changes = new.changes(&before.factors);
    if changes.is_empty() {
        return Ok(Saved::Unchanged);
    }
    if before.factors_saved.version != base {
        return Ok(Saved::Stale(Box::new(before)));
    }
    if permit.fresh(now).is_err() {
        return Ok(Saved::StepUp);
    }
    store::access_settings::save_factors(&mut tx, site, &new, permit.visitor().id, now).await?;
    requirement::refresh(&mut tx, site, Who::All, now).await?;
    notify::requirement::deadlines(&mut tx, app, permit.site(), &people, now).await?;
    let (old, new) = values(changes);
    let by = Actor::of(permit.visitor());
    let target = Target::plain(&permit.site().name);
    audit::record(&mut tx, app, site, Entry { actor: by, action: "mfa.settings_changed", target, old, new }).await?;
    tx.commit().await?;
    Ok(Saved::Done)
}

/// Saves the rule for passwords and when a door locks. Loosening asks for a fresh proof of identity.
pub async fn save_passwords(
    app: &App,
    permit: &Permit<grant::EditSite>,
    base: i32,
    new: PasswordSettings,
) -> Result<Saved> {
    let (site, now) = (permit.site_id(), app.clock.now());
    let mut tx = app.db.site(site).await?;
    let before = store::access_settings::lock(&mut tx, site).await?;
    let changes = new.changes(before.passwords);
    if changes.is_empty() {
        return Ok(Saved::Unchanged);
    }
    if before.passwords_saved.version != base {
        return Ok(Saved::Stale(Box::new(before)));
    }
    if new.loosens(before.passwords, before.factors.required) && permit.fresh(now).is_err() {
        return Ok(Saved::StepUp);
    }
    store::access_settings::save_passwords(&mut tx, site, new, permit.visitor().id, now).await?;
    let (old, new) = values(changes);
    let by = Actor::of(permit.visitor());
    let target = Target::plain(&permit.site().name);
    audit::record(&mut tx, app, site, Entry { actor: by, action: "password.settings_changed", target, old, new })
        .await?;
    tx.commit().await?;
    Ok(Saved::Done)
}

/// Changes as the audit log keeps them: settings of the site, which name nobody.
fn values(changes: Vec<(&'static str, String, String)>) -> (Option<Values>, Option<Values>) {
    let (mut before, mut after) = (Values::new(), Values::new());
    for (label, old, new) in changes {
        let key = label.to_lowercase().replace(',', "").replace(' ', "_");
        before = before.plain(&key, old);
        after = after.plain(&key, new);
    }
    (Some(before), Some(after))
}

/// How a change of the settings would concern somebody at the site.
#[derive(Debug, Clone)]
pub struct Affected {
    /// Their name.
    pub name: String,
    /// Where they get mail.
    pub email: String,
    /// Their role there.
    pub role: Role,
    /// Whether it is the reader.
    pub is_reader: bool,
    /// They have a factor, but of no kind that would count.
    pub uncounted: bool,
    /// How they stand.
    pub now: AtSite,
    /// How they would stand after saving.
    pub then: AtSite,
}

/// Everybody at the site as they would stand under `candidate`, decided by the same rule as afterwards.
pub async fn affected(
    app: &App,
    permit: &Permit<grant::ReadCollaborators>,
    candidate: &FactorSettings,
) -> Result<Vec<Affected>> {
    let now = app.clock.now();
    let rows = store::requirement::of(app.db.pool(), Some(permit.site_id()), None).await?;
    let mut people: Vec<Affected> = rows
        .into_iter()
        .filter(|row| row.disabled_at.is_none())
        .map(|row| {
            let mut then = row.clone();
            then.requirement.required = candidate.required || row.own;
            then.requirement.moments = row.requirement.moments.at(then.requirement.required, now);
            then.requirement.grace = candidate.grace;
            then.accepted.clone_from(&candidate.kinds);
            let stands = AtSite::of(&then, now);
            Affected {
                role: row.role,
                is_reader: row.who == permit.visitor().id,
                uncounted: !row.kinds.is_empty() && !stands.active,
                now: AtSite::of(&row, now),
                then: stands,
                name: row.name,
                email: row.email,
            }
        })
        .collect();
    people.sort_by_key(|person| person.name.to_lowercase());
    Ok(people)
}

/// Passwords that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accounts {
    /// People at the site with a password.
    pub people: usize,
    /// Those of them who belong to another site too.
    pub elsewhere: usize,
    /// Those who set theirs before the settings were last changed.
    pub before: usize,
}

/// Whom a rule for passwords concerns, without knowing any password.
pub async fn accounts(app: &App, permit: &Permit<grant::ReadCollaborators>, now: &AccessSettings) -> Result<Accounts> {
    let (people, elsewhere, before) =
        store::access_settings::accounts(&app.db, permit.site_id(), now.passwords_saved.at).await?;
    let whole = |n: i64| usize::try_from(n).unwrap_or(0);
    Ok(Accounts { people: whole(people), elsewhere: whole(elsewhere), before: whole(before) })
}
