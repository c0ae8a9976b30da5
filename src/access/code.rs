//! One-time codes: how they are read, and how often one may be sent and guessed. Pure: what was sent and guessed before
//! and the instant are arguments.

use chrono::TimeDelta;
use subtle::ConstantTimeEq as _;

use crate::kernel::clock::Timestamp;
use crate::kernel::secret::random_bytes;

/// How long a code lives.
pub const LIFE: TimeDelta = TimeDelta::minutes(5);

/// Wrong guesses that kill a code.
pub const GUESSES: i32 = 5;

/// Guesses of one step of an authenticator.
pub const GUESSES_A_STEP: usize = 3;

/// Between two sends.
pub const GAP: TimeDelta = TimeDelta::seconds(30);

/// Further sends before the pause.
pub const RESENDS: usize = 3;

/// The first send and the resends.
const SENDS: usize = 1 + RESENDS;

/// Until the next send after the last resend.
pub const PAUSE: TimeDelta = TimeDelta::minutes(15);

/// Six digits. No `Debug`.
#[derive(Clone)]
pub struct Code([u8; 6]);

/// What was typed is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Write the six digits of the code, nothing else.")]
pub struct NotACode;

impl std::str::FromStr for Code {
    type Err = NotACode;
    /// Spaces are passed over; digits of other scripts are not digits here.
    fn from_str(text: &str) -> Result<Self, NotACode> {
        if text.len() > 64 {
            return Err(NotACode);
        }
        let typed: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
        let digits: Option<Vec<u8>> = typed.iter().map(|c| c.is_ascii_digit().then_some(*c as u8)).collect();
        digits.and_then(|digits| digits.try_into().ok()).map(Self).ok_or(NotACode)
    }
}

impl Code {
    /// A uniformly random code.
    pub fn random() -> Self {
        const EVEN: u32 = u32::MAX - u32::MAX % 1_000_000;
        loop {
            let number = u32::from_be_bytes(random_bytes());
            if number < EVEN {
                return Self::from_number(number % 1_000_000);
            }
        }
    }

    /// Leading zeros are kept. Numbers beyond six digits lose their front.
    pub(super) fn from_number(mut number: u32) -> Self {
        let mut digits = [b'0'; 6];
        for place in digits.iter_mut().rev() {
            *place = b'0' + (number % 10) as u8;
            number /= 10;
        }
        Self(digits)
    }

