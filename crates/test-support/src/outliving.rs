//! Programs that want to stay, each of which tells of itself by a file that is named after it.

use std::path::Path;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(60);

/// For a shell: becomes a program that never ends by itself, and has told of itself in the folder.
pub fn stay(folder: &Path) -> String {
    format!("touch '{}/'$$; exec sleep 1000", folder.display())
}

/// For a shell: starts three that stay, each without its parent and in a session of its own, and two without their
/// environment. Goes on once they all run.
pub fn leave_three(folder: &Path) -> String {
    let stay = stay(folder).replace('\'', "'\\''");
    let all_run = format!(
        "while [ $(ls '{}' | wc -l) -lt 3 ]; do :; done",
        folder.display()
    );
    format!(
        "(setsid sh -c '{stay}' </dev/null >/dev/null 2>&1 &)\n\
         (env -i /bin/sh -c '/usr/bin/setsid /bin/sh -c \"$0\" &' '{stay}' </dev/null >/dev/null 2>&1 &)\n\
         env -i setsid /bin/sh -c '(cd /; /usr/bin/setsid /bin/sh -c \"$0\" &) &' '{stay}' </dev/null >/dev/null 2>&1\n\
         {all_run}\n"
    )
}

/// The programs that have told of themselves, once there are that many.
pub async fn told(folder: &Path, count: usize) -> Vec<u32> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let found: Vec<u32> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
            .collect();
        if found.len() >= count {
            return found;
        }
        assert!(Instant::now() < deadline, "only {found:?} have started");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether it runs, other than as one that has ended and that nobody has asked for.
pub fn runs(id: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit_once(')')
            .is_some_and(|(_, rest)| rest.starts_with(" Z"))
    })
}

/// None of them runs now.
pub fn none_runs(ids: &[u32]) {
    let left: Vec<&u32> = ids.iter().filter(|id| runs(**id)).collect();
    assert!(left.is_empty(), "{left:?} run still");
}

/// Returns once none of them runs.
pub async fn gone(ids: &[u32]) {
    let deadline = Instant::now() + LIMIT;
    while let Some(left) = ids.iter().find(|id| runs(**id)) {
        assert!(Instant::now() < deadline, "{left} still runs");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
