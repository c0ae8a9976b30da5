//! Whether a new password may be used: the rule that the browser shows too, and the filter of common passwords.

use crate::access::common;
use crate::access::hashing::Password;
use crate::access::password::{Rule, Weakness};
use crate::access::store;
use crate::access::store::collaborator::Account;
use crate::error::{Error, FieldError, Result};
use crate::kernel::email::Email;
use crate::platform::state::App;

/// Words that others would guess of a person: theirs, their sites', ours.
pub fn own_words<'a>(name: &str, email: &Email, sites: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let domain = email.canonical().rsplit('@').next().unwrap_or_default();
    let mut words = vec!["Gatehouse".to_owned(), name.to_owned(), email.local_part().to_owned(), domain.to_owned()];
    words.extend(name.split_whitespace().map(str::to_owned));
    words.extend(email.local_part().split(['.', '_', '-', '+']).map(str::to_owned));
    words.extend(domain.split('.').map(str::to_owned));
    words.extend(sites.into_iter().map(str::to_owned));
    words.sort_unstable();
    words.dedup();
    words
}

/// Everything that is wrong with it.
pub fn weaknesses(password: &Password, own: &[String]) -> Vec<Weakness> {
    let mut found = Rule::COLLABORATORS.weaknesses(password.reveal(), own);
    if found.is_empty() && common::is_common(password.reveal()) {
        found.push(Weakness::Common);
    }
    found
}

/// Refuses a weak password, saying how to mend it.
pub fn demand(password: &Password, own: &[String]) -> Result<()> {
    let found = weaknesses(password, own);
    if found.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(found.iter().map(|w| FieldError::new("password", "weak_password", w.to_string())).collect()))
}

/// The words that others would guess of somebody who is there.
pub async fn own_words_of(app: &App, account: &Account) -> Result<Vec<String>> {
    let sites = store::membership::of_person(&app.db, account.id).await?;
    let email: Email = account.email.parse().map_err(Error::internal)?;
    let words = sites.iter().flat_map(|site| [site.name.as_str(), site.handle.as_str()]);
    Ok(own_words(&account.name, &email, words))
}
