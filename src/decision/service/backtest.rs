//! Backtests: the stored payments of the last 30 days under another policy or with a list otherwise, worked out in turn and
//! kept for a moment.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;

use crate::access::Permit;
use crate::access::grant::{EditProtection, ReadPolicy};
use crate::decision::backtest::{Backtest, DAYS, Effect, Tried};
use crate::decision::last_week::LastWeek;
use crate::decision::lists::trial::Trial;
use crate::decision::policy::{Policy, Versioned};
use crate::decision::service::effects::Question;
use crate::decision::service::policy;
use crate::decision::store;
use crate::decision::verdict::{Mode, WINDOW};
use crate::error::{Error, Result};
use crate::kernel::id::{SiteId, uuid_at};
use crate::platform::state::App;

/// At most this many attempts are replayed, the newest: that bounds time and memory.
pub const MOST: i64 = 1_000_000;

/// Attempts read at once.
const PAGE: i64 = 10_000;

/// How long a page waits before it is shown without the effect, and a replay for its site's turn and for a place.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long the switch waits for the number that it asks for.
const EMERGENCY: Duration = Duration::from_secs(2);

/// What a candidate would have done, against the policy in force; `None` while it is being worked out, or while too many
/// others are. A site has one replay at a time and a process few, so that nobody's curiosity is paid for by decisions or
/// by another site's pages. Who cannot be served soon is shown what was known a while ago, or told so; the work goes on, and
/// whoever asks next finds its answer.
pub async fn effect(app: &App, permit: &Permit<ReadPolicy>, candidate: Policy) -> Result<Option<Effect>> {
    let effects = &app.snapshots().effects;
    let current = policy::current(app, permit.site_id()).await?;
    let question = Question { site: permit.site_id(), version: current.version, candidate };
    if let Some(known) = effects.known(&question, Instant::now()) {
        return Ok(Some(known));
    }
    let before = effects.known_before(&question, Instant::now());
    let work = tokio::spawn(worked_out(app.clone(), question, current));
    if before.is_some() {
        return Ok(before);
    }
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => done.map_err(Error::internal)?,
        Err(_) => Ok(None),
    }
}

async fn worked_out(app: App, question: Question, current: Arc<Versioned>) -> Result<Option<Effect>> {
    let Some(_turn) = app.snapshots().effects.preview(question.site, PATIENCE).await else { return Ok(None) };
    answered(&app, question, &current.policy).await.map(Some)
}

/// What a candidate does to last week's good payments, before a save, which must know. It waits for no preview and for no
/// other site, only for another save of its own site; a brake waits for nothing.
///
/// # Errors
/// 503 when other saves of the site take all the time; a database failure.
pub async fn before_saving(app: &App, permit: &Permit<EditProtection>, candidate: Policy) -> Result<LastWeek> {
    let effects = &app.snapshots().effects;
    let current = policy::current(app, permit.site_id()).await?;
    if candidate.panic == Mode::Enforce {
        return Ok(if current.policy.panic == Mode::Enforce { LastWeek::default() } else { all(app, permit).await? });
    }
    let question = Question { site: permit.site_id(), version: current.version, candidate };
    if let Some(known) = effects.known(&question, Instant::now()) {
        return Ok(known.last_week);
    }
    let _turn = effects.save(question.site).await?;
    Ok(answered(app, question, &current.policy).await?.last_week)
}

/// What *Block all requests* does to them: it refuses all, so they are only counted. Where that takes longer than an
/// emergency can wait, none are: the switch then asks for less.
pub async fn all(app: &App, permit: &Permit<EditProtection>) -> Result<LastWeek> {
    let above = uuid_at(app.clock.now() - TimeDelta::days(LastWeek::DAYS));
    let count = async {
        let mut tx = app.db.site(permit.site_id()).await?;
        store::backtest::plan_for_ranges(&mut tx).await?;
        store::backtest::went_through(&mut tx, permit.site_id(), above, MOST).await
    };
    match tokio::time::timeout(EMERGENCY, count).await {
        Ok(counted) => counted.map(|n| LastWeek { approved: n, refused: n }),
        Err(_) => Ok(LastWeek::default()),
    }
}

/// What a changed list would have done under the policy in force; `None` while too many others are being worked out.
/// Who may ask is for the lists to say.
pub async fn effect_of_list(app: &App, site: SiteId, trial: &Trial) -> Result<Option<Effect>> {
    let current = policy::current(app, site).await?;
    let Some(_turn) = app.snapshots().effects.preview(site, PATIENCE).await else { return Ok(None) };
    let tried = Tried { current: &current.policy, candidate: &current.policy, trial: Some(trial) };
    replayed(app, site, tried, DAYS).await.map(Some)
}

/// What it does to last week's good payments, before a save.
///
/// # Errors
/// As [`before_saving`].
pub async fn before_saving_list(app: &App, site: SiteId, trial: &Trial) -> Result<LastWeek> {
    let current = policy::current(app, site).await?;
    let _turn = app.snapshots().effects.save(site).await?;
    let tried = Tried { current: &current.policy, candidate: &current.policy, trial: Some(trial) };
    Ok(replayed(app, site, tried, LastWeek::DAYS).await?.last_week)
}

/// What a candidate would have done at a site, for callers whose proof is not a permit. It waits for nobody.
pub async fn effect_in(app: &App, site: SiteId, candidate: Policy) -> Result<Effect> {
    let current = policy::current(app, site).await?;
    let question = Question { site, version: current.version, candidate };
    answered(app, question, &current.policy).await
}

/// Works the answer out, unless the former holder of the turn did.
async fn answered(app: &App, question: Question, current: &Policy) -> Result<Effect> {
    let effects = &app.snapshots().effects;
    if let Some(known) = effects.known(&question, Instant::now()) {
        return Ok(known);
    }
    let tried = Tried { current, candidate: &question.candidate, trial: None };
    let effect = replayed(app, question.site, tried, DAYS).await?;
    effects.learn(question, &effect, Instant::now());
    Ok(effect)
}

async fn replayed(app: &App, site: SiteId, tried: Tried<'_>, days: i64) -> Result<Effect> {
    let (began, now) = (Instant::now(), app.clock.now());
    // A day more, so that the windows of the first counted day are full.
    let mut above = uuid_at(now - TimeDelta::days(days) - WINDOW);
    let mut tx = app.db.site(site).await?;
    store::backtest::plan_for_ranges(&mut tx).await?;
    let newest = store::backtest::newest(&mut tx, site, above, MOST).await?;
    let cut = newest.is_some();
    above = newest.unwrap_or(above);
    let fields = tried.trial.map(Trial::fields).unwrap_or_default();
    let mut backtest = Backtest::new(now, days, tried);
    loop {
        let end = store::backtest::page_end(&mut tx, site, above, PAGE).await?;
        let to = end.unwrap_or_else(|| uuid_at(now + TimeDelta::days(1)));
        let mut carried = match tried.trial {
            Some(_) => store::backtest::carried(&mut tx, site, above, to, &fields).await?,
            None => HashMap::new(),
        };
        for (place, past) in store::backtest::page(&mut tx, site, above, to).await?.into_iter().enumerate() {
            let carried = carried.remove(&past.id);
            backtest.step(past, carried);
            if place % 1_000 == 999 {
                tokio::task::yield_now().await;
            }
        }
        match end {
            Some(end) => above = end,
            None => break,
        }
    }
    tx.commit().await?;
    Ok(backtest.done(cut, began.elapsed()))
}
