//! What the user's cargo configuration says, from files and from the environment.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use cargo_config2::{Config, PathAndArgs, ResolveOptions};
use txflow_local_aws::Containment;

use super::{BuildError, BuildRequest, Environment};

/// By target triple.
pub type CargoSettings = BTreeMap<String, TargetSettings>;

/// The settings for a target that txflow would otherwise override.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetSettings {
    /// From the first of `CARGO_ENCODED_RUSTFLAGS`, `RUSTFLAGS`, `target.*.rustflags` and
    /// `build.rustflags` that is set, as cargo itself looks for them.
    pub rustflags: Vec<String>,
    pub linker: Option<PathBuf>,
}

/// The compiler, without the wrappers that the configuration may add. Starts no program.
#[expect(clippy::disallowed_methods, reason = "reads cargo's configuration")]
pub async fn rustc(request: &BuildRequest) -> Result<OsString, BuildError> {
    let (root, visible) = (request.root.clone(), request.visible_environment());
    let read = tokio::task::spawn_blocking(move || compiler(&root, options(&visible)));
    read.await
        .map_err(BuildError::Interrupted)?
        .map_err(BuildError::CargoConfig)
}

/// The settings for some targets. `rustc` is what [`rustc`] has found.
#[expect(clippy::disallowed_methods, reason = "reads cargo's configuration")]
pub async fn read(
    request: &BuildRequest,
    rustc: &OsStr,
    triples: Vec<String>,
) -> Result<CargoSettings, BuildError> {
    let (root, rustc) = (request.root.clone(), rustc.to_owned());
    let (all, visible) = (request.environment.clone(), request.visible_environment());
    let prefix = request.containment.prefix();
    let mut unless_read = EndOnDrop(Some(&request.containment));
    // Reads files, and asks rustc for its `cfg` values if the configuration has conditions.
    let read = move || {
        let rustc = with_less(prefix, &all, &visible, &rustc);
        read_now(&root, options(&visible).rustc(rustc), triples)
    };
    let read = tokio::task::spawn_blocking(read).await;
    unless_read.0 = None;
    read.map_err(BuildError::Interrupted)?
        .map_err(BuildError::CargoConfig)
}

/// Ends a compiler that is still running.
struct EndOnDrop<'a>(Option<&'a Containment>);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(containment) = self.0 {
            containment.end();
        }
    }
}

fn read_now(
    root: &Path,
    options: ResolveOptions,
    triples: Vec<String>,
) -> Result<CargoSettings, cargo_config2::Error> {
    let config = Config::load_with_options(root, options)?;
    let settings = triples.into_iter().map(|triple| {
        let rustflags = config.rustflags(triple.as_str())?;
        let settings = TargetSettings {
            rustflags: rustflags.map(|flags| flags.flags).unwrap_or_default(),
            linker: config.linker(triple.as_str())?,
        };
        Ok((triple, settings))
    });
    settings.collect()
}

fn options(visible: &Environment) -> ResolveOptions {
    ResolveOptions::default()
        .env(visible.iter())
        .cargo(visible.cargo())
        .cargo_home(visible.cargo_home())
}

/// The compiler comes last, behind its wrappers. Only files are read, as long as no target is requested.
fn compiler(root: &Path, options: ResolveOptions) -> Result<OsString, cargo_config2::Error> {
    let config = Config::load_with_options(root, options)?;
    let chain = config.rustc();
    let last = chain.args.last().cloned();
    Ok(last.unwrap_or_else(|| chain.path.clone().into()))
}

/// The compiler, in an environment with only what is `visible`. The crate that reads the configuration
/// starts it itself, and the repository may choose which program it is.
fn with_less(
    prefix: Vec<OsString>,
    all: &Environment,
    visible: &Environment,
    rustc: &OsStr,
) -> PathAndArgs {
    let mut words = prefix.into_iter().chain(["env".into()]);
    let mut command = PathAndArgs::new(words.next().unwrap_or_else(|| "env".into()));
    command.args(words);
    for (name, _) in all.iter() {
        if !visible.contains(name) {
            command.arg("-u").arg(name);
        }
    }
    command.arg(rustc);
    command
}
