//! Setting up a second factor: what must come first, its beginning, its first valid code, and what follows from that. An
//! enrolment that is given up weakens nothing and shuts nobody out: a factor counts from its first valid code only.

mod begin;
mod finish;
mod first;
mod mailed;

pub use begin::{
    Begun, Number, Offer, Offers, app_secret, begin_app, begin_number, being_set_up, delivery, offers, send_again,
    text_of,
};
pub(super) use finish::new_codes;
pub use finish::{Finished, Tried, try_code};
pub(in crate::access) use finish::{Proven, finish};
pub(in crate::access::service) use first::wants_mail;
pub use first::{First, what_first};
pub use mailed::{MailTried, mail_code, standing as mail_standing, try_mail_code};
