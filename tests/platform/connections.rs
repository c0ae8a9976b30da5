//! Real sockets: silence ends, the house is never over-full, and who asks is answered.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use gatehouse::platform::demo;
use gatehouse::platform::http::connections::Limits;
use gatehouse::platform::lifecycle::serve_within;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::TestApp;

const SHORT: Limits = Limits {
    in_all: 6,
    per_address: 4,
    head: Duration::from_millis(300),
    stalled: Duration::from_millis(300),
    alive: Duration::from_millis(300),
};

/// The program on a socket.
struct House {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<anyhow::Result<()>>,
    _stage: TestApp,
}

impl House {
    async fn open() -> Self {
        let stage = TestApp::with(|parts| parts.demo = true).await;
        demo::mark(&stage.app.db, stage.clock.now()).await.unwrap().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let big = "x".repeat(8 << 20);
        let router = Router::new().route("/", get(|| async { "here" })).route("/big", get(move || async move { big }));
        let (stop, stopped) = oneshot::channel::<()>();
        let app = stage.app.clone();
        let serving = tokio::spawn(serve_within(SHORT, app, router, listener, async move {
            let _ = stopped.await;
        }));
        let house = Self { addr, stop, serving, _stage: stage };
        // Whoever connects before it serves waits in the listener's queue.
        house.ask().await.expect("it serves");
        house
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addr).await.unwrap()
    }

    /// Asks once on a connection of its own; `None` if the door is shut.
    async fn ask(&self) -> Option<String> {
        let mut socket = TcpStream::connect(self.addr).await.ok()?;
        socket.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.ok()?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.ok()?;
        answer.ends_with("here").then_some(answer)
    }

    async fn close(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(10), self.serving).await.unwrap().unwrap().unwrap();
    }
}

/// Reads until the other side ends; whether it did so in time.
async fn ends(socket: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    tokio::time::timeout(Duration::from_secs(3), socket.read_to_end(&mut rest)).await.is_ok()
}

#[tokio::test]
async fn who_says_nothing_or_half_a_word_is_shown_out() {
    let house = House::open().await;
    for beginning in
        [&b""[..], b"G", b"GET / HTTP/1.1\r\nhost:", b"PRI * HTTP/2.0\r\n\r\nSM", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    {
        let mut socket = house.connect().await;
        socket.write_all(beginning).await.unwrap();
        assert!(ends(&mut socket).await, "{:?}", String::from_utf8_lossy(beginning));
    }
    let mut socket = house.connect().await;
    socket.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(ends(&mut socket).await, "an answered connection is not kept for good either");
    house.close().await;
}

#[tokio::test]
async fn a_byte_now_and_then_is_no_beginning() {
    let house = House::open().await;
    let (mut theirs, mut ours) = house.connect().await.into_split();
    let dripping = async {
        for byte in b"PRI * HTTP/2.0\r\n\r\nSM\r\n" {
            if ours.write_all(&[*byte]).await.is_err() {
                return std::future::pending().await;
            }
            tokio::time::sleep(SHORT.head / 3).await;
        }
    };
    let mut rest = Vec::new();
    tokio::select! {
        _ = theirs.read_to_end(&mut rest) => {}
        () = dripping => panic!("it was listened to for as long as it dripped"),
    }
    house.close().await;
}

#[tokio::test]
async fn who_does_not_read_the_answer_is_shown_out() {
    let house = House::open().await;
    let mut socket = house.connect().await;
    socket.write_all(b"GET /big HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert_eq!(socket.read_u8().await.unwrap(), b'H', "the answer has begun");
    // A house that closes waits for those inside for longer than this.
    house.close().await;
    let mut got = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), socket.read_to_end(&mut got)).await;
    assert!(read.is_ok() && got.len() < 8 << 20, "{} bytes waited for the reader", got.len());
}

#[tokio::test]
async fn one_address_cannot_take_every_place() {
    let house = House::open().await;
    let mut held = Vec::new();
    for _ in 0..SHORT.per_address {
        // Once it is answered it is in.
        let mut socket = house.connect().await;
        socket.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\n").await.unwrap();
        assert_eq!(socket.read_u8().await.unwrap(), b'H');
        held.push(socket);
    }
    assert_eq!(house.ask().await, None, "the fifth of one address");
    for socket in &mut held {
        assert!(ends(socket).await);
    }
    assert!(house.ask().await.is_some(), "their places are free again");
    house.close().await;
}
