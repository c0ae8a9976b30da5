//! Money: integer minor units and an ISO 4217 currency. Never a float.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency, by its three letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(iso_currency::Currency);

impl Ord for Currency {
    /// By code.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Not three letters of a current ISO 4217 currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("use the three letters of an ISO 4217 currency, such as EUR")]
pub struct NotACurrency;

impl Currency {
    /// Three capital letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// The English name.
    pub fn name(self) -> String {
        self.0.name().to_owned()
    }

    /// What people write before or after an amount, e.g. `£`.
    pub fn symbol(self) -> String {
        self.0.symbol().to_string()
    }

    /// Digits of the minor unit: 2 for euro cents, 0 for yen.
    pub fn minor_digits(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(0))
    }

    /// All currencies with a minor unit, for pickers.
    pub fn all() -> Vec<Currency> {
        use iso_currency::IntoEnumIterator as _;
        iso_currency::Currency::iter().filter(|c| c.exponent().is_some() && !c.is_special()).map(Self).collect()
    }
}

impl TryFrom<String> for Currency {
    type Error = NotACurrency;
    fn try_from(text: String) -> Result<Self, NotACurrency> {
        text.parse()
    }
}

impl std::str::FromStr for Currency {
    type Err = NotACurrency;
    fn from_str(text: &str) -> Result<Self, NotACurrency> {
        let currency = iso_currency::Currency::from_code(text).ok_or(NotACurrency)?;
        currency.exponent().map(|_| Self(currency)).ok_or(NotACurrency)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Minor units, e.g. cents.
    pub minor: i64,
    /// The currency of the amount.
    pub currency: Currency,
}

/// Why a typed amount is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAmount {
    /// Letters, signs, several points, commas that do not group thousands.
    #[error("write an amount such as 1,500 or 19.99, with a point before the decimals")]
    Shape,
    /// More decimals than the currency has.
    #[error("this currency has fewer decimals")]
    Decimals,
    /// Beyond [`LARGEST_AMOUNT`].
    #[error("write at most {0}")]
    TooLarge(Money),
}

/// Amounts above this many minor units are refused everywhere.
pub const LARGEST_AMOUNT: i64 = 1_000_000_000_000;

impl Money {
    /// An amount of minor units.
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads what a person types: `1500`, `1,500.00`, `19.9`. The point divides; see [`ungrouped`] for what stands before
    /// it.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, NotAnAmount> {
        let text = text.trim();
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = currency.minor_digits() as usize;
        let whole = ungrouped(whole).ok_or(NotAnAmount::Shape)?;
        if !part.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotAnAmount::Shape);
        }
        if part.len() > digits {
            return Err(NotAnAmount::Decimals);
        }
        let minor = format!("{whole}{part:0<digits$}").parse().ok().filter(|minor| *minor <= LARGEST_AMOUNT);
        minor.map(|minor| Self { minor, currency }).ok_or(NotAnAmount::TooLarge(Self::new(LARGEST_AMOUNT, currency)))
    }

    /// The number alone, as a form field holds it: `1500.00`.
    pub fn plain(self) -> String {
        let digits = self.currency.minor_digits();
        let unit = 10i64.pow(digits);
        let sign = if self.minor < 0 { "-" } else { "" };
        let (whole, part) = ((self.minor / unit).abs(), (self.minor % unit).abs());
        if digits == 0 {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{part:0>width$}", width = digits as usize)
        }
    }

    /// As [`fmt::Display`], without the decimals when they are zero: `£1,500`.
    pub fn short(self) -> String {
        let (said, digits) = (self.to_string(), self.currency.minor_digits());
        if digits == 0 || self.minor % 10i64.pow(digits) != 0 {
            return said;
        }
        said.replacen(&format!(".{}", "0".repeat(digits as usize)), "", 1)
    }
}

/// The digits of a whole number as people type it: `1500`, `1,500`, `1 500`. A comma or a space stands between groups of
/// three digits and nowhere else: who writes decimals behind a comma is told so, and is never taken for meaning another
/// number.
pub fn ungrouped(text: &str) -> Option<String> {
    let text = text.trim();
    let divides = |c: char| c == ',' || c.is_whitespace();
    let groups: Vec<&str> = match text.chars().find(|c| divides(*c)) {
        Some(divider) => text.split(divider).collect(),
        None => vec![text],
    };
    let (first, rest) = groups.split_first()?;
    let digits = groups.iter().all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()));
    let in_threes = rest.is_empty() || first.len() <= 3 && rest.iter().all(|group| group.len() == 3);
    (digits && in_threes).then(|| groups.concat())
}

