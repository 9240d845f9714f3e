//! A test and what it came to, as the reports outside of the terminal need it.

use std::time::Duration;

/// One test.
#[derive(Debug, Clone, Default)]
pub struct TestCase {
    pub name: String,
    pub passed: bool,
    /// AWS's own spelling, such as `SUCCEEDED`; `not run` where there was no execution.
    pub status: &'static str,
    pub elapsed: Duration,
    pub retries: usize,
    /// The states in the order in which they were entered.
    pub path: Vec<String>,
    pub failed_state: Option<String>,
    pub error: Option<String>,
    pub cause: Option<String>,
    pub unmet: Vec<Unmet>,
    /// The last lines of the handler that failed.
    pub logs: Vec<String>,
    /// None where it could not be started.
    pub execution_arn: Option<String>,
    /// Where the AWS console shows the execution.
    pub console_url: Option<String>,
    /// The execution painted on the workflow, in Mermaid.
    pub diagram: Option<String>,
}

/// An expectation that was not met.
#[derive(Debug, Clone)]
pub struct Unmet {
    /// Such as `output`.
    pub what: String,
    /// A sentence, or a diff of several lines.
    pub detail: String,
    /// Where deploy.toml asks for it.
    pub line: usize,
}

impl TestCase {
    /// All that is known of a failure, as lines of text.
    pub fn explanation(&self) -> String {
        let mut lines = Vec::new();
        let mut tell = |what: &str, value: &Option<String>| {
            let value = value.iter().filter(|value| !value.is_empty());
            lines.extend(value.map(|value| format!("{what}: {value}")));
        };
        tell("failed in state", &self.failed_state);
        tell("error", &self.error);
        tell("cause", &self.cause);
        for Unmet { what, detail, line } in &self.unmet {
            lines.push(format!("{what} (deploy.toml:{line}):\n{detail}"));
        }
        if !self.logs.is_empty() {
            lines.push("last log lines:".to_owned());
            lines.extend_from_slice(&self.logs);
        }
        let arn = self.execution_arn.iter();
        lines.extend(arn.map(|arn| format!("execution: {arn}")));
        lines.extend(self.console_url.clone());
        lines.join("\n")
    }
}
