//! Runs the program that asks an oracle.

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::process::{Command, Stdio};
use std::thread;

/// The answers to the questions, a line each, in one process.
pub fn ask(mut program: Command, questions: &[String]) -> Vec<String> {
    let started = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut process = started.unwrap_or_else(|error| {
        let name = program.get_program().display();
        panic!("{name} cannot be started: {error}")
    });
    let mut input = BufWriter::new(process.stdin.take().unwrap());
    let output = BufReader::new(process.stdout.take().unwrap());
    let lines = thread::scope(|scope| {
        scope.spawn(move || {
            for question in questions {
                writeln!(input, "{question}").unwrap();
            }
            input.flush().unwrap();
        });
        output.lines().map(Result::unwrap).collect::<Vec<_>>()
    });
    assert!(process.wait().unwrap().success(), "the oracle failed");
    assert_eq!(lines.len(), questions.len(), "one answer to a question");
    lines
}
