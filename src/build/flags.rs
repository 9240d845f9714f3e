//! The compiler flags that keep the machine's paths out of a handler.

use std::path::Path;

use super::host::Host;
use super::package::Workspace;
use super::profile::Profiles;
use super::settings::CargoSettings;
use super::target::{Linking, Toolchain};

/// Separates the flags in `CARGO_ENCODED_RUSTFLAGS`.
const SEPARATOR: &str = "\u{1f}";

/// The value of `CARGO_ENCODED_RUSTFLAGS`: txflow's flags, then the user's.
///
/// Cargo takes flags from one place only, so those in the user's configuration are read and passed on.
/// They come last, since rustc prefers the last flag.
pub fn encode(
    settings: &CargoSettings,
    workspace: &Workspace,
    profile: &str,
    host: &Host,
    toolchain: Toolchain,
    cargo_home: Option<&Path>,
) -> String {
    let mut flags = remaps(workspace, profile, host, cargo_home);
    if toolchain.linking == Linking::RustLld {
        let lld = [
            "linker=rust-lld",
            "linker-flavor=ld.lld",
            "link-self-contained=yes",
        ];
        flags.extend(lld.map(|option| format!("-C{option}")));
    }
    if let Some(target) = settings.get(toolchain.target) {
        flags.extend(target.rustflags.iter().cloned());
    }
    joined(flags)
}

/// As the variable has them.
pub fn joined(flags: impl IntoIterator<Item = String>) -> String {
    flags.into_iter().collect::<Vec<_>>().join(SEPARATOR)
}

/// Panic messages hold the paths of source files. What is left of each path says where in the
/// workspace, the registry or the standard library the file is, but nothing about the machine.
fn remaps(
    workspace: &Workspace,
    profile: &str,
    host: &Host,
    cargo_home: Option<&Path>,
) -> Vec<String> {
    let mut remaps = vec![(workspace.target_directory.as_path(), "/target".to_owned())];
    // Cargo names the files of a workspace relative to its root, which only debug information holds. These flags are
    // also those of the dependencies: with the root among them, checkouts that share a target directory would compile
    // each other's dependencies again.
    if Profiles::of(workspace).is_none_or(|profiles| profiles.has_debug_info(profile)) {
        remaps.push((workspace.root.as_path(), "/workspace".to_owned()));
    }
    remaps.extend(cargo_home.map(|home| (home, "/cargo".to_owned())));
    // If the source of the standard library is installed, rustc names its files by their location;
    // if not, by commit. The library's folder is under the sysroot in both cases.
    let library = host.sysroot.join("lib/rustlib/src/rust");
    if let Some(hash) = &host.commit_hash {
        remaps.push((&library, format!("/rustc/{hash}")));
    }
    // rustc takes the last that matches, and the longest prefix must win: a cache of cargo may
    // be inside the workspace.
    remaps.sort_by_key(|(from, _)| from.components().count());
    let flag =
        |(from, to): &(&Path, String)| format!("--remap-path-prefix={}={to}", from.display());
    remaps.iter().map(flag).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::build::settings::TargetSettings;

    const TARGET: &str = "x86_64-unknown-linux-gnu";

    fn encoded(users: &[&str], linking: Linking) -> Vec<String> {
        let rustflags = users.iter().map(|flag| flag.to_string()).collect();
        let target = TargetSettings {
            rustflags,
            linker: None,
        };
        let settings = CargoSettings::from([(TARGET.to_owned(), target)]);
        let workspace = Workspace {
            root: PathBuf::from("/home/ada/shop"),
            target_directory: PathBuf::from("/home/ada/shop/target"),
            binaries: Vec::new(),
        };
        let host = Host {
            sysroot: "/rust".into(),
            commit_hash: Some("c0ffee".into()),
            ..Host::default()
        };
        let toolchain = Toolchain {
            target: TARGET,
            linking,
        };
        let cargo_home = Path::new("/home/ada/shop/.cache/cargo");
        let encoded = encode(
            &settings,
            &workspace,
            "lambda",
            &host,
            toolchain,
            Some(cargo_home),
        );
        encoded.split(SEPARATOR).map(str::to_owned).collect()
    }

    #[test]
    fn every_path_of_the_machine_gets_a_name_and_the_longer_prefix_wins() {
        assert_eq!(
            encoded(&[], Linking::Plain),
            [
                "--remap-path-prefix=/home/ada/shop=/workspace",
                "--remap-path-prefix=/home/ada/shop/target=/target",
                "--remap-path-prefix=/home/ada/shop/.cache/cargo=/cargo",
                "--remap-path-prefix=/rust/lib/rustlib/src/rust=/rustc/c0ffee",
            ]
        );
    }

    #[test]
    fn the_users_flags_come_last_and_whole() {
        let flags = encoded(&["-Clink-arg=a b", "-Ctarget-cpu=znver4"], Linking::Plain);
        assert_eq!(flags[4..], ["-Clink-arg=a b", "-Ctarget-cpu=znver4"]);
    }

    #[test]
    fn rust_lld_needs_no_c_compiler() {
        let flags = encoded(&["-Ctarget-cpu=neoverse-n1"], Linking::RustLld);
        assert_eq!(
            flags[4..],
            [
                "-Clinker=rust-lld",
                "-Clinker-flavor=ld.lld",
                "-Clink-self-contained=yes",
                "-Ctarget-cpu=neoverse-n1",
            ]
        );
    }
}
