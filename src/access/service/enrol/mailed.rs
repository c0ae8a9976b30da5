//! The code mailed to a person whose first second factor comes late or follows a reset: a password alone, which somebody
//! else may know, opens no enrolment then.

use crate::access::service::codes::{self, Check, Checked, CodePurpose, Flow, Send, Sent, Standing, To};
use crate::access::service::record::{self, Event};
use crate::access::store::collaborator::Account;
use crate::access::{Visitor, store};
use crate::audit::Actor;
use crate::error::{Error, Result};
use crate::platform::state::App;

/// What came of typing the mailed code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailTried {
    /// Right: the way to enrolment is open in this session.
    Open,
    /// Not right, in the words of [`Checked`].
    Not(Checked),
}

/// Mails a code to the person's stored address.
pub async fn mail_code(app: &App, visitor: &Visitor) -> Result<Sent> {
    let account = account(app, visitor).await?;
    let send = Send {
        who: visitor.id,
        flow: Flow(visitor.session),
        purpose: CodePurpose::EnrolMail,
        factor: None,
        to: To::Mail(account),
        by: Actor::of(visitor),
    };
    codes::send(app, send).await
}

/// Compares the code that was mailed.
pub async fn try_mail_code(app: &App, visitor: &Visitor, code: &str) -> Result<MailTried> {
    let check = Check {
        who: visitor.id,
        flow: Flow(visitor.session),
        purpose: CodePurpose::EnrolMail,
        code,
        from: visitor.address,
        user_agent: &visitor.user_agent,
    };
    let checked = codes::check(app, check).await?;
    // A code for an address that was changed meanwhile proves nothing of today's.
    let canonical = account(app, visitor).await?.email_canonical;
    if !matches!(&checked, Checked::Right { destination, .. } if *destination == canonical) {
        return Ok(MailTried::Not(match checked {
            Checked::Right { .. } => Checked::Expired,
            other => other,
        }));
    }
    let mut tx = app.db.platform().await?;
    if !store::enrolment::prove_mail(&mut tx, &visitor.session, app.clock.now()).await? {
        return Ok(MailTried::Not(Checked::Expired));
    }
    let event = Event::new(Actor::of(visitor), "second_factor.address_proved", visitor.id);
    record::everywhere(&mut tx, app, Some(visitor.id), event).await?;
    tx.commit().await?;
    Ok(MailTried::Open)
}

/// Where mailing stands.
pub async fn standing(app: &App, visitor: &Visitor) -> Result<Standing> {
    let canonical = account(app, visitor).await?.email_canonical;
    codes::standing(app, visitor.id, Flow(visitor.session), CodePurpose::EnrolMail, &canonical).await
}

async fn account(app: &App, visitor: &Visitor) -> Result<Account> {
    store::collaborator::by_id(&app.db, visitor.id).await?.ok_or_else(Error::not_found)
}
