//! The reference of exit codes and errors: the golden files of messages, as pages.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use txflow::exit::Exit;

use crate::support::project::repository;

const GENERATED: &str = "by `TXFLOW_BLESS=1 cargo test --workspace --test it book`";

/// The types of errors, in words, in the order of the page.
const TITLES: [(&str, &str); 13] = [
    ("CommandError", "Commands"),
    ("InitError", "A new project"),
    ("BuildError", "Builds"),
    ("TargetError", "Targets of a build"),
    ("GateError", "What is built for Lambda"),
    ("ConnectError", "The way to AWS"),
    ("AwsError", "Calls of AWS"),
    ("Refusal", "Plans"),
    ("PlanFileError", "Files of plans"),
    ("StepError", "Steps of a deploy"),
    ("ApplyFailed", "The end of a deploy"),
    ("NothingWritten", "Before anything was written"),
    ("StartError", "The embedded AWS"),
];

pub fn exit_codes() -> String {
    let mut page = format!(
        "# Exit codes\n\nGenerated from the codes of txflow, {GENERATED}.\n\n| code | means |\n|---|---|\n"
    );
    for (exit, meaning) in Exit::MEANINGS {
        let _ = writeln!(
            page,
            "| {} | {} |",
            exit as u8,
            meaning.trim_end_matches('.')
        );
    }
    page.push_str(
        "\nData goes to stdout, progress and diagnostics to stderr. [Errors](errors.md) shows each error with its code.\n",
    );
    page
}

pub fn page() -> String {
    let mut page = format!(
        "# Errors\n\nGenerated from the texts that tests hold, {GENERATED}.\n\nAn error says what happened, and in `hint:` what \
         to do. Names and numbers are examples.\n"
    );
    let errors = errors();
    for (kind, title) in TITLES {
        let Some(by_code) = errors.get(kind) else {
            continue;
        };
        let _ = write!(page, "\n## {title}\n");
        for (code, texts) in by_code {
            let _ = write!(page, "\n### {title}: exit code {code}\n");
            for text in texts {
                let _ = write!(page, "\n```text\n{text}\n```\n");
            }
        }
    }
    let _ = write!(
        page,
        "\n## deploy.toml and definitions\n\n`txflow validate` shows all findings at once, each with its place and mostly with a \
         hint. An error ends with exit code 2. For each code, one of its messages:\n\n| code | such as |\n|---|---|\n"
    );
    for (code, message) in findings() {
        let _ = writeln!(
            page,
            "| `{code}` | {} |",
            message.replace('|', "\\|").replace('<', "&lt;")
        );
    }
    page
}

/// The texts of `golden.txt`, by the type of the error and by exit code.
fn errors() -> BTreeMap<String, BTreeMap<u8, Vec<String>>> {
    let golden = fs::read_to_string(repository().join("src/error/golden.txt"));
    let golden = golden.expect("the texts of errors");
    let mut errors: BTreeMap<String, BTreeMap<u8, Vec<String>>> = BTreeMap::new();
    for entry in golden.split("\n# ") {
        let (head, text) = entry
            .trim_start_matches("# ")
            .split_once('\n')
            .expect("a text");
        let (kind, code) = head.split_once(", exit code ").expect("a code");
        let kind = kind.split("::").next().unwrap_or(kind);
        let code = code.parse().expect("a number");
        let texts = errors
            .entry(kind.to_owned())
            .or_default()
            .entry(code)
            .or_default();
        let text = text.trim_end().to_owned();
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    errors
}

/// The codes of what `validate` finds, each with the first message of it.
fn findings() -> BTreeMap<String, String> {
    let cases = fs::read_dir(repository().join("src/config/golden")).expect("the cases");
    let mut files: Vec<_> = cases.map(|case| case.expect("a case").path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "txt"));
    files.sort();
    let mut found = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(file).expect("a case");
        for line in text.lines() {
            let Some((head, message)) = line.split_once("]: ") else {
                continue;
            };
            let code = head
                .strip_prefix("error[")
                .or_else(|| head.strip_prefix("warning["));
            if let Some(code) = code {
                found
                    .entry(code.to_owned())
                    .or_insert_with(|| message.to_owned());
            }
        }
    }
    found
}

#[test]
fn each_type_of_error_has_a_title() {
    let titles = TITLES.map(|(kind, _)| kind);
    for kind in errors().keys() {
        assert!(titles.contains(&kind.as_str()), "{kind}");
    }
    assert!(
        findings().len() > 20,
        "the codes are not where they should be"
    );
}
