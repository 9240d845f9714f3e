//! A failed run as data.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::{ErrorParts, exit, kind};
use crate::config::{Diagnostic, Diagnostics, Place, Severity};
use crate::exit::Exit;
use crate::report::counted;
use crate::world::plain;

/// What `--json` prints of an error: the last line on stderr.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Failure {
    #[schemars(extend("const" = "error"))]
    event: &'static str,
    /// What went wrong, such as `unknown-test`. It stays as it is if the message is reworded.
    kind: String,
    exit_code: u8,
    message: String,
    /// What led to it, the nearest first.
    causes: Vec<String>,
    /// What can be done about it, if txflow knows.
    hint: Option<String>,
    /// Whether it is certain that nothing was written. `false` does not say that something was.
    nothing_written: bool,
    /// Where the errors are in the files of the project.
    places: Vec<Spot>,
    /// Everything that was found in the files of the project.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Diagnostic>,
}

/// The first character of an error in a file.
#[derive(Debug, Serialize, JsonSchema)]
struct Spot {
    file: PathBuf,
    line: usize,
    column: usize,
}

impl Failure {
    pub fn of(error: &anyhow::Error) -> Self {
        if let Some(Diagnostics(found)) = error.downcast_ref() {
            return Self::of_files(kind(error), found);
        }
        let parts = ErrorParts::of(error);
        Self {
            event: "error",
            kind: kind(error),
            exit_code: exit(error) as u8,
            message: plain(&parts.message),
            causes: parts.causes.iter().map(|cause| plain(cause)).collect(),
            hint: parts.hint.as_deref().map(plain),
            nothing_written: parts.nothing_written.is_some(),
            places: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Of arguments that clap refuses; `text` is what it says on a terminal.
    pub fn of_usage(text: &str) -> Self {
        let text = plain(text);
        let mut parts = text.split("\n\n");
        let message = parts.next().unwrap_or_default();
        let tips = parts.flat_map(str::lines);
        let tips = tips.filter_map(|line| line.trim_start().strip_prefix("tip: "));
        let tips: Vec<&str> = tips.collect();
        Self {
            event: "error",
            kind: "usage".to_owned(),
            exit_code: Exit::Usage as u8,
            message: message.trim_start_matches("error: ").to_owned(),
            causes: Vec::new(),
            hint: (!tips.is_empty()).then(|| tips.join("; ")),
            nothing_written: true,
            places: Vec::new(),
            findings: Vec::new(),
        }
    }

    fn of_files(kind: String, found: &[Diagnostic]) -> Self {
        let errors = found.iter().filter(|one| one.severity == Severity::Error);
        let errors: Vec<&Diagnostic> = errors.collect();
        let (message, hint) = match errors.as_slice() {
            [one] => (one.message.clone(), one.hint.clone()),
            errors => (counted(errors.len(), "error"), None),
        };
        Self {
            event: "error",
            kind,
            exit_code: Exit::Usage as u8,
            message,
            causes: Vec::new(),
            hint,
            // They are read before anything else is done.
            nothing_written: true,
            places: { errors.iter() }
                .filter_map(|error| error.place.as_ref().map(Spot::of))
                .collect(),
            findings: found.to_vec(),
        }
    }
}

impl Spot {
    fn of(place: &Place) -> Self {
        Self {
            file: place.path.clone(),
            line: place.line,
            column: place.column,
        }
    }
}
