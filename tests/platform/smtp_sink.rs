//! An SMTP server that takes mail, defers it or refuses it, as the recipient's name says: `defer@…` is answered 451,
//! `bounce@…` 550, `busy@…` 421, everybody else is served.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// A running server.
pub struct SmtpSink {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<String>>>,
    /// One permit a caller who was let in; one a caller who rang.
    greetings: Arc<Semaphore>,
    calls: Arc<Semaphore>,
}

impl SmtpSink {
    pub async fn start() -> Self {
        let sink = Self::hesitant().await;
        sink.greetings.add_permits(1_000);
        sink
    }

    /// A server that greets its callers only when told to.
    pub async fn hesitant() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (greetings, calls) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let sink = Self { address, received, greetings, calls };
        let (received, greetings, calls) = (sink.received.clone(), sink.greetings.clone(), sink.calls.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                calls.add_permits(1);
                let (received, greetings) = (received.clone(), greetings.clone());
                tokio::spawn(async move {
                    greetings.acquire().await.unwrap().forget();
                    let _ = talk(stream, received).await;
                });
            }
        });
        sink
    }

    /// Until somebody has called.
    pub async fn called(&self) {
        self.calls.acquire().await.unwrap().forget();
    }

    /// Lets one caller in.
    pub fn greet(&self) {
        self.greetings.add_permits(1);
    }

    /// Everything that was taken, headers and body.
    pub fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }
}

async fn talk(stream: TcpStream, received: Arc<Mutex<Vec<String>>>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 sink ESMTP\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let command = line.to_ascii_uppercase();
        let answer: &[u8] = if command.starts_with("EHLO") {
            b"250-sink\r\n250 8BITMIME\r\n"
        } else if command.starts_with("RCPT TO:<DEFER@") {
            b"451 4.7.1 come back later, defer@example.com\r\n"
        } else if command.starts_with("RCPT TO:<BOUNCE@") {
            b"550 5.1.1 bounce@example.com is nobody\r\n"
        } else if command.starts_with("RCPT TO:<BUSY@") {
            b"421 4.3.2 closing\r\n"
        } else if command.starts_with("DATA") {
            write.write_all(b"354 go on\r\n").await?;
            let mut mail = String::new();
            while let Some(line) = lines.next_line().await? {
                if line == "." {
                    break;
                }
                mail.push_str(&line);
                mail.push('\n');
            }
            received.lock().unwrap().push(mail);
            b"250 taken\r\n"
        } else if command.starts_with("QUIT") {
            write.write_all(b"221 bye\r\n").await?;
            return Ok(());
        } else {
            b"250 ok\r\n"
        };
        write.write_all(answer).await?;
    }
    Ok(())
}
