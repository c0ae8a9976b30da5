//! A site and its settings.

use chrono_tz::Tz;

use crate::kernel::email::Email;
use crate::kernel::id::SiteId;
use crate::kernel::money::Currency;
use crate::sites::name::{CompanyName, SiteName};

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
    pub time_zone: Tz,
    /// Minutes until an idle collaborator is signed out, 15 to 480.
    pub idle_minutes: i32,
    /// The policy version in force; 0 before the first.
    pub policy_version: i32,
    /// Counts changes of the settings; forms carry it.
    pub settings_version: i32,
}

/// What an owner or admin may change about a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What people call it.
    pub name: SiteName,
    /// Appears in messages if set.
    pub company_name: Option<CompanyName>,
    /// Where people who are stuck are sent.
    pub support_email: Option<Email>,
    /// The preset of new services.
    pub currency: Currency,
    /// The zone in which times are shown and days begin.
    pub time_zone: Tz,
    /// How long a collaborator may be idle.
    pub idle: IdleMinutes,
}

impl Settings {
    /// What of a change asks for a fresh proof of identity, in the words of its fields: a longer idle limit loosens a
    /// protection, "Unable to access device" goes to the support address, and deadlines end with a day of the time zone.
    pub fn guarded(&self, before: &Site) -> Vec<&'static str> {
        let support = self.support_email.as_ref().map(Email::as_str) != before.support_email.as_deref();
        let all = [
            ("a longer idle limit", self.idle.get() > before.idle_minutes),
            ("another support address", support),
            ("another time zone", self.time_zone != before.time_zone),
        ];
        all.into_iter().filter(|(_, changes)| *changes).map(|(what, _)| what).collect()
    }
}

/// Minutes until an idle collaborator is signed out: 15 to 480.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdleMinutes(i32);

/// Outside of 15 to 480, or no whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write whole minutes from 15 to 480")]
pub struct NotIdleMinutes;

impl IdleMinutes {
    /// What a new site has.
    pub const DEFAULT: Self = Self(30);

    /// The number.
    pub fn get(self) -> i32 {
        self.0
    }
}

impl TryFrom<i32> for IdleMinutes {
    type Error = NotIdleMinutes;
    fn try_from(minutes: i32) -> Result<Self, NotIdleMinutes> {
        if (15..=480).contains(&minutes) { Ok(Self(minutes)) } else { Err(NotIdleMinutes) }
    }
}

impl std::str::FromStr for IdleMinutes {
    type Err = NotIdleMinutes;
    fn from_str(text: &str) -> Result<Self, NotIdleMinutes> {
        text.trim().parse::<i32>().map_err(|_| NotIdleMinutes)?.try_into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_rely_on_is_guarded_and_a_name_is_not() {
        let before = Site {
            id: SiteId::PLATFORM,
            handle: "shop".into(),
            name: "Shop".into(),
            live: false,
            company_name: None,
            support_email: Some("help@example.com".into()),
            currency: "EUR".parse().unwrap(),
            time_zone: Tz::UTC,
            idle_minutes: 30,
            policy_version: 0,
            settings_version: 1,
        };
        let same = Settings {
            name: "Another name".parse().unwrap(),
            company_name: None,
            support_email: Some("help@example.com".parse().unwrap()),
            currency: "GBP".parse().unwrap(),
            time_zone: Tz::UTC,
            idle: IdleMinutes(15),
        };
        assert!(same.guarded(&before).is_empty());
        for (changed, what) in [
            (Settings { idle: IdleMinutes(31), ..same.clone() }, "a longer idle limit"),
            (Settings { support_email: None, ..same.clone() }, "another support address"),
            (
                Settings { support_email: Some("me@example.com".parse().unwrap()), ..same.clone() },
                "another support address",
            ),
            (Settings { time_zone: Tz::Europe__London, ..same.clone() }, "another time zone"),
        ] {
            assert_eq!(changed.guarded(&before), [what]);
        }
    }

    #[test]
    fn the_idle_limit_stays_within_its_range() {
        assert_eq!("15".parse::<IdleMinutes>().unwrap().get(), 15);
        assert_eq!(" 480 ".parse::<IdleMinutes>().unwrap().get(), 480);
        for bad in ["14", "481", "", "30.5", "-30", "half an hour"] {
            assert_eq!(bad.parse::<IdleMinutes>(), Err(NotIdleMinutes), "{bad}");
        }
    }
}
