//! How much memory a handler uses, including everything that it has started.

use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::contained::Processes;

/// How long a list of all processes is reused. Reading it takes some milliseconds.
const FRESH: Duration = Duration::from_millis(100);

/// The list of all processes, read once for all callers that ask at about the same time.
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

/// The memory of one handler, checked repeatedly.
#[derive(Default)]
pub(super) struct Memory {
    peak_kib: u64,
}

impl Memory {
    /// Checks the processes, and returns whether they use more than `limit_mb`.
    pub(super) fn exceeds(&mut self, limit_mb: u64, ids: &[u32]) -> bool {
        let limit = limit_mb * 1024;
        let (mut sum, mut highest) = (0, 0);
        for &id in ids {
            let used = Used::read(id).unwrap_or_default();
            sum += used.now;
            highest = highest.max(used.peak);
        }
        // The sum counts shared pages once for each process. Only a costlier check is exact.
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

/// The memory of one process, in KiB, including all that it shares.
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

/// The memory of one process, in KiB, including its part of what it shares.
fn shared_fairly(id: u32) -> Option<u64> {
    let read = fs::read_to_string(format!("/proc/{id}/smaps_rollup"));
    match read {
        Ok(rollup) => kib(&rollup, "Pss:"),
        // It has ended, or may not be inspected.
        Err(_) => Used::read(id).map(|used| used.now),
    }
}

fn kib(text: &str, field: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
