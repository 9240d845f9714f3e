//! The rows of a file of recordings, and how each is run.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;
use std::{fs, panic, thread};

use serde_json::Value;

use crate::compare::Difference;

/// A row takes milliseconds. One that takes this long never ends.
const PATIENCE: Duration = Duration::from_secs(20);

pub fn rows(folder: &Path, file: &str) -> Vec<Value> {
    let path = folder.join(file);
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let rows = text.lines().filter(|line| !line.trim().is_empty());
    rows.map(|row| serde_json::from_str(row).unwrap()).collect()
}

pub fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

pub fn failure(error: &str) -> Difference {
    Difference {
        place: "the run".into(),
        recorded: "an answer".into(),
        found: error.into(),
    }
}

/// Runs a row on its own thread, so that a panic or an endless loop counts as a difference of that row.
pub fn bounded<T: Send + 'static>(
    row: &Value,
    run: impl Fn(&Value) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let (sender, receiver) = mpsc::channel();
    let row = row.clone();
    thread::spawn(move || {
        let run = panic::AssertUnwindSafe(|| run(&row));
        let result = panic::catch_unwind(run)
            .unwrap_or_else(|payload| Err(format!("panicked: {}", message(&*payload))));
        let _ = sender.send(result);
    });
    receiver
        .recv_timeout(PATIENCE)
        .unwrap_or_else(|_| Err(format!("did not end within {} s", PATIENCE.as_secs())))
}

/// What a panic said.
pub fn message(payload: &(dyn std::any::Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}
