//! Holds JSONata to jsonata-js 2.0.6, which is the version that Step Functions documents, and to JSONata's own test suite.
//!
//! `TXFLOW_JSONATA` names the folder that `.ci/jsonata` prints, and `TXFLOW_JSONATA_SUITE` that of `.ci/jsonata-suite`.
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
mod explained;
mod grammar;
mod node;
mod suite;

use std::env;

use answer::Answer;
use differential::random::Random;
use serde_json::{Value, json};

/// An expression, and the document that it is asked of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Question {
    expression: String,
    document: String,
}

#[test]
fn the_known_cases_are_answered_as_by_jsonata_js() {
    differential::hold_to_known_cases::<Question>();
}

#[test]
#[ignore = "needs jsonata-js"]
fn expressions_that_need_jsonata_js() {
    let folder = env::var_os("TXFLOW_JSONATA")
        .expect("TXFLOW_JSONATA is not set to the folder that .ci/jsonata prints");
    differential::hold_to_oracle::<Question>(|questions| node::ask(folder.as_ref(), questions));
}

impl differential::Question for Question {
    type Answer = Answer;

    const MEASURE: &'static str = "expressions";
    const ORACLE: &'static str = "jsonata-js";
    const COUNT: usize = 4_000;
    const CASES: &'static str =
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/expressions/cases.jsonl");

    fn make(random: &mut Random) -> Self {
        Self {
            expression: grammar::expression(random),
            document: grammar::document(random).to_string(),
        }
    }

    fn read(case: &str) -> (Self, String) {
        let case: Value = serde_json::from_str(case).unwrap();
        let question = Self {
            expression: case["expression"].as_str().unwrap().to_owned(),
            document: case["document"].to_string(),
        };
        (question, case["answer"].to_string())
    }

    fn write(&self, answer: &str) -> String {
        let document: Value = serde_json::from_str(&self.document).unwrap();
        let answer: Value = serde_json::from_str(answer).unwrap();
        json!({ "expression": self.expression, "document": document, "answer": answer }).to_string()
    }

    fn parts(&self) -> (&str, &str) {
        (&self.expression, &self.document)
    }

    fn ours(&self) -> Answer {
        Answer::ours(self)
    }

    fn theirs(line: &str) -> Answer {
        Answer::parse(line)
    }

    fn is_value(answer: &Answer) -> bool {
        matches!(answer, Answer::Value(_))
    }

    fn explained(&self, ours: &Answer, theirs: &Answer) -> Option<&'static str> {
        explained::reason(self, ours, theirs)
    }
}
