//! What a command comes to, in every form that is asked for.

use serde::Serialize;

/// A result. Its `Serialize` form is what `--json` prints.
pub trait Answer: Serialize {
    /// For people, on stdout.
    fn text(&self) -> String;

    /// For the summary of a GitHub job, as Markdown.
    fn summary(&self) -> Option<String> {
        None
    }

    /// The outputs of a GitHub step.
    fn step_outputs(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}
