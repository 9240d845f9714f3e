//! What `--help` and `txflow man` print.

use std::io::Write as _;
use std::process::{Command as Process, Stdio};

use clap::{Command, CommandFactory as _, Parser as _};
use tempfile::TempDir;
use txflow::commands::Cli;

use crate::shown::assert_shown;
use crate::support::txflow::Txflow;

/// txflow and all of its commands, each with the words that call it.
pub fn commands() -> Vec<(Vec<String>, Command)> {
    let mut root = Cli::command();
    root.build();
    let mut all = Vec::new();
    collect(&root, Vec::new(), &mut all);
    assert!(all.len() > 15, "the commands are not where they should be");
    all
}

fn collect(command: &Command, before: Vec<String>, all: &mut Vec<(Vec<String>, Command)>) {
    let path = [before, vec![command.get_name().to_owned()]].concat();
    for inner in command.get_subcommands().filter(|c| c.get_name() != "help") {
        collect(inner, path.clone(), all);
    }
    all.push((path, command.clone()));
}

/// The lines below `Examples:`.
fn examples(command: &Command) -> Vec<String> {
    let text = command.get_after_help().map(ToString::to_string);
    let text = text.unwrap_or_default();
    let lines = text.lines().skip_while(|line| *line != "Examples:").skip(1);
    let lines = lines.take_while(|line| line.starts_with("  "));
    lines.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn every_command_has_examples_that_can_be_typed() {
    for (path, command) in commands() {
        let examples = examples(&command);
        assert!(!examples.is_empty(), "{path:?} has no examples");
        for example in examples {
            assert!(example.len() <= 78, "80 columns break `{example}`");
            let words = words(&example);
            assert!(words.starts_with(&path), "`{example}` is none of {path:?}");
            let parsed = Cli::try_parse_from(&words);
            assert!(parsed.is_ok(), "`{example}` is refused: {parsed:?}");
        }
    }
}

/// What a shell hands to txflow, without what the line does with the streams.
fn words(example: &str) -> Vec<String> {
    let from = example.find("txflow").unwrap_or_default();
    let command = example[from..].split(['>', '|']).next();
    let script = format!("printf '%s\\n' {}\n", command.unwrap_or_default());
    let words = bash(
        &["--norc", "-s"],
        &format!("STATE_MACHINE_ARN=arn\n{script}"),
    );
    words.lines().map(str::to_owned).collect()
}

/// Clap breaks a line that is too long for the terminal. Where the source broke it as well, a short rest stands
/// between.
#[test]
fn text_below_the_examples_is_broken_by_the_terminal_alone() {
    for (path, command) in commands() {
        let text = command.get_after_help().map(ToString::to_string);
        let text = text.unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        for pair in lines.windows(2) {
            let prose = |line: &str| !line.is_empty() && !line.starts_with("  ");
            let broken = pair[0] != "Examples:" && prose(pair[0]) && prose(pair[1]);
            assert!(!broken, "{path:?} breaks a line itself: {pair:?}");
        }
    }
}

#[test]
fn help_keeps_to_the_width_of_the_terminal() {
    for width in [50, 80] {
        for (path, command) in commands() {
            let mut command = command.term_width(width);
            for line in command.render_help().to_string().lines() {
                // What clap does not break: the usage, and long words.
                let whole = line.starts_with("Usage:")
                    || line.split_whitespace().any(|word| word.len() > width / 2);
                let fits = line.chars().count() <= width || whole;
                assert!(fits, "{path:?} in {width} columns: {line}");
            }
        }
    }
}

#[tokio::test]
async fn a_slip_of_the_finger_is_told_what_it_may_have_been() {
    let folder = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    let mut told = String::new();
    for typed in [
        &["desploy"][..],
        &["executions", "lsit"],
        &["deploy", "--stgae", "prod"],
        &["graph", "--format", "svgg"],
        &["rollback", "3"],
    ] {
        let outcome = Txflow::without_account(folder.path(), typed).run().await;
        told += &outcome.exits_with(2).stderr;
    }
    assert_shown!("slips_of_the_finger", told);
}

#[tokio::test]
async fn the_manual_tells_of_each_command_and_each_option() {
    let folder = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    let man = Txflow::without_account(folder.path(), &["man"]).run().await;
    let page = man.succeeded().stdout;
    let page = page
        .replace("\\-", "-")
        .replace("\\fB", "")
        .replace("\\fR", "")
        .replace("\\*(Aq", "'");
    for (path, command) in commands() {
        let name = path.join(" ");
        assert!(page.contains(&name), "{name} is missing");
        let about = command.get_about().expect("a description").to_string();
        assert!(page.contains(&about), "{about} is missing");
        for option in command.get_arguments() {
            let long = option.get_long().map(|long| format!("--{long}"));
            let name = long.unwrap_or_else(|| option.get_id().to_string().to_uppercase());
            assert!(page.contains(&name), "{name} of {path:?} is missing");
        }
        for example in examples(&command) {
            assert!(page.contains(&example), "`{example}` is missing");
        }
        // All exit codes have a section of their own.
        let below = command.get_after_help().map(ToString::to_string);
        let below = below.filter(|_| path.len() > 1).unwrap_or_default();
        for note in below.split("\n\n").skip(1) {
            assert!(page.contains(note), "`{note}` is missing");
        }
    }
    for section in ["EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES"] {
        assert!(page.contains(section), "{section} is missing");
    }
    for known in [
        "TXFLOW_STAGE",
        "NO_COLOR",
        "GITHUB_ACTIONS",
        "AWS_PROFILE",
        "130",
        ".txflow",
    ] {
        assert!(page.contains(known), "{known} is missing");
    }
}

/// Runs a script from standard input, which ends well and says nothing on stderr.
pub fn bash(arguments: &[&str], script: &str) -> String {
    let mut bash = Process::new("bash")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bash runs");
    let mut stdin = bash.stdin.take().expect("a pipe");
    stdin.write_all(script.as_bytes()).expect("bash reads");
    drop(stdin);
    let output = bash.wait_with_output().expect("bash ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    String::from_utf8(output.stdout).expect("text")
}
