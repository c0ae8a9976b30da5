//! Phone numbers that can be texted to: E.164, of a known country, not a landline where the numbering plan tells.

use std::str::FromStr;

use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, Type};

use crate::kernel::country::Country;

/// How a number is written, for the words beside a field and its errors.
pub const EXAMPLE: &str = "+44 7400 123456";

/// A number in E.164. Whether its country is served is the site's to say.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone {
    e164: String,
    country: Country,
}

/// Why a text is not a number that can be texted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAPhone {
    /// Nothing was written.
    #[error("write a mobile number")]
    Empty,
    /// Letters, other scripts' digits, an extension.
    #[error("write digits only, with a plus sign in front of the country's code, such as {}", EXAMPLE)]
    Shape,
    /// A national number and no country to read it in.
    #[error("choose the country, or begin the number with + and the country's code")]
    NoCountry,
    /// The calling code is nobody's.
    #[error("no country has this calling code; check the digits after the plus sign")]
    UnknownCountry,
    /// The country's plan knows no such number.
    #[error("{} has no such number; check the digits", .0.name())]
    NotInPlan(Country),
    /// Texts do not arrive there.
    #[error("this is a landline number; give a mobile number, texts do not reach landlines")]
    Landline,
    /// Toll-free, premium rate, pager, voicemail and the like.
    #[error("this is a service number; give a mobile number")]
    Service,
}

impl Phone {
    /// Reads a number as people write it: spaces, hyphens, dots, slashes and brackets are dropped; `+` or `00` begins an
    /// international number, anything else is read as a number of `country`.
    pub fn parse(text: &str, country: Option<Country>) -> Result<Self, NotAPhone> {
        let digits = clean(text)?;
        let number = match country {
            _ if digits.starts_with('+') => phonenumber::parse(None, &digits).map_err(|error| match error {
                phonenumber::ParseError::InvalidCountryCode => NotAPhone::UnknownCountry,
                _ => NotAPhone::Shape,
            })?,
            Some(country) => {
                let region = country.code().parse().map_err(|_| NotAPhone::UnknownCountry)?;
                phonenumber::parse(Some(region), &digits).map_err(|_| NotAPhone::NotInPlan(country))?
            }
            None => return Err(NotAPhone::NoCountry),
        };
        let national = number.national().to_string();
        let code = number.code().value();
        // Several countries may share a calling code: the one whose plan has the number, the main one if none does.
        let sharing = DATABASE.region(&code).ok_or(NotAPhone::UnknownCountry)?.into_iter();
        let of = |region: &str| (region.parse::<Country>().ok(), kind(region, &national));
        let main = sharing.clone().next().map(of);
        let (found, kind) =
            sharing.map(of).find(|(_, kind)| *kind != Type::Unknown).or(main).ok_or(NotAPhone::UnknownCountry)?;
        let found = found.ok_or(NotAPhone::UnknownCountry)?;
        match kind {
            Type::Mobile | Type::FixedLineOrMobile | Type::Voip | Type::PersonalNumber => {
                Ok(Self { e164: number.format().mode(Mode::E164).to_string(), country: found })
            }
            Type::FixedLine => Err(NotAPhone::Landline),
            Type::Unknown => Err(NotAPhone::NotInPlan(country.filter(|c| c.calling_code() == code).unwrap_or(found))),
            _ => Err(NotAPhone::Service),
        }
    }

    /// E.164: a plus sign and up to fifteen digits.
    pub fn as_str(&self) -> &str {
        &self.e164
    }

    /// Whose numbering plan it is in.
    pub fn country(&self) -> Country {
        self.country
    }

    /// What the person may see of it: the calling code and the last two digits.
    pub fn masked(&self) -> String {
        let last = &self.e164[self.e164.len().saturating_sub(2)..];
        format!("+{} ••••••{last}", self.country.calling_code())
    }

    /// The number without its last four digits: who pumps texts walks through neighbours.
    pub fn prefix(&self) -> &str {
        &self.e164[..self.e164.len().saturating_sub(4)]
    }
}

/// What the plan of a region says about a national number, leading zeros included; service numbers first, for plans
/// overlap there.
fn kind(region: &str, national: &str) -> Type {
    const SERVICES: [Type; 8] = [
        Type::PremiumRate,
        Type::TollFree,
        Type::SharedCost,
        Type::Voip,
        Type::PersonalNumber,
        Type::Pager,
        Type::Uan,
        Type::Voicemail,
    ];
    let Some(plan) = DATABASE.by_id(region).filter(|plan| plan.descriptors().general().is_match(national)) else {
        return Type::Unknown;
    };
    let matches = |kind: Type| plan.descriptors().get(kind).is_some_and(|numbers| numbers.is_match(national));
    if let Some(service) = SERVICES.into_iter().find(|kind| matches(*kind)) {
        return service;
    }
    match (matches(Type::FixedLine), matches(Type::Mobile)) {
        (true, true) => Type::FixedLineOrMobile,
        (true, false) => Type::FixedLine,
        (false, true) => Type::Mobile,
        (false, false) => Type::Unknown,
    }
}

