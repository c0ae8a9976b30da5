//! Access: the way in and out.

mod address;
mod lockout;
mod sign_in;
mod stage;
