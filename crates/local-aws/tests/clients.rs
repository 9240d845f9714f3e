//! Runs the suites of `tests/clients`, which drive the server with boto3 and the AWS CLI.
//!
//! They need a Python environment with `boto3` and `awscli`, which `TXFLOW_EMULATORS` names; `.ci/emulators` makes one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Cargo builds the examples together with the tests.
fn serve() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.ancestors()
        .nth(2)
        .unwrap()
        .join("examples")
        .join("serve")
}

#[test]
fn aws_clients_find_what_they_expect() {
    let Some(environment) = std::env::var_os("TXFLOW_EMULATORS") else {
        eprintln!("SKIPPED: TXFLOW_EMULATORS is not set (`.ci/emulators` prints a value for it)");
        return;
    };
    let serve = serve();
    assert!(
        serve.exists(),
        "{} is missing: run `cargo test` without `--test`, or build the example",
        serve.display()
    );
    let suites = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let done = Command::new(Path::new(&environment).join("bin/python3"))
        .args(["-m", "unittest", "discover", "--start-directory"])
        .arg(suites)
        .env("TXFLOW_SERVE", serve)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    // Nothing was skipped: an environment without the CLI is not the one that `.ci/emulators` makes.
    assert!(
        !String::from_utf8_lossy(&done.stderr).contains("skipped="),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}
