//! The one call of cargo, and what happens to each binary that it reports.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use cargo_metadata::Message;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{ChildStderr, ChildStdout, Command};
use tokio::task::JoinSet;

use super::error::Lacks;
use super::package::{Binary, Workspace};
use super::target::{Linking, Toolchain};
use super::{Artifact, BuildError, BuildEvent, BuildRequest, CargoOutput, gate, zip_cache};
use crate::config::Architecture;
use crate::input_file;

/// Builds all binaries in one call of cargo, and returns them in their order.
pub async fn run(
    request: &BuildRequest,
    workspace: &Workspace,
    toolchain: Toolchain,
    rustflags: &str,
    on_event: &(dyn Fn(BuildEvent) + Sync),
) -> Result<Vec<Artifact>, BuildError> {
    let started = Instant::now();
    let program = request.environment.cargo();
    let cargo = request.start(program, |cargo| {
        prepare(cargo, request, workspace, toolchain, rustflags);
    });
    let mut cargo = cargo.await.map_err(|source| BuildError::NotStarted {
        program: program.to_string_lossy().into_owned(),
        source,
    })?;
    on_event(BuildEvent::Started {
        functions: workspace.binaries.len(),
        target: toolchain.target,
        linker: toolchain.linking.name(),
    });

    let (stdout, stderr) = (cargo.stdout.take(), cargo.stderr.take());
    // An error here drops `cargo`, which ends it: the rest of the build would be wasted.
    let (mut artifacts, captured, status) = tokio::try_join!(
        artifacts(
            stdout,
            &workspace.binaries,
            request.config.architecture,
            |packaged| {
                on_event(packaged.event(started));
            }
        ),
        capture(stderr, |line| {
            if matches!(request.output, CargoOutput::Tell { .. }) {
                on_event(BuildEvent::Said(line.to_owned()));
            }
        }),
        async { cargo.wait().await.map_err(BuildError::Output) },
    )?;
    if !status.success() {
        return Err(BuildError::Cargo {
            status,
            captured,
            lacks: lacking(workspace, &request.config.profile),
        });
    }
    let in_order = workspace.binaries.iter().map(|Binary { function, .. }| {
        let artifact = artifacts.remove(function);
        artifact.ok_or_else(|| BuildError::NotReported {
            function: function.clone(),
        })
    });
    in_order.collect()
}

#[expect(clippy::disallowed_methods, reason = "looks for Cargo.lock")]
fn prepare(
    command: &mut Command,
    request: &BuildRequest,
    workspace: &Workspace,
    toolchain: Toolchain,
    rustflags: &str,
) {
    let environment = &request.environment;
    let Toolchain { target, linking } = toolchain;
    command.args(match linking {
        // The glibc of `provided.al2023`, in the notation of cargo-zigbuild.
        Linking::Zig => [
            "zigbuild".to_owned(),
            "--target".to_owned(),
            format!("{target}.2.34"),
        ],
        _ => ["build".to_owned(), "--target".to_owned(), target.to_owned()],
    });
    command.args(["--profile", &request.config.profile]);
    command.args(["--message-format", "json-render-diagnostics"]);
    for binary in &workspace.binaries {
        command.args(["--package", &binary.package_name, "--bin", &binary.name]);
        for feature in &binary.features {
            command.arg("--features");
            command.arg(format!("{}/{feature}", binary.package_name));
        }
    }
    for feature in &request.config.features {
        command.args(["--features", feature]);
    }
    // On a laptop a new dependency just works, as with `cargo build`. In a pipeline, what is
    // deployed is what was committed.
    if environment.get("CI").is_some() && workspace.root.join("Cargo.lock").is_file() {
        command.arg("--locked");
    }
    command
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", rustflags);
    if let Linking::Gcc(gcc) = linking {
        let target = target.to_uppercase().replace('-', "_");
        command.env(format!("CARGO_TARGET_{target}_LINKER"), gcc);
    }
    command.stdout(Stdio::piped());
    match request.output {
        CargoOutput::Inherit => command.stderr(Stdio::inherit()),
        CargoOutput::Capture { color } | CargoOutput::Tell { color } => {
            command.args(["--color", if color { "always" } else { "never" }]);
            command.stderr(Stdio::piped())
        }
    };
}

/// What this build needs and the workspace does not have: something that cargo refuses before it
/// compiles anything.
fn lacking(workspace: &Workspace, profile: &str) -> Option<Lacks> {
    let features = || {
        let mut binaries = workspace.binaries.iter();
        let binary = binaries.find(|binary| !binary.missing_features.is_empty())?;
        Some(Lacks::Features {
            function: binary.function.clone(),
            features: binary.missing_features.clone(),
        })
    };
    let profile = missing_profile(workspace, profile);
    profile.map(Lacks::Profile).or_else(features)
}

