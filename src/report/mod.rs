//! One event enum and its sinks: the progress of a run, and how its results read.

mod answer;
mod console;
mod diff;
mod event;
pub mod github;
mod json;
mod lines;
pub mod outcome;
mod state_event;
mod state_tree;
pub mod style;
mod terminal;
#[cfg(test)]
mod tests;
mod words;

pub use answer::Answer;
pub use console::Console;
pub use diff::diff_text;
pub use event::{Event, Reporter};
pub use json::JsonLines;
pub use lines::Lines;
pub use state_tree::{execution_tree, state_tree};
pub use terminal::Terminal;
pub use words::{beginning, counted, rate_text, retried, times_text};

/// The forms in which text is written here, for [`crate::world::Secrets`].
pub const FORMS: [crate::world::Form; 2] = [github::text, github::data];

/// A sink for a run that is to be silent, but for findings and notes.
pub struct Quiet {
    pub stream: crate::world::Stream,
}

impl Reporter for Quiet {
    fn report(&self, event: &Event) {
        if event.is_told_always()
            && let Some(line) = lines::line(event)
        {
            self.stream.line(&line);
        }
    }
}
