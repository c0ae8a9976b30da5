//! A small HTTP/1.1 client on one kept-alive connection: the load must cost little beside what it measures.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpSocket, TcpStream};

pub struct Wire {
    stream: BufReader<TcpStream>,
    host: String,
}

pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Reply {
    /// Whether a decision's outcome is this; cheaper than reading the body. The first outcome in it is the decision's own,
    /// those of its reasons follow.
    pub fn decided(&self, outcome: &str) -> bool {
        let name = b"\"outcome\":\"";
        let at = self.body.windows(name.len()).position(|part| part == name);
        at.is_some_and(|at| self.body[at + name.len()..].starts_with(outcome.as_bytes()))
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{} {}", self.status, String::from_utf8_lossy(&self.body)))
    }
}

impl Wire {
    pub async fn open(addr: SocketAddr) -> Self {
        Self::open_nth(addr, 0).await
    }

    /// The n-th of many connections. One address may hold 256, so they come from several of the loopback's.
    pub async fn open_nth(addr: SocketAddr, n: usize) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        let from = Ipv4Addr::new(127, 0, 1, u8::try_from(n / 200 + 1).unwrap());
        socket.bind((from, 0).into()).unwrap();
        let stream = socket.connect(addr).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream), host: format!("localhost:{}", addr.port()) }
    }

    pub async fn post_json(&mut self, path: &str, key: &str, body: &str) -> Reply {
        let head = format!("authorization: Bearer {key}\r\ncontent-type: application/json\r\n");
        self.send("POST", path, &head, body).await
    }

    /// Under an Idempotency-Key.
    pub async fn post_once(&mut self, path: &str, key: &str, once: &str, body: &str) -> Reply {
        let head =
            format!("authorization: Bearer {key}\r\ncontent-type: application/json\r\nidempotency-key: {once}\r\n");
        self.send("POST", path, &head, body).await
    }

    pub async fn get(&mut self, path: &str, cookie: &str) -> Reply {
        self.send("GET", path, &format!("cookie: {cookie}\r\naccept: text/html\r\n"), "").await
    }

    /// From an address that a proxy in front would name.
    pub async fn post_form_from(&mut self, address: Option<&str>, path: &str, body: &str) -> Reply {
        let forwarded = address.map(|a| format!("x-forwarded-for: {a}\r\n")).unwrap_or_default();
        let head = format!(
            "content-type: application/x-www-form-urlencoded\r\nsec-fetch-site: same-origin\r\naccept: text/html\r\n{forwarded}"
        );
        self.send("POST", path, &head, body).await
    }

    async fn send(&mut self, method: &str, path: &str, head: &str, body: &str) -> Reply {
        let text = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\n{head}content-length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        self.stream.get_mut().write_all(text.as_bytes()).await.unwrap();
        let mut head = Vec::with_capacity(1_024);
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        let status = head[9..12].parse().unwrap();
        let field = |name: &str| {
            head.lines().find_map(|l| {
                l.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim().to_owned())
            })
        };
        let mut body = Vec::new();
        if let Some(length) = field("content-length") {
            body.resize(length.parse().unwrap(), 0);
            self.stream.read_exact(&mut body).await.unwrap();
        } else if field("transfer-encoding").is_some() {
            loop {
                let mut line = Vec::new();
                while !line.ends_with(b"\r\n") {
                    line.push(self.stream.read_u8().await.unwrap());
                }
                let size = usize::from_str_radix(String::from_utf8_lossy(&line).trim(), 16).unwrap();
                let mut chunk = vec![0; size + 2];
                self.stream.read_exact(&mut chunk).await.unwrap();
                if size == 0 {
                    break;
                }
                body.extend(&chunk[..size]);
            }
        }
        Reply { status, head, body }
    }
}
