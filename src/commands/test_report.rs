//! What a test came to, as data and as text.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::aws::AwsError;
use crate::config::TestConfig;
use crate::executions::{Mismatch, Run, StateRun};
use crate::report::github::Annotation;
use crate::report::style::{BAD, FAINT, GOOD, STRONG, duration};
use crate::report::{
    Answer, Console, TestCase, Unmet, counted, linked, test_annotations, test_summary,
};

/// A test and what its execution came to.
#[derive(Debug, Serialize)]
pub struct TestReport {
    pub test: String,
    passed: bool,
    execution_arn: String,
    status: &'static str,
    seconds: f64,
    retries: usize,
    /// The names of the states entered, in order; `None` for EXPRESS.
    path: Option<Vec<String>>,
    output: Option<Value>,
    error: Option<String>,
    cause: Option<String>,
    failed_state: Option<String>,
    mismatches: Vec<Mismatch>,
    /// The last lines of the handler that failed.
    logs: Vec<String>,
    #[serde(skip)]
    log_group: Option<String>,
    /// The line of `expect` in deploy.toml.
    line: usize,
    /// Where the AWS console shows the execution.
    console_url: Option<String>,
    /// The execution painted on the workflow, in Mermaid, for the summary of a GitHub job.
    #[serde(skip)]
    pub diagram: Option<String>,
}

impl TestReport {
    pub fn new(
        test: &TestConfig,
        run: Run,
        mismatches: Vec<Mismatch>,
        logs: Option<(String, Result<Vec<String>, AwsError>)>,
    ) -> Self {
        let history = run.history.as_ref();
        let states = history.map(|history| &history.states);
        let (log_group, logs) = match logs {
            None => (None, Vec::new()),
            Some((group, Ok(lines))) => (Some(group), lines),
            // That the logs cannot be read must not hide why the test failed.
            Some((group, Err(error))) => (Some(group), vec![format!("({error})")]),
        };
        Self {
            test: test.name.clone(),
            passed: mismatches.is_empty(),
            status: run.status.as_str(),
            seconds: run.duration().as_secs_f64(),
            retries: states.into_iter().flatten().map(StateRun::retries).sum(),
            path: states.map(|states| states.iter().map(|state| state.name.clone()).collect()),
            failed_state: (run.error.is_some() || run.output.is_none())
                .then(|| history.and_then(|history| Some(history.failed_state()?.name.clone())))
                .flatten(),
            execution_arn: run.execution_arn,
            output: run.output,
            error: run.error,
            cause: run.cause,
            mismatches,
            logs,
            log_group,
            line: test.expect.line,
            console_url: None,
            diagram: None,
        }
    }

    /// With the page of its execution, where the stack is on AWS.
    pub fn shown_in(mut self, console: Option<&Console>) -> Self {
        self.console_url = console.and_then(|console| console.execution(&self.execution_arn));
        self
    }

    pub fn passed(&self) -> bool {
        self.passed
    }

    /// For the reports outside of the terminal.
    fn case(&self) -> TestCase {
        let unmet = self.mismatches.iter().map(|mismatch| Unmet {
            what: mismatch.what.clone(),
            detail: mismatch.detail.clone(),
            line: self.line,
        });
        TestCase {
            name: self.test.clone(),
            passed: self.passed,
            status: self.status,
            elapsed: Duration::from_secs_f64(self.seconds),
            retries: self.retries,
            path: self.path.clone().unwrap_or_default(),
            failed_state: self.failed_state.clone(),
            error: self.error.clone(),
            cause: self.cause.as_deref().map(message),
            unmet: unmet.collect(),
            logs: self.logs.clone(),
            execution_arn: self.execution_arn.clone(),
            console_url: self.console_url.clone(),
            diagram: self.diagram.clone(),
        }
    }
}

