//! Access: the way in and out.

mod address;
mod lockout;
mod reset;
mod session;
mod set_up;
mod sign_in;
mod stage;
