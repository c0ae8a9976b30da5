//! `gatehouse simulate`: believable, labelled traffic for a site.

use std::io::Write;
use std::time::Instant;

use anyhow::{Context as _, bail};

use crate::platform::db::migrate;
use crate::platform::state::App;
use crate::simulate::demo::SEED as DEMO_SEED;
use crate::simulate::service::{Shop, Tally, met_before, send};
use crate::simulate::{Plan, Scale, plan};
use crate::sites;

/// What the command takes.
#[derive(Debug, clap::Args)]
pub struct Simulate {
    /// The handle of the site; it must be a test site.
    #[arg(long)]
    pub site: String,
    /// Days of history, ending now.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub days: u32,
    /// Attempts in all.
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pub attempts: u32,
    /// The same seed gives the same people, who come to a site once. Without it the next that is free, from 7 on.
    #[arg(long)]
    pub seed: Option<u64>,
}

/// Sends the traffic to the site's payment services, each person to one in their currency, and says what became of it.
pub async fn simulate(app: &App, args: Simulate, out: &mut dyn Write) -> anyhow::Result<()> {
    let site =
        sites::by_handle(&app.db, &args.site).await?.with_context(|| format!("there is no site {:?}", args.site))?;
    if site.live {
        bail!("{} is a live site; made-up traffic goes to test sites only", site.handle);
    }
    let mut tx = app.db.site(site.id).await?;
    let services = sites::service::services::all(&mut tx, site.id).await?;
    let services: Vec<_> = services.iter().filter(|s| s.is_open()).map(|s| (s.id, s.currency)).collect();
    if services.is_empty() {
        bail!("the site has no payment service yet");
    }
    let shop = Shop { site: site.id, services };
    let plans = free_plans(app, &shop, &args, out).await?;
    migrate(&app.config.migrate_url, app.clock.now()).await.context("partitions for the history")?;
    run(app, &shop, plans, out).await.map(|_| ())
}

/// The traffic of the asked seed, or of the next whose people have not been at the site. Who came back before their own
/// past would be counted after their newest attempt, and mostly refused.
async fn free_plans(app: &App, shop: &Shop, args: &Simulate, out: &mut dyn Write) -> anyhow::Result<Vec<Plan>> {
    let scale = Scale { days: args.days, attempts: args.attempts as usize };
    let of = |seed| plan(seed, app.clock.now(), scale);
    if let Some(seed) = args.seed {
        let plans = of(seed);
        if met_before(app, shop, &plans).await? {
            bail!(
                "the people of seed {seed} have been at {} already and would mostly be refused; name another --seed, or none for one that is free",
                args.site
            );
        }
        return Ok(plans);
    }
    let mut seed = DEMO_SEED;
    loop {
        let plans = of(seed);
        if !met_before(app, shop, &plans).await? {
            writeln!(out, "Taking seed {seed}.")?;
            return Ok(plans);
        }
        seed += 1;
    }
}

/// Sends plans and talks about it.
pub async fn run(app: &App, shop: &Shop, plans: Vec<Plan>, out: &mut dyn Write) -> anyhow::Result<Tally> {
    let (began, all) = (Instant::now(), plans.len());
    writeln!(out, "Sending {all} attempts through the engine …")?;
    let tally = send(app, shop, plans, |done| {
        let _ = writeln!(out, "  {done} of {all}");
    })
    .await?;
    let Tally { approved, challenged, rejected, .. } = tally;
    writeln!(
        out,
        "{all} attempts in {:.0} s: {approved} approved, {challenged} challenged, {rejected} refused.",
        began.elapsed().as_secs_f64()
    )?;
    Ok(tally)
}
