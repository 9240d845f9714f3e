//! The targets and the compilers for an architecture.

use crate::config::Architecture;

pub const X86_64_GNU: &str = "x86_64-unknown-linux-gnu";
pub const X86_64_MUSL: &str = "x86_64-unknown-linux-musl";
pub const ARM64_GNU: &str = "aarch64-unknown-linux-gnu";
pub const ARM64_MUSL: &str = "aarch64-unknown-linux-musl";

/// The targets that a build for an architecture may choose, for glibc and for musl.
pub fn candidates(architecture: Architecture) -> [&'static str; 2] {
    match architecture {
        Architecture::X86_64 => [X86_64_GNU, X86_64_MUSL],
        Architecture::Arm64 => [ARM64_GNU, ARM64_MUSL],
    }
}

/// The GNU compiler that links for an architecture on a host of another.
pub fn cross_gcc(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "x86_64-linux-gnu-gcc",
        Architecture::Arm64 => "aarch64-linux-gnu-gcc",
    }
}
