//! A single thread commits for all calls, so that calls that arrive together share one sync to disk.

use std::io;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use super::change::Change;
use super::database::Database;
use crate::fault::Fault;

/// The most changes in a transaction. Limits the memory that a burst takes.
const BATCH: usize = 20_000;

/// Done once the changes are on disk.
#[must_use = "what is not yet on disk must not be acknowledged"]
pub(crate) struct Commit {
    /// `None` if they are where they belong already.
    pending: Option<oneshot::Receiver<Result<(), Fault>>>,
}

impl Commit {
    pub(crate) const DONE: Commit = Commit { pending: None };

    pub(crate) async fn done(self) -> Result<(), Fault> {
        let Some(pending) = self.pending else {
            return Ok(());
        };
        match pending.await {
            Ok(outcome) => outcome,
            Err(_) => Err(Fault::storage("the store is closed")),
        }
    }

    /// Does not wait. For changes that nobody waits for, such as the events of a running execution: waiting for a later
    /// commit includes them.
    pub(crate) fn later(self) {}
}

struct Job {
    changes: Vec<Change>,
    done: oneshot::Sender<Result<(), Fault>>,
}

pub(crate) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(database: Arc<Database>) -> io::Result<Writer> {
        let (jobs, queue) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("local-aws-store".to_owned())
            .spawn(move || run(&database, &queue))?;
        Ok(Writer {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    pub(super) fn write(&self, changes: Vec<Change>) -> Commit {
        let (done, commit) = oneshot::channel();
        if let Some(jobs) = &self.jobs {
            // A send fails only if the thread has ended. The dropped sender then fails whoever waits.
            let _ = jobs.send(Job { changes, done });
        }
        Commit {
            pending: Some(commit),
        }
    }
}

impl Drop for Writer {
    /// Writes what is queued before the database closes.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(database: &Database, queue: &mpsc::Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let mut size = first.changes.len();
        let mut jobs = vec![first];
        while size < BATCH {
            let Ok(job) = queue.try_recv() else { break };
            size += job.changes.len();
            jobs.push(job);
        }
        let outcome = commit(database, &jobs);
        for job in jobs {
            let _ = job.done.send(outcome.clone());
        }
    }
}

fn commit(database: &Database, jobs: &[Job]) -> Result<(), Fault> {
    // After a failed commit, memory and disk differ, and redb may wait for a transaction that will never end.
    database.health.check()?;
    if jobs.iter().all(|job| job.changes.is_empty()) {
        return Ok(());
    }
    database
        .commit(jobs.iter().flat_map(|job| &job.changes))
        .map_err(|failure| database.health.failed(&failure))
}
