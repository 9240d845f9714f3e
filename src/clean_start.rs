//! Keeps credentials from the handlers that the embedded AWS runs.
//!
//! A handler runs as the user, who can read the environment that each of their processes was started with. So a command
//! that hosts handlers starts itself once more, in the same process, with only the variables that libraries read. The
//! others are passed in a file without a name, which is closed before the first handler starts; from then on they exist
//! only in memory.

use std::ffi::{OsStr, OsString};
use std::io;

use crate::world::Environment;

/// The program's first argument if it is to watch over a handler.
pub const SUPERVISE: &str = "__supervise";

/// The variables of this process that libraries and the system read. txflow itself reads everything from
/// [`Environment`].
const KEPT: [&str; 41] = [
    "AWS_CONFIG_FILE",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_SHARED_CREDENTIALS_FILE",
    "CARGO",
    "CARGO_HOME",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLORTERM",
    "COLUMNS",
    "DYLD_LIBRARY_PATH",
    "GIT_CEILING_DIRECTORIES",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "HOME",
    "LANG",
    "LANGUAGE",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "LINES",
    "LLVM_PROFILE_FILE",
    "LOGNAME",
    "NO_COLOR",
    "PATH",
    "PWD",
    "RUST_BACKTRACE",
    "RUST_LIB_BACKTRACE",
    "RUST_LOG",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "SHELL",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "TERM_PROGRAM",
    "TMPDIR",
    "TXFLOW_STAGE",
    "TZ",
    "USER",
];

/// The environment of this run.
///
/// To be called before any thread exists or any file is open. Does not return the first time that it is called for
/// a command that hosts handlers.
///
/// # Errors
///
/// If the environment cannot be hidden.
#[expect(clippy::disallowed_methods, reason = "this is where it is taken")]
pub fn environment(arguments: &[OsString]) -> io::Result<Environment> {
    #[cfg(target_os = "linux")]
    {
        if let Some(handed) = linux::handed_over()? {
            linux::withhold_memory();
            return Ok(handed);
        }
        if crate::run::hosts(arguments) {
            return Err(linux::start_again(arguments));
        }
        linux::withhold_memory();
    }
    let _ = arguments;
    Ok(std::env::vars_os().collect())
}

fn is_kept(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    KEPT.contains(&name) || name.starts_with("LC_")
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::{OsStr, OsString};
    use std::fs::{self, File};
    use std::io::{self, Read, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use rustix::fs::{MemfdFlags, memfd_create};
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};

    use super::is_kept;
    use crate::world::Environment;

    /// Names the file that holds the environment, and the process that it is for: a child that inherits the variable ignores
    /// it.
    const HANDED: &str = "TXFLOW_ENVIRONMENT";
    const FILE: &str = "txflow-environment";

    /// Starts this program again, in this process.
    pub(super) fn start_again(arguments: &[OsString]) -> io::Error {
        match prepare(arguments) {
            Ok((mut command, _open)) => command.exec(),
            Err(error) => error,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "all of it is handed over")]
    fn prepare(arguments: &[OsString]) -> io::Result<(Command, File)> {
        let mut file = File::from(memfd_create(FILE, MemfdFlags::empty())?);
        for (name, value) in std::env::vars_os() {
            file.write_all(&[name.as_bytes(), b"=", value.as_bytes(), b"\0"].concat())?;
        }
        let mut command = Command::new(std::env::current_exe()?);
        if let Some((name, rest)) = arguments.split_first() {
            command.arg0(name).args(rest);
        }
        let handed = format!("{}:{}", file.as_raw_fd(), std::process::id());
        command
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| is_kept(name)))
            .env(HANDED, handed);
        Ok((command, file))
    }

    /// What the former self of this process has handed over, if there was one.
    #[expect(clippy::disallowed_methods, reason = "what a former self handed over")]
    pub(super) fn handed_over() -> io::Result<Option<Environment>> {
        let handed = std::env::var(HANDED).unwrap_or_default();
        let Some((number, process)) = handed.split_once(':') else {
            return Ok(None);
        };
        let (Ok(number), Ok(process)) = (number.parse::<i32>(), process.parse::<u32>()) else {
            return Ok(None);
        };
        let path = format!("/proc/self/fd/{number}");
        let ours = process == std::process::id()
            && fs::read_link(&path).is_ok_and(|target| {
                target
                    .as_os_str()
                    .as_bytes()
                    .starts_with(format!("/memfd:{FILE}").as_bytes())
            });
        if !ours {
            return Ok(None);
        }
        let mut text = Vec::new();
        File::open(path)?.read_to_end(&mut text)?;
        // The last handle that kept the file open.
        nix::unistd::close(number)?;
        Ok(Some(
            text.split(|&byte| byte == 0).filter_map(variable).collect(),
        ))
    }

    fn variable(entry: &[u8]) -> Option<(OsString, OsString)> {
        // A name may begin with `=`.
        let sign = 1 + entry.get(1..)?.iter().position(|&byte| byte == b'=')?;
        let owned = |bytes: &[u8]| OsStr::from_bytes(bytes).to_owned();
        Some((owned(&entry[..sign]), owned(&entry[sign + 1..])))
    }

    /// Keeps other processes of the user from reading this one's memory, files and environment. Does not affect
    /// root, or what this process starts.
    pub(super) fn withhold_memory() {
        // Even if it is refused, the environment is empty.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
