//! Screens of the second factor: the list of devices, one device, setting one up, recovery codes.

pub mod choose;
pub mod code;
pub mod device;
pub mod list;
pub mod mailed;
mod parts;
pub mod question;
pub mod recovery;
