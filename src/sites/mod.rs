//! Sites: the tenants, their settings and their payment services.
//!
//! In reading order: [`name`] and [`handle`] (what a site is called), [`site`] (a site and its settings),
//! [`payment_service`] (what takes money there), [`service`] (use cases), `store` (every SQL statement), `forms`, `pages`,
//! [`commands`].

pub mod commands;
mod forms;
pub mod handle;
pub mod name;
mod pages;
pub mod payment_service;
mod routes;
pub mod service;
pub mod site;
mod store;

pub use name::{CompanyName, ServiceName, SiteName};
pub use payment_service::Service;
pub use routes::routes;
pub use service::create::NewSite;
pub use service::of::Mine;
pub use site::{IdleMinutes, Settings, Site};
pub use store::site::{all, by_handle, by_id};
