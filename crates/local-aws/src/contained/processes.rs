//! The processes of this machine, as `/proc` tells of them. Where there is no `/proc`, none are known.

use std::collections::HashMap;
use std::fs;

/// The name by which the system shows a supervisor.
pub(super) const SUPERVISOR: &str = "txflow-watch";

/// Who is whose child, at one moment.
#[derive(Debug, Default)]
pub(crate) struct Processes(HashMap<u32, Process>);

/// One process. Its number alone may be another one's a moment later; number and start are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) id: u32,
    pub(super) parent: u32,
    /// In ticks since the machine started.
    started: u64,
    /// Has ended, and nobody has asked how.
    ended: bool,
}

impl Processes {
    pub(crate) fn now() -> Processes {
        Processes::newest_first(|_| {})
    }

    /// Shows each process as soon as it is read, those with the highest numbers first.
    pub(super) fn newest_first(mut seen: impl FnMut(&Process)) -> Processes {
        let mut ids = ids();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let read = ids.into_iter().filter_map(Process::read);
        let shown = read.inspect(|process| seen(process));
        Processes(shown.map(|process| (process.id, process)).collect())
    }

    fn iter(&self) -> impl Iterator<Item = &Process> {
        self.0.values()
    }

    /// Those that the process has started, and all that these have, and so on.
    pub(crate) fn below(&self, ancestor: u32) -> Vec<Process> {
        let descends = |process: &&Process| self.ancestors(process.id).any(|id| id == ancestor);
        self.iter().filter(descends).copied().collect()
    }

    /// The process's parent, that one's, and so on.
    pub(super) fn ancestors(&self, id: u32) -> impl Iterator<Item = u32> {
        let parent = |id: &u32| self.0.get(id).map(|process| process.parent);
        // What was read while processes came and went could hold a circle.
        std::iter::successors(parent(&id), parent).take(self.0.len())
    }
}

impl Process {
    fn read(id: u32) -> Option<Process> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name comes second, in parentheses, and may hold anything.
        let (_, rest) = stat.rsplit_once(')')?;
        let mut fields = rest.split_ascii_whitespace();
        let (state, parent) = (fields.next()?, fields.next()?.parse().ok()?);
        let threads: u32 = fields.nth(15)?.parse().ok()?;
        Some(Process {
            id,
            parent,
            started: fields.nth(1)?.parse().ok()?,
            // The first thread may have ended before the others.
            ended: state == "Z" && threads <= 1,
        })
    }

    /// Ends this process and never another that has its number by now.
    pub(super) fn kill(&self) {
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
            let Some(pid) = i32::try_from(self.id).ok().and_then(Pid::from_raw) else {
                return;
            };
            // The descriptor is opened first: what is found to be the process after that is what the descriptor means.
            let Ok(descriptor) = pidfd_open(pid, PidfdFlags::empty()) else {
                return;
            };
            if Process::read(self.id).is_some_and(|now| now.started == self.started) {
                let _ = pidfd_send_signal(descriptor, Signal::KILL);
            }
        }
    }

    /// Whether it watches over others.
    pub(super) fn is_supervisor(&self) -> bool {
        fs::read_to_string(format!("/proc/{}/comm", self.id))
            .is_ok_and(|name| name.trim_end() == SUPERVISOR)
    }

    /// How many file locks it may hold, if that is limited and it runs.
    pub(super) fn lock_limit(&self) -> Option<u64> {
        if self.ended {
            return None;
        }
        let limits = fs::read_to_string(format!("/proc/{}/limits", self.id)).ok()?;
        let line = limits.lines().find(|line| line.starts_with(LOCKS))?;
        line[LOCKS.len()..].split_whitespace().nth(1)?.parse().ok()
    }
}

/// The soft and the hard limit follow.
const LOCKS: &str = "Max file locks";

fn ids() -> Vec<u32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Read;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_grandchild_is_below_its_grandparent() {
        let mut shell = Command::new("sh")
            .args(["-c", "sleep 1000 & echo; wait"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // The shell has started its child once it says something.
        let mut said = [0];
        shell
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut said)
            .unwrap();
        let processes = Processes::now();
        let below = processes.below(shell.id());
        assert_eq!(below.len(), 1, "{below:?}");
        let mine = processes.below(std::process::id());
        assert!(mine.iter().any(|process| process.id == below[0].id));
        below[0].kill();
        assert!(shell.wait().unwrap().success());
    }

    #[test]
    fn who_has_ended_has_no_limit_however_long_nobody_asks() {
        let mut limited = Command::new("bash")
            .args(["-c", "ulimit -x 1234567890123; echo; read"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = limited.stdout.take().unwrap();
        stdout.read_exact(&mut [0]).unwrap();
        let process = Process::read(limited.id()).unwrap();
        assert_eq!(process.lock_limit(), Some(1_234_567_890_123));
        drop(limited.stdin.take());
        // Its output ends when it has.
        stdout.read_to_end(&mut Vec::new()).unwrap();
        while !Process::read(limited.id()).unwrap().ended {}
        assert_eq!(Process::read(limited.id()).unwrap().lock_limit(), None);
        limited.wait().unwrap();
    }

    #[test]
    fn another_process_that_has_the_number_by_now_is_left_alone() {
        let mut cat = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let now = Process::read(cat.id()).unwrap();
        let former = Process {
            started: now.started - 1,
            ..now
        };
        former.kill();
        // It is there to read the end of its input, and to say how it went.
        drop(cat.stdin.take());
        assert!(cat.wait().unwrap().success());
    }
}
