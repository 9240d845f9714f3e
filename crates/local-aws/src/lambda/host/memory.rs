//! How much memory a handler uses, with all that it has started.

use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::contained::Processes;

/// How long it is good to know which processes there are. Reading that takes some milliseconds.
const FRESH: Duration = Duration::from_millis(100);

/// Which processes there are, read once for all who ask at about the same time.
#[derive(Default)]
pub(super) struct Census(Mutex<Option<(Instant, Arc<Processes>)>>);

impl Census {
    pub(super) fn processes(&self) -> Arc<Processes> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((read, processes)) if read.elapsed() < FRESH => Arc::clone(processes),
            _ => {
                let processes = Arc::new(Processes::now());
                *known = Some((Instant::now(), Arc::clone(&processes)));
                processes
            }
        }
    }
}

/// What one handler uses, looked at again and again.
#[derive(Default)]
pub(super) struct Memory {
    peak_kib: u64,
}

impl Memory {
    /// Looks at the processes, and says whether they use more than they may.
    pub(super) fn exceeds(&mut self, limit_mb: u64, ids: &[u32]) -> bool {
        let limit = limit_mb * 1024;
        let (mut sum, mut highest) = (0, 0);
        for &id in ids {
            let used = Used::read(id).unwrap_or_default();
            sum += used.now;
            highest = highest.max(used.peak);
        }
        // Pages that processes share are in the sum once for each of them: only a costly look tells.
        if sum > limit {
            sum = ids
                .iter()
                .map(|&id| shared_fairly(id).unwrap_or_default())
                .sum();
        }
        self.peak_kib = self.peak_kib.max(sum).max(highest);
        self.peak_kib > limit
    }

    /// In MiB. `None` if nothing is known.
    pub(super) fn peak_mb(&self) -> Option<u64> {
        (self.peak_kib > 0).then(|| self.peak_kib.div_ceil(1024))
    }
}

/// What one process uses, in KiB, with what it shares.
#[derive(Default)]
struct Used {
    now: u64,
    peak: u64,
}

impl Used {
    fn read(id: u32) -> Option<Used> {
        let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        Some(Used {
            now: kib(&status, "VmRSS:")?,
            peak: kib(&status, "VmHWM:")?,
        })
    }
}

/// What one process uses, in KiB, with its part of what it shares.
fn shared_fairly(id: u32) -> Option<u64> {
    let read = fs::read_to_string(format!("/proc/{id}/smaps_rollup"));
    match read {
        Ok(rollup) => kib(&rollup, "Pss:"),
        // It has ended, or does not let itself be looked at.
        Err(_) => Used::read(id).map(|used| used.now),
    }
}

fn kib(text: &str, field: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
