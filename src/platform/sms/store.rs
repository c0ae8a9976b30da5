//! Rows of `text_message`, the texts' part of `access_settings`, and the demo's `outbox`.

use chrono::TimeDelta;
use uuid::Uuid;

use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, MessageId, SiteId};
use crate::kernel::phone::Phone;
use crate::platform::db::{Db, Tx};
use crate::platform::sms::settings::Templates;
use crate::platform::sms::{BodyTemplate, Delivery, Listed, SenderId, Status};

/// What a site says about texts.
pub struct Terms {
    /// Which site; none for a person without one.
    pub site: Option<SiteId>,
    /// Its name.
    pub site_name: Option<String>,
    /// Appears in texts if set.
    pub company_name: Option<String>,
    /// ISO 3166 alpha-2.
    pub countries: Vec<String>,
    /// Texts a day.
    pub daily_cap: i32,
    /// The sender, if the site chose one.
    pub sender: Option<String>,
    /// The words, if the site wrote some.
    pub body: Option<String>,
    /// Counts the saves of sender and words.
    pub version: i32,
}

/// The terms of the site, or of the person's sites that do not shut them out, oldest first.
pub async fn terms(tx: &mut Tx, who: CollaboratorId, site: Option<SiteId>) -> Result<Vec<Terms>> {
    let found = sqlx::query_as!(
        Terms,
        r#"select s.id as "site: SiteId", s.name as site_name, s.company_name, a.sms_countries as countries,
                  a.sms_daily_cap as daily_cap, a.sms_sender as sender, a.sms_body as body, a.texts_version as version
           from access_settings a
           join site s on s.id = a.site_id
           where case
                   when $2::uuid is not null then a.site_id = $2
                   else exists (select from membership m
                                where m.site_id = a.site_id
                                  and m.collaborator_id = $1
                                  and m.disabled_at is null)
                 end
           order by s.created_at, s.id"#,
        who.0,
        site.map(|site| site.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

/// Holds back all other texts until the commit: they are counted together. One lock, so that of two who text several
/// numbers neither waits for the other's next.
pub async fn lock(tx: &mut Tx) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(7411, 0) is null as locked").fetch_one(&mut **tx).await?;
    Ok(())
}

/// Texts so far within one cap.
pub struct Tally {
    pub texts: i64,
    /// Those for a purpose that proves no number of the person's.
    pub unproved: i64,
}

/// A text that somebody asks for.
pub struct Asked<'a> {
    pub who: CollaboratorId,
    pub number: &'a Phone,
    pub site: Option<SiteId>,
    /// The purposes that prove no number of the person's.
    pub unproved: &'a [&'a str],
}

/// What the caps compare.
pub struct SoFar {
    /// To the number in a day.
    pub to_number: Tally,
    /// To its neighbourhood in an hour, for a purpose that proves no number.
    pub unproved_to_neighbours: i64,
    /// Other numbers to which the person had texts sent in a day for such a purpose.
    pub other_unproved_numbers: i64,
    /// For the person in a day, to whatever number.
    pub for_person: i64,
    /// Of the site in a day.
    pub of_site: Tally,
    /// Of the installation in a day.
    pub of_all: Tally,
}

