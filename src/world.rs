//! What a run gets from outside: folder, environment, streams, sleep and the interrupt.

use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use tokio::sync::watch;

/// Looks up a variable.
pub type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The surroundings of a run. A test makes its own.
#[derive(Clone)]
pub struct World {
    pub dir: PathBuf,
    pub environment: Lookup,
    /// Data.
    pub stdout: Stream,
    /// Progress and diagnostics.
    pub stderr: Stream,
    /// Whether somebody can answer a question.
    pub interactive: bool,
    pub sleep: SharedAsyncSleep,
    /// Turns true at the first Ctrl-C.
    pub interrupted: watch::Receiver<bool>,
}

/// A place for text.
#[derive(Clone)]
pub struct Stream {
    writer: Arc<Mutex<dyn Write + Send>>,
    /// Whether a person looks at it, as far as can be told.
    pub terminal: bool,
    /// Whether ANSI codes are kept.
    pub color: bool,
}

impl Stream {
    pub fn new(writer: impl Write + Send + 'static, terminal: bool) -> Self {
        Self {
            writer: Arc::new(Mutex::new(writer)),
            terminal,
            color: terminal,
        }
    }

    /// Writes a line. A reader that has gone away is no reason to fail.
    pub fn line(&self, text: &str) {
        let text = self.shown(text);
        // Each write is whole, so a writer that panicked left nothing half done.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(writer, "{text}").and_then(|()| writer.flush());
    }
    /// The text as [`Stream::line`] writes it.
    pub fn shown(&self, text: &str) -> String {
        if self.color {
            text.to_owned()
        } else {
            anstream::adapter::strip_str(text).to_string()
        }
    }
}