/// A plus sign, if any, and ASCII digits.
fn clean(text: &str) -> Result<String, NotAPhone> {
    let kept: String = text
        .chars()
        .filter(|c| !(c.is_whitespace() || matches!(c, '-' | '.' | '/' | '(' | ')' | '\u{2010}'..='\u{2015}')))
        .collect();
    if kept.is_empty() {
        return Err(NotAPhone::Empty);
    }
    let kept = kept.strip_prefix("00").map_or(kept.clone(), |rest| format!("+{rest}"));
    let digits = kept.strip_prefix('+').unwrap_or(&kept);
    if digits.is_empty() || digits.len() > 15 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NotAPhone::Shape);
    }
    Ok(kept)
}

impl FromStr for Phone {
    type Err = NotAPhone;

    /// An international number.
    fn from_str(text: &str) -> Result<Self, NotAPhone> {
        Self::parse(text, None)
    }
}

/// Numbers are nothing for logs.
impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, country: &str) -> Result<Phone, NotAPhone> {
        Phone::parse(text, country.parse().ok())
    }

    #[test]
    fn one_number_in_many_spellings() {
        for spelling in
            ["+4915123456789", "0049 151 23456789", "0151 234 567 89", "(0151) 23456-789", "+49\u{a0}151/23456789"]
        {
            let phone = read(spelling, "DE").unwrap();
            assert_eq!((phone.as_str(), phone.country().code()), ("+4915123456789", "DE"), "{spelling}");
        }
        assert_eq!(read("+33 6 12 34 56 78", "DE").unwrap().country().code(), "FR", "the plus sign wins");
    }

    #[test]
    fn the_example_is_a_number_that_is_taken() {
        assert_eq!(EXAMPLE.parse::<Phone>().map(|phone| phone.country().code()), Ok("GB"));
    }

    #[test]
    fn countries_that_share_a_calling_code_are_told_apart() {
        for (number, country) in [
            ("+12025550143", "US"),
            ("+14165550143", "CA"),
            ("+18764551234", "JM"),
            ("+447400123456", "GB"),
            ("+447781123456", "GG"),
            ("+79161234567", "RU"),
            ("+77012345678", "KZ"),
            ("+390612345678", "IT"),
            ("+393123456789", "IT"),
        ] {
            let found = number.parse::<Phone>().map(|p| p.country().code());
            let expected = if number == "+390612345678" { Err(NotAPhone::Landline) } else { Ok(country) };
            assert_eq!(found, expected, "{number}");
        }
    }

    #[test]
    fn what_cannot_be_texted_to_is_refused_with_the_reason() {
        let germany = "DE".parse().unwrap();
        for (text, country, why) in [
            ("", "DE", NotAPhone::Empty),
            (" - ", "DE", NotAPhone::Empty),
            ("0151 2345 FLOWER", "DE", NotAPhone::Shape),
            ("+49 151 23456789 ext. 7", "DE", NotAPhone::Shape),
            ("٠١٥١٢٣٤٥٦٧٨٩", "DE", NotAPhone::Shape),
            ("+4915123456789012", "DE", NotAPhone::Shape),
            ("+", "DE", NotAPhone::Shape),
            ("0151 23456789", "", NotAPhone::NoCountry),
            ("+999 12345678", "DE", NotAPhone::UnknownCountry),
            ("0151", "DE", NotAPhone::NotInPlan(germany)),
            ("+49 151 2", "", NotAPhone::NotInPlan(germany)),
            ("030 123456", "DE", NotAPhone::Landline),
            ("+33 1 42 68 53 00", "", NotAPhone::Landline),
            ("0800 1234567", "DE", NotAPhone::Service),
            ("0900 1123456", "DE", NotAPhone::Service),
        ] {
            assert_eq!(read(text, country).err(), Some(why), "{text:?}");
        }
    }

    #[test]
    fn the_masked_form_keeps_two_digits_and_the_prefix_drops_four() {
        let phone: Phone = "+4915123456789".parse().unwrap();
        assert_eq!(phone.masked(), "+49 ••••••89");
        assert_eq!(phone.prefix(), "+491512345");
        assert_eq!(format!("{phone:?}"), "Phone(+49 ••••••89)");
    }
}
