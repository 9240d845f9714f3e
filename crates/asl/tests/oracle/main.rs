//! Holds JSONPath to Jayway JsonPath 2.0.0, which Step Functions behaves like.
//!
//! `TXFLOW_ORACLE` names the folder with `JaywayOracle.java`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test"
)]

mod answer;
#[path = "../differential/mod.rs"]
mod differential;
mod documents;
mod explained;
mod java;
mod paths;

use std::env;

use answer::Answer;
use differential::random::Random;

/// A path, and the document that it is asked of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Question {
    path: String,
    document: String,
}

#[test]
fn the_known_cases_are_answered_as_by_jayway() {
    differential::hold_to_known_cases::<Question>();
}

#[test]
#[ignore = "needs Jayway JsonPath"]
fn paths_that_need_jayway() {
    let folder = env::var_os("TXFLOW_ORACLE")
        .expect("TXFLOW_ORACLE is not set to the folder with JaywayOracle.java");
    differential::hold_to_oracle::<Question>(|questions| java::ask(folder.as_ref(), questions));
}

impl differential::Question for Question {
    type Answer = Answer;

    const MEASURE: &'static str = "paths";
    const ORACLE: &'static str = "jayway";
    const COUNT: usize = 8_000;
    const CASES: &'static str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/cases.txt");

    fn make(random: &mut Random) -> Self {
        Self {
            path: paths::path(random),
            document: documents::document(random).to_string(),
        }
    }

    fn read(case: &str) -> (Self, String) {
        let mut parts = case.splitn(3, '\t').map(str::to_owned);
        let (path, document) = (parts.next().unwrap(), parts.next().unwrap());
        (Self { path, document }, parts.next().unwrap())
    }

    fn write(&self, answer: &str) -> String {
        format!("{}\t{}\t{answer}", self.path, self.document)
    }

    fn parts(&self) -> (&str, &str) {
        (&self.path, &self.document)
    }

    fn ours(&self) -> Answer {
        Answer::ours(self)
    }

    fn theirs(line: &str) -> Answer {
        Answer::parse(line)
    }

    fn is_value(answer: &Answer) -> bool {
        matches!(answer, Answer::Found(_))
    }

    fn explained(&self, _: &Answer, _: &Answer) -> Option<&'static str> {
        explained::reason(self)
    }
}
