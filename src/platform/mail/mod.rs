//! Mail to people: written as a [`Letter`], queued in the transaction of its cause, sent by a job over SMTP. In demo
//! mode it lands in the outbox, which `/demo/outbox` shows.

mod letter;
mod smtp;
mod store;

use uuid::Uuid;

pub use letter::{Letter, Mail};
pub use smtp::Mailer;

use crate::error::Result;
use crate::kernel::id::SiteId;
use crate::platform::db::Tx;
use crate::platform::jobs::{self, Job};
use crate::platform::state::App;

/// Queues a mail within the caller's transaction: it is sent if and only if the transaction commits.
pub async fn send(tx: &mut Tx, app: &App, mail: Mail) -> Result<Uuid> {
    jobs::push(tx, app, Job::Mail(mail)).await
}

/// The same for a mail of a site: the site's System page shows the job.
pub async fn send_for(tx: &mut Tx, app: &App, site: SiteId, mail: Mail) -> Result<Uuid> {
    jobs::push_for(tx, app, site, Job::Mail(mail)).await
}
