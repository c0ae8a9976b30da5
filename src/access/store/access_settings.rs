//! Rows of `access_settings`. A site without a row has what a new site has.

use crate::access::access_settings::{AccessSettings, FactorSettings, LastSave};
use crate::access::password_settings::{PasswordSettings, Preset};
use crate::access::requirement::GraceDays;
use crate::access::store::factor;
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, SiteId};
use crate::platform::db::{Db, Tx};

struct Row {
    version: i32,
    mfa_required: bool,
    grace_days: i32,
    factor_kinds: Vec<String>,
    sms_countries: Vec<String>,
    password_preset: String,
    password_shortest: i32,
    password_classes: bool,
    lockout_failures: i32,
    lockout_minutes: i32,
    changed_at: Option<Timestamp>,
    changed_by: Option<String>,
    passwords_version: i32,
    passwords_changed_at: Option<Timestamp>,
    passwords_changed_by: Option<String>,
}

impl TryFrom<Row> for AccessSettings {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            factors: FactorSettings {
                required: row.mfa_required,
                grace: GraceDays::try_from(row.grace_days).map_err(Error::internal)?,
                kinds: factor::kinds(&row.factor_kinds)?,
                countries: row
                    .sms_countries
                    .iter()
                    .map(|code| code.parse().map_err(Error::internal))
                    .collect::<Result<_>>()?,
            },
            factors_saved: LastSave { version: row.version, at: row.changed_at, by: row.changed_by },
            passwords: passwords(
                &row.password_preset,
                row.password_shortest,
                row.password_classes,
                row.lockout_failures,
                row.lockout_minutes,
            )?,
            passwords_saved: LastSave {
                version: row.passwords_version,
                at: row.passwords_changed_at,
                by: row.passwords_changed_by,
            },
        })
    }
}

fn passwords(preset: &str, shortest: i32, classes: bool, failures: i32, minutes: i32) -> Result<PasswordSettings> {
    Ok(PasswordSettings {
        preset: Preset::parse(preset).ok_or_else(|| Error::internal(anyhow::anyhow!("no such preset: {preset}")))?,
        shortest: usize::try_from(shortest).map_err(Error::internal)?,
        classes,
        failures: usize::try_from(failures).map_err(Error::internal)?,
        minutes: u32::try_from(minutes).map_err(Error::internal)?,
    })
}

/// What the site asks now.
pub async fn of(db: &Db, site: SiteId) -> Result<AccessSettings> {
    let row = sqlx::query_as!(
        Row,
        r#"select a.version, a.mfa_required, a.grace_days, a.factor_kinds, a.sms_countries, a.password_preset, a.password_shortest,
                  a.password_classes, a.lockout_failures, a.lockout_minutes, a.changed_at, c.name as "changed_by?",
                  a.passwords_version, a.passwords_changed_at, p.name as "passwords_changed_by?"
           from access_settings a
           left join collaborator c on c.id = a.changed_by
           left join collaborator p on p.id = a.passwords_changed_by
           where a.site_id = $1"#,
        site.0,
    )
    .fetch_optional(db.pool())
    .await?;
    row.map_or_else(|| Ok(AccessSettings::first()), AccessSettings::try_from)
}

