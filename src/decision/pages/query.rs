//! What to look for among decisions, as it stands in the page's address: every filter is shareable and can be typed.

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::decision::attempt::Kind;
use crate::decision::service::search::Filter;
use crate::kernel::clock::{Timestamp, day_begins};
use crate::kernel::email::Email;
use crate::kernel::id::DecisionId;
use crate::kernel::ip::ClientAddress;
use crate::kernel::money::{Currency, Money};
use crate::ui::feedback::Problems;

/// The page's query. A blank value is no filter; unknown names are left alone (`done=…`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchQuery {
    /// An id, an e-mail address, an IP address or a customer's id; whichever it reads as.
    pub q: String,
    /// approve, challenge, reject.
    pub outcome: String,
    /// payment, login, …
    pub kind: String,
    /// A service's id.
    pub service: String,
    /// The check that settled it.
    pub check: String,
    /// approved, declined, abandoned.
    pub became: String,
    /// A day in the site's zone: not before it.
    pub from: String,
    /// A day in the site's zone: not after it.
    pub to: String,
    /// The customer's address.
    pub email: String,
    /// The client's address.
    pub ip: String,
    /// The site's own id of the customer.
    pub customer: String,
    /// At least this much, in the site's currency.
    pub amount_from: String,
    /// At most this much.
    pub amount_to: String,
    /// `on`: only where a check in shadow would have made the outcome stronger.
    pub shadow: String,
    /// The page begins after this decision.
    pub after: String,
}

/// What the search field was read as.
enum Read {
    Id(DecisionId),
    Email(Email),
    Ip(ClientAddress),
    Customer(String),
}

impl SearchQuery {
    /// The filter that it asks for, or what cannot be read.
    pub fn filter(&self, zone: Tz, currency: Currency) -> Result<Filter, Problems> {
        let mut problems = Problems::none();
        let mut filter = Filter {
            outcome: read(&mut problems, "outcome", &self.outcome),
            kind: if self.of_sign_ins() {
                Some(Kind::CollaboratorSignIn)
            } else {
                read(&mut problems, "kind", &self.kind)
            },
            service: read(&mut problems, "service", &self.service),
            check: read(&mut problems, "check", &self.check),
            became: read(&mut problems, "became", &self.became),
            email: read(&mut problems, "email", &self.email),
            shadow: self.shadow == "on",
            ..Filter::default()
        };
        filter.from = self.day(&mut problems, "from", &self.from, 0, zone);
        filter.to = self.day(&mut problems, "to", &self.to, 1, zone);
        if filter.from.zip(filter.to).is_some_and(|(from, to)| to <= from) {
            problems.add("to", "The last day is before the first. Write a later one, or leave it empty.");
        }
        filter.amount_from = amount(&mut problems, "amount_from", &self.amount_from, currency);
        filter.amount_to = amount(&mut problems, "amount_to", &self.amount_to, currency);
        filter.currency = filter.amount_from.or(filter.amount_to).map(|_| currency);
        if filter.amount_from.zip(filter.amount_to).is_some_and(|(from, to)| to < from) {
            problems.add("amount_to", "The highest amount is below the lowest. Write a higher one, or leave it empty.");
        }
        if let Some(typed) = given(&self.ip) {
            match ClientAddress::parse(typed) {
                ClientAddress::Unknown => problems.add("ip", "Address: write an IP address such as 203.0.113.7."),
                known => filter.ip = Some(known),
            }
        }
        filter.external_id = given(&self.customer).map(str::to_owned);
        match given(&self.q).map(understand) {
            None => {}
            Some(Read::Id(id)) => filter.id = Some(id),
            Some(Read::Email(email)) => filter.email = Some(email),
            Some(Read::Ip(ip)) => filter.ip = Some(ip),
            Some(Read::Customer(id)) => filter.external_id = Some(id),
        }
        if problems.is_empty() { Ok(filter) } else { Err(problems) }
    }

    fn day(&self, problems: &mut Problems, field: &str, typed: &str, plus: u64, zone: Tz) -> Option<Timestamp> {
        let typed = given(typed)?;
        let day = typed.parse::<NaiveDate>().ok().and_then(|d| d.checked_add_days(Days::new(plus)));
        let at = day.and_then(|day| day_begins(day, zone));
        if at.is_none() {
            problems.add(field, "Write a day such as 2026-11-19.");
        }
        at
    }

    /// The id, if the search field holds one.
    pub fn id(&self) -> Option<DecisionId> {
        match given(&self.q).map(understand) {
            Some(Read::Id(id)) => Some(id),
            _ => None,
        }
    }

    /// Whether sign-ins of collaborators are looked for, which not everybody may.
    pub fn of_sign_ins(&self) -> bool {
        self.kind.trim() == Kind::CollaboratorSignIn.as_str()
    }

