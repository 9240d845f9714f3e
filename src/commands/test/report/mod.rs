//! The answer of `txflow test`, in all its forms.

mod junit;
#[cfg(test)]
mod sample;
mod summary;
mod test_report;
mod text;

pub use test_report::{Links, Logs, TestReport};

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::coverage::CoverageReport;
use crate::config::TestConfig;
use crate::report::github::Annotation;
use crate::report::{Answer, counted};
use crate::world::Secrets;

/// The reports of all tests.
#[derive(Debug, JsonSchema)]
#[schemars(with = "Vec<Entry<'static>>")]
pub struct TestReports {
    pub reports: Vec<TestReport>,
    /// What did not run.
    pub skipped: Vec<Skipped>,
    /// Of the stack and stage.
    pub prefix: String,
    /// The file that holds the expectations.
    pub deploy_toml: PathBuf,
    /// What the tests reached, if that was asked for.
    pub coverage: Option<CoverageReport>,
    pub shown: Shown,
}

/// How the text shows them.
#[derive(Debug, Default, Clone, Copy)]
pub struct Shown {
    /// With all that is known of a test that passed.
    pub verbose: bool,
    /// Whether the time of waits was skipped, so that durations are those that AWS would take.
    pub is_virtual: bool,
    /// How wide it may be; `None` if nobody looks at it on a terminal.
    pub columns: Option<usize>,
}

/// A test that did not run, and why.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Skipped {
    pub test: String,
    #[serde(rename = "skipped")]
    pub reason: &'static str,
}

impl Skipped {
    pub fn new(test: &TestConfig, reason: &'static str) -> Self {
        Self {
            test: test.name.clone(),
            reason,
        }
    }
}

/// A test in the data.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Entry<'a> {
    Ran(&'a TestReport),
    Skipped(&'a Skipped),
    Covered { coverage: &'a CoverageReport },
}

/// What tests come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestsOutcome {
    Passed,
    NotPassed(Because),
}

/// Why a release does not pass its tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// One of them failed, or could not be run.
    Tests,
    /// They passed, and reached less than `--fail-under` asks for.
    Coverage,
}

/// A list of all, those that did not run behind those that did, and what they reached at the end.
impl Serialize for TestReports {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ran = self.reports.iter().map(Entry::Ran);
        let skipped = self.skipped.iter().map(Entry::Skipped);
        let covered = self.coverage.iter();
        let covered = covered.map(|coverage| Entry::Covered { coverage });
        serializer.collect_seq(ran.chain(skipped).chain(covered))
    }
}

impl TestReports {
    pub fn outcome(&self) -> TestsOutcome {
        let is_low = self.coverage.as_ref().is_some_and(CoverageReport::is_low);
        if !self.reports.iter().all(|report| report.passed) {
            TestsOutcome::NotPassed(Because::Tests)
        } else if is_low {
            TestsOutcome::NotPassed(Because::Coverage)
        } else {
            TestsOutcome::Passed
        }
    }

    /// As a JUnit report.
    ///
    /// # Errors
    ///
    /// If the XML cannot be made.
    pub fn junit(
        &self,
        release: &str,
        secrets: &Secrets,
    ) -> Result<String, quick_junit::SerializeError> {
        junit::junit(&self.prefix, release, self, secrets)
    }
}

/// `4 tests`, and `3 passed, 1 failed`, with `, 1 skipped` if some were.
fn counts(reports: &[TestReport], skipped: &[Skipped]) -> (String, String) {
    let passed = reports.iter().filter(|report| report.passed).count();
    let failed = reports.len() - passed;
    let mut counts = format!("{passed} passed, {failed} failed");
    if !skipped.is_empty() {
        counts.push_str(&format!(", {} skipped", skipped.len()));
    }
    (counted(reports.len() + skipped.len(), "test"), counts)
}

impl Answer for TestReports {
    fn text(&self) -> String {
        let tests = text::text(&self.reports, &self.skipped, self.shown);
        let Shown {
            verbose, columns, ..
        } = self.shown;
        match &self.coverage {
            Some(coverage) => format!("{tests}\n\n{}", coverage.text(verbose, columns)),
            None => tests,
        }
    }

    fn summary(&self) -> Option<String> {
        let coverage = self.coverage.as_ref();
        let summary = summary::summary(&self.prefix, &self.reports, &self.skipped, coverage);
        Some(summary)
    }

    fn annotations(&self) -> Vec<Annotation> {
        let mut annotations = summary::annotations(&self.deploy_toml, &self.reports);
        annotations.extend(self.coverage.iter().flat_map(CoverageReport::annotations));
        annotations
    }
}
