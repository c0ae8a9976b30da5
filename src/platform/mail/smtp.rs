//! Handing mail to the operator's SMTP server, or to the demo's outbox.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::{Error as SmtpError, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use url::Url;
use uuid::Uuid;

use crate::platform::config::Config;
use crate::platform::jobs::Failure;
use crate::platform::mail::{Mail, store};
use crate::platform::state::App;

/// How mail leaves. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    smtp: Option<AsyncSmtpTransport<Tokio1Executor>>,
    from: Mailbox,
    host: String,
}

impl Mailer {
    /// From the settings. Refuses what cannot work and what would send a password in the clear.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let host = config.public_url.host_str().unwrap_or("localhost").to_owned();
        let from = config
            .mail_from
            .clone()
            .unwrap_or_else(|| format!("Gatehouse <no-reply@{}>", host.trim_matches(['[', ']'])));
        let from: Mailbox = match from.parse() {
            Ok(from) => from,
            // An address literal (a public URL by IP) is no mail domain.
            Err(_) if config.mail_from.is_none() => {
                "Gatehouse <no-reply@localhost>".parse().context("the default sender")?
            }
            Err(_) => bail!("GATEHOUSE_MAIL_FROM is not a sender such as Gatehouse <no-reply@example.com>"),
        };
        let smtp = config.smtp_url.as_deref().map(transport).transpose().context("GATEHOUSE_SMTP_URL")?;
        Ok(Self { smtp, from, host })
    }

    /// Sends one mail. In demo mode it (also) lands in the outbox.
    pub(in crate::platform) async fn deliver(&self, app: &App, job: Uuid, mail: &Mail) -> Result<(), Failure> {
        if app.demo {
            store::put(&app.db, job, mail, app.clock.now()).await?;
        }
        let Some(smtp) = &self.smtp else {
            return if app.demo {
                Ok(())
            } else {
                Err(Failure::Passing("GATEHOUSE_SMTP_URL is not set, so no mail can leave".into()))
            };
        };
        let message = self.message(job, mail, app.clock.now().into())?;
        match smtp.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(judge(&error)),
        }
    }

    fn message(&self, job: Uuid, mail: &Mail, now: SystemTime) -> Result<Message, Failure> {
        let to =
            ascii_domain(&mail.to).parse().map_err(|_| Failure::Final("the recipient is not a mail address".into()))?;
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject.as_str())
            .date(now)
            // The same at every try, so that a receiver can tell a repetition.
            .message_id(Some(format!("<{job}@{}>", self.host)))
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".into()))
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
            .map_err(|error| Failure::Final(format!("the mail cannot be written: {error}")))
    }
}

/// `smtps://` (TLS from the start), `starttls://` or `smtp://…?tls=required` (STARTTLS or nothing), `smtp://` (plain).
fn transport(text: &str) -> anyhow::Result<AsyncSmtpTransport<Tokio1Executor>> {
    let mut text = text.to_owned();
    if let Some(rest) = text.strip_prefix("starttls://") {
        text = format!("smtp://{rest}{}tls=required", if rest.contains('?') { "&" } else { "?" });
    }
    let url = Url::parse(&text).context("is not a URL such as smtps://user:password@mail.example.com")?;
    let near = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let plain = url.scheme() == "smtp" && !url.query_pairs().any(|(name, value)| name == "tls" && value == "required");
    if plain && url.password().is_some() && !near {
        bail!("would send the password unencrypted: write smtps:// or starttls://");
    }
    // The library's message would repeat the URL, password included.
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&text)
        .ok()
        .context("names no server, or an unknown scheme or tls parameter")?;
    Ok(builder
        .timeout(Some(Duration::from_secs(30)))
        .pool_config(PoolConfig::new().max_size(4).idle_timeout(Duration::from_secs(30)))
        .build())
}

/// What the server's answer means for the job. Its text may hold addresses, so only codes and kinds are kept.
fn judge(error: &SmtpError) -> Failure {
    let Some(code) = error.status().map(u16::from) else {
        let why = match error {
            e if e.is_timeout() => "the SMTP server did not answer in time",
            e if e.is_tls() => "TLS with the SMTP server failed",
            e if e.is_client() => "the SMTP server lacks what this mail needs",
            _ => "the SMTP server cannot be reached",
        };
        return Failure::Passing(why.into());
    };
    match code {
        // About our credentials, not about this mail: mending the setting helps.
        530 | 534 | 535 | 538 => Failure::Passing(format!("the SMTP server refused our sign-in with {code}")),
        500.. => Failure::Final(format!("the SMTP server refused the mail with {code}")),
        _ => Failure::Passing(format!("the SMTP server deferred the mail with {code}")),
    }
}

/// Servers that know no internationalised addresses still take the domain in its ASCII form.
fn ascii_domain(address: &str) -> String {
    match address.rsplit_once('@').map(|(user, domain)| (user, idna::domain_to_ascii(domain))) {
        Some((user, Ok(domain))) => format!("{user}@{domain}"),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn urls_that_cannot_work_or_would_leak_are_refused() {
        for good in [
            "smtp://localhost:2525",
            "smtps://user:secret@mail.example.com",
            "starttls://user:secret@mail.example.com:587",
            "smtp://user:secret@mail.example.com?tls=required",
            "smtp://user:secret@localhost",
            "smtp://relay.internal",
        ] {
            assert!(transport(good).is_ok(), "{good}: {:?}", transport(good).err());
        }
        for bad in [
            "mail.example.com",
            "http://mail.example.com",
            "smtp://user:secret@mail.example.com",
            "smtp://user:secret@mail.example.com?tls=opportunistic",
            "",
        ] {
            let said = format!("{:#}", transport(bad).err().unwrap());
            assert!(!said.contains("secret"), "{said}");
        }
    }
}
