//! Every SQL statement of the slice.

pub(super) mod access_settings;
pub(super) mod account_event;
pub(super) mod code;
pub(super) mod collaborator;
pub(super) mod device;
pub(super) mod enrolment;
pub(super) mod factor;
pub(super) mod invitation;
pub(super) mod lockout;
pub(super) mod member;
pub(super) mod membership;
pub(super) mod network;
pub(super) mod passkey;
pub(super) mod password_history;
pub(super) mod pending;
pub(super) mod recovery;
pub(super) mod requirement;
pub(super) mod session;
pub(super) mod token;
