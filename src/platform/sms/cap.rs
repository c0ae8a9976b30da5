//! How many texts a whole site may send in a day: against pumping, and against a bill that nobody expected.

/// Texts a day, 1 to 100,000. None at all would shut out whoever has no other device than a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyCap(i32);

/// Outside of 1 to 100,000, or no whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a whole number from 1 to 100000")]
pub struct NotADailyCap;

impl DailyCap {
    /// The number.
    pub fn get(self) -> i32 {
        self.0
    }
}

impl std::str::FromStr for DailyCap {
    type Err = NotADailyCap;
    fn from_str(text: &str) -> Result<Self, NotADailyCap> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotADailyCap);
        }
        text.parse().ok().filter(|n| (1..=100_000).contains(n)).map(Self).ok_or(NotADailyCap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_is_a_whole_number_of_its_range() {
        assert_eq!("1".parse::<DailyCap>().unwrap().get(), 1);
        assert_eq!(" 100000 ".parse::<DailyCap>().unwrap().get(), 100_000);
        for bad in ["", "0", "100001", "-5", "+5", "7.5", "1,000", "٥", "99999999999999999999"] {
            assert_eq!(bad.parse::<DailyCap>(), Err(NotADailyCap), "{bad}");
        }
    }
}
