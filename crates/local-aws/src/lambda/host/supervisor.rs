//! The process between the server and a handler: it sees to it that nothing of the handler outlives it, nor the server.
//!
//! The handler and all that it ever starts stay below the supervisor: who loses its parent, by daemonising or by
//! `setsid`, becomes the supervisor's child. A connection to the server is all that keeps it going, so it ends
//! everything when the server asks for that as well as when the server is killed.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// How the server starts a supervisor: a program that passes the arguments after these to [`supervise`].
#[derive(Debug, Clone)]
pub struct Supervisor {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
}

/// The name that the system shows, which tells supervisors from what they watch over.
const NAME: &str = "txflow-watch";

/// What the supervisor tells the server, a line each.
#[cfg(target_os = "linux")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Started {
        id: u32,
    },
    /// The system's number of the error.
    NotStarted(i32),
    Exited(i32),
    Signalled(i32),
}

#[cfg(target_os = "linux")]
impl Told {
    pub(super) fn parse(line: &str) -> Option<Told> {
        let (word, number) = line.trim_end().split_once(' ')?;
        let number: i32 = number.parse().ok()?;
        Some(match word {
            "started" => Told::Started {
                id: u32::try_from(number).ok()?,
            },
            "not-started" => Told::NotStarted(number),
            "exited" => Told::Exited(number),
            "signalled" => Told::Signalled(number),
            _ => return None,
        })
    }
}

#[cfg(target_os = "linux")]
impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Told::Started { id } => writeln!(f, "started {id}"),
            Told::NotStarted(error) => writeln!(f, "not-started {error}"),
            Told::Exited(code) => writeln!(f, "exited {code}"),
            Told::Signalled(signal) => writeln!(f, "signalled {signal}"),
        }
    }
}

pub(super) fn is_supervisor(id: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|name| name.trim_end() == NAME)
}

/// Is the supervisor: runs the handler that the arguments name, until it ends or the server wants it to end.
///
/// Its standard input is a connection to the server. To be called first in a process, before any thread is there or
/// any file is open: it closes all that it was not meant to get.
pub fn supervise(arguments: &[OsString]) -> ExitCode {
    #[cfg(target_os = "linux")]
    if let [program] = arguments {
        return linux::supervise(program);
    }
    let _ = arguments;
    ExitCode::from(2)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::{CString, OsStr};
    use std::io::{self, Read, Write};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;
    use std::os::unix::process::CommandExt;
    use std::process::{Command, ExitCode, Stdio};
    use std::time::{Duration, Instant};

    use rustix::io::Errno;
    use rustix::process::{self, DumpableBehavior, WaitOptions, WaitStatus};

    use super::{NAME, Told};
    use crate::lambda::host::processes::Processes;

    const PAUSE: Duration = Duration::from_millis(2);
    /// How long processes may take to go once they were killed. One that waits for a broken disk takes for ever.
    const LIMIT: Duration = Duration::from_secs(2);

    pub(super) fn supervise(program: &OsStr) -> ExitCode {
        close_inherited();
        if let Ok(name) = CString::new(NAME) {
            let _ = rustix::thread::set_name(&name);
        }
        // What the handler runs as could look into this process otherwise.
        let _ = process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
        match watch(program) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the server's socket is the supervisor's standard input"
    )]
    fn watch(program: &OsStr) -> io::Result<()> {
        process::set_child_subreaper(Some(process::getpid()))?;
        let mut server = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        let started = Command::new(program)
            .stdin(Stdio::null())
            .process_group(0)
            .spawn();
        let handler = match started {
            Ok(child) => child.id(),
            Err(error) => {
                let told = Told::NotStarted(error.raw_os_error().unwrap_or_default());
                return server.write_all(told.to_string().as_bytes());
            }
        };
        let told = watch_over(handler, &mut server);
        // Whatever failed, such as a server that has gone in the meantime.
        end_all();
        server.write_all(told?.to_string().as_bytes())
    }

    fn watch_over(handler: u32, server: &mut UnixStream) -> io::Result<Told> {
        let started = Told::Started { id: handler };
        server.write_all(started.to_string().as_bytes())?;
        end_with(server.try_clone()?);
        wait_for(handler)
    }

    /// Kills what is below this process once the server has let go of the connection.
    fn end_with(mut server: UnixStream) {
        std::thread::spawn(move || {
            let mut nothing = [0];
            while matches!(server.read(&mut nothing), Ok(read) if read > 0) {}
            loop {
                kill_all();
                std::thread::sleep(PAUSE);
            }
        });
    }

    /// Waits for the end of the handler, and in passing for those of others that became children of this process.
    fn wait_for(handler: u32) -> io::Result<Told> {
        loop {
            match process::wait(WaitOptions::empty()) {
                Ok(Some((pid, status))) if u32::try_from(pid.as_raw_pid()) == Ok(handler) => {
                    return Ok(how(status));
                }
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn how(status: WaitStatus) -> Told {
        match status.terminating_signal() {
            Some(signal) => Told::Signalled(signal),
            None => Told::Exited(status.exit_status().unwrap_or_default()),
        }
    }

    /// Ends all that is below this process. There is nothing left when the system says that there is no child.
    fn end_all() {
        let deadline = Instant::now() + LIMIT;
        while Instant::now() < deadline {
            match process::wait(WaitOptions::NOHANG) {
                Err(Errno::CHILD) => return,
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => kill_all(),
            }
        }
    }

    /// Who has no parent left is a child of this process, and is killed as soon as it is seen: it may be one of those
    /// that run for a moment, start the next and are gone before all processes are read.
    fn kill_all() {
        let own = std::process::id();
        let processes = Processes::newest_first(|process| {
            if process.parent == own {
                process.kill();
            }
        });
        for process in processes.below(own) {
            process.kill();
        }
    }

    /// Files that whoever started the server has left open, such as a shell's or a runner's, are none of a handler's.
    fn close_inherited() {
        let open: Vec<i32> = std::fs::read_dir("/proc/self/fd")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|&number| number > 2)
            .collect();
        for number in open {
            // The one that listed them is closed already.
            let _ = nix::unistd::close(number);
        }
    }
}
