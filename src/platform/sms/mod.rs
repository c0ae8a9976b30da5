//! Text messages: capped and refused before anything is sent, queued in the transaction of their cause, sent by a job to
//! a provider that speaks as Twilio does, their delivery read back. In demo mode they land in the outbox.
//!
//! A text holds a code, so it is nowhere readable: the job carries it sealed, `text_message` only knows that it was sent.
//!
//! In reading order: [`message`] (the words), [`template`] (sender and body), [`queue`](mod@queue) (caps; the site's own is `cap`), `twilio` (the
//! provider), `deliver` (the jobs),
//! [`settings`] (what a site may write).

mod cap;
mod deliver;
pub mod message;
mod queue;
pub mod settings;
mod store;
pub mod template;
pub mod twilio;

pub use cap::{DailyCap, NotADailyCap};
pub(in crate::platform) use deliver::{deliver, look};
pub use message::{Delivery, Listed, Notice, NumberIs, Refusal, Status, Text};
pub use queue::{
    NUMBER_A_DAY, NUMBERS_A_DAY, PERSON_A_DAY, PREFIX_AN_HOUR, UNPROVED_A_DAY, available, countries, latest, notice,
    queue, recent, test,
};
pub use store::Terms;
pub use template::{BodyTemplate, SenderId};
pub use twilio::Provider;
