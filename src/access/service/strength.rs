//! Whether a new password may be used: the rule that the browser shows too, the filter of common passwords, and where a
//! site asks for it, the last passwords of the person.

use crate::access::common;
use crate::access::hashing::{Caller, Compared, Password};
use crate::access::password::{Rule, Weakness};
use crate::access::password_settings;
use crate::access::store;
use crate::access::store::collaborator::Account;
use crate::error::{Error, FieldError, Result};
use crate::kernel::email::Email;
use crate::kernel::id::{CollaboratorId, SiteId};
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

/// The rule for somebody's next password: that of the strictest of their sites.
pub async fn rule_of(app: &App, who: CollaboratorId) -> Result<Rule> {
    Ok(password_settings::rule_of(&store::access_settings::of_person(&app.db, who).await?))
}

/// Everything that is wrong with it under a rule.
pub fn weaknesses(rule: Rule, password: &Password, own: &[String]) -> Vec<Weakness> {
    let mut found = rule.weaknesses(password.reveal(), own);
    if found.is_empty() && common::is_common(password.reveal()) {
        found.push(Weakness::Common);
    }
    found
}

/// Everything that is wrong with it as the next password of somebody who is there.
pub async fn weaknesses_for(app: &App, account: &Account, password: &Password) -> Result<Vec<Weakness>> {
    let rule = rule_of(app, account.id).await?;
    let mut found = weaknesses(rule, password, &own_words_of(app, account).await?);
    if found.is_empty() && was_used(app, account.id, password, rule.remembered).await? {
        found.push(Weakness::Used(rule.remembered));
    }
    Ok(found)
}

/// Whether it is one of the person's last passwords.
async fn was_used(app: &App, who: CollaboratorId, password: &Password, remembered: usize) -> Result<bool> {
    if remembered == 0 {
        return Ok(false);
    }
    for hash in store::password_history::last(&app.db, who, remembered).await? {
        let place = app.hasher().place(Caller::Known)?;
        if let Compared::Right(_) = app.hasher().compare(place, password.clone(), Some(hash)).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Refuses a password that is too weak where it is the only proof, saying how to mend it.
pub fn demand(password: &Password, own: &[String]) -> Result<()> {
    refuse(&weaknesses(Rule::COLLABORATORS, password, own))
}

/// Refuses a password that is too weak for somebody who joins the site.
pub async fn demand_at(app: &App, site: SiteId, password: &Password, own: &[String]) -> Result<()> {
    let settings = store::access_settings::of(&app.db, site).await?;
    refuse(&weaknesses(settings.passwords.rule(settings.factors.required), password, own))
}

fn refuse(found: &[Weakness]) -> Result<()> {
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
