//! Runs the oracle.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::Question;
use crate::differential::process;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/expressions/oracle.js");

/// The answers to the questions, in one process.
pub fn ask(folder: &Path, questions: &[Question]) -> Vec<String> {
    let package = folder.join("node_modules/jsonata/package.json");
    assert!(
        package.exists(),
        "{} does not exist: run .ci/jsonata",
        package.display()
    );
    let mut node = Command::new("node");
    node.arg(PROGRAM).arg(folder).env("TZ", "UTC");
    let questions = questions.iter();
    let questions: Vec<String> = questions
        .map(|question| {
            let document: Value = serde_json::from_str(&question.document).unwrap();
            json!({ "expression": question.expression, "document": document }).to_string()
        })
        .collect();
    process::ask(node, &questions)
}
