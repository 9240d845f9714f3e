//! The README and the book: each snippet is run or checked, each link leads somewhere, and the reference is what the program says.
//!
//! `TXFLOW_BLESS=1 cargo test --workspace --test it book` writes the reference and what terminals show anew, to be reviewed in
//! the diff.

mod commands;
mod errors;
mod keys;
mod links;
mod page;
mod session;
mod snippets;

use std::fs;
use std::path::Path;

use crate::support::project::repository;

/// Compares a file of the book with what it has to be, or writes it.
fn assert_written(path: &str, text: &str) {
    let file = repository().join(path);
    if std::env::var_os("TXFLOW_BLESS").is_some() {
        write(&file, text);
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    let diff = similar::TextDiff::from_lines(&*written, text);
    let diff = diff.unified_diff().context_radius(2).to_string();
    assert!(
        diff.is_empty(),
        "{path} is old, run with TXFLOW_BLESS=1:\n{diff}"
    );
}

/// An unchanged file keeps its time.
fn write(file: &Path, text: &str) {
    if fs::read_to_string(file).is_ok_and(|old| old == text) {
        return;
    }
    fs::create_dir_all(file.parent().expect("a folder")).expect("create the folder");
    fs::write(file, text).expect("write the page");
}

#[test]
fn the_reference_is_what_the_program_says() {
    assert_written("docs/src/reference/deploy-toml.md", &keys::page());
    assert_written("docs/src/reference/commands.md", &commands::page());
    assert_written("docs/src/reference/exit-codes.md", &errors::exit_codes());
    assert_written("docs/src/reference/errors.md", &errors::page());
}

/// `.ci/run` says so itself: its tests are the command that people are told.
#[test]
fn the_gate_runs_the_command_that_people_are_told() {
    let gate = fs::read_to_string(repository().join(".ci/run")).expect("the gate");
    let runs = |command: &str| gate.lines().any(|line| line.starts_with(command));
    let pages = [
        page::Page::read("README.md"),
        page::Page::read("CONTRIBUTING.md"),
    ];
    let mut told = 0;
    for page in &pages {
        for block in page.blocks().iter().filter(|block| block.kind() == "sh") {
            let all = block
                .text
                .lines()
                .filter(|line| line.starts_with("cargo test --workspace --"));
            for command in all.filter(|line| line.contains("--include-ignored")) {
                assert!(
                    runs(command),
                    "{}: .ci/run does not run `{command}`",
                    page.name
                );
                told += 1;
            }
        }
    }
    assert_eq!(told, pages.len(), "each page says how all tests are run");
}
