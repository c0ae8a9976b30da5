//! A site's sender and words: reading them, and saving them if nobody saved meanwhile.

use serde_json::json;

use crate::access::{Permit, grant};
use crate::audit::{self, Actor, Entry};
use crate::error::{Error, Result};
use crate::platform::sms::store::{self, Terms};
use crate::platform::sms::{BodyTemplate, SenderId};
use crate::platform::state::App;

/// What a site may write; `None` takes ours.
pub struct Templates {
    /// Shown as the sender where the country allows it.
    pub sender: Option<SenderId>,
    /// What a text says.
    pub body: Option<BodyTemplate>,
}

/// What became of a wish to save.
pub enum Saved {
    /// It is done, or nothing differed.
    Done,
    /// Somebody else saved since the form was opened: this is how it stands now.
    Stale(Terms),
}

/// What the site says about texts.
pub async fn read(app: &App, permit: &Permit<grant::ReadSite>) -> Result<Terms> {
    let mut tx = app.db.platform().await?;
    store::terms(&mut tx, permit.visitor().id, Some(permit.site_id())).await?.pop().ok_or_else(Error::not_found)
}

/// Saves sender and words if nobody changed them since `base`.
pub async fn save(app: &App, permit: &Permit<grant::EditSite>, base: i32, new: Templates) -> Result<Saved> {
    let site = permit.site_id();
    let mut tx = app.db.site(site).await?;
    let before = store::templates(&mut tx, site).await?.ok_or_else(Error::not_found)?;
    let (sender, body) = (new.sender.as_ref().map(SenderId::as_str), new.body.as_ref().map(BodyTemplate::as_str));
    if (sender, body) == (before.sender.as_deref(), before.body.as_deref()) {
        return Ok(Saved::Done);
    }
    if before.version != base {
        return Ok(Saved::Stale(before));
    }
    store::save_templates(&mut tx, site, sender, body).await?;
    let entry = Entry {
        actor: Actor::of(permit.visitor()),
        action: "messages.templates_changed",
        target: permit.site().name.clone(),
        old: Some(json!({ "sms_sender": before.sender, "sms_body": before.body })),
        new: Some(json!({ "sms_sender": sender, "sms_body": body })),
    };
    audit::record(&mut tx, app, site, entry).await?;
    tx.commit().await?;
    Ok(Saved::Done)
}
