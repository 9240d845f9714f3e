//! The environment variables that a build sees.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The environment of a build: read once at the edge, and given to every process that a build
/// starts instead of txflow's own.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

/// What `cargo run` sets for the program that it starts. A build script that reads one of these
/// would run again, and might answer differently, when txflow was started by `cargo run`.
/// `CARGO` itself stays: it names the toolchain that the user chose.
const LEFT_BY_CARGO_RUN: [&str; 5] = [
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PRIMARY_PACKAGE",
];

impl Environment {
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        let value = self.0.get(OsStr::new(name))?;
        (!value.is_empty()).then_some(value)
    }

    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.0.insert(name.into(), value.into());
    }

    pub fn remove(&mut self, name: &str) {
        self.0.remove(OsStr::new(name));
    }

    pub fn iter(&self) -> impl Iterator<Item = (&OsString, &OsString)> {
        self.0.iter()
    }

    /// `CARGO`, which `cargo run` sets and a user may, or `cargo`.
    pub fn cargo(&self) -> &OsStr {
        self.get("CARGO").unwrap_or(OsStr::new("cargo"))
    }

    /// `CARGO_HOME`, or `.cargo` in the home directory.
    pub fn cargo_home(&self) -> Option<PathBuf> {
        let home = || self.get("HOME").or_else(|| self.get("USERPROFILE"));
        match self.get("CARGO_HOME") {
            Some(path) => Some(path.into()),
            None => home().map(|path| Path::new(path).join(".cargo")),
        }
    }

    /// Whether a program is in `PATH`, or among the subcommands that `cargo install` brought.
    pub fn has_program(&self, name: &str) -> bool {
        let path = self.get("PATH").unwrap_or_default();
        let installed = self.cargo_home().map(|home| home.join("bin"));
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        std::env::split_paths(path)
            .chain(installed)
            .any(|folder| folder.join(&file).is_file())
    }

    /// A process that sees this environment only, in `folder`, killed when it is dropped.
    pub(super) fn command(&self, program: &OsStr, folder: &Path) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(program);
        command.env_clear().current_dir(folder).kill_on_drop(true);
        command.envs(self.iter().filter(|(name, _)| !is_left_by_cargo_run(name)));
        command
    }
}

fn is_left_by_cargo_run(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("CARGO_PKG_") || LEFT_BY_CARGO_RUN.contains(&name.as_ref())
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_run_leaves_behind_reaches_no_process() {
        let environment: Environment = [
            ("CARGO", "/toolchain/bin/cargo"),
            ("CARGO_PKG_VERSION", "1.2.3"),
            ("CARGO_MANIFEST_DIR", "/somewhere"),
            ("CARGO_TARGET_DIR", "/target"),
            ("RUSTFLAGS", "-C debuginfo=1"),
        ]
        .into_iter()
        .collect();
        let command = environment.command(environment.cargo(), Path::new("/"));
        let seen: Vec<_> = command
            .as_std()
            .get_envs()
            .map(|(name, _)| name.to_owned())
            .collect();
        assert_eq!(seen, ["CARGO", "CARGO_TARGET_DIR", "RUSTFLAGS"]);
    }

    #[test]
    fn an_empty_variable_is_an_unset_one() {
        let environment: Environment = [("CARGO", ""), ("HOME", "/home/ada")].into_iter().collect();
        assert_eq!(environment.cargo(), "cargo");
        assert_eq!(
            environment.cargo_home(),
            Some(PathBuf::from("/home/ada/.cargo"))
        );
    }
}
