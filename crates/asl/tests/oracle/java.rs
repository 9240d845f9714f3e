//! Runs the oracle.

use std::path::Path;
use std::process::Command;

use crate::Question;
use crate::differential::process;

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
    let mut java = Command::new("java");
    java.args(["-XX:+UseSerialGC", "-Xss8m", "-cp", &jars.join(":")])
        .arg(program);
    let questions = questions.iter();
    let questions: Vec<String> = questions
        .map(|question| format!("{}\t{}", question.path, question.document))
        .collect();
    process::ask(java, &questions)
}
