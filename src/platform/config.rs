//! Settings of the process, from the environment. The program does not start half-configured: every wrong value is
//! refused with its name and the way to mend it.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use url::Url;

use crate::access::{Cost, Pace};
use crate::kernel::secret::RootKeys;
use crate::platform::http::client_address::TrustedProxies;
use crate::platform::sms::Provider;

/// See the module. Secrets have no `Debug`.
#[derive(Clone)]
pub struct Config {
    /// Where the program finds Postgres; it takes the role `gatehouse_app` there.
    pub database_url: String,
    /// Who migrates: the owner of the schema. Defaults to `database_url`.
    pub migrate_url: String,
    /// Where to listen.
    pub addr: SocketAddr,
    /// The origin people type: links in mails, the Host check and the origin check come from it.
    pub public_url: Url,
    /// Root keys; `None` only before demo mode made its own.
    pub root_keys: Option<RootKeys>,
    /// Which peers may name the client's address.
    pub trusted_proxies: TrustedProxies,
    /// `smtps://…`, `starttls://…` or `smtp://…`; `None` in demo mode only, where mail goes to the outbox.
    pub smtp_url: Option<String>,
    /// The sender of mail; `no-reply@` the public host when unset.
    pub mail_from: Option<String>,
    /// Who texts messages; `None` keeps them in the demo's outbox and offers no texts elsewhere.
    pub sms: Option<Provider>,
    /// Texts that leave in a day at most, of all sites together.
    pub sms_daily_cap: i64,
    /// Certificate and key files when the program terminates TLS itself.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Where Prometheus fetches `/metrics`; off when unset.
    pub metrics_addr: Option<SocketAddr>,
    /// Seconds the clock is moved forward. Refused outside demo mode.
    pub clock_offset: chrono::TimeDelta,
    /// Where the built site (scripts, styles, fonts) lies.
    pub site_root: PathBuf,
    /// Where demo mode writes `demo.json`.
    pub var: PathBuf,
    /// Password hashes that may run at once; a core each by default.
    pub hash_permits: usize,
    /// What a password hash costs; tests take less.
    pub hash_cost: Cost,
    /// How answers of the sign-in pages wait for their beat; tests only note it.
    pub pace: Pace,
    /// Connections to Postgres.
    pub db_connections: u32,
}

fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|v| v.trim().to_owned()).filter(|v| !v.is_empty())
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> anyhow::Result<Self> {
        let database_url =
            var("DATABASE_URL").context("DATABASE_URL is not set; `make run` starts a private Postgres and sets it")?;
        let addr: SocketAddr = var("GATEHOUSE_ADDR")
            .unwrap_or_else(|| "127.0.0.1:3000".into())
            .parse()
            .context("GATEHOUSE_ADDR is not an address and port such as 127.0.0.1:3000")?;
        let public_url = match var("GATEHOUSE_PUBLIC_URL") {
            Some(text) => {
                Url::parse(&text).context("GATEHOUSE_PUBLIC_URL is not a URL such as https://gate.example.com")?
            }
            None => Url::parse(&format!("http://localhost:{}", addr.port()))?,
        };
        if !matches!(public_url.scheme(), "http" | "https")
            || public_url.host_str().is_none()
            || public_url.path() != "/"
        {
            bail!("GATEHOUSE_PUBLIC_URL must be an http(s) origin without a path, such as https://gate.example.com");
        }
        let root_keys = var("GATEHOUSE_SECRET_KEY")
            .map(|text| RootKeys::parse(&text))
            .transpose()
            .context("GATEHOUSE_SECRET_KEY")?;
        let trusted_proxies = match var("GATEHOUSE_TRUSTED_PROXIES") {
            Some(text) => TrustedProxies::parse(&text).context("GATEHOUSE_TRUSTED_PROXIES")?,
            None => TrustedProxies::None,
        };
        let tls = match (var("GATEHOUSE_TLS_CERT"), var("GATEHOUSE_TLS_KEY")) {
            (Some(cert), Some(key)) => Some((cert.into(), key.into())),
            (None, None) => None,
            _ => bail!("GATEHOUSE_TLS_CERT and GATEHOUSE_TLS_KEY are set together or not at all"),
        };
        let metrics_addr = var("GATEHOUSE_METRICS_ADDR")
            .map(|text| {
                text.parse().context("GATEHOUSE_METRICS_ADDR is not an address and port such as 127.0.0.1:9100")
            })
            .transpose()?;
        let clock_offset = match var("GATEHOUSE_CLOCK_OFFSET") {
            Some(text) => parse_duration(&text).context("GATEHOUSE_CLOCK_OFFSET")?,
            None => chrono::TimeDelta::zero(),
        };
        let sms = var("GATEHOUSE_SMS_URL")
            .map(|url| Provider::parse(&url, var("GATEHOUSE_SMS_FROM").as_deref()))
            .transpose()
            .context("GATEHOUSE_SMS_URL")?;
        let sms_daily_cap = match var("GATEHOUSE_SMS_DAILY_CAP") {
            Some(text) => parse_count(&text).context("GATEHOUSE_SMS_DAILY_CAP")?,
            None => 5_000,
        };
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Ok(Self {
            migrate_url: var("GATEHOUSE_MIGRATE_URL").unwrap_or_else(|| database_url.clone()),
            database_url,
            addr,
            public_url,
            root_keys,
            trusted_proxies,
            smtp_url: var("GATEHOUSE_SMTP_URL"),
            mail_from: var("GATEHOUSE_MAIL_FROM"),
            sms,
            sms_daily_cap,
            tls,
            metrics_addr,
            clock_offset,
            site_root: var("GATEHOUSE_SITE_ROOT").unwrap_or_else(|| "target/site".into()).into(),
            var: var("GATEHOUSE_VAR").unwrap_or_else(|| "var".into()).into(),
            hash_permits: cores,
            hash_cost: Cost::STANDARD,
            pace: Pace::Real,
            db_connections: 20,
        })
    }
}

/// Reads a whole number from 0 to a million.
fn parse_count(text: &str) -> anyhow::Result<i64> {
    let usage = "write a whole number from 0 to 1000000";
    let number: i64 = text.parse().context(usage)?;
    if (0..=1_000_000).contains(&number) { Ok(number) } else { bail!(usage) }
}

/// Reads `90s`, `15m`, `36h` or `8d`.
pub fn parse_duration(text: &str) -> anyhow::Result<chrono::TimeDelta> {
    let usage = "write a number and a unit: 90s, 15m, 36h or 8d";
    let split = text.find(|c: char| !c.is_ascii_digit()).context(usage)?;
    let (number, unit) = text.split_at(split);
    let number: i64 = number.parse().context(usage)?;
    let seconds = match unit {
        "s" => Some(number),
        "m" => number.checked_mul(60),
        "h" => number.checked_mul(3_600),
        "d" => number.checked_mul(86_400),
        _ => bail!(usage),
    };
    match seconds {
        Some(s) if s <= 3_660 * 86_400 => Ok(chrono::TimeDelta::seconds(s)),
        _ => bail!("at most ten years"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_a_whole_number() {
        assert_eq!(parse_count("5000").unwrap(), 5_000);
        for bad in ["", "-1", "1e3", "1000001", "many"] {
            assert!(parse_count(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_read_as_written() {
        assert_eq!(parse_duration("8d").unwrap(), chrono::TimeDelta::days(8));
        assert_eq!(parse_duration("90s").unwrap(), chrono::TimeDelta::seconds(90));
        for bad in ["", "8", "d", "-1d", "1w", "9999999999999999999d", "99999d"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }
}
