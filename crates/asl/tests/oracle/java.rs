//! Runs the oracle.

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crate::Question;

/// Where Debian installs Java libraries.
const LIBRARIES: &str = "/usr/share/java";

const JARS: [&str; 6] = [
    "json-path",
    "json-smart-2.2",
    "slf4j-api",
    "slf4j-nop",
    "accessors-smart",
    "asm",
];

/// The answers to the questions, in one process.
pub fn ask(folder: &Path, questions: &[Question]) -> Vec<String> {
    let jars = JARS.map(|jar| format!("{LIBRARIES}/{jar}.jar"));
    for jar in &jars {
        let exists = Path::new(jar).exists();
        assert!(exists, "{jar} does not exist: install libjsonpath-java");
    }
    let program = folder.join("JaywayOracle.java");
    assert!(program.exists(), "{} does not exist", program.display());
    let mut java = Command::new("java")
        .args(["-XX:+UseSerialGC", "-Xss8m", "-cp", &jars.join(":")])
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("java cannot be started: install openjdk-17-jdk-headless");
    let mut input = BufWriter::new(java.stdin.take().unwrap());
    let output = BufReader::new(java.stdout.take().unwrap());
    let lines = thread::scope(|scope| {
        scope.spawn(move || {
            for question in questions {
                writeln!(input, "{}\t{}", question.path, question.document).unwrap();
            }
            input.flush().unwrap();
        });
        output.lines().map(Result::unwrap).collect::<Vec<_>>()
    });
    assert!(java.wait().unwrap().success(), "the oracle failed");
    assert_eq!(lines.len(), questions.len(), "one answer to a question");
    lines
}
