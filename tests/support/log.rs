//! What the program logs, caught.

use std::sync::{Arc, Mutex};

use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;

/// All that is logged on this thread, at every level, until it is read.
pub struct Log {
    lines: Lines,
    _here: DefaultGuard,
    // With a single subscriber alive, what other tests' threads have not subscribed to stays silent here too.
    _second: Dispatch,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Catches from now on.
    pub fn caught() -> Self {
        let second = Dispatch::new(tracing_subscriber::fmt().with_writer(std::io::sink).finish());
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            // An instant has six digits too.
            .without_time()
            .with_writer(move || writer.clone())
            .finish();
        Self { lines, _here: tracing::subscriber::set_default(subscriber), _second: second }
    }

    /// What was logged.
    pub fn text(self) -> String {
        String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap()
    }
}
