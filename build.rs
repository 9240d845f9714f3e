//! Tells the binary which commit it is built from, if that is known: `txflow init` pins the action to it.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "cargo tells a build script by its environment, and git knows the commit"
)]

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=TXFLOW_COMMIT");
    let commit = env::var("TXFLOW_COMMIT").ok();
    let commit = commit.or_else(of_package).or_else(of_checkout);
    let is_hash = |text: &String| text.len() == 40 && text.chars().all(|c| c.is_ascii_hexdigit());
    if let Some(commit) = commit.filter(is_hash) {
        println!("cargo::rustc-env=TXFLOW_COMMIT={commit}");
    }
}

/// Cargo writes it into a package that it publishes.
fn of_package() -> Option<String> {
    let text = std::fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, rest) = text.split_once("\"sha1\"")?;
    rest.split('"').nth(1).map(str::to_owned)
}

/// That of txflow's own repository, and not of one that it lies in.
fn of_checkout() -> Option<String> {
    let root = env::current_dir().ok()?;
    if Path::new(&git(&["rev-parse", "--show-toplevel"])?) != root {
        return None;
    }
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    git(&["rev-parse", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
