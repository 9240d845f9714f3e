//! Which target to build for and what links it, decided from what the machine offers.

use super::architecture::{ARM64_GNU, X86_64_GNU, candidates, cross_gcc};
use super::host::Host;
use crate::config::{Architecture, Linker};

/// How a build compiles and links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Toolchain {
    pub target: &'static str,
    pub linking: Linking,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linking {
    /// As cargo does on its own, including a linker that the user's configuration names.
    Plain,
    /// `cargo zigbuild`, which links against the glibc of Lambda's image.
    Zig,
    /// The GNU cross compiler with this name.
    Gcc(&'static str),
    /// `rust-lld`, with the C library that comes with the musl targets.
    RustLld,
    /// The host's own compiler, with this linker in place of the one that it would take.
    Fast(&'static str),
}

impl Linking {
    /// What links, unless it is cargo's own choice.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Zig => Some("zig"),
            Self::Gcc(gcc) => Some(gcc),
            Self::RustLld => Some("rust-lld"),
            Self::Fast(linker) => Some(linker),
        }
    }
}

/// Why the machine cannot build for the target. txflow installs nothing; the hint is the command that
/// does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    #[error("the standard library for `{target}` is not installed")]
    NoStd { target: &'static str, hint: String },
    #[error("no linker for `{target}` is installed")]
    NoLinker { target: &'static str, hint: String },
    #[error("`{program}`, which `linker = \"{linker}\"` asks for, is not installed")]
    NoProgram {
        program: &'static str,
        linker: &'static str,
        hint: String,
    },
}

impl TargetError {
    /// The command that installs what is missing.
    pub fn hint(&self) -> &str {
        match self {
            Self::NoStd { hint, .. }
            | Self::NoLinker { hint, .. }
            | Self::NoProgram { hint, .. } => hint,
        }
    }
}

/// Plain cargo if the host or the user's own configuration fits; otherwise the first of zig, the GNU
/// cross compiler and rust-lld that is installed, each with the standard library that it needs.
pub fn choose(
    host: &Host,
    architecture: Architecture,
    linker: Linker,
) -> Result<Toolchain, TargetError> {
    let [gnu, musl] = candidates(architecture);
    let gcc = cross_gcc(architecture);
    let plain = |target| Toolchain {
        target,
        linking: Linking::Plain,
    };
    let zig = Toolchain {
        target: gnu,
        linking: Linking::Zig,
    };
    let cross = Toolchain {
        target: gnu,
        linking: Linking::Gcc(gcc),
    };
    let lld = Toolchain {
        target: musl,
        linking: Linking::RustLld,
    };

    match linker {
        Linker::Zig => with_program(host, zig, "cargo-zigbuild", "zig"),
        Linker::Gcc if host.triple == gnu => Ok(plain(gnu)),
        Linker::Gcc => with_program(host, cross, gcc, "gcc"),
        Linker::RustLld => with_program(host, lld, "rust-lld", "rust-lld"),
        Linker::Auto if host.triple == gnu || host.triple == musl => {
            Ok(plain(if host.triple == gnu { gnu } else { musl }))
        }
        Linker::Auto => {
            if let Some(target) = [gnu, musl]
                .into_iter()
                .find(|t| host.configured_linkers.contains(t))
            {
                return with_std(host, plain(target));
            }
            let candidates = [(zig, "cargo-zigbuild"), (cross, gcc), (lld, "rust-lld")];
            let linked = candidates
                .into_iter()
                .filter(|(_, program)| host.programs.contains(program));
            let linked: Vec<Toolchain> = linked.map(|(toolchain, _)| toolchain).collect();
            let complete = linked
                .iter()
                .find(|toolchain| host.targets.contains(toolchain.target));
            match (complete, linked.first()) {
                (Some(toolchain), _) => Ok(*toolchain),
                (None, Some(first)) => with_std(host, *first),
                (None, None) => Err(TargetError::NoLinker {
                    target: gnu,
                    hint: install_program(gcc),
                }),
            }
        }
    }
}

fn with_program(
    host: &Host,
    toolchain: Toolchain,
    program: &'static str,
    linker: &'static str,
) -> Result<Toolchain, TargetError> {
    if host.programs.contains(program) {
        with_std(host, toolchain)
    } else {
        Err(TargetError::NoProgram {
            program,
            linker,
            hint: install_program(program),
        })
    }
}

fn with_std(host: &Host, toolchain: Toolchain) -> Result<Toolchain, TargetError> {
    let target = toolchain.target;
    if host.targets.contains(target) {
        Ok(toolchain)
    } else {
        Err(TargetError::NoStd {
            target,
            hint: install_std(host, target),
        })
    }
}

fn install_std(host: &Host, target: &str) -> String {
    match (&host.rustup_toolchain, target) {
        (Some(toolchain), _) => {
            format!("run `rustup target add --toolchain {toolchain} {target}`")
        }
        (None, ARM64_GNU) => apt_install_std("arm64"),
        (None, X86_64_GNU) => apt_install_std("amd64"),
        (None, _) => format!("use a toolchain from rustup, and run `rustup target add {target}`"),
    }
}

/// Debian builds the standard library from the same source as its `rustc-web`.
fn apt_install_std(architecture: &str) -> String {
    format!(
        "with Debian's `rustc-web`, run `dpkg --add-architecture {architecture} && apt-get update \
         && apt-get install libstd-rust-web-dev:{architecture}`"
    )
}

fn install_program(program: &str) -> String {
    match program {
        "cargo-zigbuild" => "run `pip install cargo-zigbuild`, which includes zig".to_owned(),
        "rust-lld" => "install a toolchain with rustup, which includes `rust-lld`".to_owned(),
        "aarch64-linux-gnu-gcc" => "run `apt-get install gcc-aarch64-linux-gnu`".to_owned(),
        _ => "run `apt-get install gcc-x86-64-linux-gnu`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::architecture::{ARM64_MUSL, X86_64_MUSL};

    const ALL: [&str; 4] = [X86_64_GNU, X86_64_MUSL, ARM64_GNU, ARM64_MUSL];
    const LAPTOP: &str = "aarch64-apple-darwin";

    fn host(triple: &str, targets: &[&'static str], programs: &[&'static str]) -> Host {
        Host {
            triple: triple.to_owned(),
            targets: targets.iter().copied().collect(),
            programs: programs.iter().copied().collect(),
            rustup_toolchain: Some("1.95.0-x".to_owned()),
            ..Host::default()
        }
    }

    fn chosen(host: &Host) -> Result<(&'static str, Linking), TargetError> {
        choose(host, Architecture::Arm64, Linker::Auto).map(|t| (t.target, t.linking))
    }

    #[test]
    fn a_host_that_fits_builds_plainly_whatever_else_is_installed() {
        let all = ["cargo-zigbuild", "aarch64-linux-gnu-gcc", "rust-lld"];
        for own in [ARM64_GNU, ARM64_MUSL] {
            assert_eq!(chosen(&host(own, &ALL, &all)), Ok((own, Linking::Plain)));
        }
    }

    #[test]
    fn the_linker_of_the_users_own_configuration_wins() {
        let mut host = host(LAPTOP, &[ARM64_GNU], &["cargo-zigbuild"]);
        host.configured_linkers.insert(ARM64_GNU);
        assert_eq!(chosen(&host), Ok((ARM64_GNU, Linking::Plain)));
    }

    #[test]
    fn zig_comes_before_gcc_and_gcc_before_lld() {
        let gcc = "aarch64-linux-gnu-gcc";
        let both = [ARM64_GNU, ARM64_MUSL];
        for (programs, expected) in [
            (
                vec!["rust-lld", gcc, "cargo-zigbuild"],
                (ARM64_GNU, Linking::Zig),
            ),
            (vec!["rust-lld", gcc], (ARM64_GNU, Linking::Gcc(gcc))),
            (vec!["rust-lld"], (ARM64_MUSL, Linking::RustLld)),
        ] {
            assert_eq!(chosen(&host(LAPTOP, &both, &programs)), Ok(expected));
        }
    }

    #[test]
    fn what_is_complete_comes_before_what_lacks_its_library() {
        let host = host(LAPTOP, &[ARM64_MUSL], &["rust-lld", "cargo-zigbuild"]);
        assert_eq!(chosen(&host), Ok((ARM64_MUSL, Linking::RustLld)));
    }

    #[test]
    fn a_missing_library_names_the_command_for_the_linker_that_is_there() {
        let error = chosen(&host(LAPTOP, &[], &["rust-lld"])).unwrap_err();
        let hint = "run `rustup target add --toolchain 1.95.0-x aarch64-unknown-linux-musl`";
        assert_eq!(
            error,
            TargetError::NoStd {
                target: ARM64_MUSL,
                hint: hint.to_owned()
            }
        );

        let mut debian = host(X86_64_GNU, &[X86_64_GNU], &["aarch64-linux-gnu-gcc"]);
        debian.rustup_toolchain = None;
        let TargetError::NoStd {
            target: ARM64_GNU,
            hint,
        } = chosen(&debian).unwrap_err()
        else {
            panic!("expected the GNU library to be missing");
        };
        assert!(
            hint.contains("apt-get install libstd-rust-web-dev:arm64`"),
            "{hint}"
        );
    }

    #[test]
    fn without_any_linker_one_command_brings_one() {
        let error = chosen(&host(X86_64_GNU, &[X86_64_GNU, ARM64_GNU], &[])).unwrap_err();
        let hint = "run `apt-get install gcc-aarch64-linux-gnu`".to_owned();
        assert_eq!(
            error,
            TargetError::NoLinker {
                target: ARM64_GNU,
                hint
            }
        );
    }

    #[test]
    fn a_linker_that_is_asked_for_is_taken_or_missed_never_replaced() {
        let programs = ["cargo-zigbuild"];
        let host = host(X86_64_GNU, &ALL, &programs);
        let ask = |linker| choose(&host, Architecture::X86_64, linker);
        assert_eq!(ask(Linker::Zig).map(|t| t.linking), Ok(Linking::Zig));
        assert_eq!(ask(Linker::Gcc).map(|t| t.linking), Ok(Linking::Plain));
        let error = ask(Linker::RustLld).unwrap_err();
        assert!(
            error.to_string().contains("`linker = \"rust-lld\"`"),
            "{error}"
        );
    }
}
