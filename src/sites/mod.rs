//! Sites: the tenants, their settings and their payment services.

mod site;
mod store;

pub use site::Site;
pub use store::{all, by_handle};
