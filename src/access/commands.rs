//! `gatehouse collaborator create`, `unlock`, `reset-mfa`, `disable` and `enable`, and `gatehouse setup-token`: the operator at the server. Passwords come
//! from a prompt or from standard input, never from an argument: arguments stand in process lists and histories.

use std::io::{BufRead as _, IsTerminal as _, Write};

use anyhow::{Context as _, bail};

use crate::access::Role;
use crate::access::hashing::Password;
use crate::access::service::collaborator::{self, Made, NewCollaborator};
use crate::access::service::{collaborators, set_up};
use crate::audit::Actor;
use crate::error::Error;
use crate::kernel::email::Email;
use crate::platform::state::App;
use crate::sites;
use crate::ui::text::counted;

/// What `collaborator create` takes. What is left out is asked for.
#[derive(Debug, clap::Args)]
pub struct CreateCollaborator {
    /// The handle of the site.
    #[arg(long)]
    pub site: String,
    /// owner, admin, support, developer or analyst.
    #[arg(long, value_parser = |text: &str| text.parse::<Role>().map_err(|e| e.to_string()))]
    pub role: Role,
    /// Where the person signs in and gets mail.
    #[arg(long)]
    pub email: Option<Email>,
    /// Their name.
    #[arg(long)]
    pub name: Option<String>,
    /// Read the password from the first line of standard input.
    #[arg(long)]
    pub password_stdin: bool,
}

/// What `collaborator unlock` takes.
#[derive(Debug, clap::Args)]
pub struct UnlockCollaborator {
    /// Where the person signs in.
    pub email: Email,
}

/// What `collaborator reset-mfa` takes.
#[derive(Debug, clap::Args)]
pub struct ResetMfa {
    /// Where the person signs in.
    pub email: Email,
    /// Why, for the audit log and the mails: "Lost phone, confirmed by call".
    #[arg(long)]
    pub reason: String,
}

/// What `collaborator disable` takes.
#[derive(Debug, clap::Args)]
pub struct DisableCollaborator {
    /// Where the person signs in.
    pub email: Email,
    /// Why, for the audit log and the mail: "Has left the company".
    #[arg(long)]
    pub reason: String,
}

/// What `collaborator enable` takes.
#[derive(Debug, clap::Args)]
pub struct EnableCollaborator {
    /// Where the person signs in.
    pub email: Email,
}

/// Makes a collaborator, or gives one who is there a place at the site.
pub async fn create_collaborator(app: &App, args: CreateCollaborator, out: &mut dyn Write) -> anyhow::Result<()> {
    let site = sites::by_handle(&app.db, &args.site)
        .await?
        .with_context(|| {
            format!(
                "there is no site with the handle {:?}; it stands in the site's address behind /s/, and `gatehouse site create` makes a new one",
                args.site
            )
        })?;
    let email = match args.email {
        Some(email) => email,
        None => ask(out, "E-mail: ")?.parse()?,
    };
    let known = collaborator::exists(app, &email).await?;
    let name = match args.name {
        Some(name) => name,
        None if known => String::new(),
        None => ask(out, "Name: ")?,
    };
    let password = match known {
        true => None,
        false => Some(password(args.password_stdin)?),
    };
    let new = NewCollaborator { email: email.clone(), name, role: args.role, password, by: Actor::CommandLine };
    match collaborator::create(app, &site, new).await.map_err(plain)? {
        Made::Person(id) => writeln!(out, "Created {email} ({id}), {} of {}.", args.role.as_str(), site.handle)?,
        Made::Place(id) => {
            writeln!(out, "{email} ({id}) was there already and is now {} of {}.", args.role.as_str(), site.handle)?
        }
    }
    Ok(())
}

/// Opens a locked account.
pub async fn unlock_collaborator(app: &App, args: UnlockCollaborator, out: &mut dyn Write) -> anyhow::Result<()> {
    let shut = collaborator::unlock(app, &args.email, Actor::CommandLine).await.map_err(plain)?;
    let said = if shut { "is unlocked" } else { "was not locked; its counts start from zero" };
    writeln!(out, "{} {said}.", args.email)?;
    Ok(())
}

/// Drops a person's second factors and recovery codes: the way back in for an owner without their device.
pub async fn reset_mfa(app: &App, args: ResetMfa, out: &mut dyn Write) -> anyhow::Result<()> {
    let devices = collaborators::reset_mfa::by_operator(app, &args.email, &args.reason).await.map_err(plain)?;
    writeln!(
        out,
        "Dropped {} and the recovery codes of {}. They are signed out everywhere and were told by mail; with their password they can sign in and set up a device anew.",
        counted(usize::try_from(devices)?, "second factor", "second factors"),
        args.email
    )?;
    Ok(())
}

/// Switches a person off at all their sites.
pub async fn disable_collaborator(app: &App, args: DisableCollaborator, out: &mut dyn Write) -> anyhow::Result<()> {
    let said = match collaborator::disable(app, &args.email, &args.reason).await.map_err(plain)? {
        true => "is switched off at all sites and signed out everywhere; API keys they have made no longer work",
        false => "was switched off already",
    };
    writeln!(out, "{} {said}.", args.email)?;
    Ok(())
}

/// Switches a person on again.
pub async fn enable_collaborator(app: &App, args: EnableCollaborator, out: &mut dyn Write) -> anyhow::Result<()> {
    let said = match collaborator::enable(app, &args.email).await.map_err(plain)? {
        true => "is switched on again and can sign in as before",
        false => "was not switched off",
    };
    writeln!(out, "{} {said}.", args.email)?;
    Ok(())
}

/// Prints the address where the first owner and site are made.
pub async fn setup_token(app: &App, out: &mut dyn Write) -> anyhow::Result<()> {
    let address = set_up::invite(app).await.map_err(plain)?;
    writeln!(out, "Open this within 24 hours to make the first owner and site. It works once.\n{address}")?;
    Ok(())
}

/// The error's own sentence, for a terminal.
fn plain(error: Error) -> anyhow::Error {
    match error.source {
        Some(cause) => cause.context(error.detail),
        None => anyhow::anyhow!(error.detail),
    }
}

fn ask(out: &mut dyn Write, prompt: &str) -> anyhow::Result<String> {
    if !std::io::stdin().is_terminal() {
        bail!("there is no terminal to ask at; give --email, --name and --password-stdin");
    }
    write!(out, "{prompt}")?;
    out.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

fn password(from_stdin: bool) -> anyhow::Result<Password> {
    let text = if from_stdin {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    } else {
        let first = rpassword::prompt_password("Password (at least 15 characters): ")
            .context("there is no terminal to ask at; use --password-stdin")?;
        if first != rpassword::prompt_password("The same again: ")? {
            bail!("the two passwords differ");
        }
        first
    };
    Password::typed(&text).map_err(plain)
}
