//! Access: the way in and out.

mod activity;
mod address;
mod collaborators;
mod enrol;
mod enrol_number;
pub mod factors;
mod guesses;
mod help;
mod invitation;
mod lockout;
mod messages;
mod mfa_settings;
mod passkey;
mod passwords;
mod requirement;
mod reset;
mod reset_mfa;
mod second_step;
mod sends;
mod session;
mod set_up;
mod sign_in;
pub mod stage;
mod step_up;
