//! Runs the oracle.

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use serde_json::{Value, json};

use crate::Question;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/expressions/oracle.js");

/// The answers to the questions, in one process.
pub fn ask(folder: &Path, questions: &[Question]) -> Vec<String> {
    let package = folder.join("node_modules/jsonata/package.json");
    assert!(
        package.exists(),
        "{} does not exist: run .ci/jsonata",
        package.display()
    );
    let mut node = Command::new("node")
        .arg(PROGRAM)
        .arg(folder)
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node cannot be started: install nodejs");
    let mut input = BufWriter::new(node.stdin.take().unwrap());
    let output = BufReader::new(node.stdout.take().unwrap());
    let lines = thread::scope(|scope| {
        scope.spawn(move || {
            for question in questions {
                let document: Value = serde_json::from_str(&question.document).unwrap();
                let line = json!({ "expression": question.expression, "document": document });
                writeln!(input, "{line}").unwrap();
            }
            input.flush().unwrap();
        });
        output.lines().map(Result::unwrap).collect::<Vec<_>>()
    });
    assert!(node.wait().unwrap().success(), "the oracle failed");
    assert_eq!(lines.len(), questions.len(), "one answer to a question");
    lines
}