/// What all tests came to.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct TestReports {
    pub reports: Vec<TestReport>,
    /// Of the stack and stage.
    #[serde(skip)]
    pub prefix: String,
    /// The file that holds the expectations.
    #[serde(skip)]
    pub deploy_toml: PathBuf,
}

impl TestReports {
    pub fn cases(&self) -> Vec<TestCase> {
        self.reports.iter().map(TestReport::case).collect()
    }
}

impl Answer for TestReports {
    fn text(&self) -> String {
        text(&self.reports)
    }

    fn summary(&self) -> Option<String> {
        Some(test_summary(&self.prefix, &self.cases()))
    }

    fn annotations(&self) -> Vec<Annotation> {
        test_annotations(&self.deploy_toml, &self.cases())
    }
}

/// All tests, and a line that counts them.
fn text(reports: &[TestReport]) -> String {
    let mut text = String::new();
    for report in reports {
        report_text(&mut text, report);
    }
    let passed = reports.iter().filter(|report| report.passed).count();
    let failed = reports.len() - passed;
    let _ = write!(
        text,
        "{}: {passed} passed, {failed} failed",
        counted(reports.len(), "test")
    );
    text
}

fn report_text(text: &mut String, report: &TestReport) {
    let (style, word) = if report.passed {
        (GOOD, "PASS")
    } else {
        (BAD, "FAIL")
    };
    let elapsed = duration(std::time::Duration::from_secs_f64(report.seconds));
    let retries = match report.retries {
        0 => String::new(),
        1 => ", 1 retry".to_owned(),
        retries => format!(", {retries} retries"),
    };
    let _ = writeln!(
        text,
        "{style}{word}{style:#} {STRONG}{}{STRONG:#} {FAINT}{} in {elapsed}{retries}{FAINT:#}",
        report.test, report.status
    );
    if let Some(path) = &report.path {
        let _ = writeln!(text, "     {FAINT}path{FAINT:#}    {}", path.join(" → "));
    }
    if let Some(output) = &report.output {
        let _ = writeln!(text, "     {FAINT}output{FAINT:#}  {output}");
    }
    if report.error.is_some() || !report.passed {
        failure_text(text, report);
    }
}

fn failure_text(text: &mut String, report: &TestReport) {
    if let Some(state) = &report.failed_state {
        let _ = writeln!(text, "     {FAINT}failed{FAINT:#}  in state `{state}`");
    }
    if let Some(error) = &report.error {
        let _ = writeln!(text, "     {FAINT}error{FAINT:#}   {error}");
    }
    if let Some(cause) = report.cause.as_deref().filter(|cause| !cause.is_empty()) {
        let _ = writeln!(text, "     {FAINT}cause{FAINT:#}   {}", message(cause));
    }
    for mismatch in &report.mismatches {
        let Mismatch { what, detail } = mismatch;
        let _ = writeln!(
            text,
            "     {BAD}{what}{BAD:#} {FAINT}(deploy.toml:{}){FAINT:#}",
            report.line
        );
        for line in detail.lines() {
            let _ = writeln!(text, "       {line}");
        }
    }
    if let Some(group) = &report.log_group {
        let _ = writeln!(text, "     {FAINT}last lines of {group}{FAINT:#}");
        for line in &report.logs {
            let _ = writeln!(text, "       {line}");
        }
        if report.logs.is_empty() {
            let _ = writeln!(text, "       (none)");
        }
    }
    if !report.passed {
        let _ = writeln!(
            text,
            "     {FAINT}execution{FAINT:#} {}",
            linked(&report.execution_arn, report.console_url.as_deref())
        );
    }
}

/// Lambda's causes are JSON documents; the message in them is what a reader needs.
fn message(cause: &str) -> String {
    let parsed: Option<Value> = serde_json::from_str(cause).ok();
    parsed
        .as_ref()
        .and_then(|cause| cause.get("errorMessage")?.as_str())
        .unwrap_or(cause)
        .to_owned()
}