/// The profile, if neither cargo nor the workspace's manifest defines it.
#[expect(clippy::disallowed_methods, reason = "reads the workspace's manifest")]
fn missing_profile(workspace: &Workspace, profile: &str) -> Option<String> {
    let manifest = input_file::read(&workspace.root.join("Cargo.toml")).ok()?;
    let manifest = toml::de::DeTable::parse(&manifest).ok()?;
    let profiles = manifest.get_ref().get("profile");
    let defined = profiles
        .and_then(|profiles| profiles.get_ref().get(profile))
        .is_some();
    let built_in = ["dev", "release", "test", "bench"].contains(&profile);
    (!defined && !built_in).then(|| profile.to_owned())
}

struct Packaged {
    artifact: Artifact,
    compiled: bool,
}

impl Packaged {
    fn event(&self, started: Instant) -> BuildEvent {
        BuildEvent::Finished {
            function: self.artifact.function.clone(),
            size: self.artifact.zip.len(),
            sha256: self.artifact.sha256.clone(),
            after: started.elapsed(),
            compiled: self.compiled,
        }
    }
}

/// Packages each binary on a thread of its own as soon as cargo reports it, until cargo has
/// closed its output and all are done.
async fn artifacts(
    stdout: Option<ChildStdout>,
    binaries: &[Binary],
    architecture: Architecture,
    on_packaged: impl Fn(&Packaged),
) -> Result<BTreeMap<String, Artifact>, BuildError> {
    let mut lines = stdout.map(|stdout| BufReader::new(stdout).lines());
    let mut packaging = JoinSet::new();
    let mut artifacts = BTreeMap::new();
    loop {
        tokio::select! {
            line = next_line(&mut lines), if lines.is_some() => match line? {
                None => lines = None,
                Some(line) => {
                    for reported in Reported::parse(&line, binaries) {
                        packaging.spawn_blocking(move || reported.package(architecture));
                    }
                }
            },
            Some(packaged) = packaging.join_next() => {
                let packaged: Packaged = packaged.map_err(BuildError::Interrupted)??;
                on_packaged(&packaged);
                artifacts.insert(packaged.artifact.function.clone(), packaged.artifact);
            }
            else => return Ok(artifacts),
        }
    }
}

type Lines = tokio::io::Lines<BufReader<ChildStdout>>;

async fn next_line(lines: &mut Option<Lines>) -> Result<Option<String>, BuildError> {
    match lines {
        Some(lines) => lines.next_line().await.map_err(BuildError::Output),
        None => Ok(None),
    }
}

async fn capture(
    stderr: Option<ChildStderr>,
    on_line: impl Fn(&str),
) -> Result<Option<String>, BuildError> {
    let Some(stderr) = stderr else {
        return Ok(None);
    };
    let mut stderr = BufReader::new(stderr);
    let mut captured = String::new();
    let mut bytes = Vec::new();
    while stderr
        .read_until(b'\n', &mut bytes)
        .await
        .map_err(BuildError::Output)?
        > 0
    {
        let line = String::from_utf8_lossy(&bytes);
        on_line(line.trim_end());
        captured.push_str(&line);
        bytes.clear();
    }
    Ok(Some(captured))
}

/// A binary that cargo reports.
struct Reported {
    function: String,
    path: PathBuf,
    compiled: bool,
}

impl Reported {
    /// One for each function that runs the binary. None for everything else that cargo reports, such as
    /// libraries, now or in later versions.
    fn parse(line: &str, binaries: &[Binary]) -> Vec<Self> {
        let Ok(Message::CompilerArtifact(artifact)) = serde_json::from_str(line) else {
            return Vec::new();
        };
        let Some(path) = artifact.executable.filter(|_| artifact.target.is_bin()) else {
            return Vec::new();
        };
        let runs_it = |binary: &&Binary| {
            binary.package == artifact.package_id && binary.name == artifact.target.name
        };
        let functions = binaries.iter().filter(runs_it);
        let reported = functions.map(|binary| Self {
            function: binary.function.clone(),
            path: path.clone().into(),
            compiled: !artifact.fresh,
        });
        reported.collect()
    }

    fn package(self, architecture: Architecture) -> Result<Packaged, BuildError> {
        let Self {
            function,
            path,
            compiled,
        } = self;
        let binary = read(&path)?;
        if let Err(source) = gate::check_binary(&binary, architecture) {
            return Err(BuildError::Gate { function, source });
        }
        let zip = match zip_cache::zipped(&path, &binary) {
            Ok(zip) => zip,
            Err(source) => return Err(BuildError::Zip { function, source }),
        };
        if let Err(source) = gate::check_zip(zip.len()) {
            return Err(BuildError::Gate { function, source });
        }
        Ok(Packaged {
            artifact: Artifact::new(&function, zip.into()),
            compiled,
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "reads what cargo built")]
fn read(path: &Path) -> Result<Vec<u8>, BuildError> {
    std::fs::read(path).map_err(|source: io::Error| BuildError::Read {
        path: path.to_owned(),
        source,
    })
}
