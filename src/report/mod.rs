//! One event enum and its sinks: the progress of a run, and how its results read.

mod answer;
mod console;
mod drawing;
mod event;
pub mod github;
mod json;
mod lines;
mod live_tests;
mod load_bar;
pub mod outcome;
mod plan_summary;
pub mod plan_text;
mod plan_view;
mod state_event;
mod state_tree;
pub mod style;
mod terminal;
#[cfg(test)]
mod tests;
mod words;

pub use answer::Answer;
pub use console::Console;
pub use event::{Event, Reporter};
pub use json::JsonLines;
pub use lines::Lines;
pub use plan_summary::changes;
pub use plan_view::{Change, PlanView};
pub use state_tree::state_tree;
pub use terminal::Terminal;
pub use words::{counted, rate_text, retried};

/// The forms in which text is written here, for [`crate::world::Secrets`].
pub const FORMS: [crate::world::Form; 2] = [github::text, github::data];

/// A sink for a run that is to be silent, but for findings and notes.
pub struct Quiet {
    pub stream: crate::world::Stream,
}

impl Reporter for Quiet {
    fn report(&self, event: &Event) {
        if let Event::Finding(_) | Event::Note { .. } = event
            && let Some(line) = lines::line(event)
        {
            self.stream.line(&line);
        }
    }
}
