//! Signs a browser out.

use crate::access::service::record::{self, Event};
use crate::access::{Visitor, store};
use crate::audit::Actor;
use crate::error::Result;
use crate::platform::state::App;

/// Ends the visitor's session. What that session still has in flight finds it ended.
pub async fn sign_out(app: &App, visitor: &Visitor) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.platform().await?;
    if store::session::revoke(&mut tx, &visitor.session, visitor.id, now).await? {
        record::everywhere(&mut tx, app, Some(visitor.id), Event::new(Actor::of(visitor), "sign_out.done", visitor.id))
            .await?;
    }
    tx.commit().await?;
    Ok(())
}
