//! Ordering a text: the country, the caps, the words; then a row and a job in the caller's transaction.

use chrono::TimeDelta;

use crate::access::service::factors;
use crate::access::{Permit, grant};
use crate::audit::{self, Actor, Entry, Target, Values};
use crate::error::{Error, Result};
use crate::kernel::country::Country;
use crate::kernel::id::{CollaboratorId, MessageId, SiteId};
use crate::kernel::phone::Phone;
use crate::kernel::secret::Purpose;
use crate::platform::db::Tx;
use crate::platform::jobs::{self, Job};
use crate::platform::sms::store::{self, New, Tally, Terms};
use crate::platform::sms::template::{self, BodyTemplate, SenderId};
use crate::platform::sms::{Delivery, Listed, Notice, NumberIs, Refusal, Text};
use crate::platform::state::App;

/// Texts to one number in a day.
pub const NUMBER_A_DAY: i64 = 10;

/// Texts to all numbers that differ in the last four digits only, in an hour.
pub const PREFIX_AN_HOUR: i64 = 20;

/// What goes to a number that its person has not proved: it may be anybody's.
const UNPROVED: [&str; 2] = ["enrol_phone", "test"];

/// Tests that a person sends in a day to numbers that are none of their devices.
const TESTS_A_DAY: i64 = 5;

/// How long a code lives: a text that could not leave by then is worthless.
const CODE_LIFE: TimeDelta = TimeDelta::minutes(5);

/// How long a word about the account is worth sending.
const NOTICE_LIFE: TimeDelta = TimeDelta::hours(6);

/// Whether texts can leave at all: a provider is set, or the demo keeps them.
pub fn available(app: &App) -> bool {
    app.demo || app.config.sms.is_some()
}

/// The countries whose numbers are served for this person: those of any of their sites.
pub async fn countries(tx: &mut Tx, who: CollaboratorId, site: Option<SiteId>) -> Result<Vec<Country>> {
    let terms = store::terms(tx, who, site).await?;
    Ok(Country::all().filter(|country| terms.iter().any(|terms| terms.serves(*country))).collect())
}

/// Orders a code. Nothing is written when it is refused.
pub async fn queue(tx: &mut Tx, app: &App, text: Text<'_>) -> Result<std::result::Result<MessageId, Refusal>> {
    let country = text.number.country();
    let mut terms = store::terms(tx, text.who, text.site).await?;
    // Those that serve the country come first; the rest only have a device's words, sender and cap.
    terms.sort_by_key(|terms| !terms.serves(country));
    let first = terms.first();
    if text.number_is == NumberIs::New && !first.is_some_and(|terms| terms.serves(country)) {
        return Ok(Err(Refusal::Country { country: country.name() }));
    }
    let company = first.and_then(|terms| terms.company_name.as_deref());
    let body = first.map_or_else(BodyTemplate::ours, Terms::body).fill(text.code, company);
    let order = Order { who: text.who, number: text.number, purpose: text.purpose, body, life: CODE_LIFE };
    order.place(tx, app, first).await
}

/// Orders a word about the account. Country lists do not count: the number was accepted before.
pub async fn notice(tx: &mut Tx, app: &App, notice: Notice<'_>) -> Result<std::result::Result<MessageId, Refusal>> {
    let body = notice.words.to_owned();
    let order = Order { who: notice.who, number: notice.number, purpose: "notice", body, life: NOTICE_LIFE };
    order.place(tx, app, None).await
}

/// Texts the site's template, with digits that are no code. Asks for a fresh proof of identity and is recorded, for a text
/// costs money and trust; a number that the visitor has not proved may be anybody's, so there are few of those.
pub async fn test(
    app: &App,
    permit: &Permit<grant::EditSite>,
    number: &Phone,
) -> Result<std::result::Result<MessageId, Refusal>> {
    permit.fresh(app.clock.now())?;
    let who = permit.visitor().id;
    let own = factors::is_own_number(app, permit.visitor(), number).await?;
    let mut tx = app.db.site(permit.site_id()).await?;
    store::lock(&mut tx).await?;
    if !own && store::tests(&mut tx, who, app.clock.now()).await? >= TESTS_A_DAY {
        return Ok(Err(Refusal::TestCap));
    }
    let number_is = NumberIs::New;
    let text = Text { site: Some(permit.site_id()), who, number, purpose: "test", number_is, code: "123456" };
    let ordered = queue(&mut tx, app, text).await?;
    if ordered.is_ok() {
        let entry = Entry {
            actor: Actor::of(permit.visitor()),
            action: "messages.test_sent",
            target: Target::plain(&permit.site().name),
            old: None,
            new: Some(Values::new().plain("number", number.masked())),
        };
        audit::record(&mut tx, app, permit.site_id(), entry).await?;
    }
    tx.commit().await?;
    Ok(ordered)
}

