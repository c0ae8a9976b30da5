//! Payloads as they lie in the queue. What may carry a link or a code is sealed at its job's id, from the order until the
//! job is done or dropped: whoever reads the table, or a backup of it, learns neither what it says nor to whom.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::kernel::secret::{Purpose, RootKeys};
use crate::platform::jobs::{Failure, Job};

/// The field that a sealed payload has instead of its own.
const SEALED: &str = "sealed_payload";

/// The payload to store.
pub(super) fn written(keys: &RootKeys, id: Uuid, job: &Job) -> Result<Value> {
    let plain = serde_json::to_value(job).map_err(Error::internal)?;
    if !job.carries_secrets() {
        return Ok(plain);
    }
    let sealed =
        keys.seal(Purpose::JobPayload, id.as_bytes(), plain.to_string().as_bytes()).map_err(Error::internal)?;
    Ok(json!({ SEALED: STANDARD.encode(sealed) }))
}

/// The job that was stored. What serde says of a payload may quote it, so that is not told on.
pub(super) fn read(keys: &RootKeys, id: Uuid, stored: Value) -> Result<Job, Failure> {
    let foreign = || Failure::Final("the payload is not of this version".into());
    let Some(sealed) = stored.get(SEALED) else { return serde_json::from_value(stored).map_err(|_| foreign()) };
    let sealed = sealed.as_str().and_then(|text| STANDARD.decode(text).ok()).ok_or_else(foreign)?;
    let plain = keys
        .open(Purpose::JobPayload, id.as_bytes(), &sealed)
        // Putting the key back helps.
        .map_err(|_| {
            Failure::Passing(
                "no key of GATEHOUSE_SECRET_KEY opens the payload: add the one it was sealed with, behind the newest"
                    .into(),
            )
        })?;
    serde_json::from_slice(&plain).map_err(|_| foreign())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::mail::Letter;

    fn mail() -> Job {
        Job::Mail(
            Letter::new("Reset")
                .link("Choose", "https://gate.example.com/reset?token=a-token-in-a-link")
                .to("ann@example.com"),
        )
    }

    #[test]
    fn a_mail_is_read_back_from_its_own_row_and_from_no_other() {
        let (keys, id, other) = (RootKeys::random(), Uuid::from_u128(1), Uuid::from_u128(2));
        let stored = written(&keys, id, &mail()).unwrap();
        let text = stored.to_string();
        assert!(!text.contains("token=") && !text.contains("a-token-in") && !text.contains("ann@"), "{text}");
        assert!(matches!(read(&keys, id, stored.clone()), Ok(Job::Mail(mail)) if mail.to == "ann@example.com"));
        assert!(matches!(read(&keys, other, stored.clone()), Err(Failure::Passing(_))));
        assert!(matches!(read(&RootKeys::random(), id, stored), Err(Failure::Passing(_))));
    }

    #[test]
    fn what_was_ordered_before_payloads_were_sealed_is_still_done() {
        let plain = serde_json::to_value(mail()).unwrap();
        assert!(matches!(read(&RootKeys::random(), Uuid::nil(), plain), Ok(Job::Mail(_))));
    }

    #[test]
    fn a_payload_that_cannot_be_read_is_not_quoted() {
        for stored in [
            json!({ "kind": "mail", "to": { "token": "abc" } }),
            json!({ "kind": "abc" }),
            json!({ SEALED: "abc!" }),
            json!({ SEALED: 7 }),
        ] {
            let failure = read(&RootKeys::random(), Uuid::nil(), stored).unwrap_err();
            assert!(matches!(&failure, Failure::Final(text) if !text.contains("abc")), "{}", failure.text());
        }
    }
}
