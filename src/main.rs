//! The command line. Thin: each command is a use case of a slice.

use std::io::Write as _;

use anyhow::bail;
use clap::{Parser, Subcommand};
use gatehouse::kernel::clock::Clock;
use gatehouse::platform::config::Config;
use gatehouse::platform::state::App;
use gatehouse::platform::{db, jobs, telemetry};
use gatehouse::{access, audit, simulate, sites};

/// Site security and fraud protection in one engine, with a console that shows what each setting will do.
#[derive(Parser)]
#[command(name = "gatehouse", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the console and the API at GATEHOUSE_ADDR.
    Serve,
    /// Bring the database's schema up to date, as the role in GATEHOUSE_MIGRATE_URL.
    Migrate,
    /// Turn an empty database into a demo with a month of traffic, and serve it on loopback.
    Demo(simulate::demo::Demo),
    /// Send believable, labelled traffic to a test site.
    Simulate(simulate::commands::Simulate),
    /// Print every endpoint with who may call it.
    Routes,
    /// Print a one-time address where the first owner and site are made.
    SetupToken,
    /// Sites.
    #[command(subcommand)]
    Site(SiteCommand),
    /// People who manage sites.
    #[command(subcommand)]
    Collaborator(CollaboratorCommand),
    /// The audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Work behind the scenes and its dead letters.
    #[command(subcommand)]
    Jobs(jobs::commands::Jobs),
}

#[derive(Subcommand)]
enum SiteCommand {
    /// Make a site.
    Create(sites::commands::CreateSite),
}

#[derive(Subcommand)]
enum CollaboratorCommand {
    /// Make a collaborator, or give one who is there a place at another site.
    Create(access::commands::CreateCollaborator),
    /// Open an account that wrong passwords have locked.
    Unlock(access::commands::UnlockCollaborator),
    /// Drop the second factors of somebody who has lost them; audited, and told to all sides.
    ResetMfa(access::commands::ResetMfa),
    /// Switch somebody off at all their sites: signed out, no sign-in, no keys. A site's last owner stays.
    Disable(access::commands::DisableCollaborator),
    /// Switch somebody on again.
    Enable(access::commands::EnableCollaborator),
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Walk the hash chains; exit with 1 and name the first fault if one is broken. Keep the heads it prints elsewhere: a
    /// chain that was set back to how it once was is told by them alone.
    Verify {
        /// The handle of one site; all chains without it.
        #[arg(long)]
        site: Option<String>,
    },
}

#[tokio::main(flavor = "multi_thread", worker_threads = 4)]
async fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    telemetry::start();
    // One TLS and crypto provider everywhere. A second install only means that it is there already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match run(cli.command).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            #[allow(clippy::print_stderr)]
            {
                eprintln!("gatehouse: {error:#}");
            }
            std::process::ExitCode::FAILURE
        }
    }
}

async fn start() -> anyhow::Result<App> {
    gatehouse::app::start(Config::from_env()?).await
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Routes => {
            gatehouse::app::print_routes();
            Ok(())
        }
        Command::Migrate => {
            let config = Config::from_env()?;
            db::migrate(&config.migrate_url, Clock::system(config.clock_offset).now()).await?;
            if config.migrate_url == config.database_url {
                writeln!(
                    std::io::stdout(),
                    "The schema is up to date. `gatehouse serve` wants a login of its own. {}",
                    db::TWO_ROLES
                )?;
            }
            Ok(())
        }
        Command::Serve => gatehouse::app::serve(start().await?).await,
        Command::Demo(args) => {
            let app = simulate::demo::prepare(Config::from_env()?, args, &mut std::io::stdout()).await?;
            gatehouse::app::serve(app).await
        }
        Command::Simulate(args) => simulate::commands::simulate(&start().await?, args, &mut std::io::stdout()).await,
        Command::SetupToken => access::commands::setup_token(&start().await?, &mut std::io::stdout()).await,
        Command::Site(SiteCommand::Create(args)) => {
            sites::commands::create_site(&start().await?, args, &mut std::io::stdout()).await
        }
        Command::Collaborator(CollaboratorCommand::Create(args)) => {
            access::commands::create_collaborator(&start().await?, args, &mut std::io::stdout()).await
        }
        Command::Collaborator(CollaboratorCommand::Unlock(args)) => {
            access::commands::unlock_collaborator(&start().await?, args, &mut std::io::stdout()).await
        }
        Command::Jobs(command) => jobs::commands::jobs(&start().await?, command, &mut std::io::stdout()).await,
        Command::Collaborator(CollaboratorCommand::ResetMfa(args)) => {
            access::commands::reset_mfa(&start().await?, args, &mut std::io::stdout()).await
        }
        Command::Collaborator(CollaboratorCommand::Disable(args)) => {
            access::commands::disable_collaborator(&start().await?, args, &mut std::io::stdout()).await
        }
        Command::Collaborator(CollaboratorCommand::Enable(args)) => {
            access::commands::enable_collaborator(&start().await?, args, &mut std::io::stdout()).await
        }
        Command::Audit(AuditCommand::Verify { site }) => {
            if audit::commands::verify_chains(&start().await?, site.as_deref(), &mut std::io::stdout()).await? {
                Ok(())
            } else {
                bail!(
                    "the audit log was tampered with or cut short; keep this database as it is and compare it with a backup"
                )
            }
        }
    }
}
