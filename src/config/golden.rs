//! Each `golden/<case>.toml` with the exact text that a user sees for it, in `<case>.txt`.
//!
//! `TXFLOW_BLESS=1 cargo test golden` rewrites the texts, to be reviewed in the diff.

use std::fs;
use std::path::Path;

use super::load;

fn environment(name: &str) -> Option<String> {
    match name {
        "SET_TO_TEXT" => Some("text".to_owned()),
        "SET_TO_NOTHING" => Some(String::new()),
        _ => None,
    }
}

/// What is said about a case in stage `dev`, with the folder's name taken out.
fn findings(cases: &Path, case: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let copy = |from: &str, to: &str| fs::copy(cases.join(from), dir.path().join(to)).unwrap();
    copy(&format!("{case}.toml"), "deploy.toml");
    let own = format!("{case}.asl.json");
    let has_own = cases.join(&own).exists();
    let definition = if has_own { &own } else { "definition.asl.json" };
    copy(definition, "definition.asl.json");
    let in_yaml = format!("{case}.asl.yaml");
    if cases.join(&in_yaml).exists() {
        copy(&in_yaml, "definition.asl.yaml");
    }
    let folder = format!("{}/", dir.path().display());
    let diagnostics = load(dir.path(), "dev", &environment).unwrap_err();
    format!("{diagnostics}\n").replace(&folder, "")
}

#[test]
fn each_mistake_is_told_with_its_place() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config/golden");
    let names = fs::read_dir(&cases).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<String> = names
        .filter_map(|entry| {
            Some(
                entry
                    .file_name()
                    .to_str()?
                    .strip_suffix(".toml")?
                    .to_owned(),
            )
        })
        .collect();
    names.sort();
    assert!(names.len() > 10, "the cases are not where they should be");
    for case in names {
        let found = findings(&cases, &case);
        let path = cases.join(format!("{case}.txt"));
        if std::env::var_os("TXFLOW_BLESS").is_some() {
            fs::write(&path, &found).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(found, expected, "in the case `{case}`");
    }
}

#[test]
fn no_secret_is_ever_shown() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config/golden");
    for case in ["secrets", "secret_in_broken_file"] {
        let found = findings(&cases, case);
        assert!(found.contains("error["), "{found}");
        assert!(!found.contains("hunter2"), "{found}");
    }
}
