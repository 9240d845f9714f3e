//! What a server that was killed has left running.

use std::ffi::OsStr;
use std::path::Path;
use std::time::{Duration, Instant};

use super::processes::{Process, Processes};
use super::supervisor::is_supervisor;

/// What marks the processes of a data directory: a variable of Lambda's that each has, and that names its folder there.
pub(super) const MARK: &str = "LAMBDA_TASK_ROOT";

/// How long supervisors get to end what they watch over: they have noticed that the server has gone.
const SUPERVISED: Duration = Duration::from_secs(1);
const LIMIT: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(5);

/// Ends the processes whose code lies in this folder. Only the server of its data directory may do that. Blocks.
pub(crate) fn end_leftovers(unpacked: &Path) {
    let (Some(data_dir), Some(name)) = (unpacked.parent(), unpacked.file_name()) else {
        return;
    };
    // If it is not there, nothing was ever started from it.
    let Ok(data_dir) = data_dir.canonicalize() else {
        return;
    };
    // With the separator, so that no other folder is meant.
    let folder = data_dir.join(name).join("");
    let started = Instant::now();
    while started.elapsed() < LIMIT {
        let left = left_of(&folder);
        if left.is_empty() {
            return;
        }
        let patient = started.elapsed() < SUPERVISED;
        for process in left {
            if !(patient && is_supervisor(process.id)) {
                process.kill();
            }
        }
        std::thread::sleep(PAUSE);
    }
}

fn left_of(folder: &Path) -> Vec<Process> {
    let processes = Processes::now();
    let own = std::process::id();
    // A server that a handler started by hand does not end itself.
    let spared: Vec<u32> = processes.ancestors(own).chain([own]).collect();
    let folder = folder.as_os_str().as_encoded_bytes();
    processes
        .iter()
        .filter(|process| !spared.contains(&process.id))
        .filter(|process| process.was_given(MARK, |root| root.starts_with(folder)))
        .copied()
        .collect()
}

/// Ends the processes that were given this value of a variable.
pub(super) fn end_those_with(variable: &str, value: &OsStr) {
    let value = value.as_encoded_bytes();
    for process in Processes::now().iter() {
        if process.was_given(variable, |given| given == value) {
            process.kill();
        }
    }
}
