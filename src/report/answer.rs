//! The result of a command, in all its forms.

use schemars::JsonSchema;
use serde::Serialize;

use super::github::Annotation;

/// A result. Its `Serialize` form is what `--json` prints, and its schema what `txflow schema --result` does.
pub trait Answer: Serialize + JsonSchema {
    /// For people, on stdout.
    fn text(&self) -> String;

    /// For the summary of a GitHub job, as Markdown.
    fn summary(&self) -> Option<String> {
        None
    }

    /// What is wrong and where, for the files of a pull request.
    fn annotations(&self) -> Vec<Annotation> {
        Vec::new()
    }

    /// The outputs of a GitHub step.
    fn step_outputs(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}
