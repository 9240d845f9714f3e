//! What holds of the source itself: which module may do what.
//!
//! What a module may reach is in `clippy.toml` and checked by clippy.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::project::repository;

/// The Rust files below a folder of `src/`, or the one file; `*` stands for each folder. Tests may do what they need.
fn sources(path: &str) -> Vec<(PathBuf, String)> {
    let source = repository().join("src");
    let mut files = Vec::new();
    match path.split_once("/*/") {
        None => collect(&source.join(path), &mut files),
        Some((folder, file)) => {
            let folders = fs::read_dir(source.join(folder)).expect("read a folder of the source");
            let folders = folders.map(|entry| entry.expect("read a folder of the source").path());
            files.extend(
                folders
                    .map(|folder| folder.join(file))
                    .filter(|file| file.is_file()),
            );
        }
    }
    assert!(
        !files.is_empty(),
        "`src/{path}` is gone, and with it what this test holds"
    );
    files
        .into_iter()
        .filter(|file| !is_test(file))
        .map(|file| {
            let text = fs::read_to_string(&file).expect("read a source file");
            let text = code(&text);
            (file, text)
        })
        .collect()
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_file() {
        files.push(path.to_owned());
        return;
    }
    let entries = fs::read_dir(path).expect("read a folder of the source");
    for entry in entries {
        let path = entry.expect("read a folder of the source").path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "rs") {
            collect(&path, files);
        }
    }
}

/// The modules that are there under `#[cfg(test)]` only.
fn is_test(file: &Path) -> bool {
    let test = ["tests", "tests.rs", "sample.rs", "golden.rs"];
    let mut parts = file.components();
    parts.any(|part| test.iter().any(|name| part.as_os_str() == *name))
}

/// Without comments and without the tests at the end of a file.
fn code(text: &str) -> String {
    let text = text.split("mod tests {").next().unwrap_or(text);
    let lines = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// Fails with each place where one of the words stands.
fn never_says(paths: &[&str], words: &[&str], why: &str) {
    let mut found = Vec::new();
    for (file, text) in paths.iter().flat_map(|path| sources(path)) {
        for (number, line) in (1..).zip(text.lines()) {
            for word in words.iter().filter(|word| line.contains(**word)) {
                found.push(format!("{}:{number}: `{word}`", file.display()));
            }
        }
    }
    assert!(found.is_empty(), "{why}\n{}", found.join("\n"));
}

#[test]
fn apply_does_not_branch_on_reasons() {
    never_says(
        &["apply"],
        &["reason::", "Reason::", "Reason}", ".reasons", " reasons:"],
        "reasons are for people; a step carries all that it needs",
    );
}

#[test]
fn apply_knows_neither_what_is_observed_nor_the_file() {
    never_says(
        &["apply"],
        &["Observed", "Deployment", "Desired", "config::load"],
        "a step carries all that it needs",
    );
}

#[test]
fn the_only_writes_are_those_of_operations() {
    let writes = [
        ".create_role(",
        ".create_function(",
        ".create_state_machine(",
        ".create_log_group(",
        ".update_state_machine(",
        ".update_function_code(",
        ".update_state_machine_alias(",
        ".put_role_policy(",
        ".delete_role(",
        ".delete_function(",
        ".delete_state_machine(",
        ".delete_log_group(",
    ];
    let outside = [
        "apply",
        "aws",
        "build",
        "config",
        "executions",
        "plan",
        "report",
        "resources/*/observe.rs",
        "resources/*/compare.rs",
    ];
    never_says(&outside, &writes, "a dry run must not be able to write");
    // In the embedded AWS, and as an administrator would, `deploy --local` makes the roles that others make.
    let commands = sources("commands").into_iter();
    for (file, text) in commands.filter(|(file, _)| !file.ends_with("roles_of_others.rs")) {
        let write = writes.iter().find(|write| text.contains(**write));
        assert_eq!(write, None, "{}", file.display());
    }
    let operations = sources("resources");
    let operations: String = operations.into_iter().map(|(_, text)| text).collect();
    for write in writes {
        assert!(
            operations.contains(write),
            "{write} is no longer what the operations call it"
        );
    }
}

#[test]
fn the_check_finds_what_it_looks_for() {
    assert_eq!(code("let a = 1; // std::fs"), "let a = 1; ");
    let caught = std::panic::catch_unwind(|| never_says(&["apply/run.rs"], &["tokio"], "why"));
    assert!(caught.is_err(), "`apply/run.rs` runs tasks on tokio");
}
