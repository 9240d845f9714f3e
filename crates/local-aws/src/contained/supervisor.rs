//! The process between txflow and a program that it runs: it sees to it that nothing of the program outlives it, nor
//! txflow.
//!
//! The program and all that it ever starts stay below the supervisor: who loses its parent, by daemonising or by
//! `setsid`, becomes the supervisor's child. A connection to txflow is all that keeps it going, so it ends
//! everything when txflow asks for that as well as when txflow is killed.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// How a supervisor is started: a program that passes the arguments after these to [`supervise`].
#[derive(Debug, Clone)]
pub struct Supervisor {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
}

/// In the place of a process group: the program is started in the place of its supervisor, with its mark.
#[cfg(target_os = "linux")]
pub(super) const EXEC: &str = "exec";

/// What the supervisor tells, a line each.
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

/// Is the supervisor: runs the program that the arguments name, until it ends or txflow wants it to end. Succeeds if it
/// has left nothing.
///
/// Its standard input is a connection to txflow. To be called first in a process, before any thread is there or
/// any file is open: it closes what a handler was not meant to get.
pub fn supervise(arguments: &[OsString]) -> ExitCode {
    #[cfg(target_os = "linux")]
    if let Some(task) = linux::Task::parse(arguments) {
        return task.run();
    }
    let _ = arguments;
    ExitCode::from(2)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::{CString, OsStr, OsString};
    use std::io::{self, Read, Write};
    use std::os::fd::{AsFd, OwnedFd};
    use std::os::unix::net::UnixStream;
    use std::os::unix::process::CommandExt;
    use std::process::{Command, ExitCode, Stdio};
    use std::time::{Duration, Instant};

    use rustix::io::Errno;
    use rustix::process::{
        self, DumpableBehavior, Pid, PidfdFlags, Signal, WaitOptions, WaitStatus,
    };

    use super::{EXEC, Told};
    use crate::contained::mark::Mark;
    use crate::contained::processes::{Processes, SUPERVISOR};

    const PAUSE: Duration = Duration::from_millis(2);
    /// How long processes may take to go once they were killed. One that waits for a broken disk takes for ever.
    const LIMIT: Duration = Duration::from_secs(2);
    /// How long a program that hears Ctrl-C may take to say something.
    const LAST_WORDS: Duration = Duration::from_millis(500);

    /// What is to be run.
    pub(super) struct Task<'a> {
        mark: Mark,
        /// The process group that the program joins, and whose Ctrl-C it hears; zero for one of its own. `None` if it is
        /// not to be supervised.
        group: Option<i32>,
        program: &'a OsStr,
        arguments: &'a [OsString],
    }

    impl Task<'_> {
        pub(super) fn parse(arguments: &[OsString]) -> Option<Task<'_>> {
            let [mark, group, program, arguments @ ..] = arguments else {
                return None;
            };
            Some(Task {
                mark: Mark::parse(mark.to_str()?)?,
                group: match group.to_str()? {
                    EXEC => None,
                    group => Some(group.parse().ok()?),
                },
                program,
                arguments,
            })
        }

        pub(super) fn run(&self) -> ExitCode {
            self.mark.wear();
            match self.group {
                Some(group) => supervise(self, group),
                None => {
                    let error = self.command().exec();
                    // As a shell has it.
                    ExitCode::from(if error.kind() == io::ErrorKind::NotFound {
                        127
                    } else {
                        126
                    })
                }
            }
        }

        fn command(&self) -> Command {
            let mut command = Command::new(self.program);
            command.args(self.arguments);
            command
        }
    }

    fn supervise(task: &Task<'_>, group: i32) -> ExitCode {
        if group == 0 {
            close_inherited();
        }
        if let Ok(name) = CString::new(SUPERVISOR) {
            let _ = rustix::thread::set_name(&name);
        }
        // What the program runs as could look into this process otherwise.
        let _ = process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
        match watch(task, group) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) | Err(_) => ExitCode::FAILURE,
        }
    }

    /// Whether nothing is left.
    #[expect(
        clippy::disallowed_methods,
        reason = "the other end's socket is the supervisor's standard input"
    )]
    fn watch(task: &Task<'_>, group: i32) -> io::Result<bool> {
        process::set_child_subreaper(Some(process::getpid()))?;
        let mut txflow = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        let started = task
            .command()
            .stdin(Stdio::null())
            .process_group(group)
            .spawn();
        let program = match started {
            Ok(child) => child.id(),
            Err(error) => {
                let told = Told::NotStarted(error.raw_os_error().unwrap_or_default());
                txflow.write_all(told.to_string().as_bytes())?;
                return Ok(true);
            }
        };
        let told = watch_over(program, group != 0, &mut txflow);
        // Whatever failed, such as txflow having gone in the meantime.
        let all_ended = end_all();
        if let Ok(told) = told {
            let _ = txflow.write_all(told.to_string().as_bytes());
        }
        Ok(all_ended)
    }

    fn watch_over(program: u32, hears: bool, txflow: &mut UnixStream) -> io::Result<Told> {
        let started = Told::Started { id: program };
        txflow.write_all(started.to_string().as_bytes())?;
        // Opened while nobody has asked how it ended, so that it is no other process.
        let hearing = if hears { open(program) } else { None };
        end_with(txflow.try_clone()?, hearing);
        wait_for(program)
    }

    fn open(id: u32) -> Option<OwnedFd> {
        let id = Pid::from_raw(i32::try_from(id).ok()?)?;
        process::pidfd_open(id, PidfdFlags::empty()).ok()
    }

    /// Kills what is below this process once txflow has let go of the connection.
    fn end_with(mut txflow: UnixStream, hearing: Option<OwnedFd>) {
        std::thread::spawn(move || {
            let mut nothing = [0];
            while matches!(txflow.read(&mut nothing), Ok(read) if read > 0) {}
            if let Some(program) = hearing {
                // If it ends, so does the wait for it, and with it this process.
                let _ = process::pidfd_send_signal(program, Signal::INT);
                std::thread::sleep(LAST_WORDS);
            }
            loop {
                kill_all();
                std::thread::sleep(PAUSE);
            }
        });
    }

    /// Waits for the end of the program, and in passing for those of others that became children of this process.
    fn wait_for(program: u32) -> io::Result<Told> {
        loop {
            match process::wait(WaitOptions::empty()) {
                Ok(Some((pid, status))) if u32::try_from(pid.as_raw_pid()) == Ok(program) => {
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
    fn end_all() -> bool {
        let deadline = Instant::now() + LIMIT;
        while Instant::now() < deadline {
            match process::wait(WaitOptions::NOHANG) {
                Err(Errno::CHILD) => return true,
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => kill_all(),
            }
        }
        false
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
