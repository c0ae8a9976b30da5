//! A payment service of a site: a name and one currency. Decisions name the service they were asked for.

use crate::kernel::clock::Timestamp;
use crate::kernel::id::ServiceId;
use crate::kernel::money::Currency;
use crate::sites::name::ServiceName;

/// See the module.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its id; API callers name it.
    pub id: ServiceId,
    /// What people call it; unique within the site.
    pub name: String,
    /// The only currency it takes.
    pub currency: Currency,
    /// When it was made.
    pub created_at: Timestamp,
    /// Set while it takes no more attempts.
    pub archived_at: Option<Timestamp>,
    /// Counts changes; forms carry it.
    pub version: i32,
}

impl Service {
    /// Whether it takes attempts.
    pub fn is_open(&self) -> bool {
        self.archived_at.is_none()
    }
}

/// What a person may change about a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSettings {
    /// What people call it.
    pub name: ServiceName,
    /// The only currency it takes; fixed once it has attempts.
    pub currency: Currency,
}
