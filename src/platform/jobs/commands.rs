//! `gatehouse jobs`: the operator's view of the queue, dead letters of the installation included.

use std::io::Write;

use uuid::Uuid;

use crate::audit::{Actor, words};
use crate::platform::jobs::queue::{self, Fate, Standing};
use crate::platform::state::App;

/// What the operator can do with the queue.
#[derive(Debug, Clone, Copy, clap::Subcommand)]
pub enum Jobs {
    /// Print at most 100 jobs, dead letters first; never what is in them.
    List,
    /// Give a dead letter another eight tries.
    Revive {
        /// Its id, from `jobs list`.
        id: Uuid,
    },
    /// Drop a dead letter and what is in it.
    Discard {
        /// Its id, from `jobs list`.
        id: Uuid,
    },
}

/// Does it and says so.
pub async fn jobs(app: &App, command: Jobs, out: &mut dyn Write) -> anyhow::Result<()> {
    match command {
        Jobs::List => list(app, out).await,
        Jobs::Revive { id } => {
            queue::settle(app, None, id, Fate::Retried, Actor::CommandLine).await?;
            Ok(writeln!(out, "{id} is tried again shortly.")?)
        }
        Jobs::Discard { id } => {
            queue::settle(app, None, id, Fate::Discarded, Actor::CommandLine).await?;
            Ok(writeln!(out, "{id} is gone.")?)
        }
    }
}

async fn list(app: &App, out: &mut dyn Write) -> anyhow::Result<()> {
    let census = queue::census_of_all(app).await?;
    writeln!(out, "{} waiting, {} due or at work, {} dead letters", census.waiting, census.due, census.dead)?;
    for job in queue::list_all(app).await? {
        let standing = match job.standing {
            Standing::Waiting => "waiting",
            Standing::Due => "due",
            Standing::Dead => "dead",
        };
        let whose = job.site.map_or_else(|| "the installation".to_owned(), |site| site.to_string());
        let said = job.last_error.map_or_else(String::new, |error| format!(": {}", words::shown(&error)));
        writeln!(out, "{} {standing:<7} {} of {whose}, {} tries{said}", job.id, job.kind, job.attempts)?;
    }
    Ok(())
}