/// Digits in groups of three: `12,345`.
pub fn thousands(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

impl fmt::Display for Money {
    /// `£1,500.00`; currencies whose symbol is ambiguous are written `1,500.00 CAD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.plain();
        let (sign, unsigned) = plain.strip_prefix('-').map_or(("", plain.as_str()), |rest| ("−", rest));
        let (whole, part) = unsigned.split_once('.').map_or((unsigned, None), |(w, p)| (w, Some(p)));
        let grouped = thousands(whole);
        let number = part.map_or(grouped.clone(), |p| format!("{grouped}.{p}"));
        match self.currency.code() {
            "GBP" => write!(f, "{sign}£{number}"),
            "EUR" => write!(f, "{sign}€{number}"),
            "USD" => write!(f, "{sign}${number}"),
            "JPY" => write!(f, "{sign}¥{number}"),
            code => write!(f, "{sign}{number} {code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn amounts_read_as_people_type_them() {
        for (text, code, minor) in [
            ("1500", "GBP", 150_000),
            ("1,500.00", "EUR", 150_000),
            (" 1 234 567.5 ", "EUR", 123_456_750),
            ("1\u{a0}500", "EUR", 150_000),
            ("19.9", "USD", 1_990),
            ("500", "JPY", 500),
            ("1.234", "KWD", 1_234),
        ] {
            assert_eq!(Money::parse(text, currency(code)), Ok(Money::new(minor, currency(code))), "{text} {code}");
        }
        assert_eq!(Money::parse("1.5", currency("JPY")), Err(NotAnAmount::Decimals));
        for bad in
            ["", "-1", "1e3", "1.2.3", "£5", ".50", "1,5", "1,50", "15,00", "1,5000", "1500,5", "1.500,00", "1.5,0"]
        {
            assert_eq!(Money::parse(bad, currency("GBP")), Err(NotAnAmount::Shape), "{bad}");
        }
        assert!(Money::parse("10,000,000,000.00", currency("GBP")).is_ok());
        for bad in ["10,000,000,000.01", "10,000,000,000,000.00", "9223372036854775808", "99999999999999999999"] {
            let words = Money::parse(bad, currency("GBP")).map_err(|why| why.to_string());
            assert_eq!(words, Err("write at most £10,000,000,000.00".to_owned()), "{bad}");
        }
    }

    #[test]
    fn commas_and_spaces_only_group_thousands() {
        for (text, digits) in [
            ("0", Some("0")),
            ("1500", Some("1500")),
            ("1,500", Some("1500")),
            ("12 345 678", Some("12345678")),
            ("1\u{202f}500", Some("1500")),
            (" 15 ", Some("15")),
            ("1,5", None),
            ("1,50", None),
            ("1 5", None),
            ("1500,000", None),
            ("1,500 000", None),
            (",500", None),
            ("1,,500", None),
            ("1,500,", None),
            ("", None),
            ("1.5", None),
            ("-1,500", None),
        ] {
            assert_eq!(ungrouped(text).as_deref(), digits, "{text:?}");
        }
    }

    #[test]
    fn amounts_are_written_with_their_currency() {
        assert_eq!(Money::new(123_456_789, currency("GBP")).to_string(), "£1,234,567.89");
        assert_eq!(Money::new(-5, currency("EUR")).to_string(), "−€0.05");
        assert_eq!(Money::new(1_000, currency("CHF")).to_string(), "10.00 CHF");
        assert!("gbp".parse::<Currency>().is_err() && "XXX".parse::<Currency>().is_err());
    }

    #[test]
    fn zeros_are_dropped_only_when_nothing_is_lost() {
        for (minor, code, said) in [
            (150_000, "GBP", "£1,500"),
            (150_050, "GBP", "£1,500.50"),
            (0, "GBP", "£0"),
            (500, "JPY", "¥500"),
            (150_000, "CHF", "1,500 CHF"),
        ] {
            assert_eq!(Money::new(minor, currency(code)).short(), said);
        }
    }
}
