//! What a site, its services and its company are called.

pub use crate::kernel::name::{Name, NotAName};

/// What people call a site.
pub type SiteName = Name<60>;
/// What people call a payment service.
pub type ServiceName = Name<60>;
/// The company that messages to customers and collaborators speak of.
pub type CompanyName = Name<60>;
