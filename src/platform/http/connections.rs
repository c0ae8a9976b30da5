//! The sockets in front of everything: how many there may be, in all and from one address, and how long one may say
//! nothing or take nothing.
//!
//! hyper times a request's head, but only once it knows that HTTP/1 is spoken; a client that connects and is silent, or
//! that stops reading its answer, would keep its socket for good. Here the first bytes have a deadline, and so has every
//! write. Idle HTTP/2 connections are asked for a sign of life (see [`super::super::lifecycle`]).

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use ipnet::IpNet;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use crate::kernel::ip::ClientAddress;
use crate::platform::http::client_address::TrustedProxies;

/// How a version 2 connection begins (RFC 9113, 3.4); whatever differs is HTTP/1.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What the listener grants.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once.
    pub in_all: usize,
    /// Connections at once from one IPv4 address or IPv6 /64; trusted proxies are not counted.
    pub per_address: usize,
    /// For the first bytes, and for every request's head, also between two requests.
    pub head: Duration,
    /// How long a client may take nothing of its answer.
    pub stalled: Duration,
    /// How often a version 2 connection is asked for a sign of life, and how long it has to give one.
    pub alive: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_all: 4_000,
            per_address: 256,
            head: Duration::from_secs(15),
            stalled: Duration::from_secs(30),
            alive: Duration::from_secs(20),
        }
    }
}

/// Who is connected.
#[derive(Debug, Default)]
struct Census {
    in_all: usize,
    by_network: HashMap<IpNet, usize>,
}

/// Counts connections in and out.
#[derive(Debug, Clone)]
pub struct Doorkeeper {
    limits: Limits,
    proxies: TrustedProxies,
    census: Arc<Mutex<Census>>,
}

impl Doorkeeper {
    /// Nobody is in yet.
    pub fn new(limits: Limits, proxies: TrustedProxies) -> Self {
        Self { limits, proxies, census: Arc::default() }
    }

    /// A place, given back when dropped; `None` when there is none.
    fn admit(&self, peer: IpAddr) -> Option<Place> {
        let peer = peer.to_canonical();
        let network = (!self.proxies.trusts(peer)).then(|| ClientAddress::from_ip(peer).network());
        let mut census = self.census.lock().unwrap_or_else(PoisonError::into_inner);
        if census.in_all >= self.limits.in_all {
            return None;
        }
        if let Some(network) = network {
            let theirs = census.by_network.entry(network).or_default();
            if *theirs >= self.limits.per_address {
                return None;
            }
            *theirs += 1;
        }
        census.in_all += 1;
        Some(Place { census: self.census.clone(), network })
    }
}

/// A connection's place.
#[derive(Debug)]
struct Place {
    census: Arc<Mutex<Census>>,
    network: Option<IpNet>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut census = self.census.lock().unwrap_or_else(PoisonError::into_inner);
        census.in_all = census.in_all.saturating_sub(1);
        if let Some(network) = self.network
            && let Some(theirs) = census.by_network.get_mut(&network)
        {
            *theirs = theirs.saturating_sub(1);
            if *theirs == 0 {
                census.by_network.remove(&network);
            }
        }
    }
}

/// Lets a connection in and guards it; `inner` makes the stream, TLS or plain.
#[derive(Debug, Clone)]
pub struct Guarding<A> {
    inner: A,
    keeper: Doorkeeper,
}

impl<A> Guarding<A> {
    /// Guards what `inner` accepts.
    pub fn new(inner: A, keeper: Doorkeeper) -> Self {
        Self { inner, keeper }
    }
}

impl<A, S> Accept<TcpStream, S> for Guarding<A>
where
    A: Accept<TcpStream, S>,
    A::Stream: Send + 'static,
    A::Service: Send + 'static,
    A::Future: Send + 'static,
{
    type Stream = Guarded<A::Stream>;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let limits = self.keeper.limits;
        let place = stream.peer_addr().map(|peer| self.keeper.admit(peer.ip()));
        let place = match place {
            Ok(Some(place)) => place,
            Ok(None) => {
                metrics::counter!("gatehouse_connections_refused_total").increment(1);
                return Box::pin(async { Err(io::ErrorKind::QuotaExceeded.into()) });
            }
            Err(error) => return Box::pin(async { Err(error) }),
        };
        let inner = self.inner.accept(stream, service);
        Box::pin(async move {
            let (stream, service) = inner.await?;
            Ok((Guarded::new(stream, place, limits), service))
        })
    }
}

/// A stream whose first bytes and whose writes have a deadline.
#[derive(Debug)]
pub struct Guarded<S> {
    stream: S,
    stalls_after: Duration,
    /// Until it is known which HTTP is spoken.
    opening: Option<Opening>,
    /// While the client takes nothing.
    stalling: Option<Pin<Box<Sleep>>>,
    _place: Place,
}

#[derive(Debug)]
struct Opening {
    until: Pin<Box<Sleep>>,
    /// Bytes so far, all like [`PREFACE`].
    seen: usize,
}

impl<S> Guarded<S> {
    fn new(stream: S, place: Place, limits: Limits) -> Self {
        let opening = Opening { until: Box::pin(tokio::time::sleep(limits.head)), seen: 0 };
        Self { stream, stalls_after: limits.stalled, opening: Some(opening), stalling: None, _place: place }
    }

    /// From here on hyper counts the time.
    fn heard(&mut self, bytes: &[u8]) {
        let Some(opening) = &mut self.opening else { return };
        let expected = &PREFACE[opening.seen..];
        let n = bytes.len().min(expected.len());
        opening.seen += n;
        if bytes[..n] != expected[..n] || opening.seen == PREFACE.len() {
            self.opening = None;
        }
    }

    /// What a write came to, or that nothing was taken for too long.
    fn taken<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalling = None;
            return written;
        }
        let after = self.stalls_after;
        let stalling = self.stalling.get_or_insert_with(|| Box::pin(tokio::time::sleep(after)));
        stalling.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if read.is_ready() {
            self.heard(&buf.filled()[before..]);
        }
        // Also after a byte: one every few seconds is no beginning.
        if let Some(opening) = &mut self.opening
            && opening.until.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.taken(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.taken(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.taken(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.taken(cx, shut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeper(proxies: TrustedProxies) -> Doorkeeper {
        Doorkeeper::new(Limits { in_all: 5, per_address: 2, ..Limits::default() }, proxies)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_its_share_and_gives_it_back() {
        let keeper = keeper(TrustedProxies::None);
        let first = keeper.admit(ip("203.0.113.7"));
        let second = keeper.admit(ip("::ffff:203.0.113.7"));
        assert!(first.is_some() && second.is_some());
        assert!(keeper.admit(ip("203.0.113.7")).is_none());
        let others: Vec<_> = ["2001:db8::1", "2001:db8::2", "2001:db8::3"].map(|a| keeper.admit(ip(a))).into();
        assert_eq!(others.iter().flatten().count(), 2, "a /64 is one address");
        drop(first);
        assert!(keeper.admit(ip("203.0.113.7")).is_some());
    }

    #[test]
    fn a_trusted_proxy_shares_only_the_whole() {
        let keeper = keeper(TrustedProxies::Count(1));
        let places: Vec<_> = (0..6).map(|_| keeper.admit(ip("10.0.0.1"))).collect();
        assert_eq!(places.iter().flatten().count(), 5);
        drop(places);
        assert!(keeper.census.lock().unwrap().by_network.is_empty());
    }
}
