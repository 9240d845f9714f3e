//! What the user's cargo configuration says, from files and from the environment.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cargo_config2::{Config, ResolveOptions};

use super::{BuildError, BuildRequest, Environment, target};

/// The settings that txflow would otherwise override.
#[derive(Debug, Clone, Default)]
pub struct CargoSettings {
    pub rustc: OsString,
    /// By target triple, for every target that a build may choose.
    pub targets: BTreeMap<&'static str, TargetSettings>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetSettings {
    /// From the first of `CARGO_ENCODED_RUSTFLAGS`, `RUSTFLAGS`, `target.*.rustflags` and
    /// `build.rustflags` that is set, as cargo itself looks for them.
    pub rustflags: Vec<String>,
    pub linker: Option<PathBuf>,
}

pub async fn read(request: &BuildRequest) -> Result<CargoSettings, BuildError> {
    let root = request.root.clone();
    let environment = request.environment.clone();
    let targets = target::candidates(request.config.architecture);
    // Reads files, and asks rustc for its `cfg` values where the configuration has conditions.
    let read = tokio::task::spawn_blocking(move || read_now(&root, &environment, targets));
    read.await
        .map_err(BuildError::Interrupted)?
        .map_err(BuildError::CargoConfig)
}

fn read_now(
    root: &Path,
    environment: &Environment,
    triples: [&'static str; 2],
) -> Result<CargoSettings, cargo_config2::Error> {
    let options = ResolveOptions::default()
        .env(environment.iter())
        .cargo(environment.cargo())
        .cargo_home(environment.cargo_home());
    let config = Config::load_with_options(root, options)?;
    let mut targets = BTreeMap::new();
    for triple in triples {
        let rustflags = config
            .rustflags(triple)?
            .map(|flags| flags.flags)
            .unwrap_or_default();
        let linker = config.linker(triple)?;
        targets.insert(triple, TargetSettings { rustflags, linker });
    }
    Ok(CargoSettings {
        rustc: config.rustc().path.clone().into(),
        targets,
    })
}
