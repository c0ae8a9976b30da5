//! A provider that speaks as Twilio does: a message is posted as a form, and read back by its id.

use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use url::Url;

use crate::platform::jobs::Failure;
use crate::platform::sms::Status;

/// An account at a provider. Has no `Debug`: it holds the token.
#[derive(Clone)]
pub struct Provider {
    base: Url,
    account: String,
    token: String,
    sender: String,
}

/// What the provider says of a message.
#[derive(Deserialize)]
struct Resource {
    sid: String,
    status: String,
    #[serde(default)]
    error_code: Option<i64>,
}

/// What the provider says of a request it refuses.
#[derive(Deserialize, Default)]
struct Complaint {
    #[serde(default)]
    code: Option<i64>,
}

/// A message as the provider knows it.
pub struct Known {
    /// Its id there.
    pub id: String,
    /// Where it stands.
    pub status: Status,
    /// Why it did not arrive.
    pub error: Option<String>,
}

impl Provider {
    /// Reads `twilio+https://SID:TOKEN@host` and the number or messaging service that texts come from.
    pub fn parse(text: &str, sender: Option<&str>) -> anyhow::Result<Self> {
        const USAGE: &str = "is not a URL such as twilio+https://ACCOUNT:TOKEN@api.twilio.com";
        let rest = text.strip_prefix("twilio+").context(USAGE)?;
        let mut base = Url::parse(rest).ok().context(USAGE)?;
        let near = matches!(base.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        match base.scheme() {
            "https" => {}
            "http" if near => {}
            "http" => bail!("would send the token unencrypted: write twilio+https://"),
            _ => bail!(USAGE),
        }
        let (account, token) = (base.username().to_owned(), base.password().unwrap_or_default().to_owned());
        if account.is_empty() || token.is_empty() || base.path() != "/" {
            bail!(USAGE);
        }
        if !account.bytes().all(|b| b.is_ascii_alphanumeric()) {
            bail!("names an account that is not letters and digits");
        }
        let sender = sender.context(
            "needs GATEHOUSE_SMS_FROM too: the number (+15005550006) or messaging service (MG…) that texts come from",
        )?;
        let plus = sender.strip_prefix('+').is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()));
        if !plus && !sender.starts_with("MG") {
            bail!("GATEHOUSE_SMS_FROM is neither a number such as +15005550006 nor a messaging service (MG…)");
        }
        // Neither may stand in the address that is asked: it could end in a log.
        let cleared = base.set_username("").is_ok() && base.set_password(None).is_ok();
        if !cleared {
            bail!(USAGE);
        }
        Ok(Self { base, account, token, sender: sender.to_owned() })
    }

    /// Hands a text over. `name` is shown as the sender where the number's country allows it.
    pub(super) async fn send(&self, to: &str, name: Option<&str>, body: &str) -> Result<Known, Failure> {
        if let Some(name) = name {
            match self.hand_over(to, "From", name, body).await {
                Err(refusal) if refusal.about_sender() => {}
                done => return done.map_err(|refusal| refusal.failure),
            }
        }
        let field = if self.sender.starts_with("MG") { "MessagingServiceSid" } else { "From" };
        self.hand_over(to, field, &self.sender, body).await.map_err(|refusal| refusal.failure)
    }

    async fn hand_over(&self, to: &str, field: &str, from: &str, body: &str) -> Result<Known, Refused> {
        let request = client()?.post(self.address("Messages.json")?).form(&[("To", to), (field, from), ("Body", body)]);
        self.ask(request).await
    }

    /// What became of it.
    pub(super) async fn look(&self, id: &str) -> Result<Known, Failure> {
        if !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Failure::Final("the SMS provider gave an id that is none".into()));
        }
        let request = client()?.get(self.address(&format!("Messages/{id}.json"))?);
        self.ask(request).await.map_err(|refusal| refusal.failure)
    }

    fn address(&self, rest: &str) -> Result<Url, Failure> {
        self.base
            .join(&format!("2010-04-01/Accounts/{}/{rest}", self.account))
            .map_err(|_| Failure::Final("GATEHOUSE_SMS_URL makes no address".into()))
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Result<Known, Refused> {
        let answer = request.basic_auth(&self.account, Some(&self.token)).send().await.map_err(|error| {
            let why = if error.is_timeout() { "did not answer in time" } else { "cannot be reached" };
            Failure::Passing(format!("the SMS provider {why}"))
        })?;
        let status = answer.status();
        let body =
            answer.bytes().await.map_err(|_| Failure::Passing("the SMS provider broke off its answer".into()))?;
        if !status.is_success() {
            let complaint: Complaint = serde_json::from_slice(&body).unwrap_or_default();
            return Err(Refused { failure: judge(status.as_u16(), complaint.code), code: complaint.code });
        }
        let resource: Resource = serde_json::from_slice(&body)
            .map_err(|_| Failure::Final("the SMS provider answered in a form we cannot read".into()))?;
        Ok(Known {
            id: resource.sid,
            status: standing(&resource.status),
            error: resource.error_code.map(|code| reason(code).to_owned()),
        })
    }
}

