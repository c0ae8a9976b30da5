//! The workers of a process: look for due jobs twice a second, lane by lane, do a few at a time, note what became of them.
//! While more are due than there are hands, the next is taken as soon as one is free.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use rand::Rng as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, info, warn};

use crate::error::{Error, Result};
use crate::platform::jobs::job::Lane;
use crate::platform::jobs::store::{self, Taken};
use crate::platform::jobs::{Failure, Job, backoff, payload};
use crate::platform::mail::Mailer;
use crate::platform::state::App;

/// How often a lane is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// How long a job is a worker's alone.
const LEASE: TimeDelta = TimeDelta::minutes(5);

/// A job that takes longer is given up for this time; ends before the lease does.
const MOST: Duration = Duration::from_secs(4 * 60);

/// The running workers.
pub struct Runner {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Runner {
    /// Starts the workers and orders the recurring jobs.
    pub fn start(app: App, mailer: Mailer) -> Self {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        for lane in Lane::ALL {
            tasks.spawn(work_off(app.clone(), mailer.clone(), lane, stop.clone(), tasks.clone()));
        }
        tasks.close();
        Self { stop, tasks }
    }

    /// Takes no new job and waits for the ones at work.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

/// Does the jobs of a lane until told to stop.
async fn work_off(app: App, mailer: Mailer, lane: Lane, stop: CancellationToken, tasks: TaskTracker) {
    let free = Arc::new(Semaphore::new(lane.at_once()));
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut ordered, mut full) = (lane != Lane::Ordinary, false);
    loop {
        let hands = async {
            if !full {
                look.tick().await;
            }
            all_free(&free).await
        };
        let hands = tokio::select! {
            () = stop.cancelled() => return,
            hands = hands => hands,
        };
        let round = async {
            if !ordered {
                order_recurring(&app).await?;
                ordered = true;
            }
            take(&app, lane, hands.len()).await
        };
        let taken = round.await.unwrap_or_else(|error| {
            warn!("cannot look for jobs: {}", error.source.map_or(error.detail, |cause| format!("{cause:#}")));
            Vec::new()
        });
        full = taken.len() == hands.len();
        for (job, hand) in taken.into_iter().zip(hands) {
            let (app, mailer) = (app.clone(), mailer.clone());
            tasks.spawn(async move {
                settle(&app, &mailer, job).await;
                drop(hand);
            });
        }
    }
}

/// The hands that are free, at least one: waits for it.
async fn all_free(free: &Arc<Semaphore>) -> Vec<OwnedSemaphorePermit> {
    // Nobody closes it.
    let mut hands: Vec<_> = free.clone().acquire_owned().await.into_iter().collect();
    while let Ok(hand) = free.clone().try_acquire_owned() {
        hands.push(hand);
    }
    hands
}

/// Does everything that is due, one after the other, until nothing is; returns how many. For tests and commands.
pub async fn run_due(app: &App) -> Result<usize> {
    let mailer = Mailer::new(&app.config).map_err(Error::internal)?;
    let mut done = 0;
    loop {
        let mut taken = Vec::new();
        for lane in Lane::ALL {
            taken.extend(take(app, lane, 1).await?);
        }
        if taken.is_empty() {
            return Ok(done);
        }
        for job in taken {
            settle(app, &mailer, job).await;
            done += 1;
        }
    }
}

/// Puts the recurring jobs into the queue, due now.
pub async fn order_recurring(app: &App) -> Result<()> {
    for (id, job, _) in Job::recurring() {
        let payload = payload::written(&app.keys, id, &job)?;
        store::recur(&app.db, id, job.kind(), &payload, app.clock.now()).await?;
    }
    Ok(())
}

async fn take(app: &App, lane: Lane, most: usize) -> Result<Vec<Taken>> {
    let now = app.clock.now();
    store::take(&app.db, lane, i64::try_from(most).unwrap_or(1), now, now + LEASE).await
}

/// Does a job and notes what became of it.
#[tracing::instrument(name = "jobs.run", skip_all, fields(job.id = %taken.id))]
async fn settle(app: &App, mailer: &Mailer, taken: Taken) {
    let (id, kind, attempts) = (taken.id, taken.kind, taken.attempts);
    let result = match payload::read(&app.keys, id, taken.payload) {
        Ok(job) => work(app, mailer, id, job).await,
        Err(failure) => Err(failure),
    };
    let period = Job::recurring().into_iter().find(|(recurring, ..)| *recurring == id).map(|(.., period)| period);
    let now = app.clock.now();
    let noted = match (&result, period) {
        (Ok(()), None) => store::done(&app.db, id, attempts).await,
        (Ok(()), Some(period)) => store::again(&app.db, id, attempts, now + period).await,
        (Err(failure), period) => {
            let hopeless = matches!(failure, Failure::Final(_)) || attempts >= backoff::TRIES;
            let dead_at = (hopeless && period.is_none()).then_some(now);
            let run_at = now + backoff::wait(attempts, rand::rng().random());
            warn!(job.kind = kind, attempts, "job {kind} failed at try {attempts}: {}", failure.text());
            store::failed(&app.db, id, attempts, failure.text(), run_at, dead_at).await
        }
    };
    let word = if result.is_ok() { "done" } else { "failed" };
    metrics::counter!("gatehouse_jobs_total", "kind" => kind.clone(), "result" => word).increment(1);
    match noted {
        Ok(true) => info!(job.kind = kind, attempts, "job {kind} {word}"),
        Ok(false) => warn!(job.kind = kind, "job {kind} outlived its lease, another worker has it"),
        // The lease ends and the job is done again: that is the promise.
        Err(error) => warn!(job.kind = kind, "cannot note what became of job {kind}: {error}"),
    }
}

/// The job itself: on its own task, so that a panic is a failure like others, and within its time.
async fn work(app: &App, mailer: &Mailer, id: uuid::Uuid, job: Job) -> Result<(), Failure> {
    let (app, mailer) = (app.clone(), mailer.clone());
    let run = async move { tokio::time::timeout(MOST, job.run(id, &app, &mailer)).await };
    let task = tokio::spawn(run.in_current_span());
    match task.await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(Failure::Passing("took longer than four minutes".into())),
        Err(_) => Err(Failure::Passing("the worker panicked; the log has the place".into())),
    }
}
