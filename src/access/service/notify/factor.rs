//! Mails about second factors and recovery codes: whoever else changed them, the person learns of it.

use crate::access::Visitor;
use crate::access::factor::{Factor, FactorKind};
use crate::access::service::notify::{NOT_YOU, minute, page};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::CollaboratorId;
use crate::kernel::phone::Phone;
use crate::platform::db::Tx;
use crate::platform::mail::{self, Letter};
use crate::platform::sms::{self, Notice};
use crate::platform::state::App;

/// A second factor was set up.
pub async fn factor_added(
    tx: &mut Tx,
    app: &App,
    visitor: &Visitor,
    kind: FactorKind,
    name: &str,
    now: Timestamp,
) -> Result<()> {
    let letter = Letter::new("A second step was set up")
        .line(format!("Hello {},", visitor.name))
        .line(
            "your Gatehouse account has a new device for the second step of signing in. Other browsers are signed out.",
        )
        .facts([
            ("Device", format!("{name} ({})", kind.label())),
            ("When", minute(now)),
            ("From", visitor.address.to_string()),
        ])
        .line(NOT_YOU)
        .link("See your devices", page(app, "/me/second-factor"));
    mail::send(tx, app, letter.to(&visitor.email)).await?;
    Ok(())
}

/// A second factor was removed or marked as lost; so many are left.
pub async fn factor_ended(
    tx: &mut Tx,
    app: &App,
    visitor: &Visitor,
    factor: &Factor,
    left: usize,
    now: Timestamp,
) -> Result<()> {
    let rest = match left {
        0 => "It was the last one: signing in takes the password alone now, and your recovery codes are worthless."
            .to_owned(),
        1 => "One device is left.".to_owned(),
        n => format!("{n} devices are left."),
    };
    let letter = Letter::new("A device for the second step was removed")
        .line(format!("Hello {},", visitor.name))
        .line(format!(
            "a device no longer opens the second step of your Gatehouse account. {rest} Other browsers are signed out."
        ))
        .facts([
            ("Device", format!("{} ({})", factor.name, factor.kind.label())),
            ("When", minute(now)),
            ("From", visitor.address.to_string()),
        ])
        .line(NOT_YOU)
        .link("See your devices", page(app, "/me/second-factor"));
    mail::send(tx, app, letter.to(&visitor.email)).await?;
    Ok(())
}

/// A new set of recovery codes was made.
pub async fn codes_made(tx: &mut Tx, app: &App, visitor: &Visitor, now: Timestamp) -> Result<()> {
    let letter = Letter::new("New recovery codes were made")
        .line(format!("Hello {},", visitor.name))
        .line("your Gatehouse account has ten new recovery codes. The old ones are worthless.")
        .facts([("When", minute(now)), ("From", visitor.address.to_string())])
        .line(NOT_YOU)
        .link("See your devices", page(app, "/me/second-factor"));
    mail::send(tx, app, letter.to(&visitor.email)).await?;
    Ok(())
}

/// A word to each of the person's numbers; one that may not be texted now is passed over: the mail says the same.
pub async fn text_numbers(tx: &mut Tx, app: &App, who: CollaboratorId, numbers: &[String], words: &str) -> Result<()> {
    for number in numbers {
        let number: Phone = number.parse().map_err(Error::internal)?;
        if let Err(refusal) = sms::notice(tx, app, Notice { who, number: &number, words }).await? {
            tracing::info!(collaborator.id = %who, "a notice was not texted: {refusal}");
        }
    }
    Ok(())
}