/// A request that came to nothing.
struct Refused {
    failure: Failure,
    /// The provider's own code, if it gave one.
    code: Option<i64>,
}

impl Refused {
    /// The provider does not let this account send under a name, or not there: its number may still do.
    fn about_sender(&self) -> bool {
        matches!(self.code, Some(21212 | 21603 | 21606 | 21612 | 21659 | 21660))
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { failure, code: None }
    }
}

fn client() -> Result<reqwest::Client, Failure> {
    reqwest::Client::builder()
        .timeout(Duration::from_secs(20))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|_| Failure::Passing("TLS cannot be set up".into()))
}

fn standing(word: &str) -> Status {
    match word {
        "delivered" | "read" => Status::Delivered,
        "failed" | "undelivered" | "canceled" => Status::Failed,
        _ => Status::Sent,
    }
}

/// What a refusal means for the job. The provider's own words may hold the number, so only its codes are read.
fn judge(status: u16, code: Option<i64>) -> Failure {
    match (status, code) {
        (401 | 403, _) => Failure::Passing("the SMS provider refused our sign-in".into()),
        (429, _) => Failure::Passing("the SMS provider asks us to slow down".into()),
        (500.., _) => Failure::Passing(format!("the SMS provider answered {status}")),
        (_, Some(code)) => Failure::Final(reason(code).into()),
        _ => Failure::Final(format!("the SMS provider refused the text with {status}")),
    }
}

/// The provider's codes in words (Twilio's error dictionary).
fn reason(code: i64) -> &'static str {
    match code {
        21211 | 21214 | 21217 | 21614 => "this is not a number that can receive texts",
        21408 => "the SMS provider does not serve this country for us",
        21610 => "this number has answered STOP to our texts; send START to take it back",
        30003 => "the phone is switched off or out of reach",
        30004 | 30007 => "the carrier blocked the text",
        30005 => "the carrier knows no such number",
        30006 => "the number is a landline or its carrier takes no texts",
        21606 | 21612 | 21659 | 21660 => "the SMS provider does not let us send from our number to this one",
        _ => "the carrier could not deliver it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_work_or_would_leak_are_refused() {
        let from = Some("+15005550006");
        assert!(Provider::parse("twilio+https://AC1:secret@api.twilio.com", from).is_ok());
        assert!(Provider::parse("twilio+http://AC1:secret@localhost:4000", Some("MG12")).is_ok());
        for (url, from) in [
            ("https://AC1:secret@api.twilio.com", from),
            ("twilio+http://AC1:secret@api.twilio.com", from),
            ("twilio+ftp://AC1:secret@localhost", from),
            ("twilio+https://AC1@api.twilio.com", from),
            ("twilio+https://api.twilio.com", from),
            ("twilio+https://AC1:secret@api.twilio.com/v2", from),
            ("twilio+https://A%2F1:secret@api.twilio.com", from),
            ("twilio+https://AC1:secret@api.twilio.com", None),
            ("twilio+https://AC1:secret@api.twilio.com", Some("Harbour")),
            ("", from),
        ] {
            let said = format!("{:#}", Provider::parse(url, from).err().unwrap());
            assert!(!said.contains("secret"), "{said}");
        }
    }

    #[test]
    fn what_mending_helps_is_tried_again_and_what_it_does_not_is_not() {
        for status in [401, 403, 429, 500, 503] {
            assert!(matches!(judge(status, Some(20003)), Failure::Passing(_)), "{status}");
        }
        assert!(matches!(judge(400, Some(21211)), Failure::Final(why) if why.contains("not a number")));
        assert!(matches!(judge(404, None), Failure::Final(why) if why.contains("404")));
    }
}
