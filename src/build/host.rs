//! What the machine offers for a build, according to rustc and the file system.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use super::architecture::{candidates, cross_gcc};
use super::settings::CargoSettings;
use super::{BuildError, BuildRequest};

/// Everything that the choice of a target and a linker depends on.
#[derive(Debug, Clone, Default)]
pub struct Host {
    /// rustc's own target.
    pub triple: String,
    pub sysroot: PathBuf,
    /// The compiler's commit, if it was built from one.
    pub commit_hash: Option<String>,
    /// The targets whose standard library is installed.
    pub targets: BTreeSet<&'static str>,
    /// The targets for which the user's cargo configuration names a linker.
    pub configured_linkers: BTreeSet<&'static str>,
    /// Those of the known linkers that are installed.
    pub programs: BTreeSet<&'static str>,
    /// The name of the toolchain, if rustup manages it.
    pub rustup_toolchain: Option<String>,
}

#[expect(clippy::disallowed_methods, reason = "looks into the toolchain")]
pub async fn describe(
    request: &BuildRequest,
    program: &OsStr,
    settings: &CargoSettings,
) -> Result<Host, BuildError> {
    let architecture = request.config.architecture;
    let [gnu, musl] = candidates(architecture);
    let rustc = Rustc { request, program };
    let (version, sysroot, has_gnu, has_musl) = tokio::try_join!(
        rustc.answer(&["-vV"]),
        rustc.answer(&["--print", "sysroot"]),
        rustc.has_std(gnu),
        rustc.has_std(musl),
    )?;
    let sysroot = PathBuf::from(sysroot.trim_end());
    let triple = own_target(&version);

    let cross_tools = [cross_gcc(architecture), "cargo-zigbuild"].into_iter();
    let in_path = cross_tools.filter(|program| request.environment.has_program(program));
    let lld = sysroot
        .join("lib/rustlib")
        .join(&triple)
        .join("bin/rust-lld")
        .is_file();
    let has_linker = |target: &&str| settings.get(*target).is_some_and(|t| t.linker.is_some());
    Ok(Host {
        commit_hash: field(&version, "commit-hash: ")
            .filter(|hash| *hash != "unknown")
            .map(str::to_owned),
        targets: [(gnu, has_gnu), (musl, has_musl)]
            .into_iter()
            .filter_map(|(target, has)| has.then_some(target))
            .collect(),
        configured_linkers: [gnu, musl].into_iter().filter(has_linker).collect(),
        programs: in_path.chain(lld.then_some("rust-lld")).collect(),
        rustup_toolchain: rustup_toolchain(&sysroot),
        triple,
        sysroot,
    })
}

/// rustc's own target.
pub async fn target(request: &BuildRequest, program: &OsStr) -> Result<String, BuildError> {
    let version = Rustc { request, program }.answer(&["-vV"]).await?;
    Ok(own_target(&version))
}

fn own_target(version: &str) -> String {
    field(version, "host: ").unwrap_or_default().to_owned()
}

fn field<'a>(version: &'a str, name: &str) -> Option<&'a str> {
    version.lines().find_map(|line| line.strip_prefix(name))
}

struct Rustc<'a> {
    request: &'a BuildRequest,
    program: &'a OsStr,
}

impl Rustc<'_> {
    async fn answer(&self, arguments: &[&str]) -> Result<String, BuildError> {
        let output = self.request.output(self.program, arguments).await;
        let output = output.map_err(|source| BuildError::NotStarted {
            program: self.program.to_string_lossy().into_owned(),
            source,
        })?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(BuildError::Rustc {
                arguments: arguments.join(" "),
                said: String::from_utf8_lossy(&output.stderr)
                    .trim_end()
                    .to_owned(),
            })
        }
    }

    /// Asks the compiler where the target's library is, and looks there: this works for rustup,
    /// for a distribution's packages and for a compiler built by hand.
    #[expect(clippy::disallowed_methods, reason = "looks into the toolchain")]
    async fn has_std(&self, target: &str) -> Result<bool, BuildError> {
        let folder = match self
            .answer(&["--print", "target-libdir", "--target", target])
            .await
        {
            Ok(folder) => folder,
            Err(BuildError::Rustc { .. }) => return Ok(false), // the compiler does not know the target
            Err(error) => return Err(error),
        };
        let is_std = |entry: DirEntry| entry.file_name().to_string_lossy().starts_with("libstd-");
        let entries = Path::new(folder.trim_end()).read_dir();
        Ok(entries.is_ok_and(|entries| entries.flatten().any(is_std)))
    }
}

/// rustup keeps a manifest in each toolchain that it installs, in a folder named after the toolchain.
#[expect(clippy::disallowed_methods, reason = "looks into the toolchain")]
fn rustup_toolchain(sysroot: &Path) -> Option<String> {
    let manifest = sysroot.join("lib/rustlib/multirust-channel-manifest.toml");
    manifest
        .is_file()
        .then(|| sysroot.file_name())?
        .map(|name| name.to_string_lossy().into_owned())
}