/// What has left or waits, after the lock.
pub async fn so_far(tx: &mut Tx, asked: Asked<'_>, now: Timestamp) -> Result<SoFar> {
    let (day, hour) = (now - TimeDelta::days(1), now - TimeDelta::hours(1));
    let purposes: Vec<String> = asked.unproved.iter().map(|purpose| (*purpose).to_owned()).collect();
    let found = sqlx::query!(
        r#"select count(*) filter (where number = $1) as "number!",
                  count(*) filter (where number = $1 and purpose = any($6)) as "number_unproved!",
                  count(*) filter (where prefix = $2 and created_at > $5 and purpose = any($6)) as "prefix_unproved!",
                  count(distinct number) filter (where collaborator_id = $7 and number <> $1 and purpose = any($6))
                    as "numbers!",
                  count(*) filter (where collaborator_id = $7) as "person!",
                  count(*) filter (where site_id = $3) as "site!",
                  count(*) filter (where site_id = $3 and purpose = any($6)) as "site_unproved!",
                  count(*) as "all!",
                  count(*) filter (where purpose = any($6)) as "all_unproved!"
           from text_message
           where created_at > $4"#,
        asked.number.as_str(),
        asked.number.prefix(),
        asked.site.map(|site| site.0),
        day,
        hour,
        &purposes,
        asked.who.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(SoFar {
        to_number: Tally { texts: found.number, unproved: found.number_unproved },
        unproved_to_neighbours: found.prefix_unproved,
        other_unproved_numbers: found.numbers,
        for_person: found.person,
        of_site: Tally { texts: found.site, unproved: found.site_unproved },
        of_all: Tally { texts: found.all, unproved: found.all_unproved },
    })
}

/// Tests of a person in a day.
pub async fn tests(tx: &mut Tx, who: CollaboratorId, now: Timestamp) -> Result<i64> {
    let tests = sqlx::query_scalar!(
        r#"select count(*) as "tests!"
           from text_message
           where collaborator_id = $1
             and purpose = 'test'
             and created_at > $2"#,
        who.0,
        now - TimeDelta::days(1),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(tests)
}

/// A text that was ordered.
pub struct New<'a> {
    pub id: MessageId,
    pub site: Option<SiteId>,
    pub who: CollaboratorId,
    pub number: &'a Phone,
    pub purpose: &'a str,
    pub now: Timestamp,
}

pub async fn insert(tx: &mut Tx, new: New<'_>) -> Result<()> {
    sqlx::query!(
        "insert into text_message
           (id, site_id, collaborator_id, number, prefix, purpose, status, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, 'queued', $7, $7)",
        new.id.0,
        new.site.map(|site| site.0),
        new.who.0,
        new.number.as_str(),
        new.number.prefix(),
        new.purpose,
        new.now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A text as the jobs need it.
pub struct Row {
    pub id: MessageId,
    pub number: String,
    pub status: Status,
    pub provider_id: Option<String>,
}

pub async fn one(db: &Db, id: MessageId) -> Result<Option<Row>> {
    let found = sqlx::query!("select number, status, provider_id from text_message where id = $1", id.0)
        .fetch_optional(db.pool())
        .await?;
    Ok(found.map(|row| Row { id, number: row.number, status: Status::read(&row.status), provider_id: row.provider_id }))
}

/// Where a text stands now.
pub struct Change<'a> {
    pub status: Status,
    pub provider: Option<&'a str>,
    pub error: Option<&'a str>,
}

pub async fn change(db: &Db, id: MessageId, change: Change<'_>, now: Timestamp) -> Result<()> {
    let mut tx = db.platform().await?;
    change_in(&mut tx, id, change, now).await?;
    tx.commit().await?;
    Ok(())
}

pub async fn change_in(tx: &mut Tx, id: MessageId, change: Change<'_>, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update text_message
         set status = $2, provider_id = coalesce($3, provider_id), error = $4, updated_at = $5
         where id = $1",
        id.0,
        change.status.as_str(),
        change.provider,
        change.error,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The newest text to a person's number.
pub async fn latest(db: &Db, who: CollaboratorId, number: &str) -> Result<Option<Delivery>> {
    let found = sqlx::query!(
        r#"select id as "id: MessageId", status, error, updated_at
           from text_message
           where collaborator_id = $1
             and number = $2
           order by created_at desc, id desc
           limit 1"#,
        who.0,
        number,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(found.map(|row| Delivery {
        id: row.id,
        status: Status::read(&row.status),
        error: row.error,
        updated_at: row.updated_at,
    }))
}

/// The newest texts of a site.
pub async fn recent(db: &Db, site: SiteId, most: i64) -> Result<Vec<Listed>> {
    let found = sqlx::query!(
        r#"select t.id as "id: MessageId", t.created_at, c.name, t.number, t.purpose, t.status, t.error, t.updated_at
           from text_message t
           join collaborator c on c.id = t.collaborator_id
           where t.site_id = $1
           order by t.created_at desc, t.id desc
           limit $2"#,
        site.0,
        most,
    )
    .fetch_all(db.pool())
    .await?;
    let masked = |number: &str| number.parse::<Phone>().map_or_else(|_| "a number".to_owned(), |phone| phone.masked());
    Ok(found
        .into_iter()
        .map(|row| Listed {
            at: row.created_at,
            name: row.name,
            number: masked(&row.number),
            purpose: row.purpose,
            delivery: Delivery {
                id: row.id,
                status: Status::read(&row.status),
                error: row.error,
                updated_at: row.updated_at,
            },
        })
        .collect())
}

/// A site's sender, words and cap, locked against another save.
pub async fn templates(tx: &mut Tx, site: SiteId) -> Result<Option<Terms>> {
    sqlx::query!("select from access_settings where site_id = $1 for update", site.0).fetch_optional(&mut **tx).await?;
    Ok(terms(tx, CollaboratorId(Uuid::nil()), Some(site)).await?.pop())
}

/// Saves them.
pub async fn save_templates(tx: &mut Tx, site: SiteId, new: &Templates) -> Result<()> {
    sqlx::query!(
        "update access_settings
         set sms_sender = $2,
             sms_body = $3,
             sms_daily_cap = $4,
             texts_version = texts_version + 1
         where site_id = $1",
        site.0,
        new.sender.as_ref().map(SenderId::as_str),
        new.body.as_ref().map(BodyTemplate::as_str),
        new.daily_cap.get(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A text of the demo. The message's id makes a repetition harmless.
pub async fn put(db: &Db, row: &Row, body: &str, at: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into outbox (id, at, kind, recipient, subject, body)
         values ($1, $2, 'sms', $3, 'Text message', $4)
         on conflict (id) do nothing",
        row.id.0,
        at,
        row.number,
        body,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}
