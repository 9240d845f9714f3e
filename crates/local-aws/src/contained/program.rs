//! One program: started below a supervisor, waited for, ended with all that came of it.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tokio::process::{Child, ChildStderr, ChildStdout, Command};

#[cfg(target_os = "linux")]
use super::lifeline::Lifeline;
use super::mark::Family;
#[cfg(target_os = "linux")]
use super::mark::Mark;
use super::processes::{Process, Processes};
use super::supervisor::Supervisor;
#[cfg(target_os = "linux")]
use super::supervisor::{EXEC, Told};

/// Whose Ctrl-C a program hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Nobody's. It gets nothing that somebody has left open, and is killed without a word.
    Own,
    /// That of this process. It is interrupted before it is killed, so that it can still say something.
    Ours,
}

/// How programs are started that are to be ended with all that comes of them.
#[derive(Debug, Clone)]
pub struct Containment {
    supervisor: Option<Supervisor>,
    family: Family,
}

impl Containment {
    pub fn new(supervisor: Option<Supervisor>, family: Family) -> Containment {
        Containment { supervisor, family }
    }

    /// Starts a program that reads nothing; `prepare` says with what. See [`Contained::started`].
    pub fn spawn(
        &self,
        group: Group,
        program: &OsStr,
        prepare: impl FnOnce(&mut Command),
    ) -> io::Result<Contained> {
        #[cfg(target_os = "linux")]
        if let Some(supervisor) = &self.supervisor {
            let mark = self.family.next();
            return Contained::supervised(supervisor, mark, group, program, prepare);
        }
        Contained::alone(group, program, prepare)
    }

    /// What goes in front of a program and its arguments if something else starts it: so [`Containment::end`] knows it.
    pub fn prefix(&self) -> Vec<OsString> {
        #[cfg(target_os = "linux")]
        if let Some(supervisor) = &self.supervisor {
            let program = supervisor.program.clone().into_os_string();
            let mark = self.family.next().to_text().into();
            return [program]
                .into_iter()
                .chain(supervisor.arguments.iter().cloned())
                .chain([mark, EXEC.into()])
                .collect();
        }
        Vec::new()
    }

    /// Ends all that came of the programs that this has started, or has put its prefix in front of. Blocks.
    pub fn end(&self) {
        if self.supervisor.is_some() {
            self.family.end(Duration::ZERO);
        }
    }
}

/// Without a supervisor.
impl Default for Containment {
    fn default() -> Containment {
        Containment::new(None, Family::unique())
    }
}

/// A started program. Dropping it begins its end, and that of all that came of it.
///
/// Without a supervisor only that ends of which is known who has started it.
pub struct Contained {
    /// The supervisor, or the program itself if there is none.
    child: Child,
    ending: Ending,
    /// The program's own number, while it runs.
    id: Option<u32>,
}

enum Ending {
    #[cfg(target_os = "linux")]
    Supervised {
        /// Gone once the program is to end.
        lifeline: Option<Lifeline>,
        mark: Mark,
    },
    Alone(Group),
}

/// How long a program that is to end may take to. A supervisor ends it in milliseconds.
const LAST_MOMENTS: Duration = Duration::from_millis(1500);
const PAUSE: Duration = Duration::from_millis(2);

impl Contained {
    fn alone(
        group: Group,
        program: &OsStr,
        prepare: impl FnOnce(&mut Command),
    ) -> io::Result<Contained> {
        let mut command = Command::new(program);
        prepare(&mut command);
        #[cfg(unix)]
        if group == Group::Own {
            command.process_group(0);
        }
        let child = command.stdin(Stdio::null()).kill_on_drop(true).spawn()?;
        Ok(Contained {
            id: child.id(),
            child,
            ending: Ending::Alone(group),
        })
    }

    #[cfg(target_os = "linux")]
    fn supervised(
        supervisor: &Supervisor,
        mark: Mark,
        group: Group,
        program: &OsStr,
        prepare: impl FnOnce(&mut Command),
    ) -> io::Result<Contained> {
        let (lifeline, their_end) = Lifeline::pair()?;
        let group = match group {
            Group::Own => 0,
            Group::Ours => rustix::process::getpgrp().as_raw_pid(),
        };
        let mut command = Command::new(&supervisor.program);
        command
            .args(&supervisor.arguments)
            .arg(mark.to_text())
            .arg(group.to_string())
            .arg(program);
        prepare(&mut command);
        // Ctrl-C is not for the supervisor.
        let child = command.stdin(their_end).process_group(0).spawn()?;
        // The command goes now, and with it our copy of their end: so ours tells when they have gone.
        Ok(Contained {
            child,
            ending: Ending::Supervised {
                lifeline: Some(lifeline),
                mark,
            },
            id: None,
        })
    }

    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    pub fn take_stderr(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }

