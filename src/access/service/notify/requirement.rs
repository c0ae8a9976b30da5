//! Mails about a second factor that a site has begun to ask for, or now asks for by another day.

use super::page;
use crate::access::requirement::SET_UP;
use crate::access::requirement::last_day;
use crate::access::service::access_settings::Affected;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::platform::db::Tx;
use crate::platform::mail::{self, Letter};
use crate::platform::state::App;
use crate::sites::Site;

/// To everybody for whom the settings mean a deadline that they did not have.
pub async fn deadlines(tx: &mut Tx, app: &App, site: &Site, people: &[Affected], now: Timestamp) -> Result<()> {
    for person in people {
        let Some(deadline) = person.then.deadline().filter(|deadline| person.now.deadline() != Some(*deadline)) else {
            continue;
        };
        let day = last_day(deadline, person.then.zone).format("%A %-d %B %Y");
        let by = if deadline <= now { "from now on".to_owned() } else { format!("by {day}") };
        let letter = Letter::new(format!("{} asks for a second factor", site.name))
            .line(format!("Hello {},", person.name))
            .line(format!(
                "{} asks you to sign in with a second factor besides your password, {by}. After that you reach only the set-up page there until it is done. It takes about two minutes.",
                site.name
            ))
            .link("Set it up", page(app, SET_UP));
        mail::send_for(tx, app, site.id, letter.to(&person.email)).await?;
    }
    Ok(())
}
