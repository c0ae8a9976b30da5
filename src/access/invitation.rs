//! Invitations: who is asked to join a site, as which role. One use, bound to the address and the role, seven days.

use chrono::TimeDelta;

use crate::access::permission::Role;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{InvitationId, SiteId};

/// How long a link works after it was sent.
pub const LIFE: TimeDelta = TimeDelta::days(7);

/// The least time between two mails to one address.
pub const GAP: TimeDelta = TimeDelta::seconds(60);

/// Open invitations of one site; more is a mistake or an abuse of our mail.
pub const MOST_OPEN: i64 = 100;

/// Mails with invitations that one person sends in a day, at all their sites together.
pub const MAILS_BY_ONE: i64 = 50;

/// Mails with invitations that leave a site in a day.
pub const MAILS_OF_SITE: i64 = 100;

/// Where an invitation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The link works.
    Open,
    /// The link is too old; sending it again makes another.
    Expired,
    /// Somebody has joined by it.
    Accepted,
    /// It was taken back.
    Revoked,
}

/// An invitation.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Where to.
    pub site: SiteId,
    /// Its id.
    pub id: InvitationId,
    /// Where the link was mailed, as typed.
    pub email: String,
    /// What identifies that address.
    pub email_canonical: String,
    /// What the person will be.
    pub role: Role,
    /// A second factor will be required of them, whatever the site asks of others.
    pub mfa_own: bool,
    /// The number to fill in when they set it up.
    pub suggested_phone: Option<String>,
    /// Who asks.
    pub invited_by: String,
    /// When the newest link was mailed.
    pub sent_at: Timestamp,
    /// When that link stops working.
    pub expires_at: Timestamp,
    /// When somebody joined by it.
    pub accepted_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl Invitation {
    /// Where it stands.
    pub fn state(&self, now: Timestamp) -> State {
        match (self.accepted_at, self.revoked_at) {
            (Some(_), _) => State::Accepted,
            (None, Some(_)) => State::Revoked,
            (None, None) if now >= self.expires_at => State::Expired,
            (None, None) => State::Open,
        }
    }

    /// Whether a mail to the same address may follow now, or when.
    pub fn may_send_again(&self, now: Timestamp) -> Result<(), Timestamp> {
        may_follow(self.sent_at, now)
    }
}

/// Whether a mail to an address may follow the last one of the site to it, or when.
pub fn may_follow(last: Timestamp, now: Timestamp) -> Result<(), Timestamp> {
    let next = last + GAP;
    if now < next { Err(next) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn invitation() -> Invitation {
        Invitation {
            site: SiteId::PLATFORM,
            id: InvitationId::new(DateTime::UNIX_EPOCH),
            email: "Ruth@example.com".into(),
            email_canonical: "ruth@example.com".into(),
            role: Role::Support,
            mfa_own: false,
            suggested_phone: None,
            invited_by: "Ines".into(),
            sent_at: DateTime::UNIX_EPOCH,
            expires_at: DateTime::UNIX_EPOCH + LIFE,
            accepted_at: None,
            revoked_at: None,
        }
    }

    #[test]
    fn it_is_open_for_seven_days_to_the_second() {
        let one = invitation();
        assert_eq!(one.state(one.expires_at - TimeDelta::seconds(1)), State::Open);
        assert_eq!(one.state(one.expires_at), State::Expired);
    }

    #[test]
    fn used_and_revoked_outlive_the_date() {
        let late = DateTime::UNIX_EPOCH + TimeDelta::days(30);
        let used = Invitation { accepted_at: Some(DateTime::UNIX_EPOCH), ..invitation() };
        assert_eq!(used.state(late), State::Accepted);
        let gone = Invitation { revoked_at: Some(DateTime::UNIX_EPOCH), ..invitation() };
        assert_eq!(gone.state(late), State::Revoked);
    }

    #[test]
    fn a_minute_lies_between_two_mails() {
        let one = invitation();
        assert_eq!(one.may_send_again(one.sent_at + TimeDelta::seconds(59)), Err(one.sent_at + GAP));
        assert!(one.may_send_again(one.sent_at + GAP).is_ok());
    }
}
