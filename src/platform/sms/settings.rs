//! A site's sender, words and daily cap: reading them, and saving them if nobody saved meanwhile.

use crate::access::{Permit, grant};
use crate::audit::{self, Actor, Entry, Target, Values};
use crate::error::{Error, Result};
use crate::platform::sms::store::{self, Terms};
use crate::platform::sms::{BodyTemplate, DailyCap, SenderId};
use crate::platform::state::App;

/// What a site may write; `None` takes ours. And how much it may send.
pub struct Templates {
    /// Shown as the sender where the country allows it.
    pub sender: Option<SenderId>,
    /// What a text says.
    pub body: Option<BodyTemplate>,
    /// Texts a day.
    pub daily_cap: DailyCap,
}

/// What became of a wish to save.
pub enum Saved {
    /// It is done, or nothing differed.
    Done,
    /// Somebody else saved since the form was opened: this is how it stands now.
    Stale(Terms),
    /// The cap would rise or the sender or the words change, and the proof of identity is too old for that.
    StepUp,
}

/// What the site says about texts.
pub async fn read(app: &App, permit: &Permit<grant::ReadSite>) -> Result<Terms> {
    let mut tx = app.db.platform().await?;
    store::terms(&mut tx, permit.visitor().id, Some(permit.site_id())).await?.pop().ok_or_else(Error::not_found)
}

/// Saves them if nobody changed sender, words or cap since `base`. Another sender or other words speak to people in the
/// site's name, and a higher cap loosens a protection: both ask for a fresh proof.
pub async fn save(app: &App, permit: &Permit<grant::EditSite>, base: i32, new: Templates) -> Result<Saved> {
    let (site, now) = (permit.site_id(), app.clock.now());
    let mut tx = app.db.site(site).await?;
    let before = store::templates(&mut tx, site).await?.ok_or_else(Error::not_found)?;
    let (sender, body) = (new.sender.as_ref().map(SenderId::as_str), new.body.as_ref().map(BodyTemplate::as_str));
    let old = recorded(before.sender.as_deref(), before.body.as_deref(), before.daily_cap);
    let Some((old, changed)) = Values::differing(old, recorded(sender, body, new.daily_cap.get())) else {
        return Ok(Saved::Done);
    };
    if before.version != base {
        return Ok(Saved::Stale(before));
    }
    let speaks_otherwise = (sender, body) != (before.sender.as_deref(), before.body.as_deref());
    if (speaks_otherwise || new.daily_cap.get() > before.daily_cap) && permit.fresh(now).is_err() {
        return Ok(Saved::StepUp);
    }
    store::save_templates(&mut tx, site, &new).await?;
    let entry = Entry {
        actor: Actor::of(permit.visitor()),
        action: "messages.templates_changed",
        target: Target::plain(&permit.site().name),
        old: Some(old),
        new: Some(changed),
    };
    audit::record(&mut tx, app, site, entry).await?;
    tx.commit().await?;
    Ok(Saved::Done)
}

/// As the audit log keeps them.
fn recorded(sender: Option<&str>, body: Option<&str>, daily_cap: i32) -> Values {
    Values::new().plain("sms_sender", sender).plain("sms_body", body).plain("sms_daily_cap", daily_cap)
}
