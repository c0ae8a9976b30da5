//! OP-05: TLS that the program terminates itself, with a certificate made for the test.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::tls::Version;
use reqwest::{Certificate, Client};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::program::Program;

/// A certificate for `localhost` and its key, in files that go with it.
struct Pair {
    folder: PathBuf,
    pem: String,
}

impl Pair {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let name = format!("gatehouse_tls_{}", hex::encode(gatehouse::kernel::secret::random_bytes::<8>()));
        let pair = Self { folder: std::env::temp_dir().join(name), pem: made.cert.pem() };
        std::fs::create_dir(&pair.folder).unwrap();
        pair.put("cert.pem", &pair.pem);
        pair.put("key.pem", &made.signing_key.serialize_pem());
        pair
    }

    /// Another file beside them.
    fn put(&self, name: &str, text: &str) -> String {
        std::fs::write(self.folder.join(name), text).unwrap();
        self.file(name)
    }

    fn file(&self, name: &str) -> String {
        self.folder.join(name).to_str().unwrap().to_owned()
    }

    fn cert(&self) -> String {
        self.file("cert.pem")
    }

    fn key(&self) -> String {
        self.file("key.pem")
    }

    /// A client that trusts this certificate alone and speaks this version alone.
    fn client(&self, version: Version, at: SocketAddr) -> Client {
        Client::builder()
            .tls_certs_only([Certificate::from_pem(self.pem.as_bytes()).unwrap()])
            .tls_version_min(version)
            .tls_version_max(version)
            .resolve("localhost", at)
            .build()
            .unwrap()
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The program with the pair, and where it listens.
async fn serving(pair: &Pair) -> (Program, SocketAddr) {
    let settings = [
        ("GATEHOUSE_TLS_CERT", &*pair.cert()),
        ("GATEHOUSE_TLS_KEY", &*pair.key()),
        ("GATEHOUSE_PUBLIC_URL", "https://localhost:3000"),
    ];
    let mut program = Program::start(&settings).await;
    let addr = program.address("listening on https://").await;
    (program, addr)
}

/// What the program answers to these bytes before it hangs up.
async fn answer_to(addr: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(addr).await.unwrap();
    socket.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), socket.read_to_end(&mut answer)).await;
    let _ = read.expect("it hangs up");
    answer
}

#[tokio::test]
async fn it_is_served_over_tls_1_2_and_1_3_and_not_in_the_clear() {
    let pair = Pair::new();
    let (_program, addr) = serving(&pair).await;
    for version in [Version::TLS_1_2, Version::TLS_1_3] {
        let url = format!("https://localhost:{}/healthz", addr.port());
        let answer = pair.client(version, addr).get(&url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{version:?}");
        let stranger = Pair::new().client(version, addr).get(&url).send().await;
        assert!(stranger.is_err(), "it shows the certificate that was set and no other");
    }
    let plain = answer_to(addr, b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    assert!(!plain.windows(5).any(|part| part == b"HTTP/"), "{}", String::from_utf8_lossy(&plain));
}

#[tokio::test]
async fn older_versions_of_tls_are_refused() {
    let pair = Pair::new();
    let (_program, addr) = serving(&pair).await;
    for (minor, name) in [(1, "1.0"), (2, "1.1")] {
        let [21, 3, _, 0, 2, fatal, why] = greet(addr, minor).await else { panic!("TLS {name} gets no alert") };
        assert_eq!((fatal, why), (2, 70), "TLS {name}: fatal, protocol version");
    }
    assert_eq!(greet(addr, 3).await[0], 22, "with 1.2 the same greeting is returned");
}

/// How the answer to a hello of TLS 1.`minor - 1` begins: the version, 32 random bytes, no session, two suites, no
/// compression; signatures, groups and points that the program knows.
async fn greet(addr: SocketAddr, minor: u8) -> [u8; 7] {
    let suites = [0, 4, 0xc0, 0x2b, 0xc0, 0x13, 1, 0];
    let signatures = [0, 13, 0, 8, 0, 6, 4, 3, 8, 4, 4, 1];
    let groups = [0, 10, 0, 6, 0, 4, 0, 23, 0, 29];
    let points = [0, 11, 0, 2, 1, 0];
    let extensions = [&signatures[..], &groups, &points].concat();
    let body = [&[3, minor][..], &[7; 32], &[0], &suites, &[0, extensions.len() as u8], &extensions].concat();
    let hello = [&[1, 0, 0, body.len() as u8][..], &body].concat();
    let mut socket = TcpStream::connect(addr).await.unwrap();
    socket.write_all(&[&[22, 3, 1, 0, hello.len() as u8][..], &hello].concat()).await.unwrap();
    let mut begins = [0; 7];
    let read = tokio::time::timeout(Duration::from_secs(20), socket.read_exact(&mut begins)).await;
    read.expect("it answers").unwrap();
    begins
}

#[tokio::test]
async fn a_pair_that_cannot_be_used_stops_the_start_and_says_how_to_mend_it() {
    let (pair, other) = (Pair::new(), Pair::new());
    let (missing, garbage) = (pair.file("missing.pem"), pair.put("garbage.pem", "no PEM at all"));
    for (cert, key, words) in [
        (pair.cert(), other.key(), "GATEHOUSE_TLS_KEY is not the key of the certificate in GATEHOUSE_TLS_CERT"),
        (missing.clone(), pair.key(), "GATEHOUSE_TLS_CERT: cannot read"),
        (pair.cert(), missing, "GATEHOUSE_TLS_KEY: cannot read"),
        (garbage.clone(), pair.key(), "GATEHOUSE_TLS_CERT holds no certificate"),
        (pair.cert(), garbage, "GATEHOUSE_TLS_KEY its private key without a password"),
        (pair.key(), pair.cert(), "GATEHOUSE_TLS_CERT"),
    ] {
        let said = Program::refuses(&[("GATEHOUSE_TLS_CERT", &cert), ("GATEHOUSE_TLS_KEY", &key)]).await;
        assert!(said.contains(words), "{words}: {said}");
        assert!(!said.contains("listening on") && !said.contains("PRIVATE KEY"), "{said}");
    }
    let half = Program::refuses(&[("GATEHOUSE_TLS_CERT", &pair.cert())]).await;
    assert!(half.contains("GATEHOUSE_TLS_CERT and GATEHOUSE_TLS_KEY are set together or not at all"), "{half}");
}
