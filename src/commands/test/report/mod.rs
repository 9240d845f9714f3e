//! The answer of `txflow test`, in all its forms.

mod junit;
#[cfg(test)]
mod sample;
mod summary;
mod test_report;
mod text;

pub use test_report::{Links, Logs, TestReport};

use std::path::PathBuf;

use serde::Serialize;

use crate::report::Answer;
use crate::report::github::Annotation;
use crate::world::Secrets;

/// The reports of all tests.
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
        junit::junit(&self.prefix, release, &self.reports, secrets)
    }
}

impl Answer for TestReports {
    fn text(&self) -> String {
        text::text(&self.reports)
    }

    fn summary(&self) -> Option<String> {
        Some(summary::summary(&self.prefix, &self.reports))
    }

    fn annotations(&self) -> Vec<Annotation> {
        summary::annotations(&self.deploy_toml, &self.reports)
    }
}
