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
use crate::platform::sms::store::{self, Asked, New, SoFar, Tally, Terms};
use crate::platform::sms::template::{self, BodyTemplate, SenderId};
use crate::platform::sms::{Delivery, Listed, Notice, NumberIs, Refusal, Text};
use crate::platform::state::App;

/// Texts to one number in a day.
pub const NUMBER_A_DAY: i64 = 40;

/// Texts for one person in a day, to whatever number: nobody uses up what their colleagues sign in with.
pub const PERSON_A_DAY: i64 = 60;

/// Of the texts to a number, those for which nobody has proved the number: two rounds of a code and its three resends.
pub const UNPROVED_A_DAY: i64 = 8;

/// Texts that nobody has proved the number for, to all numbers that differ in the last four digits only, in an hour: a
/// company's block of numbers, whose people set up their devices together.
pub const PREFIX_AN_HOUR: i64 = 60;

/// Numbers that one person has not proved and is texted to in a day.
pub const NUMBERS_A_DAY: i64 = 5;

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
    let Text { who, number, number_is, purpose, .. } = text;
    let order = Order { who, number, number_is, purpose, body, life: CODE_LIFE };
    order.place(tx, app, first).await
}

/// Orders a word about the account. Country lists do not count: the number was accepted before.
pub async fn notice(tx: &mut Tx, app: &App, notice: Notice<'_>) -> Result<std::result::Result<MessageId, Refusal>> {
    let body = notice.words.to_owned();
    let Notice { who, number, .. } = notice;
    let order = Order { who, number, number_is: NumberIs::Device, purpose: "notice", body, life: NOTICE_LIFE };
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
    let number_is = if own { NumberIs::Device } else { NumberIs::New };
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

/// The caps that a site and the operator set, in texts a day.
#[derive(Debug, Clone, Copy)]
struct Caps {
    site: i64,
    all: i64,
}

/// Whether another text fits within a site's or the installation's cap. Half of each is kept for numbers that their person
/// has proved: nobody who gives somebody else's number uses up what they sign in with.
fn fits(tally: &Tally, cap: i64, proved: bool) -> bool {
    tally.texts < cap && (proved || tally.unproved < cap - cap / 2)
}

/// The first cap that has no room for another text. Pumping needs numbers that nobody has proved: only those are counted by
/// their neighbourhood and by who asks, so that people who sign in with their own never wait for each other.
fn full(so_far: &SoFar, caps: Caps, proved: bool) -> Option<Refusal> {
    let SoFar { to_number, unproved_to_neighbours, other_unproved_numbers, for_person, of_site, of_all } = so_far;
    [
        (*for_person < PERSON_A_DAY, Refusal::PersonCap),
        (to_number.texts < NUMBER_A_DAY && (proved || to_number.unproved < UNPROVED_A_DAY), Refusal::NumberCap),
        (proved || *other_unproved_numbers < NUMBERS_A_DAY, Refusal::NumbersCap),
        (proved || *unproved_to_neighbours < PREFIX_AN_HOUR, Refusal::PrefixCap),
        (fits(of_site, caps.site, proved), Refusal::SiteCap),
        (fits(of_all, caps.all, proved), Refusal::InstallationCap),
    ]
    .into_iter()
    .find_map(|(has_room, refusal)| (!has_room).then_some(refusal))
}

/// A text whose words are known.
struct Order<'a> {
    who: CollaboratorId,
    number: &'a Phone,
    number_is: NumberIs,
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
        let caps =
            Caps { site: terms.map_or(i64::MAX, |terms| i64::from(terms.daily_cap)), all: app.config.sms_daily_cap };
        let asked = Asked { who: self.who, number: self.number, site, unproved: &UNPROVED };
        let so_far = store::so_far(tx, asked, now).await?;
        if let Some(refusal) = full(&so_far, caps, self.number_is == NumberIs::Device) {
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

    const PLENTY: Caps = Caps { site: 1_000, all: 1_000 };

    fn none() -> SoFar {
        let tally = || Tally { texts: 0, unproved: 0 };
        SoFar {
            to_number: tally(),
            unproved_to_neighbours: 0,
            other_unproved_numbers: 0,
            for_person: 0,
            of_site: tally(),
            of_all: tally(),
        }
    }

    #[test]
    fn half_of_a_sites_cap_is_kept_for_numbers_that_were_proved() {
        for (texts, unproved, cap, others, own) in [
            (0, 0, 10, true, true),
            (4, 4, 10, true, true),
            (5, 5, 10, false, true),
            (9, 0, 10, true, true),
            (10, 0, 10, false, false),
            (0, 0, 1, true, true),
            (0, 0, 0, false, false),
        ] {
            let so_far = SoFar { of_site: Tally { texts, unproved }, ..none() };
            let has_room = |proved| full(&so_far, Caps { site: cap, ..PLENTY }, proved).is_none();
            assert_eq!((has_room(false), has_room(true)), (others, own), "{texts} {unproved} of {cap}");
        }
    }

    #[test]
    fn a_number_its_neighbours_and_one_persons_numbers_are_capped_for_those_who_have_proved_nothing() {
        let number = |texts, unproved| SoFar { to_number: Tally { texts, unproved }, ..none() };
        let neighbours = |unproved_to_neighbours| SoFar { unproved_to_neighbours, ..none() };
        let person = |for_person| SoFar { for_person, ..none() };
        let numbers = |other_unproved_numbers| SoFar { other_unproved_numbers, ..none() };
        for (so_far, others, own) in [
            (number(7, 7), None, None),
            (number(8, 8), Some(Refusal::NumberCap), None),
            (number(39, 0), None, None),
            (number(40, 0), Some(Refusal::NumberCap), Some(Refusal::NumberCap)),
            (neighbours(59), None, None),
            (neighbours(60), Some(Refusal::PrefixCap), None),
            (person(59), None, None),
            (person(60), Some(Refusal::PersonCap), Some(Refusal::PersonCap)),
            (numbers(4), None, None),
            (numbers(5), Some(Refusal::NumbersCap), None),
        ] {
            assert_eq!((full(&so_far, PLENTY, false), full(&so_far, PLENTY, true)), (others, own));
        }
    }
}