/// The row of a new site.
pub async fn insert(tx: &mut Tx, site: SiteId) -> Result<()> {
    sqlx::query!(
        "insert into access_settings (site_id)
         values ($1)
         on conflict (site_id) do nothing",
        site.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The same, locked until the transaction ends. A row that is not there is made first.
pub async fn lock(tx: &mut Tx, site: SiteId) -> Result<AccessSettings> {
    insert(tx, site).await?;
    let row = sqlx::query_as!(
        Row,
        r#"select a.version, a.mfa_required, a.grace_days, a.factor_kinds, a.sms_countries, a.password_preset, a.password_shortest,
                  a.password_classes, a.lockout_failures, a.lockout_minutes, a.changed_at,
                  (select c.name from collaborator c where c.id = a.changed_by) as "changed_by?",
                  a.passwords_version, a.passwords_changed_at,
                  (select c.name from collaborator c where c.id = a.passwords_changed_by) as "passwords_changed_by?"
           from access_settings a
           where a.site_id = $1
           for update"#,
        site.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    row.try_into()
}

/// Writes the part about factors of a locked row.
pub async fn save_factors(
    tx: &mut Tx,
    site: SiteId,
    new: &FactorSettings,
    by: CollaboratorId,
    now: Timestamp,
) -> Result<()> {
    let kinds: Vec<String> = new.kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
    let countries: Vec<String> = new.countries.iter().map(|country| country.code().to_owned()).collect();
    sqlx::query!(
        "update access_settings
         set mfa_required = $2,
             grace_days = $3,
             factor_kinds = $4,
             sms_countries = $5,
             version = version + 1,
             changed_by = $6,
             changed_at = $7
         where site_id = $1",
        site.0,
        new.required,
        i32::from(new.grace.get()),
        &kinds,
        &countries,
        by.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes the part about passwords of a locked row.
pub async fn save_passwords(
    tx: &mut Tx,
    site: SiteId,
    new: PasswordSettings,
    by: CollaboratorId,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "update access_settings
         set password_preset = $2,
             password_shortest = $3,
             password_classes = $4,
             lockout_failures = $5,
             lockout_minutes = $6,
             passwords_version = passwords_version + 1,
             passwords_changed_by = $7,
             passwords_changed_at = $8
         where site_id = $1",
        site.0,
        new.preset.as_str(),
        i32::try_from(new.shortest).map_err(Error::internal)?,
        new.classes,
        i32::try_from(new.failures).map_err(Error::internal)?,
        i32::try_from(new.minutes).map_err(Error::internal)?,
        by.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What each of a person's sites asks of passwords, and whether it requires a second factor of everybody. Sites that shut
/// the person out are left out.
pub async fn of_person(db: &Db, who: CollaboratorId) -> Result<Vec<(PasswordSettings, bool)>> {
    let rows = sqlx::query!(
        r#"select a.password_preset as "password_preset?", a.password_shortest as "password_shortest?",
                  a.password_classes as "password_classes?", a.lockout_failures as "lockout_failures?",
                  a.lockout_minutes as "lockout_minutes?", a.mfa_required as "mfa_required?"
           from membership m
           left join access_settings a on a.site_id = m.site_id
           where m.collaborator_id = $1
             and m.disabled_at is null
           order by m.site_id"#,
        who.0,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            match (
                row.password_preset,
                row.password_shortest,
                row.password_classes,
                row.lockout_failures,
                row.lockout_minutes,
            ) {
                (Some(preset), Some(shortest), Some(classes), Some(failures), Some(minutes)) => {
                    Ok((passwords(&preset, shortest, classes, failures, minutes)?, row.mfa_required.unwrap_or(false)))
                }
                _ => Ok((PasswordSettings::first(), false)),
            }
        })
        .collect()
}

/// People at the site with a password; those of them at another site too; those who set theirs before `changed_at`.
pub async fn accounts(db: &Db, site: SiteId, changed_at: Option<Timestamp>) -> Result<(i64, i64, i64)> {
    let row = sqlx::query!(
        r#"select count(*) as "people!",
                  count(*) filter (where exists (select from membership o
                                                 where o.collaborator_id = c.id
                                                   and o.site_id <> $1
                                                   and o.disabled_at is null)) as "elsewhere!",
                  count(*) filter (where c.password_set_at < $2) as "before!"
           from membership m
           join collaborator c on c.id = m.collaborator_id
           where m.site_id = $1
             and m.disabled_at is null
             and c.password_hash is not null"#,
        site.0,
        changed_at,
    )
    .fetch_one(db.pool())
    .await?;
    Ok((row.people, row.elsewhere, row.before))
}
