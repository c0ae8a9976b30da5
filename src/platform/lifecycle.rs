//! The life of a serving process: what must hold before it listens, what runs beside the listener, how it ends.

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::Router;
use axum_server::accept::DefaultAcceptor;
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::audit;
use crate::platform::config::Config;
use crate::platform::http::connections::{Doorkeeper, Guarding, Limits};
use crate::platform::jobs::runner::Runner;
use crate::platform::mail::Mailer;
use crate::platform::state::App;
use crate::platform::{demo, metrics, tls, upkeep};

/// Requests that were accepted get this long to end.
const LAST_REQUESTS: Duration = Duration::from_secs(30);

/// So do jobs that were begun; what is cut off is taken again when its lease ends.
const LAST_JOBS: Duration = Duration::from_secs(30);

/// Serves at the configured address until SIGTERM or SIGINT, then ends in order.
pub async fn serve(app: App, router: Router) -> anyhow::Result<()> {
    check(&app.config, app.demo)?;
    if !app.demo
        && let Some(mighty) = app.db.too_mighty().await?
    {
        return Err(mighty.into());
    }
    let addr = app.config.addr;
    let listener = TcpListener::bind(addr).with_context(|| format!("GATEHOUSE_ADDR: cannot listen on {addr}"))?;
    serve_on(app, router, listener, told_to_stop()?).await
}

/// What must hold before the program listens. Each refusal says how to mend it.
pub fn check(config: &Config, demo: bool) -> anyhow::Result<()> {
    if demo {
        if !config.addr.ip().is_loopback() {
            bail!("demo mode listens on loopback only: set GATEHOUSE_ADDR to 127.0.0.1 and a port");
        }
    } else {
        if !config.clock_offset.is_zero() {
            bail!(
                "GATEHOUSE_CLOCK_OFFSET moves the clock of a demo only: unset it, or start `gatehouse demo` on an empty database"
            );
        }
        if config.smtp_url.is_none() {
            bail!(
                "GATEHOUSE_SMTP_URL is not set, so no mail could leave: write smtps://user:password@mail.example.com"
            );
        }
    }
    Mailer::new(config).map(|_| ())
}

/// Serves on a listener until `stop` is ready, then: accept nothing more, finish what was accepted (30 seconds at
/// most), finish the jobs at work, leave.
pub async fn serve_on(
    app: App,
    router: Router,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    serve_within(Limits::default(), app, router, listener, stop).await
}

/// [`serve_on`] with other limits for its connections.
pub async fn serve_within(
    limits: Limits,
    app: App,
    router: Router,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let addr = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let tls = match &app.config.tls {
        Some((cert, key)) => Some(tls::load(cert, key).await?),
        None => None,
    };
    let beside = CancellationToken::new();
    if let Some(metrics_addr) = app.config.metrics_addr {
        metrics::serve(metrics_addr, beside.clone()).await?;
        tokio::spawn(metrics::measure(app.clone(), beside.clone()));
    }
    if app.demo {
        tokio::spawn(demo::follow(app.clone(), beside.clone()));
    } else {
        demo::settle_down(&app.db, app.clock.now()).await?;
    }
    audit::begin(&app).await?;
    upkeep::ensure_partitions(&app)
        .await
        .map_err(|failure| anyhow::anyhow!("cannot make partitions: {}", failure.text()))?;
    let runner = Runner::start(app.clone(), Mailer::new(&app.config)?);

    let handle = Handle::new();
    let ending = handle.clone();
    tokio::spawn(async move {
        stop.await;
        info!("stopping: {} connections are finished first", ending.connection_count());
        ending.graceful_shutdown(Some(LAST_REQUESTS));
    });
    let scheme = if tls.is_some() { "https" } else { "http" };
    info!("listening on {scheme}://{addr}, known as {}", app.config.public_url);
    if app.config.public_url.scheme() == "http"
        && !matches!(app.config.public_url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
    {
        warn!("GATEHOUSE_PUBLIC_URL is http: browsers refuse the session cookie without TLS");
    }
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let keeper = Doorkeeper::new(limits, app.config.trusted_proxies.clone());
    match tls {
        Some(tls) => {
            let server = axum_server::from_tcp_rustls(listener, tls)?.map(|tls| Guarding::new(tls, keeper));
            timed(server.handle(handle), limits).serve(service).await?;
        }
        None => {
            let server = axum_server::from_tcp(listener)?.acceptor(Guarding::new(DefaultAcceptor::new(), keeper));
            timed(server.handle(handle), limits).serve(service).await?;
        }
    }
    if tokio::time::timeout(LAST_JOBS, runner.stop()).await.is_err() {
        warn!("a job was cut off; it is taken again when its lease ends");
    }
    beside.cancel();
    app.db.pool().close().await;
    info!("stopped");
    Ok(())
}

/// Gives both versions of HTTP a clock: without one hyper times nothing.
fn timed<A>(mut server: Server<SocketAddr, A>, limits: Limits) -> Server<SocketAddr, A> {
    let builder = server.http_builder();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.head);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.alive)
        .keep_alive_timeout(limits.alive)
        .max_concurrent_streams(100);
    server
}

/// Ready at the first SIGTERM or SIGINT. At the second the process leaves at once.
fn told_to_stop() -> anyhow::Result<impl Future<Output = ()> + Send> {
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
        tokio::spawn(async move {
            tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
            warn!("told twice: leaving at once");
            std::process::exit(1);
        });
    })
}