    /// Whether any filter is set.
    pub fn is_any(&self) -> bool {
        Self { after: String::new(), ..self.clone() } != Self::default()
    }

    /// Whether a filter of the folded part is set.
    pub fn is_detailed(&self) -> bool {
        [
            &self.from,
            &self.to,
            &self.kind,
            &self.became,
            &self.email,
            &self.ip,
            &self.customer,
            &self.amount_from,
            &self.amount_to,
            &self.shadow,
        ]
        .into_iter()
        .any(|v| given(v).is_some())
    }

    /// The query of the page that begins after `after`; without it, of the first.
    pub fn page(&self, after: Option<&str>) -> String {
        let query = Self { after: after.unwrap_or_default().to_owned(), ..self.clone() };
        let serde_json::Value::Object(fields) = serde_json::json!(query) else { return String::new() };
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in &fields {
            if let Some(value) = value.as_str().and_then(given) {
                text.append_pair(name, value);
            }
        }
        text.finish()
    }
}

fn given(typed: &str) -> Option<&str> {
    Some(typed.trim()).filter(|t| !t.is_empty())
}

fn read<T: std::str::FromStr>(problems: &mut Problems, field: &str, typed: &str) -> Option<T>
where
    T::Err: std::fmt::Display,
{
    given(typed)?.parse().map_err(|e| problems.add(field, format!("{field}: {e}."))).ok()
}

fn amount(problems: &mut Problems, field: &str, typed: &str, currency: Currency) -> Option<i64> {
    Money::parse(given(typed)?, currency)
        .map(|m| m.minor)
        .map_err(|e| problems.add(field, format!("Amount: {e}.")))
        .ok()
}

fn understand(typed: &str) -> Read {
    if let Ok(id) = typed.parse() {
        Read::Id(id)
    } else if let Ok(email) = typed.parse() {
        Read::Email(email)
    } else {
        match ClientAddress::parse(typed) {
            ClientAddress::Unknown => Read::Customer(typed.to_owned()),
            known => Read::Ip(known),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::verdict::Outcome;

    fn filter(query: SearchQuery) -> Result<Filter, Problems> {
        query.filter(Tz::Europe__London, "GBP".parse().unwrap())
    }

    #[test]
    fn one_field_finds_ids_addresses_and_customers() {
        let of = |q: &str| filter(SearchQuery { q: q.into(), ..SearchQuery::default() }).unwrap();
        let id = "dec_01k5z6x0000000000000000000";
        assert_eq!(of(id).id, id.parse().ok());
        assert_eq!(of("Ann@Example.com").email.unwrap().canonical(), "ann@example.com");
        assert_eq!(of("203.0.113.7").ip, Some(ClientAddress::parse("203.0.113.7")));
        assert_eq!(of("HB-20418").external_id.as_deref(), Some("HB-20418"));
        assert_eq!(of("  "), Filter::default());
    }

    #[test]
    fn days_are_the_sites_own_and_the_last_counts_whole() {
        let found =
            filter(SearchQuery { from: "2026-07-01".into(), to: "2026-07-01".into(), ..SearchQuery::default() })
                .unwrap();
        assert_eq!(found.from.unwrap().to_rfc3339(), "2026-06-30T23:00:00+00:00");
        assert_eq!(found.to.unwrap().to_rfc3339(), "2026-07-01T23:00:00+00:00");
    }

    #[test]
    fn what_cannot_be_read_is_told_and_not_left_out() {
        for (field, bad) in [
            ("outcome", SearchQuery { outcome: "maybe".into(), ..SearchQuery::default() }),
            ("from", SearchQuery { from: "yesterday".into(), ..SearchQuery::default() }),
            ("ip", SearchQuery { ip: "1.2.3".into(), ..SearchQuery::default() }),
            ("amount_from", SearchQuery { amount_from: "-5".into(), ..SearchQuery::default() }),
            ("service", SearchQuery { service: "svc_x".into(), ..SearchQuery::default() }),
            ("to", SearchQuery { from: "2026-07-02".into(), to: "2026-07-01".into(), ..SearchQuery::default() }),
            ("amount_to", SearchQuery { amount_from: "5".into(), amount_to: "4".into(), ..SearchQuery::default() }),
        ] {
            assert!(filter(bad).unwrap_err().of(field).is_some(), "{field}");
        }
    }

    #[test]
    fn the_next_page_keeps_the_filters() {
        let query = SearchQuery {
            outcome: "reject".into(),
            email: "a+b@example.com".into(),
            after: "dec_old".into(),
            ..SearchQuery::default()
        };
        assert_eq!(query.page(Some("dec_new")), "after=dec_new&email=a%2Bb%40example.com&outcome=reject");
        assert_eq!(query.page(None), "email=a%2Bb%40example.com&outcome=reject");
        assert!(filter(query).unwrap().outcome == Some(Outcome::Reject));
    }
}
