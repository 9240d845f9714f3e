//! One event enum, several sinks: what a run tells while it goes on, and how its results read.

mod answer;
mod console;
mod drawing;
mod event;
pub mod github;
mod json;
mod junit;
mod lines;
mod live_tests;
mod load_bar;
mod plan_summary;
pub mod plan_text;
mod plan_view;
mod state_event;
mod state_tree;
pub mod style;
mod terminal;
mod test_case;
mod test_summary;
#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use console::Console;
pub use event::{Event, Reporter};
pub use json::JsonLines;
pub use junit::junit;
pub use lines::{Lines, counted, rate_text};
pub use plan_summary::changes;
pub use plan_view::{Change, PlanView};
pub use state_tree::{retried, state_tree};
pub use terminal::Terminal;
pub use test_case::{TestCase, Unmet};
pub use test_summary::{test_annotations, test_summary};

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
