//! `gatehouse demo`: an empty database becomes a demo with a site, people, lists, keys and a month of traffic, and is
//! served on loopback. Every secret is random and lies in `demo.json`, readable by its owner alone.

use std::io::Write;
use std::path::Path;

use anyhow::bail;
use chrono::TimeDelta;

use crate::access::Role;
use crate::access::hashing::Password;
use crate::access::service::collaborator::{self, Made, NewCollaborator};
use crate::access::service::collaborators;
use crate::api::key::KeyKind;
use crate::api::scope::Scope;
use crate::api::service::issue::{Wanted, issue_by_operator};
use crate::audit::Actor;
use crate::decision::lists::entry::{Conditions, Draft, Typed};
use crate::decision::lists::list::{Name, Note, Reach, Settings};
use crate::decision::lists::service::add_entries::add_entries;
use crate::decision::lists::service::create_list::create_list;
use crate::decision::lists::service::editor::Editor;
use crate::decision::verdict::Mode;
use crate::kernel::clock::{Clock, Timestamp};
use crate::kernel::id::{EntryId, ListId};
use crate::platform::config::Config;
use crate::platform::db::{Db, Tx};
use crate::platform::demo::{DemoFile, Person};
use crate::platform::state::{App, Parts};
use crate::platform::{db, demo};
use crate::simulate::listed::{LISTS, visitors};
use crate::simulate::service::Shop;
use crate::simulate::{Plan, Scale, commands, plan};
use crate::sites::service::services::{Saved, create as create_service};
use crate::sites::{self, NewSite, Site, payment_service::ServiceSettings};

/// The seed of a demo's history.
pub const SEED: u64 = 7;

/// Days of a demo's history.
const DAYS: u32 = 30;

/// What the command takes.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Attempts in the month of history.
    #[arg(long, default_value_t = 50_000, env = "GATEHOUSE_DEMO_ATTEMPTS")]
    pub attempts: u32,
    /// The same seed gives the same history.
    #[arg(long, default_value_t = SEED)]
    pub seed: u64,
}

/// Migrates, fills an empty database, and returns the program ready to be served. Interrupted on the way, it empties the
/// database that it had begun to fill, and begins again. One that was filled is left as it is: without its file nobody
/// knows the passwords.
pub async fn prepare(config: Config, args: Demo, out: &mut dyn Write) -> anyhow::Result<App> {
    let now = Clock::system(config.clock_offset).now();
    db::migrate(&config.migrate_url, now).await?;
    if config.root_keys.is_none() {
        demo::make_root_key(&config.var)?;
    }
    let db = Db::connect(&config.database_url, 2).await?;
    demo::mark(&db, now).await?.map_err(anyhow::Error::from)?;
    let app = crate::app::start(config).await?;
    let known = DemoFile::read(&app.config.var)?;
    let file = match known {
        Some(file) if sites::by_id(&app.db, file.site_id.parse()?).await?.is_some() => {
            demo::filled(&app.db, app.clock.now()).await?;
            file
        }
        _ if demo::is_filled(&app.db).await? => bail!(
            "the database holds a demo already, but {} is missing or belongs to another, so nobody would know the passwords; bring the file back, or let DATABASE_URL name an empty database (after `make run`: remove var/postgres-run)",
            DemoFile::path(&app.config.var).display()
        ),
        _ => {
            if !sites::all(&app.db).await?.is_empty() {
                writeln!(out, "Filling the demo was interrupted: beginning again with an empty database.")?;
                demo::empty(&app.config.migrate_url).await?;
            }
            fill(&app, &args, out).await?
        }
    };
    introduce(&file, &app.config.var, out)?;
    Ok(app)
}