/// What became of the newest text to this person's number.
pub async fn latest(app: &App, who: CollaboratorId, number: &Phone) -> Result<Option<Delivery>> {
    store::latest(&app.db, who, number.as_str()).await
}

/// The site's newest texts.
pub async fn recent(app: &App, permit: &Permit<grant::ReadCollaborators>) -> Result<Vec<Listed>> {
    store::recent(&app.db, permit.site_id(), 50).await
}

/// Whether another text fits within a cap. Half of each is kept for numbers that their person has proved: nobody who gives
/// somebody else's number uses up what they sign in with.
fn fits(tally: &Tally, cap: i64, proved: bool) -> bool {
    tally.texts < cap && (proved || tally.unproved < cap - cap / 2)
}

/// A text whose words are known.
struct Order<'a> {
    who: CollaboratorId,
    number: &'a Phone,
    purpose: &'static str,
    body: String,
    life: TimeDelta,
}

impl Order<'_> {
    async fn place(
        self,
        tx: &mut Tx,
        app: &App,
        terms: Option<&Terms>,
    ) -> Result<std::result::Result<MessageId, Refusal>> {
        if !available(app) {
            return Ok(Err(Refusal::NotSetUp));
        }
        let site = terms.and_then(|terms| terms.site);
        store::lock(tx).await?;
        let now = app.clock.now();
        let caps = [
            (NUMBER_A_DAY, Refusal::NumberCap),
            (PREFIX_AN_HOUR, Refusal::PrefixCap),
            (terms.map_or(i64::MAX, |terms| i64::from(terms.daily_cap)), Refusal::SiteCap),
            (app.config.sms_daily_cap, Refusal::InstallationCap),
        ];
        let tallies = store::tallies(tx, self.number, site, &UNPROVED, now).await?;
        let proved = !UNPROVED.contains(&self.purpose);
        let full = caps.into_iter().zip(tallies).find(|((cap, _), tally)| !fits(tally, *cap, proved));
        if let Some(((_, refusal), _)) = full {
            metrics::counter!("gatehouse_texts_refused_total", "why" => refusal.code()).increment(1);
            return Ok(Err(refusal));
        }
        let id = MessageId::new(now);
        let new = New { id, site, who: self.who, number: self.number, purpose: self.purpose, now };
        store::insert(tx, new).await?;
        let named = template::shows_names(self.number.country());
        let sender = terms.filter(|_| named).and_then(Terms::sender).map(|sender| sender.as_str().to_owned());
        let place = id.to_string();
        let sealed =
            app.keys.seal(Purpose::TextBody, place.as_bytes(), self.body.as_bytes()).map_err(Error::internal)?;
        let job = Job::Sms { message: id, sender, sealed: hex::encode(sealed), expires_at: now + self.life };
        match site {
            Some(site) => jobs::push_for(tx, app, site, job).await?,
            None => jobs::push(tx, app, job).await?,
        };
        Ok(Ok(id))
    }
}

impl Terms {
    /// Whether codes are texted to numbers of the country.
    pub fn serves(&self, country: Country) -> bool {
        self.countries.iter().any(|code| code == country.code())
    }

    /// The sender: the site's choice, else from its name.
    pub fn sender(&self) -> Option<SenderId> {
        let chosen = self.sender.as_deref().and_then(|text| text.parse().ok());
        chosen.or_else(|| self.site_name.as_deref().and_then(SenderId::from_name))
    }

    /// The words: the site's, else ours.
    pub fn body(&self) -> BodyTemplate {
        self.body.as_deref().and_then(|text| text.parse().ok()).unwrap_or_else(BodyTemplate::ours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_cap_is_kept_for_numbers_that_were_proved() {
        for (texts, unproved, cap, others, own) in [
            (0, 0, 10, true, true),
            (4, 4, 10, true, true),
            (5, 5, 10, false, true),
            (9, 0, 10, true, true),
            (10, 0, 10, false, false),
            (0, 0, 1, true, true),
            (0, 0, 0, false, false),
        ] {
            let tally = Tally { texts, unproved };
            assert_eq!(
                (fits(&tally, cap, false), fits(&tally, cap, true)),
                (others, own),
                "{texts} {unproved} of {cap}"
            );
        }
    }
}
