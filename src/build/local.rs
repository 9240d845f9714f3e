//! A build for the machine that it runs on.
//!
//! What runs in the embedded AWS is not uploaded, so nothing of Lambda's limits its choice: the target is rustc's own,
//! the paths of the machine stay, and what counts is the time from a saved file to a running handler.

use std::ffi::OsStr;

use super::settings::{self, TargetSettings};
use super::target::Linking;
use super::{BuildError, BuildRequest, Compiler, flags, host};

/// On this target rustc links with an lld of its own.
const LINKED_BY_LLD: &str = "x86_64-unknown-linux-gnu";

/// The profile that txflow defines if the workspace does not: as it is by default in `deploy.toml`.
pub const PROFILE: &str = "local";

/// What the profile is, in the form of cargo's `--config`. Without debug information, which is most of what a linker
/// writes; backtraces keep the names of functions.
pub const PROFILE_SETTINGS: [&str; 3] = [
    "profile.local.inherits=\"dev\"",
    "profile.local.debug=false",
    "profile.local.strip=\"debuginfo\"",
];

/// Compiles for rustc's own target.
pub async fn compiler(request: &BuildRequest) -> Result<Compiler, BuildError> {
    // Side by side: each of them takes as long as a program takes to start.
    let (rustc, has_mold) = tokio::join!(target(request), has_mold(request));
    let (target, own) = rustc?;
    let linker = fast_linker(request, &target, &own, has_mold);
    let flags = linker.map(|linker| {
        let flag = format!("-Clink-arg=-fuse-ld={linker}");
        flags::joined(std::iter::once(flag).chain(own.rustflags))
    });
    Ok(Compiler {
        target,
        linking: linker.map_or(Linking::Plain, Linking::Fast),
        flags,
    })
}

/// rustc's own target, and what the user has set for it.
async fn target(request: &BuildRequest) -> Result<(String, TargetSettings), BuildError> {
    let rustc = settings::rustc(request).await?;
    let target = host::target(request, &rustc).await?;
    let mut settings = settings::read(request, &rustc, vec![target.clone()]).await?;
    let own = settings.remove(&target).unwrap_or_default();
    Ok((target, own))
}

/// A linker that is faster than the compiler's own, if one is installed and the user has not chosen any.
fn fast_linker(
    request: &BuildRequest,
    target: &str,
    own: &TargetSettings,
    has_mold: bool,
) -> Option<&'static str> {
    let chosen = own.linker.is_some() || own.rustflags.iter().any(|flag| flag.contains("link"));
    if chosen || !target.contains("-linux-gnu") {
        return None;
    }
    if has_mold {
        return Some("mold");
    }
    (target != LINKED_BY_LLD && request.environment.has_program("ld.lld")).then_some("lld")
}

/// Whether mold is installed and the compiler links with it: those from before GCC 12 do not know it.
async fn has_mold(request: &BuildRequest) -> bool {
    if !request.environment.has_program("mold") {
        return false;
    }
    let asked = request.output(OsStr::new("cc"), &["-fuse-ld=mold", "-Wl,--version"]);
    asked.await.is_ok_and(|output| output.status.success())
}
