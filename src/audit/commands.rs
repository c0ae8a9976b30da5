//! `gatehouse audit verify`.

use std::io::Write;

use anyhow::Context as _;

use crate::audit::service::verify::verify;
use crate::audit::words;
use crate::kernel::id::SiteId;
use crate::platform::state::App;
use crate::sites;

/// Walks the chain of one site, or of the installation and every site, and tells the first fault of each.
/// `false`: a chain is broken, exit with 1.
pub async fn verify_chains(app: &App, site: Option<&str>, out: &mut dyn Write) -> anyhow::Result<bool> {
    let chains: Vec<(String, SiteId)> = match site {
        Some(handle) => {
            let site =
                sites::by_handle(&app.db, handle).await?.with_context(|| format!("there is no site {handle:?}"))?;
            vec![(site.handle, site.id)]
        }
        None => {
            let all = sites::all(&app.db).await?;
            std::iter::once(("the installation".to_owned(), SiteId::PLATFORM))
                .chain(all.into_iter().map(|s| (s.handle, s.id)))
                .collect()
        }
    };
    let mut sound = true;
    for (name, id) in chains {
        match verify(&app.db, &app.keys, id).await? {
            Ok(whole) => {
                let erased = if whole.erased == 0 { String::new() } else { format!(", {} erased", whole.erased) };
                writeln!(out, "{name}: {} rows{erased}, whole; head {}", whole.rows, hex::encode(whole.head))?;
            }
            Err(broken) => {
                sound = false;
                let row = broken.row.map_or_else(String::new, |id| format!(" ({id})"));
                let at = broken.at.map_or_else(String::new, |at| format!(" of {}", at.format("%Y-%m-%d %H:%M:%S UTC")));
                writeln!(
                    out,
                    "{name}: BROKEN at row {}{row}{at}: {}",
                    broken.seq,
                    words::shown(&broken.fault.to_string())
                )?;
            }
        }
    }
    Ok(sound)
}
