//! What the program logs, caught by a test.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::subscriber::{DefaultGuard, set_default};

/// The log of this thread, from when it is listened to until the guard is dropped.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Ends the listening when dropped.
pub struct Listening {
    _guard: DefaultGuard,
    // With a single subscriber alive, what other tests' threads have not subscribed to stays silent here too.
    _second: tracing::Dispatch,
}

impl Log {
    /// Listens to everything from `level` up, as JSON.
    pub fn listen(&self, level: tracing::Level) -> Listening {
        let second = tracing::Dispatch::new(tracing_subscriber::fmt().with_writer(io::sink).finish());
        let writer = self.clone();
        // Without the time: an instant has six digits too, as a code has.
        let lines = tracing_subscriber::fmt()
            .json()
            .without_time()
            .with_max_level(level)
            .with_writer(move || writer.clone())
            .finish();
        Listening { _guard: set_default(lines), _second: second }
    }

    /// What was caught.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}