    /// The digits: to be sent or digested, never logged.
    pub fn reveal(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// In a time that does not tell where they differ.
    pub fn equals(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// Guesses of a person in the last day that were not right, across codes, factors, sessions and addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Budget(pub Vec<Timestamp>);

impl Budget {
    const WINDOWS: [(TimeDelta, usize); 2] = [(TimeDelta::hours(1), 10), (TimeDelta::days(1), 30)];

    /// Until when the second step is closed, if it is.
    pub fn closed_until(&self, now: Timestamp) -> Option<Timestamp> {
        let opens = |(window, most): &(TimeDelta, usize)| {
            let mut within: Vec<Timestamp> = self.0.iter().copied().filter(|slot| now - *slot < *window).collect();
            within.sort_unstable();
            // There is room again when so many have left the window that one less than `most` remain.
            within.len().checked_sub(*most).map(|over| within[over] + *window)
        };
        Self::WINDOWS.iter().filter_map(opens).max()
    }

    /// Takes a slot before the comparison; `None` while closed.
    #[must_use]
    pub fn take(mut self, now: Timestamp) -> Option<Self> {
        if self.closed_until(now).is_some() {
            return None;
        }
        self.0.retain(|slot| now - *slot < TimeDelta::days(1));
        self.0.push(now);
        Some(self)
    }

    /// Gives the slot back that was taken then: the guess was right.
    #[must_use]
    pub fn give_back(mut self, taken: Timestamp) -> Self {
        if let Some(place) = self.0.iter().rposition(|slot| *slot == taken) {
            self.0.remove(place);
        }
        self
    }

    /// How many there were since an instant.
    pub fn since(&self, from: Timestamp) -> usize {
        self.0.iter().filter(|slot| **slot >= from).count()
    }
}

/// What was sent to one destination of a person without a pause or a right code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sends(pub Vec<Timestamp>);

/// Whether a code may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Yes; what to save first.
    Go(Sends),
    /// Not before then.
    Wait(Timestamp),
}

impl Sends {
    /// What of it still counts.
    fn running(&self, now: Timestamp) -> &[Timestamp] {
        match self.0.last() {
            Some(last) if now - *last < PAUSE => &self.0,
            _ => &[],
        }
    }

    /// When the next may be sent, if not now.
    pub fn next_at(&self, now: Timestamp) -> Option<Timestamp> {
        let running = self.running(now);
        let next = *running.last()? + if running.len() >= SENDS { PAUSE } else { GAP };
        (next > now).then_some(next)
    }

    /// How many are left before the pause, the first send not counted.
    pub fn resends_left(&self, now: Timestamp) -> u8 {
        let made = self.running(now).len().max(1);
        u8::try_from(SENDS.saturating_sub(made)).unwrap_or(0)
    }

    /// Takes the next turn.
    pub fn take(&self, now: Timestamp) -> Turn {
        if let Some(next) = self.next_at(now) {
            return Turn::Wait(next);
        }
        let mut sends = self.running(now).to_vec();
        sends.push(now);
        Turn::Go(Self(sends))
    }

    /// A code was right: what comes next is a first send. A pause that has begun is not cut short.
    #[must_use]
    pub fn after_success(self, now: Timestamp) -> Self {
        if self.running(now).len() >= SENDS { self } else { Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn at(seconds: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn spaces_are_passed_over_and_nothing_else() {
        for good in ["012345", " 012 345 ", "0 1 2 3 4 5", "012\u{a0}345\n"] {
            assert_eq!(good.parse::<Code>().map(|c| c.reveal().to_owned()).ok().as_deref(), Some("012345"), "{good:?}");
        }
        for bad in ["", "12345", "1234567", "12345a", "-12345", "٠١٢٣٤٥", "０１２３４５", "12.345", "0x1234"]
        {
            assert!(bad.parse::<Code>().is_err(), "{bad:?}");
        }
        assert!(format!("{}123456", " ".repeat(1_000)).parse::<Code>().is_err());
    }

    #[test]
    fn codes_are_uniform_and_keep_their_zeros() {
        let mut seen = [[0u32; 10]; 6];
        for _ in 0..100_000 {
            for (place, digit) in Code::random().reveal().bytes().enumerate() {
                seen[place][usize::from(digit - b'0')] += 1;
            }
        }
        for place in seen {
            let chi: f64 = place.iter().map(|n| (f64::from(*n) - 10_000.0).powi(2) / 10_000.0).sum();
            assert!(chi < 40.0, "nine degrees of freedom, p far below 0.0001: {chi}");
        }
    }

    #[test]
    fn ten_guesses_an_hour_and_thirty_a_day() {
        let mut budget = Budget::default();
        let mut made = 0;
        for minute in 0..24 * 60 {
            while let Some(next) = budget.clone().take(at(minute * 60)) {
                budget = next;
                made += 1;
            }
            if minute == 59 {
                assert_eq!(made, 10);
                assert_eq!(budget.closed_until(at(minute * 60)), Some(at(3_600)));
            }
        }
        assert_eq!(made, 30);
        assert_eq!(budget.closed_until(at(86_399)), Some(at(86_400)));
        assert!(budget.take(at(86_400)).is_some(), "the first is forgotten after a day");
    }

    #[test]
    fn a_right_guess_gives_its_slot_back() {
        let budget = Budget::default().take(at(0)).and_then(|b| b.take(at(1))).unwrap();
        assert_eq!(budget.give_back(at(1)), Budget(vec![at(0)]));
    }

    #[test]
    fn first_send_three_resends_then_fifteen_minutes() {
        let mut sends = Sends::default();
        for (n, seconds) in [0, 30, 60, 90].into_iter().enumerate() {
            assert_eq!(
                sends.take(at(seconds) - TimeDelta::seconds(1)),
                if n == 0 { Turn::Go(Sends(vec![at(-1)])) } else { Turn::Wait(at(seconds)) }
            );
            let Turn::Go(next) = sends.take(at(seconds)) else { panic!("{n}") };
            sends = next;
            assert_eq!(usize::from(sends.resends_left(at(seconds))), 3 - n);
        }
        let opens = at(90) + PAUSE;
        assert_eq!(sends.take(at(120)), Turn::Wait(opens));
        assert_eq!(sends.take(opens - TimeDelta::seconds(1)), Turn::Wait(opens));
        assert_eq!(sends.take(opens), Turn::Go(Sends(vec![opens])));
        assert_eq!(sends.clone().after_success(at(100)), sends, "the pause is not cut short");
    }

    #[test]
    fn after_a_right_code_the_next_is_a_first_send() {
        let sends = Sends(vec![at(0), at(30), at(60)]).after_success(at(70));
        assert_eq!(sends.take(at(71)), Turn::Go(Sends(vec![at(71)])));
    }
}
