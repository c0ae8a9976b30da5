//! The command line. Thin: each command is a use case of a slice.

use clap::{Parser, Subcommand};
use gatehouse::kernel::clock::Clock;
use gatehouse::platform::config::Config;
use gatehouse::platform::{db, telemetry};

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
    /// Print every endpoint with who may call it.
    Routes,
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

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Routes => {
            gatehouse::app::print_routes();
            Ok(())
        }
        Command::Migrate => {
            let config = Config::from_env()?;
            db::migrate(&config.migrate_url, Clock::system(config.clock_offset).now()).await
        }
        Command::Serve => gatehouse::app::serve(Config::from_env()?).await,
    }
}
