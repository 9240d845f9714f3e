//! The one call of cargo, and what happens to each binary that it reports.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use cargo_metadata::{CompilerMessage, Message};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{ChildStderr, ChildStdout, Command};
use tokio::task::JoinSet;

use super::compiler_error::Said;
use super::error::Lacks;
use super::package::{Binary, Workspace};
use super::profile::Profiles;
use super::target::Linking;
use super::{
    Artifact, BuildError, BuildEvent, BuildRequest, CargoOutput, Compiler, Purpose, gate, local,
    zip, zip_cache,
};
use crate::config::Architecture;

/// Builds all binaries in one call of cargo, and returns them in their order.
pub async fn run(
    request: &BuildRequest,
    workspace: &Workspace,
    compiler: &Compiler,
    on_event: &(dyn Fn(BuildEvent) + Sync),
) -> Result<Vec<Artifact>, BuildError> {
    let program = request.environment.cargo();
    let cargo = request.start(program, |cargo| {
        prepare(cargo, request, workspace, compiler);
    });
    let mut cargo = cargo.await.map_err(|source| BuildError::NotStarted {
        program: program.to_string_lossy().into_owned(),
        source,
    })?;
    on_event(BuildEvent::Started {
        functions: workspace.binaries.len(),
        profile: request.profile().to_owned(),
        target: compiler.target.clone(),
        linker: compiler.linking.name(),
    });

    let (stdout, stderr) = (cargo.stdout.take(), cargo.stderr.take());
    let captures = stderr.is_some();
    let said = Said::default();
    let hear = |line: &str| {
        if matches!(request.output, CargoOutput::Tell { .. }) {
            on_event(BuildEvent::Said(line.to_owned()));
        }
        said.line(line);
    };
    let hear_rustc = |message: &CompilerMessage| {
        let rendered = message.message.rendered.as_deref().unwrap_or_default();
        rendered.trim_end_matches('\n').split('\n').for_each(hear);
        hear("");
        said.message(message, &workspace.root);
    };
    // An error here drops `cargo`, which ends it: the rest of the build would be wasted.
    let (mut artifacts, (), status) = tokio::try_join!(
        artifacts(
            stdout,
            &workspace.binaries,
            Packaging::of(request),
            |packaged| on_event(packaged.event()),
            hear_rustc,
        ),
        capture(stderr, hear),
        async { cargo.wait().await.map_err(BuildError::Output) },
    )?;
    if !status.success() {
        let (text, errors) = said.into_parts();
        return Err(BuildError::Cargo {
            status,
            captured: captures.then_some(text),
            errors,
            lacks: lacking(workspace, request.profile()),
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
    compiler: &Compiler,
) {
    let environment = &request.environment;
    let Compiler {
        target,
        linking,
        flags,
    } = compiler;
    command.args(match linking {
        // The glibc of `provided.al2023`, in the notation of cargo-zigbuild.
        Linking::Zig => [
            "zigbuild".to_owned(),
            "--target".to_owned(),
            format!("{target}.2.34"),
        ],
        _ => ["build".to_owned(), "--target".to_owned(), target.clone()],
    });
    let profile = request.profile();
    command.args(["--profile", profile]);
    if profile == local::PROFILE && !is_defined(workspace, profile) {
        let settings = local::PROFILE_SETTINGS.into_iter();
        command.args(settings.flat_map(|setting| ["--config", setting]));
    }
    let messages = match request.output {
        // Cargo shows what rustc says.
        CargoOutput::Inherit => "json-render-diagnostics",
        CargoOutput::Capture { color: true } | CargoOutput::Tell { color: true } => {
            "json-diagnostic-rendered-ansi"
        }
        CargoOutput::Capture { color: false } | CargoOutput::Tell { color: false } => "json",
    };
    command.args(["--message-format", messages]);
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
    if let Some(flags) = flags {
        command
            .env_remove("RUSTFLAGS")
            .env("CARGO_ENCODED_RUSTFLAGS", flags);
    }
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
    if profile != local::PROFILE && !is_defined(workspace, profile) {
        return Some(Lacks::Profile(profile.to_owned()));
    }
    features()
}

/// Taken for granted if the manifest cannot be read: cargo says why.
fn is_defined(workspace: &Workspace, profile: &str) -> bool {
    Profiles::of(workspace).is_none_or(|profiles| profiles.defines(profile))
}

/// How a binary becomes a function's code.
#[derive(Clone, Copy)]
enum Packaging {
    /// Checked for what Lambda accepts, and as small as possible.
    Lambda(Architecture),
    /// As fast as possible.
    Local,
}

impl Packaging {
    fn of(request: &BuildRequest) -> Self {
        match request.purpose {
            Purpose::Lambda => Self::Lambda(request.config.architecture),
            Purpose::Local => Self::Local,
        }
    }
}

struct Packaged {
    artifact: Artifact,
    compiled: bool,
    elapsed: Duration,
}

impl Packaged {
    fn event(&self) -> BuildEvent {
        BuildEvent::Finished {
            function: self.artifact.function.clone(),
            size: self.artifact.zip.len(),
            sha256: self.artifact.sha256.clone(),
            elapsed: self.elapsed,
            compiled: self.compiled,
        }
    }
}

/// Packages each binary on a thread of its own as soon as cargo reports it, until cargo has
/// closed its output and all are done.
async fn artifacts(
    stdout: Option<ChildStdout>,
    binaries: &[Binary],
    packaging: Packaging,
    on_packaged: impl Fn(&Packaged),
    on_message: impl Fn(&CompilerMessage),
) -> Result<BTreeMap<String, Artifact>, BuildError> {
    let mut lines = stdout.map(|stdout| BufReader::new(stdout).lines());
    let mut in_work = JoinSet::new();
    // Cargo says what is compiled, not since when. Handlers come after the libraries that they share.
    let mut since = Instant::now();
    let mut artifacts = BTreeMap::new();
    loop {
        tokio::select! {
            line = next_line(&mut lines), if lines.is_some() => match line? {
                None => lines = None,
                Some(line) => {
                    let message = serde_json::from_str(&line).ok();
                    if let Some(Message::CompilerMessage(message)) = &message {
                        on_message(message);
                    }
                    let reported = Reported::of(message, binaries);
                    if reported.is_empty() {
                        since = Instant::now();
                    }
                    for reported in reported {
                        in_work.spawn_blocking(move || reported.package(packaging, since));
                    }
                }
            },
            Some(packaged) = in_work.join_next() => {
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

async fn capture(stderr: Option<ChildStderr>, on_line: impl Fn(&str)) -> Result<(), BuildError> {
    let Some(stderr) = stderr else {
        return Ok(());
    };
    let mut stderr = BufReader::new(stderr);
    let mut bytes = Vec::new();
    while stderr
        .read_until(b'\n', &mut bytes)
        .await
        .map_err(BuildError::Output)?
        > 0
    {
        on_line(String::from_utf8_lossy(&bytes).trim_end());
        bytes.clear();
    }
    Ok(())
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
    fn of(message: Option<Message>, binaries: &[Binary]) -> Vec<Self> {
        let Some(Message::CompilerArtifact(artifact)) = message else {
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

    fn package(self, packaging: Packaging, since: Instant) -> Result<Packaged, BuildError> {
        let Self {
            function,
            path,
            compiled,
        } = self;
        let binary = read(&path)?;
        let zip = match packaging {
            Packaging::Lambda(architecture) => {
                if let Err(source) = gate::check_binary(&binary, architecture) {
                    return Err(BuildError::Gate { function, source });
                }
                zip_cache::zipped(&path, &binary)
            }
            Packaging::Local => zip::stored(&binary),
        };
        let zip = match zip {
            Ok(zip) => zip,
            Err(source) => return Err(BuildError::Zip { function, source }),
        };
        // A local build is not uploaded, and what is not optimized is many times as large.
        if let Packaging::Lambda(_) = packaging
            && let Err(source) = gate::check_zip(zip.len())
        {
            return Err(BuildError::Gate { function, source });
        }
        Ok(Packaged {
            artifact: Artifact::new(&function, zip.into()),
            compiled,
            elapsed: since.elapsed(),
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
