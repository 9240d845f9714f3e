//! One event enum, several sinks: what a run tells while it goes on, and how its results read.

mod answer;
mod event;
mod json;
mod lines;
mod load_bar;
mod plan_text;
mod plan_view;
pub mod style;
mod terminal;
#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use event::{Event, Reporter};
pub use json::JsonLines;
pub use lines::{Lines, counted, rate_text};
pub use plan_view::PlanView;
pub use terminal::Terminal;

/// A sink for a run that is to be silent, but for findings and notes.
pub struct Quiet {
    pub stream: crate::world::Stream,
}

impl Reporter for Quiet {
    fn report(&self, event: &Event) {
        if let Event::Finding(_) = event
            && let Some(line) = lines::line(event, self.stream.color)
        {
            self.stream.line(&line);
        }
    }
}
