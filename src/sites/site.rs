//! A site and its settings.

use crate::kernel::id::SiteId;
use crate::kernel::money::Currency;

/// A tenant. Everything that belongs to it carries its id.
#[derive(Debug, Clone)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// Stands in console addresses; never changes.
    pub handle: String,
    /// What people call it.
    pub name: String,
    /// Live or test; fixed at creation.
    pub live: bool,
    /// Appears in messages if set.
    pub company_name: Option<String>,
    /// Where people who are stuck are sent.
    pub support_email: Option<String>,
    /// The preset of new services.
    pub currency: Currency,
    /// IANA name; the console shows times in it.
    pub time_zone: chrono_tz::Tz,
    /// Minutes until an idle collaborator is signed out, 15 to 480.
    pub idle_minutes: i32,
    /// The policy version in force; 0 before the first.
    pub policy_version: i32,
}
