//! Logs: sentences with handles, to standard error; JSON when `GATEHOUSE_LOG=json`.

use tracing_subscriber::EnvFilter;

/// Starts logging. `RUST_LOG` sets the filter; the default is `info` for us and `warn` for libraries.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,gatehouse=info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A second start (tests) leaves the first in place.
    let _ = if std::env::var("GATEHOUSE_LOG").is_ok_and(|v| v == "json") {
        builder.json().try_init()
    } else {
        builder.compact().try_init()
    };
}
