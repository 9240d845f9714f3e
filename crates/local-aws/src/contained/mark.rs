//! What all processes that come of a program are known by, whatever they make of themselves.
//!
//! A mark is a limit that Linux has not enforced for twenty years: how many file locks a process may hold. Every process
//! inherits it, also one that has emptied its environment, left its session and lost its parents; it can be read
//! of any process, and can be raised by root alone. Nothing sets it by accident.

use std::path::Path;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::processes::{Process, Processes};

/// The marks of one kind of programs, such as the handlers of a data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family(u64);

/// The mark of one program.
#[cfg(target_os = "linux")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark(u64);

/// The lower bits of a mark count the programs of its family. The highest stays free: no mark is "unlimited".
const COUNTED: u32 = 24;
const SIGN: u64 = 1 << 63;

/// How long processes may take to go once they were killed.
const LIMIT: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(2);
/// How many looks must find nothing: one may have missed a process that was starting the next and was gone when it
/// was read.
const LOOKS: u32 = 3;

impl Family {
    /// Of what is started from a folder, by whichever process.
    pub fn of_folder(folder: &Path) -> Family {
        let hash = Sha256::digest(folder.as_os_str().as_encoded_bytes());
        let first = hash.iter().take(8);
        Family::of(first.fold(0, |bits, &byte| bits << 8 | u64::from(byte)))
    }

    /// Unlike any other.
    pub fn unique() -> Family {
        Family::of(uuid::Uuid::new_v4().as_u64_pair().1)
    }

    fn of(bits: u64) -> Family {
        Family((bits & !SIGN) >> COUNTED << COUNTED)
    }

    #[cfg(target_os = "linux")]
    pub(super) fn next(self) -> Mark {
        use std::sync::atomic::{AtomicU64, Ordering};
        static STARTED: AtomicU64 = AtomicU64::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        Mark(self.0 | number & ((1 << COUNTED) - 1))
    }

    /// Ends all that came of the programs of this family. Supervisors get a while to do that themselves. This process
    /// and those that it came of stay. Blocks.
    pub fn end(self, patience: Duration) {
        let started = Instant::now();
        end_those(|process, mark| {
            let patient = started.elapsed() < patience && process.is_supervisor();
            (Family::of(mark) == self).then_some(!patient)
        });
    }
}

#[cfg(target_os = "linux")]
impl Mark {
    /// Ends all that came of the program, its supervisor included. Blocks.
    pub(super) fn end(self) {
        end_those(|_, mark| (mark == self.0).then_some(true));
    }

    /// For an argument; see [`Mark::parse`].
    pub(super) fn to_text(self) -> String {
        self.0.to_string()
    }

    pub(super) fn parse(text: &str) -> Option<Mark> {
        text.parse().ok().map(Mark)
    }

    /// Gives this process the mark, and so all that it starts.
    pub(super) fn wear(self) {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let limit = Rlimit {
            current: Some(self.0),
            maximum: Some(self.0),
        };
        // A limit that is lower already stays. Only who outlives its supervisor is missed then.
        let _ = setrlimit(Resource::Locks, limit);
    }
}

/// Kills the processes of which `is_meant` says so, until there is none of which it says anything.
fn end_those(is_meant: impl Fn(&Process, u64) -> Option<bool>) {
    // A server that a handler started by hand does not end itself.
    let own = std::process::id();
    let spared: Vec<u32> = Processes::now().ancestors(own).chain([own]).collect();
    let started = Instant::now();
    let mut looks = 0;
    while looks < LOOKS && started.elapsed() < LIMIT {
        let mut found = false;
        Processes::newest_first(|process| {
            let mark = process.lock_limit();
            let meant = mark.and_then(|mark| is_meant(process, mark));
            if let Some(now) = meant.filter(|_| !spared.contains(&process.id)) {
                found = true;
                if now {
                    process.kill();
                }
            }
        });
        looks = if found { 0 } else { looks + 1 };
        std::thread::sleep(PAUSE);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_mark_tells_its_family_and_its_program() {
        let families = ["/one", "/two"].map(|folder| Family::of_folder(Path::new(folder)));
        assert_ne!(families[0], families[1]);
        let marks = families.map(|family| [family.next(), family.next()]);
        for (family, [first, second]) in families.into_iter().zip(marks) {
            assert_ne!(first, second);
            assert_eq!(Family::of(first.0), family);
            assert_eq!(Family::of(second.0), family);
            assert_eq!(Mark::parse(&first.to_text()), Some(first));
        }
    }
}
