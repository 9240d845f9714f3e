//! Files that are far too large, too deep or too wrong end with a few clear words.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;

use rustix::fs::{CWD, Mode, mkfifoat};

use super::{Diagnostics, FILE_NAME, Severity, load};

const DEFINITION: &str = r#"{ "StartAt": "A", "States": { "A": { "Type": "Succeed" } } }"#;

/// What is said about a project whose definition has a name and a text.
fn findings(toml: &str, name: &str, definition: &str) -> Diagnostics {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE_NAME), toml).unwrap();
    fs::write(dir.path().join(name), definition).unwrap();
    load(dir.path(), "dev", &|_| None).unwrap_err()
}

/// All but the last finding, which says how many more there are.
fn told(found: &Diagnostics) -> (usize, &str) {
    let last = found.0.last().unwrap();
    assert_eq!(last.code, "more-findings");
    (found.0.len() - 1, last.message.as_str())
}

fn unknown_keys(count: usize) -> String {
    (0..count).fold("name = \"shop\"\n".to_owned(), |mut text, number| {
        let _ = writeln!(text, "unknown{number} = 1");
        text
    })
}

#[test]
fn thirty_thousand_unknown_keys_are_told_as_a_hundred_and_a_count() {
    let found = findings(&unknown_keys(30_000), "definition.asl.json", DEFINITION);
    assert_eq!(told(&found), (100, "… and 29,900 more"));
    // In the order of the file.
    let lines: Vec<usize> = found
        .0
        .iter()
        .filter_map(|d| Some(d.place.as_ref()?.line))
        .collect();
    assert_eq!(lines, (2..102).collect::<Vec<_>>());
    assert_eq!(found.errors(), 101);
}

#[test]
fn a_definition_that_is_wrong_everywhere_is_told_in_part() {
    let states: Vec<String> = (0..10_000)
        .map(|number| format!("\"S{number}\":{{\"Type\":\"Tsk\",\"Next\":\"X{number}\"}}"))
        .collect();
    let definition = format!("{{\"StartAt\":\"S0\",\"States\":{{{}}}}}", states.join(","));
    let found = findings("name = \"shop\"\n", "definition.asl.json", &definition);
    assert_eq!(told(&found), (100, "… and at least 900 more"));
    // It is one line, of which an excerpt has only what is near.
    for finding in found.0.iter().filter_map(|d| d.place.as_ref()) {
        assert!(finding.excerpt.len() <= 1000, "{}", finding.excerpt.len());
    }
    let place = found.0[90].place.as_ref().unwrap();
    let text = found.0[90].render();
    assert!(
        text.contains(&format!("definition.asl.json:1:{}", place.column)),
        "{text}"
    );
    assert!(text.contains('^'), "{text}");
}

#[test]
fn an_error_is_told_among_any_number_of_warnings() {
    let mut toml = "name = \"shop\"\n".to_owned();
    for number in 0..500 {
        let _ = writeln!(toml, "[functions.unused{number}]");
    }
    toml.push_str("[sate-machine]\n");
    let found = findings(&toml, "definition.asl.json", DEFINITION);
    let errors: Vec<&str> = found
        .0
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .map(|d| d.message.as_str())
        .collect();
    assert_eq!(errors, ["there is no key `sate-machine`"]);
    assert_eq!(told(&found), (100, "… and 401 more"));
}

#[test]
fn a_hundred_findings_are_all_told() {
    let found = findings(&unknown_keys(100), "definition.asl.json", DEFINITION);
    assert_eq!(found.0.len(), 100);
    assert!(found.0.iter().all(|d| d.code == "unknown-key"));
}

#[test]
fn a_hint_names_some_of_many_names() {
    let states: Vec<String> = (0..50)
        .map(|number| format!("\"S{number}\": {{ \"Type\": \"Succeed\" }}"))
        .collect();
    let definition = format!(
        "{{ \"StartAt\": \"S0\", \"States\": {{ {} }} }}",
        states.join(", ")
    );
    let toml = "name = \"shop\"\n[tests.T]\ninput = {}\nexpect = { path = [\"elsewhere\"] }\n";
    let found = findings(toml, "definition.asl.json", &definition);
    let hint = found.0.iter().find(|d| d.code == "unknown-state").unwrap();
    let hint = hint.hint.as_deref().unwrap();
    assert!(hint.ends_with("`S19` and 30 more"), "{hint}");
}

#[test]
fn deep_nesting_is_a_finding_in_every_format() {
    let deep = "[".repeat(100_000);
    let found = findings(
        &format!("name = \"shop\"\nx = {deep}"),
        "definition.asl.json",
        DEFINITION,
    );
    assert!(found.0.iter().any(|d| d.code == "syntax"), "{found}");
    let json = findings("name = \"shop\"\n", "definition.asl.json", &deep);
    assert!(json.0.iter().any(|d| d.code == "syntax"), "{json}");
    let toml = "name = \"shop\"\ndefinition = \"deep.yaml\"\n";
    let yaml = findings(toml, "deep.yaml", &deep);
    assert!(yaml.0.iter().any(|d| d.code == "syntax"), "{yaml}");
}

#[test]
fn what_is_not_a_regular_file_is_refused_with_its_place() {
    for (definition, said) in [
        ("/dev/zero", "it is a device"),
        ("pipe", "it is a pipe"),
        ("folder", "it is a folder"),
        ("sparse", "it has more than 4 MB"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        mkfifoat(CWD, dir.path().join("pipe"), Mode::RUSR | Mode::WUSR).unwrap();
        fs::create_dir(dir.path().join("folder")).unwrap();
        let sparse = fs::File::create(dir.path().join("sparse")).unwrap();
        sparse.set_len(10 << 30).unwrap();
        let input = format!("[tests.T]\ninput = \"{definition}\"\n");
        let toml = format!("name = \"shop\"\ndefinition = \"{definition}\"\n{input}");
        fs::write(dir.path().join(FILE_NAME), toml).unwrap();
        let found = load(dir.path(), "dev", &|_| None).unwrap_err();
        let lines: Vec<usize> = found
            .0
            .iter()
            .filter(|d| d.message.contains(said))
            .filter_map(|d| Some(d.place.as_ref()?.line))
            .collect();
        assert_eq!(lines, [2, 4], "{found}");

        fs::remove_file(dir.path().join(FILE_NAME)).unwrap();
        let target = dir.path().join(definition);
        std::os::unix::fs::symlink(target, dir.path().join(FILE_NAME)).unwrap();
        let found = load(dir.path(), "dev", &|_| None).unwrap_err();
        assert!(found.0[0].message.contains(said), "{found}");
    }
}
