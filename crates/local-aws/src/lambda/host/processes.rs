//! The processes of this machine, as `/proc` tells of them. Where there is no `/proc`, none are known.

use std::collections::HashMap;
use std::fs;

/// Who is whose child, at one moment.
#[derive(Debug, Default)]
pub(super) struct Processes(HashMap<u32, Process>);

/// One process. Its number alone may be another one's a moment later; number and start are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) id: u32,
    pub(super) parent: u32,
    /// In ticks since the machine started.
    started: u64,
}

impl Processes {
    pub(super) fn now() -> Processes {
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

    pub(super) fn iter(&self) -> impl Iterator<Item = &Process> {
        self.0.values()
    }

    /// Those that the process has started, and all that these have, and so on.
    pub(super) fn below(&self, ancestor: u32) -> Vec<Process> {
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
        Some(Process {
            id,
            parent: fields.nth(1)?.parse().ok()?,
            started: fields.nth(17)?.parse().ok()?,
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

    /// Whether it has been started with that variable set so that `matches`.
    pub(super) fn was_given(&self, variable: &str, matches: impl Fn(&[u8]) -> bool) -> bool {
        let environment = fs::read(format!("/proc/{}/environ", self.id)).unwrap_or_default();
        environment
            .split(|&byte| byte == 0)
            .filter_map(|entry| entry.strip_prefix(variable.as_bytes())?.strip_prefix(b"="))
            .any(matches)
    }
}

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
    use std::io::{Read, Write};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_grandchild_is_below_its_grandparent() {
        let mut shell = Command::new("sh")
            .args(["-c", "cat & echo; wait"])
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

    #[test]
    fn what_a_process_was_started_with_is_known() {
        let mut cat = Command::new("cat")
            .env("TXFLOW_TEST_MARK", "/one/two")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Until it has said something, it may be about to become `cat`.
        cat.stdin.as_mut().unwrap().write_all(b"x").unwrap();
        cat.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        let process = Process::read(cat.id()).unwrap();
        assert!(process.was_given("TXFLOW_TEST_MARK", |value| value.starts_with(b"/one/")));
        assert!(!process.was_given("TXFLOW_TEST_MARK", |value| value.starts_with(b"/two/")));
        assert!(!process.was_given("TXFLOW_TEST", |_| true));
        drop(cat.stdin.take());
        cat.wait().unwrap();
    }
}