async fn fill(app: &App, args: &Demo, out: &mut dyn Write) -> anyhow::Result<DemoFile> {
    writeln!(
        out,
        "Filling the demo: a site, its people, lists, keys and {} attempts of the last 30 days.",
        args.attempts
    )?;
    let until = app.clock.now();
    // The shop and its lists are older than its traffic.
    let before = earlier(app, until - TimeDelta::days(i64::from(DAYS) + 1));
    let mut tx = app.db.platform().await?;
    let new = NewSite {
        name: "Harbour Books".parse()?,
        live: false,
        support_email: Some("support@example.com".parse()?),
        currency: "GBP".parse()?,
        time_zone: "Europe/London".parse()?,
        by: Actor::CommandLine,
    };
    let site = sites::service::create(&mut tx, &before, new).await?;
    tx.commit().await?;
    let service = service(&before, &site, "Checkout (UK)", "GBP").await?;
    let second = self::service(&before, &site, "Checkout (EU)", "EUR").await?;
    let mut tx = app.db.site(site.id).await?;
    lists(&before, &mut tx, &site).await?;
    tx.commit().await?;
    let owner = person(app, &site, "Ines Marlow", "owner@example.com", Role::Owner).await?;
    let admin = person(app, &site, "Theo Calder", "admin@example.com", Role::Admin).await?;
    let support = person(app, &site, "Nora Quinn", "support@example.com", Role::Support).await?;

    collaborators::samples::make(app, &site, &owner.email).await?;

    let mut tx = app.db.site(site.id).await?;
    let secret =
        Wanted { name: "Shop server".into(), kind: KeyKind::Secret, scopes: Scope::ALL.to_vec(), expires_at: None };
    let publishable =
        Wanted { name: "Shop pages".into(), kind: KeyKind::Publishable, scopes: Vec::new(), expires_at: None };
    let secret = issue_by_operator(&mut tx, app, site.id, site.live, &secret).await?;
    let publishable = issue_by_operator(&mut tx, app, site.id, site.live, &publishable).await?;
    tx.commit().await?;

    let services = [&service, &second].map(|service| (service.id, service.currency)).to_vec();
    commands::run(app, &Shop { site: site.id, services }, history(args, until), out).await?;

    let url = app.config.public_url.as_str().trim_end_matches('/').to_owned();
    let file = DemoFile {
        outbox_url: format!("{url}/demo/outbox"),
        url,
        site_id: site.id.to_string(),
        secret_key: secret.text.reveal().to_owned(),
        publishable_key: publishable.text.reveal().to_owned(),
        owner,
        admin,
        support,
        service_id: service.id.to_string(),
    };
    file.write(&app.config.var)?;
    demo::filled(&app.db, app.clock.now()).await?;
    Ok(file)
}

/// Everybody who came, those on the lists among them, in order of time.
fn history(args: &Demo, until: Timestamp) -> Vec<Plan> {
    let scale = Scale { days: DAYS, attempts: args.attempts as usize };
    let mut plans = visitors(args.seed, until, scale);
    plans.truncate(scale.attempts);
    plans.extend(plan(args.seed, until, Scale { attempts: scale.attempts - plans.len(), ..scale }));
    plans.sort_by_key(|plan| plan.at);
    plans
}

/// The program at an earlier instant, which stands still.
fn earlier(app: &App, at: Timestamp) -> App {
    App::new(Parts {
        config: app.config.clone(),
        db: app.db.clone(),
        clock: Clock::fixed(at),
        keys: app.keys.clone(),
        assets: app.assets.clone(),
        demo: app.demo,
    })
}

async fn service(app: &App, site: &Site, name: &str, currency: &str) -> anyhow::Result<sites::Service> {
    let settings = ServiceSettings { name: name.parse()?, currency: currency.parse()? };
    let mut tx = app.db.site(site.id).await?;
    let Saved::Done(service) = create_service(&mut tx, app, site.id, Actor::CommandLine, &settings).await? else {
        bail!("a service named {name} is there already");
    };
    tx.commit().await?;
    Ok(service)
}

async fn person(app: &App, site: &Site, name: &str, email: &str, role: Role) -> anyhow::Result<Person> {
    let password = collaborator::random_password().reveal().to_owned();
    let new = NewCollaborator {
        email: email.parse()?,
        name: name.to_owned(),
        role,
        password: Some(Password::typed(&password)?),
        by: Actor::CommandLine,
    };
    match collaborator::create_for_demo(app, site, new).await? {
        Made::Person(_) => Ok(Person { email: email.to_owned(), password }),
        Made::Place(_) => bail!("{email} was there already, so this password would open nothing"),
    }
}

/// The lists, with their entries.
async fn lists(app: &App, tx: &mut Tx, site: &Site) -> anyhow::Result<()> {
    let editor = Editor::key(site.id, Actor::CommandLine);
    let now = app.clock.now();
    for kept in LISTS {
        let id = ListId::new(now);
        let settings = Settings {
            name: kept.list.parse::<Name>()?,
            note: Note::parse(kept.note)?,
            mode: Mode::Enforce,
            reach: Reach::AllServices,
            also_challenge_list: false,
        };
        create_list(tx, app, &editor, id, kept.kind, &settings).await?;
        let typed: Vec<_> = kept
            .values
            .iter()
            .map(|value| Typed::read(kept.field, value).map(|typed| (kept.field, typed)))
            .collect::<Result<_, _>>()?;
        let (conditions, _) = Conditions::gather(typed)?;
        let draft = Draft { name: kept.entry.parse::<Name>()?, note: Note::parse("")?, expires_at: None, conditions };
        add_entries(tx, app, &editor, id, EntryId::new(now), &[draft]).await?;
    }
    Ok(())
}

fn introduce(file: &DemoFile, var: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out)?;
    writeln!(out, "The console is at {}", file.url)?;
    for (role, person) in [("owner", &file.owner), ("admin", &file.admin), ("support", &file.support)] {
        writeln!(out, "  {role:<8} {:<22} {}", person.email, person.password)?;
    }
    writeln!(
        out,
        "Keys and passwords also lie in {}; mail lands in {}",
        DemoFile::path(var).display(),
        file.outbox_url
    )?;
    Ok(())
}
