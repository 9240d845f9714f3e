//! What a command prints and reports.

use std::sync::Arc;

use anyhow::Result;
use serde::Serialize;

use crate::commands::error::CommandError;
use crate::commands::global::Global;
use crate::report::github::{GroupedLog, JobStep};
use crate::report::{Answer, Event, JsonLines, Lines, Quiet, Reporter, Terminal};
use crate::world::{Stream, World, still_read, unbroken};

/// Prints results to stdout, and reports progress.
pub struct Printer {
    stdout: Stream,
    json: bool,
    reporter: Arc<dyn Reporter>,
    /// The step of a GitHub job, if txflow runs in one.
    github: Option<JobStep>,
}

impl Printer {
    pub(super) fn new(global: &Global, world: &World) -> Self {
        let github = JobStep::of(world);
        let stream = world.stderr.clone();
        let reporter: Arc<dyn Reporter> = if global.json {
            Arc::new(JsonLines {
                stream,
                quiet: global.quiet,
            })
        } else if let Some(step) = github.clone() {
            Arc::new(GroupedLog::new(stream, step, global.quiet))
        } else if global.quiet {
            Arc::new(Quiet { stream })
        } else if stream.drawn {
            Arc::new(Terminal::new(stream))
        } else {
            Arc::new(Lines { stream })
        };
        Self {
            stdout: world.stdout.clone(),
            json: global.json,
            reporter,
            github,
        }
    }

    /// Prints a result: as JSON if that was asked for, else as text. A GitHub job gets it in each of its own
    /// forms as well.
    pub fn answer(&self, answer: &impl Answer) -> Result<()> {
        self.reporter.end();
        let written = if self.json {
            self.stdout.json(answer)
        } else {
            self.stdout.try_line(&answer.text())
        };
        if let Some(step) = &self.github {
            step.take(answer);
        }
        still_read(written).map_err(cannot_print)?;
        Ok(())
    }

    /// Prints the Markdown of a result, which a GitHub job gets as well, after a line that marks it.
    pub fn markdown(&self, marker: Option<&str>, answer: &impl Answer) -> Result<()> {
        self.reporter.end();
        let mut markdown = answer.summary().unwrap_or_else(|| answer.text());
        if let Some(marker) = marker {
            markdown.insert_str(0, &format!("{marker}\n"));
        }
        still_read(self.stdout.try_line(&unbroken(&markdown))).map_err(cannot_print)?;
        if let Some(step) = &self.github {
            step.take(answer);
        }
        Ok(())
    }

    /// Prints a document, which is the same with `--json`.
    pub fn print(&self, text: &str) -> Result<()> {
        still_read(self.stdout.try_line(&unbroken(text))).map_err(cannot_print)?;
        Ok(())
    }

    /// Prints one of many results, as a line of JSON or as text, which stays as it is. Returns whether anybody still reads.
    pub fn print_one(&self, data: &impl Serialize, text: impl Fn() -> String) -> Result<bool> {
        let written = if self.json {
            self.stdout.json_line(data)
        } else {
            self.stdout.try_line(&unbroken(&text()))
        };
        Ok(still_read(written).map_err(cannot_print)?)
    }

    pub fn report(&self, event: &Event) {
        self.reporter.report(event);
    }

    pub fn note(&self, text: &str) {
        self.reporter.note(text);
    }

    /// For what reports by itself.
    pub fn reporter(&self) -> Arc<dyn Reporter> {
        Arc::clone(&self.reporter)
    }

    /// Whether a GitHub job shows what is reported.
    pub fn is_for_github(&self) -> bool {
        self.github.is_some()
    }

    /// How wide what is printed may be; `None` if nobody looks at it on a terminal.
    pub fn columns(&self) -> Option<usize> {
        self.stdout.columns()
    }

    /// Nothing more is reported.
    pub(super) fn end(&self) {
        self.reporter.end();
    }
}

fn cannot_print(cause: std::io::Error) -> CommandError {
    CommandError::CannotPrint { cause }
}
