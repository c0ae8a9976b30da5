//! `gatehouse site create`: the operator makes a site where nobody can sign in yet.

use std::io::Write;

use chrono_tz::Tz;

use crate::audit::Actor;
use crate::kernel::email::Email;
use crate::kernel::money::Currency;
use crate::platform::state::App;
use crate::sites::NewSite;
use crate::sites::name::SiteName;
use crate::sites::service::create;

/// What the command takes.
#[derive(Debug, clap::Args)]
pub struct CreateSite {
    /// What people call the site; its handle comes from it.
    #[arg(long)]
    pub name: SiteName,
    /// A site for tests; without it the site is live. Fixed for good.
    #[arg(long)]
    pub test: bool,
    /// Three letters of ISO 4217: the preset of new services.
    #[arg(long, default_value = "EUR")]
    pub currency: Currency,
    /// IANA name, such as Europe/London: times are shown in it.
    #[arg(long, default_value = "UTC")]
    pub time_zone: Tz,
    /// Where people who are stuck are sent.
    #[arg(long)]
    pub support_email: Option<Email>,
}

/// Makes the site and says what to do next.
pub async fn create_site(app: &App, args: CreateSite, out: &mut dyn Write) -> anyhow::Result<()> {
    let new = NewSite {
        name: args.name,
        live: !args.test,
        support_email: args.support_email,
        currency: args.currency,
        time_zone: args.time_zone,
        by: Actor::CommandLine,
    };
    let mut tx = app.db.platform().await?;
    let site = create(&mut tx, app, new).await?;
    tx.commit().await?;
    let kind = if site.live { "live" } else { "test" };
    writeln!(out, "Created the {kind} site {} ({}), handle {}.", site.name, site.id, site.handle)?;
    writeln!(out, "Give it an owner: gatehouse collaborator create --site {} --role owner --email …", site.handle)?;
    Ok(())
}
