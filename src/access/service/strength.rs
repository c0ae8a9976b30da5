//! Whether a new password may be used: the rule that the browser shows too, the filter of common passwords, and where a
//! site asks for it, the last passwords of the person.

use crate::access::common;
use crate::access::hashing::{Caller, Compared, Password};
use crate::access::password::{Rule, Weakness, own_words};
use crate::access::password_settings;
use crate::access::store;
use crate::access::store::collaborator::Account;
use crate::error::{Error, FieldError, Result};
use crate::kernel::email::Email;
use crate::kernel::id::{CollaboratorId, SiteId};
use crate::platform::state::App;
use crate::sites::Site;

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

/// Everything that is wrong with it as the next password of somebody who is there. `caller`: whose places of the queue it
/// takes to compare it with their last ones.
pub async fn weaknesses_for(
    app: &App,
    account: &Account,
    password: &Password,
    caller: Caller,
) -> Result<Vec<Weakness>> {
    let rule = rule_of(app, account.id).await?;
    let known = known_of(app, account).await?;
    let mut found = weaknesses(rule, password, &own_words(known.iter().map(String::as_str)));
    if found.is_empty() && rule.remembered > 0 && was_used(app, account.id, password, rule.remembered, caller).await? {
        found.push(Weakness::Used(rule.remembered));
    }
    Ok(found)
}

/// Whether it is one of the person's last passwords.
async fn was_used(
    app: &App,
    who: CollaboratorId,
    password: &Password,
    remembered: usize,
    caller: Caller,
) -> Result<bool> {
    for hash in store::password_history::last(&app.db, who, remembered).await? {
        let place = app.hasher().place_of(who, caller)?;
        if let Compared::Right(_) = app.hasher().compare(place, password.clone(), Some(hash)).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The rule for somebody who joins the site: they have no earlier passwords that could come back.
pub async fn rule_at(app: &App, site: SiteId) -> Result<Rule> {
    let settings = store::access_settings::of(&app.db, site).await?;
    Ok(Rule { remembered: 0, ..settings.passwords.rule(settings.factors.required) })
}

/// Refuses a password that is too weak, saying how to mend it.
pub fn demand(rule: Rule, password: &Password, own: &[String]) -> Result<()> {
    let found = weaknesses(rule, password, own);
    if found.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(found.iter().map(|w| FieldError::new("password", "weak_password", w.to_string())).collect()))
}

/// What others would guess of somebody who is there: their name, their address, their sites.
pub async fn known_of(app: &App, account: &Account) -> Result<Vec<String>> {
    let sites = store::membership::of_person(&app.db, account.id).await?;
    let email: Email = account.email.parse().map_err(Error::internal)?;
    let person = [account.name.clone(), email.canonical().to_owned()];
    let of_sites = sites.into_iter().flat_map(|site| [site.name, site.handle].into_iter().chain(site.company_name));
    Ok(person.into_iter().chain(of_sites).collect())
}

/// What others would guess of somebody who comes to the site: their name, their address, the site's names.
pub fn own_words_at(site: &Site, name: &str, email: &Email) -> Vec<String> {
    let company = site.company_name.as_deref();
    own_words([name, email.canonical(), &site.name, &site.handle].into_iter().chain(company))
}
