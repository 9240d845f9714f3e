//! The environment variables that a build sees.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// An environment, read once when the run begins.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

/// The variables that `cargo run` sets for the program that it starts. A build script that reads one of these
/// would run again, and might behave differently, if txflow was started by `cargo run`.
/// `CARGO` itself is kept: it names the toolchain that the user chose.
const LEFT_BY_CARGO_RUN: [&str; 5] = [
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PRIMARY_PACKAGE",
];

/// Variables that start with one of these are hidden from builds.
///
/// All of `AWS_`, and not a list of those that hold keys today: a profile, a token file or the URI
/// of a container's credentials leads to keys as well, and AWS adds more. `AWS_REGION` is harmless,
/// but with it in a build the zip would depend on the shell that it was made in.
const KEPT_PREFIXES: [&str; 2] = ["AWS_", "ACTIONS_ID_TOKEN_"];

/// The tokens of GitHub's runners and of its CLI, and the files through which a program passes values to the
/// next steps of the job: those run with credentials.
const KEPT: [&str; 11] = [
    "ACTIONS_RUNTIME_TOKEN",
    "GH_ENTERPRISE_TOKEN",
    "GH_TOKEN",
    "GITHUB_ENTERPRISE_TOKEN",
    "GITHUB_ENV",
    "GITHUB_OUTPUT",
    "GITHUB_PATH",
    "GITHUB_STATE",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_TOKEN",
    "TXFLOW_PLAN_KEY",
];

impl Environment {
    /// What the processes of a build see. A build runs code by everybody who wrote one of its crates, in build
    /// scripts and procedural macros, so it gets no credentials and none of the `secrets` that `deploy.toml`
    /// names, except for what is in `passed`.
    pub fn of_builds(&self, secrets: &BTreeSet<String>, passed: &[String]) -> Self {
        let is_kept = |name: &str| {
            KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
                || KEPT.contains(&name)
                || secrets.contains(name)
        };
        let is_visible = |name: &str| {
            !is_left_by_cargo_run(name) && (!is_kept(name) || passed.iter().any(|p| p == name))
        };
        let variables = self.iter();
        variables
            .filter(|(name, _)| is_visible(&name.to_string_lossy()))
            .collect()
    }

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

    pub fn contains(&self, name: &OsStr) -> bool {
        self.0.contains_key(name)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&OsString, &OsString)> {
        self.0.iter()
    }

    /// `CARGO`, which `cargo run` sets and a user may set, or `cargo`.
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

    /// Whether a program is in `PATH`, or among the subcommands that `cargo install` installed.
    #[expect(
        clippy::disallowed_methods,
        reason = "looks into the folders of `PATH`"
    )]
    pub fn has_program(&self, name: &str) -> bool {
        let path = self.get("PATH").unwrap_or_default();
        let installed = self.cargo_home().map(|home| home.join("bin"));
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        std::env::split_paths(path)
            .chain(installed)
            .any(|folder| folder.join(&file).is_file())
    }
}

fn is_left_by_cargo_run(name: &str) -> bool {
    name.starts_with("CARGO_PKG_") || LEFT_BY_CARGO_RUN.contains(&name)
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

    /// The names of what a build sees.
    fn visible(variables: &[&str], secrets: &[&str], passed: &[&str]) -> Vec<String> {
        let environment: Environment = variables.iter().map(|name| (name, "x")).collect();
        let secrets = secrets.iter().map(|name| (*name).to_owned()).collect();
        let passed: Vec<String> = passed.iter().map(|name| (*name).to_owned()).collect();
        let visible = environment.of_builds(&secrets, &passed);
        let names = visible
            .iter()
            .map(|(name, _)| name.to_string_lossy().into_owned());
        names.collect()
    }

    #[test]
    fn what_cargo_run_leaves_behind_reaches_no_build() {
        let variables = [
            "CARGO",
            "CARGO_PKG_VERSION",
            "CARGO_MANIFEST_DIR",
            "CARGO_TARGET_DIR",
            "RUSTFLAGS",
        ];
        let expected = ["CARGO", "CARGO_TARGET_DIR", "RUSTFLAGS"];
        assert_eq!(visible(&variables, &[], &[]), expected);
    }

    #[test]
    fn nothing_that_leads_to_credentials_reaches_a_build() {
        let leads_to_credentials = [
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "ACTIONS_RUNTIME_TOKEN",
            "AWS_ACCESS_KEY_ID",
            "AWS_CONFIG_FILE",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_PROFILE",
            "AWS_ROLE_ARN",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SECURITY_TOKEN",
            "AWS_SESSION_TOKEN",
            "AWS_SHARED_CREDENTIALS_FILE",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "GH_TOKEN",
            "GITHUB_TOKEN",
        ];
        let all = [
            &leads_to_credentials[..],
            &["PATH", "API_KEY", "GITHUB_SHA"],
        ]
        .concat();
        assert_eq!(visible(&all, &["API_KEY"], &[]), ["GITHUB_SHA", "PATH"]);
    }

    #[test]
    fn what_deploy_toml_passes_is_given_back_and_nothing_else() {
        let variables = ["AWS_REGION", "AWS_PROFILE", "API_KEY", "CARGO_PKG_NAME"];
        let passed = ["AWS_REGION", "API_KEY", "CARGO_PKG_NAME", "NOT_SET"];
        assert_eq!(
            visible(&variables, &["API_KEY"], &passed),
            ["API_KEY", "AWS_REGION"]
        );
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
