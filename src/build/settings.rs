//! What the user's cargo configuration says, from files and from the environment.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cargo_config2::{Config, PathAndArgs, ResolveOptions};
use txflow_local_aws::Containment;

use super::{BuildError, BuildRequest, Environment, architecture};

/// The settings that txflow would otherwise override.
#[derive(Debug, Clone, Default)]
pub struct CargoSettings {
    /// Without the wrappers that the configuration may add.
    pub rustc: OsString,
    /// By target triple, for each target that a build may choose.
    pub targets: BTreeMap<&'static str, TargetSettings>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetSettings {
    /// From the first of `CARGO_ENCODED_RUSTFLAGS`, `RUSTFLAGS`, `target.*.rustflags` and
    /// `build.rustflags` that is set, as cargo itself looks for them.
    pub rustflags: Vec<String>,
    pub linker: Option<PathBuf>,
}

/// The settings for the targets of an architecture.
pub async fn read(request: &BuildRequest) -> Result<CargoSettings, BuildError> {
    let triples = architecture::candidates(request.config.architecture);
    let read = move |config: &Config, rustc: OsString| {
        let mut targets = BTreeMap::new();
        for triple in triples {
            targets.insert(triple, TargetSettings::read(config, triple)?);
        }
        Ok(CargoSettings { rustc, targets })
    };
    with_config(request, read).await
}

/// rustc's own target, and the settings for it.
pub async fn read_own(request: &BuildRequest) -> Result<(String, TargetSettings), BuildError> {
    let read = |config: &Config, _| {
        let triple = config.host_triple()?.to_owned();
        let settings = TargetSettings::read(config, &triple)?;
        Ok((triple, settings))
    };
    with_config(request, read).await
}

#[expect(clippy::disallowed_methods, reason = "reads cargo's configuration")]
async fn with_config<T: Send + 'static>(
    request: &BuildRequest,
    read: impl FnOnce(&Config, OsString) -> Result<T, cargo_config2::Error> + Send + 'static,
) -> Result<T, BuildError> {
    let root = request.root.clone();
    let (all, visible) = (request.environment.clone(), request.visible_environment());
    let prefix = request.containment.prefix();
    let mut unless_read = EndOnDrop(Some(&request.containment));
    // Reads files, and asks rustc for its target, and for its `cfg` values if the configuration has conditions.
    let read = tokio::task::spawn_blocking(move || {
        let (config, rustc) = load(&root, prefix, &all, &visible)?;
        read(&config, rustc)
    });
    let read = read.await;
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

impl TargetSettings {
    fn read(config: &Config, triple: &str) -> Result<Self, cargo_config2::Error> {
        let rustflags = config.rustflags(triple)?;
        Ok(Self {
            rustflags: rustflags.map(|flags| flags.flags).unwrap_or_default(),
            linker: config.linker(triple)?,
        })
    }
}

fn load(
    root: &Path,
    prefix: Vec<OsString>,
    all: &Environment,
    visible: &Environment,
) -> Result<(Config, OsString), cargo_config2::Error> {
    let options = ResolveOptions::default()
        .env(visible.iter())
        .cargo(visible.cargo())
        .cargo_home(visible.cargo_home());
    // Only files are read, as long as no target is requested.
    let rustc = compiler(Config::load_with_options(root, options.clone())?.rustc());
    let options = options.rustc(with_less(prefix, all, visible, &rustc));
    Ok((Config::load_with_options(root, options)?, rustc))
}

/// The compiler comes last, behind its wrappers.
fn compiler(chain: &PathAndArgs) -> OsString {
    let last = chain.args.last().cloned();
    last.unwrap_or_else(|| chain.path.clone().into())
}

/// The compiler, in an environment with only what is `visible`. The crate that reads the configuration
/// starts it itself, and the repository may choose which program it is.
fn with_less(
    prefix: Vec<OsString>,
    all: &Environment,
    visible: &Environment,
    rustc: &OsString,
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
