//! Pages of the slice: settings of a site, its payment services, a new site.

pub mod archive;
pub mod new_site;
pub mod services;
pub mod settings;

use crate::kernel::money::Currency;

/// Every currency as a choice: `GBP, Pound sterling`.
fn currencies() -> Vec<(String, String)> {
    let mut all: Vec<_> =
        Currency::all().into_iter().map(|c| (c.code().to_owned(), format!("{}, {}", c.code(), c.name()))).collect();
    all.sort();
    all
}

/// Every time zone that is named after a place, and UTC.
fn time_zones() -> Vec<(String, String)> {
    const AREAS: [&str; 10] = [
        "Africa/",
        "America/",
        "Antarctica/",
        "Arctic/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    ];
    let places =
        chrono_tz::TZ_VARIANTS.iter().map(|z| z.name()).filter(|name| AREAS.iter().any(|area| name.starts_with(area)));
    std::iter::once("UTC").chain(places).map(|name| (name.to_owned(), name.replace('_', " "))).collect()
}

/// A choice list that keeps a value it does not know (an older name of a zone, a typed-in currency), so that showing a
/// form again never changes it.
fn with_kept(mut choices: Vec<(String, String)>, kept: &str) -> Vec<(String, String)> {
    if !kept.is_empty() && !choices.iter().any(|(value, _)| value == kept) {
        choices.push((kept.to_owned(), kept.to_owned()));
    }
    choices
}
