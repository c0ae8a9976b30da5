//! The program as a process of its own, on a demo's database.

use std::net::SocketAddr;
use std::process::{Output, Stdio};
use std::time::Duration;

use gatehouse::platform::demo;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::support::TestApp;

/// How long a test waits for a line; it goes on as soon as the line is there.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that serves.
pub struct Program {
    log: Lines<BufReader<ChildStderr>>,
    _running: Child,
    _stage: TestApp,
}

async fn stage() -> TestApp {
    let stage = TestApp::with(|parts| parts.demo = true).await;
    demo::mark(&stage.app.db, stage.clock.now()).await.unwrap().unwrap();
    stage
}

fn serve(stage: &TestApp, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatehouse"));
    command
        .arg("serve")
        .env_clear()
        .env("DATABASE_URL", &stage.database_url)
        .env("GATEHOUSE_SECRET_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        .env("GATEHOUSE_ADDR", "127.0.0.1:0")
        .env("GATEHOUSE_PUBLIC_URL", "http://localhost:3000")
        .env("NO_COLOR", "1")
        .envs(settings.iter().copied())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

impl Program {
    /// Starts it with more settings.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        let stage = stage().await;
        let mut running = serve(&stage, settings).spawn().unwrap();
        let log = BufReader::new(running.stderr.take().unwrap()).lines();
        Self { log, _running: running, _stage: stage }
    }

    /// Starts it with settings under which it must not serve; what it said.
    pub async fn refuses(settings: &[(&str, &str)]) -> String {
        let stage = stage().await;
        let ended = tokio::time::timeout(PATIENCE, serve(&stage, settings).output()).await.expect("it serves");
        let Output { status, stderr, .. } = ended.unwrap();
        let said = String::from_utf8(stderr).unwrap();
        assert!(!status.success(), "{said}");
        said
    }

    /// The address that its log names after these words.
    pub async fn address(&mut self, after: &str) -> SocketAddr {
        let mut before = Vec::new();
        let read = async {
            while let Some(line) = self.log.next_line().await.unwrap() {
                if let Some((_, rest)) = line.split_once(after) {
                    return rest.split([',', '/']).next().unwrap().parse().unwrap();
                }
                before.push(line);
            }
            panic!("it ended: {before:?}");
        };
        tokio::time::timeout(PATIENCE, read).await.expect("it says where it listens")
    }
}

#[test]
fn the_program_prints_every_route_of_its_table_once() {
    let printed = std::process::Command::new(env!("CARGO_BIN_EXE_gatehouse")).arg("routes").output().unwrap();
    assert!(printed.status.success());
    let text = String::from_utf8(printed.stdout).unwrap();
    let mut routes: Vec<(String, String)> = text
        .lines()
        .map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            (words.next().unwrap(), words.next().unwrap())
        })
        .collect();
    routes.sort();
    assert_eq!(routes, crate::authorization::agreed().into_keys().collect::<Vec<_>>());
}
