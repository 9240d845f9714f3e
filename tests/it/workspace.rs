//! A cargo workspace of its own for a test of the build.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::pin::Pin;

use tempfile::TempDir;
use txflow::build::{
    self, Artifact, BuildError, BuildEvent, BuildRequest, CargoOutput, Environment, Purpose,
    RequestedFunction,
};
use txflow::config::{Architecture, BuildConfig, Linker};
use txflow_local_aws::Containment;

pub const NO_DEPENDENCIES: &str = "fn main() {}";

/// Builds as a command does, which knows the account.
pub async fn build(
    request: &BuildRequest,
    on_event: &(dyn Fn(BuildEvent) + Sync),
) -> Result<Vec<Artifact>, BuildError> {
    let prepared = build::prepare(request).await?;
    build::build(request, &prepared, on_event).await
}

/// A cargo workspace in a directory of its own.
pub struct Workspace {
    _directory: TempDir,
    pub root: PathBuf,
}

impl Workspace {
    /// In a subdirectory of the given name, to give it a path of another length.
    pub fn at(subdirectory: &str) -> Self {
        let directory = TempDir::with_prefix("txflow-build-").unwrap();
        let root = directory.path().join(subdirectory);
        let workspace = Self {
            _directory: directory,
            root,
        };
        let manifest = "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"3\"\n\
            [profile.lambda]\ninherits = \"release\"\nopt-level = 0\nstrip = \"symbols\"\n";
        // The versions that this repository builds with are there without a network.
        let lock = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")).unwrap();
        workspace
            .file("Cargo.toml", manifest)
            .file("Cargo.lock", &lock)
    }

    pub fn package(self, name: &str, dependencies: &str, main: &str) -> Self {
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
             [dependencies]\n{dependencies}"
        );
        self.file(&format!("crates/{name}/Cargo.toml"), &manifest)
            .file(&format!("crates/{name}/src/main.rs"), main)
    }

    pub fn file(self, path: &str, text: &str) -> Self {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub fn request(&self, functions: &[&str]) -> BuildRequest {
        let mut environment = std::env::vars_os().collect::<Environment>();
        // What this test was started with is not what it is about.
        for name in [
            "CARGO_TARGET_DIR",
            "CI",
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
        ] {
            environment.remove(name);
        }
        environment.set("CARGO_NET_OFFLINE", "true");
        BuildRequest {
            root: self.root.clone(),
            functions: functions
                .iter()
                .map(|name| RequestedFunction {
                    name: name.to_string(),
                    features: Vec::new(),
                })
                .collect(),
            config: BuildConfig {
                architecture: own_architecture(),
                profile: "lambda".to_owned(),
                local_profile: "local".to_owned(),
                linker: Linker::Auto,
                features: Vec::new(),
                pass_environment: Vec::new(),
            },
            environment,
            secrets: BTreeSet::new(),
            output: CargoOutput::Capture { color: false },
            containment: Containment::default(),
            purpose: Purpose::Lambda,
        }
    }

    /// A program of the workspace's own, for `CARGO`.
    pub fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root.join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

fn own_architecture() -> Architecture {
    if cfg!(target_arch = "aarch64") {
        Architecture::Arm64
    } else {
        Architecture::X86_64
    }
}

pub async fn built(request: &BuildRequest) -> Vec<Artifact> {
    // A deploy builds beside other work, which takes a future that can move between threads.
    let future: Pin<Box<dyn Future<Output = _> + Send + '_>> = Box::pin(build(request, &|_| {}));
    future
        .await
        .unwrap_or_else(|error| panic!("{error}: {error:?}"))
}

/// Why a build of these functions fails.
pub async fn refused(request: &BuildRequest) -> BuildError {
    build(request, &|_| {}).await.unwrap_err()
}
