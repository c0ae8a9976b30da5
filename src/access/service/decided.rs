//! Records what a sign-in was decided on, and so answered with, at each of the person's sites. Nothing is counted or enforced
//! here: the lock and the networks have spoken before.

use crate::access::service::seldom;
use crate::access::store;
use crate::decision::service::sign_in::{self, SignIn};
use crate::decision::sign_in::{Door, Facts};
use crate::decision::verdict::Network;
use crate::error::Result;
use crate::kernel::id::{CollaboratorId, SiteId};
use crate::platform::db::{self, Tx};
use crate::platform::state::App;

/// A sign-in on its way to an answer.
#[derive(Clone)]
pub struct Tried {
    /// Who and how.
    pub sign_in: SignIn,
    /// What its networks have counted; `None` of a known device.
    pub networks: Option<Vec<Network>>,
}

/// Records the answer in the transaction of what follows from it; call [`super::record::everywhere`] afterwards. An account
/// that is not there has no site and leaves nothing, after the same statements as somebody of one site: nobody must be told
/// by its time.
pub async fn everywhere(
    tx: &mut Tx,
    app: &App,
    who: Option<CollaboratorId>,
    tried: &Tried,
    door: Option<Door>,
) -> Result<()> {
    let facts = Facts { networks: tried.networks.clone(), door };
    if facts.turned_away() {
        seldom::count("sign_in.turned_away");
    }
    let who = who.unwrap_or(CollaboratorId(uuid::Uuid::nil()));
    let mut sites = store::membership::sites(tx, who).await?;
    if sites.is_empty() {
        sites.push(SiteId::PLATFORM);
    }
    for site in sites {
        db::enter(tx, site).await?;
        sign_in::record(tx, app, site, who, &tried.sign_in, &facts).await?;
    }
    Ok(())
}

/// The same in a transaction of its own, where nothing else follows.
pub async fn alone(app: &App, who: Option<CollaboratorId>, tried: &Tried, door: Option<Door>) -> Result<()> {
    let mut tx = app.db.platform().await?;
    everywhere(&mut tx, app, who, tried, door).await?;
    tx.commit().await?;
    Ok(())
}