    /// Whether it could be started at all. To be called once.
    pub async fn started(&mut self) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        if let Ending::Supervised {
            lifeline: Some(lifeline),
            ..
        } = &mut self.ending
        {
            match lifeline.told().await {
                Some(Told::Started { id }) => self.id = Some(id),
                Some(Told::NotStarted(error)) => return Err(io::Error::from_raw_os_error(error)),
                _ => return Err(io::Error::other("the supervisor did not start")),
            }
        }
        Ok(())
    }

    /// Waits for the program's own end, and ends what it has left running.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await?;
        let status = match &mut self.ending {
            #[cfg(target_os = "linux")]
            Ending::Supervised { lifeline, mark } => {
                use std::os::unix::process::ExitStatusExt;
                let told = match lifeline {
                    Some(lifeline) => lifeline.told().await,
                    None => None,
                };
                if !status.success() {
                    end_marked(*mark).await;
                }
                ExitStatus::from_raw(match told {
                    Some(Told::Exited(code)) => code << 8,
                    Some(Told::Signalled(signal)) => signal,
                    // The supervisor was killed, and now so was the program.
                    _ => rustix::process::Signal::KILL.as_raw(),
                })
            }
            Ending::Alone(_) => {
                self.begin_end();
                status
            }
        };
        // From now on the number may be another process's.
        self.id = None;
        Ok(status)
    }

    /// Begins the end of the program, and of what came of it.
    pub fn begin_end(&mut self) {
        match &mut self.ending {
            #[cfg(target_os = "linux")]
            Ending::Supervised { lifeline, .. } => {
                if lifeline.take().is_some() {
                    self.wake();
                }
            }
            Ending::Alone(group) => {
                let Some(id) = self.id.take() else { return };
                // While nobody has asked how it ended, the number is its own.
                let below = self.child.id().map(|id| Processes::now().below(id));
                #[cfg(unix)]
                if *group == Group::Own
                    && let Some(group) = as_pid(id)
                {
                    let _ =
                        rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
                }
                below.iter().flatten().for_each(Process::kill);
                let _ = self.child.start_kill();
            }
        }
    }

    /// A program may have stopped its supervisor.
    #[cfg(target_os = "linux")]
    fn wake(&self) {
        // Nobody has asked yet how it ended, so the number is its own.
        if let Some(supervisor) = self.child.id().and_then(as_pid) {
            let _ = rustix::process::kill_process(supervisor, rustix::process::Signal::CONT);
        }
    }

    /// Ends the program, and returns once all that came of it has gone.
    pub async fn end(mut self) {
        self.begin_end();
        let ended = tokio::time::timeout(LAST_MOMENTS, self.child.wait()).await;
        if !matches!(ended, Ok(Ok(status)) if status.success()) {
            let _ = self.child.start_kill();
            #[cfg(target_os = "linux")]
            if let Ending::Supervised { mark, .. } = self.ending {
                end_marked(mark).await;
            }
        }
    }

    /// The same, for a drop. Blocks.
    pub fn end_now(mut self) {
        self.begin_end();
        let began = Instant::now();
        let ended = loop {
            match self.child.try_wait() {
                Ok(None) if began.elapsed() < LAST_MOMENTS => std::thread::sleep(PAUSE),
                Ok(Some(status)) => break status.success(),
                Ok(None) | Err(_) => break false,
            }
        };
        if !ended {
            let _ = self.child.start_kill();
            #[cfg(target_os = "linux")]
            if let Ending::Supervised { mark, .. } = self.ending {
                mark.end();
            }
        }
    }

    /// The program's own number, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.id
    }

    /// The number of the process below which all stays that came of the program.
    pub fn top(&self) -> Option<u32> {
        self.child.id()
    }
}

impl Drop for Contained {
    fn drop(&mut self) {
        self.begin_end();
    }
}

#[cfg(unix)]
fn as_pid(id: u32) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(i32::try_from(id).ok()?)
}

#[cfg(target_os = "linux")]
async fn end_marked(mark: Mark) {
    // A panic there is one of a process that ends anyway.
    let _ = tokio::task::spawn_blocking(move || mark.end()).await;
}
