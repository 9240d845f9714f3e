//! Any text as `deploy.toml`, with a fixed definition: it is read whole or refused with what is wrong. What is wrong
//! never shows a secret.
#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use txflow_fuzz::config;

const DEFINITION: &str = include_str!("../../src/config/golden/definition.asl.json");
const SECRET: &str = "correct-horse-battery-staple";
/// How a secret is taken from the environment. Anywhere else a message may show what it found there.
const SECRET_VARIABLE: &str = r#"{ env = "TOKEN", secret = true }"#;

static PROJECT: LazyLock<TempDir> = LazyLock::new(|| {
    let project = tempfile::tempdir().expect("a temporary folder");
    write(project.path(), "definition.asl.json", DEFINITION);
    project
});

fuzz_target!(init: txflow_fuzz::keep_stack_overflows(), |text: &str| {
    let project = PROJECT.path();
    write(project, config::FILE_NAME, text);
    let environment = |name: &str| (name == "TOKEN").then(|| SECRET.to_owned());
    for stage in ["dev", "prod"] {
        let loaded = config::load(project, stage, &environment);
        let _ = config::load_without_secrets(project, stage, &environment);
        let mentions = text.matches("TOKEN").count();
        let is_told = loaded.is_err_and(|wrong| {
            assert!(wrong.errors() > 0, "refused without an error");
            wrong.to_string().contains(SECRET)
        });
        let is_secret = mentions == text.matches(SECRET_VARIABLE).count();
        assert!(
            !is_told || !is_secret || text.contains(SECRET),
            "a finding shows a secret"
        );
    }
});

fn write(project: &Path, name: &str, text: &str) {
    fs::write(project.join(name), text).expect("a file in the temporary folder");
}
