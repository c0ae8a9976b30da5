//! The known device: a browser that completed a full sign-in keeps a signed cookie and, with it, a lockout bucket of its
//! own, so that strangers' wrong guesses cannot lock the person out there.

use http::HeaderValue;
use uuid::Uuid;

use crate::access::store;
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, DeviceId};
use crate::kernel::secret::{Purpose, RootKeys, Token};
use crate::platform::db::Tx;
use crate::platform::state::App;

/// The cookie's name.
pub const COOKIE: &str = "__Host-gatehouse-device";

/// How long a device stays known.
const DAYS: i64 = 90;

/// How many devices of a person are known at once; the oldest is forgotten first.
const MOST: i64 = 5;

/// What a device's cookie says, its signature checked.
struct Presented {
    id: DeviceId,
    secret: Token,
}

/// `id.secret.signature`. The signature is over id, secret and account, so a cookie speaks for one account only.
fn write(keys: &RootKeys, id: DeviceId, secret: &Token, who: CollaboratorId) -> String {
    let said = format!("{}.{}", id.0.simple(), secret.reveal());
    let signature = keys.digest(Purpose::KnownDevice, format!("{said}.{who}").as_bytes());
    format!("{said}.{}", hex::encode(signature))
}

fn read(keys: &RootKeys, cookie: &str, who: CollaboratorId) -> Option<Presented> {
    let (said, signature) = cookie.rsplit_once('.')?;
    let (id, secret) = said.split_once('.')?;
    let signature = hex::decode(signature).ok()?;
    let signed = keys.verifies(Purpose::KnownDevice, format!("{said}.{who}").as_bytes(), &signature);
    let id = Uuid::try_parse(id).ok()?;
    signed.then(|| Presented { id: DeviceId(id), secret: Token::presented(secret) })
}

/// The device that this cookie proves for this account, if it is still known.
pub async fn recognise(app: &App, cookie: Option<&str>, who: CollaboratorId) -> Result<Option<DeviceId>> {
    let Some(presented) = cookie.and_then(|cookie| read(&app.keys, cookie, who)) else { return Ok(None) };
    let known = store::device::is_known(&app.db, presented.id, who, &presented.secret.hash(), app.clock.now()).await?;
    Ok(known.then_some(presented.id))
}

/// Makes the browser known, after a full sign-in or with a link to a new password, and returns its cookie. The one it came
/// with ends.
pub(super) async fn remember(
    tx: &mut Tx,
    app: &App,
    who: CollaboratorId,
    came_with: Option<DeviceId>,
    now: Timestamp,
) -> Result<HeaderValue> {
    if let Some(old) = came_with {
        store::device::end(tx, old, now).await?;
    }
    store::device::end_all_but(tx, who, MOST - 1, now).await?;
    let (id, secret) = (DeviceId::new(now), Token::random());
    store::device::insert(tx, id, who, &secret.hash(), now, now + chrono::TimeDelta::days(DAYS)).await?;
    let seconds = DAYS * 86_400;
    let cookie = format!(
        "{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}",
        write(&app.keys, id, &secret, who)
    );
    let mut value = HeaderValue::from_str(&cookie).map_err(Error::internal)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn a_cookie_speaks_for_one_account_and_cannot_be_edited() {
        let keys = RootKeys::random();
        let (ann, bob) = (CollaboratorId::new(DateTime::UNIX_EPOCH), CollaboratorId::new(DateTime::UNIX_EPOCH));
        let id = DeviceId::new(DateTime::UNIX_EPOCH);
        let cookie = write(&keys, id, &Token::random(), ann);
        assert_eq!(read(&keys, &cookie, ann).map(|p| p.id), Some(id));
        assert!(read(&keys, &cookie, bob).is_none());
        assert!(read(&RootKeys::random(), &cookie, ann).is_none());
        for bad in ["", ".", "..", "a.b.c", &cookie[1..], &cookie[..cookie.len() - 1]] {
            assert!(read(&keys, bad, ann).is_none(), "{bad}");
        }
    }
}
