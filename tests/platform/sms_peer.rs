//! npm `emulate` as a provider of texts: a Twilio that nobody here wrote, in a process of its own.

use std::process::Stdio;
use std::time::Duration;

use gatehouse::platform::sms::Provider;
use serde_json::Value;
use tokio::process::{Child, Command};

const ACCOUNT: &str = "AC00000000000000000000000000000000";
const TOKEN: &str = "twilio_test_auth_token";

/// The number it lets us send from.
pub const OURS: &str = "+15551234567";

/// A running provider; ends with the test.
pub struct SmsPeer {
    port: u16,
    _process: Child,
}

impl SmsPeer {
    pub async fn start() -> Self {
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/end2end/node_modules/emulate/dist/index.js");
        assert!(
            std::path::Path::new(program).exists(),
            "npm --prefix end2end ci (make test does it) installs the peer"
        );
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new("node")
            .args([program, "--service", "twilio", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let peer = Self { port, _process: process };
        for _ in 0..300 {
            if tokio::net::TcpStream::connect(("localhost", port)).await.is_ok() {
                return peer;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the peer did not come up");
    }

    /// As an operator writes it down.
    pub fn provider(&self) -> Provider {
        self.with_token(TOKEN)
    }

    pub fn with_token(&self, token: &str) -> Provider {
        Provider::parse(&format!("twilio+http://{ACCOUNT}:{token}@localhost:{}", self.port), Some(OURS)).unwrap()
    }

    /// What it was given to send, newest first.
    pub async fn messages(&self) -> Vec<Value> {
        let url = format!("http://localhost:{}/2010-04-01/Accounts/{ACCOUNT}/Messages.json", self.port);
        let answer = reqwest::Client::new().get(url).basic_auth(ACCOUNT, Some(TOKEN)).send().await.unwrap();
        let found: Value = answer.json().await.unwrap();
        found["messages"].as_array().unwrap().clone()
    }

    /// Lets the carrier say what became of a message.
    pub async fn settle(&self, sid: &str, status: &str, error: Option<&str>) {
        let url = format!("http://localhost:{}/_twilio/simulate/message-status", self.port);
        let mut form = vec![("MessageSid", sid), ("Status", status)];
        form.extend(error.map(|code| ("ErrorCode", code)));
        let answer =
            reqwest::Client::new().post(url).basic_auth(ACCOUNT, Some(TOKEN)).form(&form).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }
}
