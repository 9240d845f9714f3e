//! The output of a process: split into lines and kept, up to a limit, for the log stream and for `LogType=Tail`.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{ChildStderr, ChildStdout};

use super::process::Process;
use crate::clock::{Clock, Millis};
use crate::lambda::log_level::is_below;

/// CloudWatch Logs' largest event. A longer line becomes several.
const MAX_LINE: usize = 256 * 1024;
/// Lambda's largest tail.
const MAX_TAIL: usize = 4096;
/// The most output of a call that is kept. The rest is read, so that the process can continue, and dropped.
const MAX_CALL: usize = 16 * 1024 * 1024;
/// What an event counts in addition to its text, as in CloudWatch Logs: short lines cost more than their text here,
/// too.
const EVENT_OVERHEAD: usize = 26;
/// How long to wait for the output of a process that has ended: its children may hold the pipes open.
const AFTER_EXIT: Duration = Duration::from_millis(100);
/// More than pipes hold: whatever is read beyond that was written later.
const BACKLOG: usize = 2 * 1024 * 1024;
const CHUNK: usize = 64 * 1024;

pub(super) struct Output {
    clock: Clock,
    /// The least level of lines in JSON.
    level: Option<String>,
    stdout: Pipe<ChildStdout>,
    stderr: Pipe<ChildStderr>,
    lines: Vec<(Millis, String)>,
    tail: Vec<u8>,
    /// The number of bytes of the call's output that are kept, and whether the rest was cut.
    kept: usize,
    cut: bool,
}

struct Pipe<R> {
    reader: Option<R>,
    chunk: Box<[u8]>,
    /// How much of the chunk has been read but not split yet.
    filled: usize,
    unfinished: Vec<u8>,
}

impl Output {
    pub(super) fn of(process: &mut Process, clock: Clock, level: Option<String>) -> Output {
        Output {
            clock,
            level,
            stdout: Pipe::new(process.stdout.take()),
            stderr: Pipe::new(process.stderr.take()),
            lines: Vec::new(),
            tail: Vec::new(),
            kept: 0,
            cut: false,
        }
    }

    /// Continues with the output of another process.
    pub(super) fn follow(&mut self, process: &mut Process) {
        self.stdout = Pipe::new(process.stdout.take());
        self.stderr = Pipe::new(process.stderr.take());
    }

    /// Starts a call, which may write as much as any other.
    pub(super) fn begin_call(&mut self) {
        self.kept = 0;
        self.cut = false;
    }

    /// Adds a line that Lambda writes.
    pub(super) fn say(&mut self, line: &str) {
        self.add(line.as_bytes());
    }

    /// Reads what has arrived. Never returns once both pipes are closed. Cancel safe.
    pub(super) async fn read(&mut self) {
        tokio::select! {
            () = self.stdout.read() => {}
            () = self.stderr.read() => {}
        }
        self.take_in();
    }

    /// Reads what the process wrote before it reported its result.
    pub(super) async fn catch_up(&mut self) {
        tokio::task::yield_now().await;
        let mut read = 0;
        while read < BACKLOG {
            let more = async {
                tokio::select! {
                    () = self.stdout.read() => self.stdout.filled,
                    () = self.stderr.read() => self.stderr.filled,
                }
            };
            let Ok(count) = tokio::time::timeout(Duration::ZERO, more).await else {
                return;
            };
            read += count;
            self.take_in();
        }
    }

    /// Reads the rest of the output of a process that has ended.
    pub(super) async fn finish(&mut self) {
        let rest = async {
            while self.stdout.reader.is_some() || self.stderr.reader.is_some() {
                self.read().await;
            }
        };
        let _ = tokio::time::timeout(AFTER_EXIT, rest).await;
        for rest in [
            std::mem::take(&mut self.stdout.unfinished),
            std::mem::take(&mut self.stderr.unfinished),
        ] {
            if !rest.is_empty() {
                self.keep(&rest);
            }
        }
    }

    /// The lines since the last time, for the log stream.
    pub(super) fn take_lines(&mut self) -> Vec<(Millis, String)> {
        std::mem::take(&mut self.lines)
    }

    /// The end of the output since the last time.
    pub(super) fn take_tail(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.tail)
    }

    fn take_in(&mut self) {
        let mut lines = Vec::new();
        // Dropped output is not even split.
        let dropped = self.cut;
        self.stdout.split(|line| lines.push(line), dropped);
        self.stderr.split(|line| lines.push(line), dropped);
        for line in lines {
            self.keep(&line);
        }
    }

    /// Keeps a line of the process, unless it has written too much.
    fn keep(&mut self, line: &[u8]) {
        let least = self.level.as_deref();
        if self.cut || least.is_some_and(|least| is_below(line, least)) {
            return;
        }
        self.kept += line.len() + EVENT_OVERHEAD;
        if self.kept > MAX_CALL {
            self.cut = true;
            let limit = MAX_CALL / (1024 * 1024);
            self.say(&format!(
                "The log of this call ends here: it has written more than {limit} MB\n"
            ));
        } else {
            self.add(line);
        }
    }

    fn add(&mut self, line: &[u8]) {
        self.tail
            .extend_from_slice(&line[line.len().saturating_sub(MAX_TAIL)..]);
        if !self.tail.ends_with(b"\n") {
            self.tail.push(b'\n');
        }
        let excess = self.tail.len().saturating_sub(MAX_TAIL);
        self.tail.drain(..excess);
        self.lines
            .push((self.clock.now(), String::from_utf8_lossy(line).into_owned()));
    }
}

impl<R: AsyncRead + Unpin> Pipe<R> {
    fn new(reader: Option<R>) -> Pipe<R> {
        Pipe {
            reader,
            chunk: vec![0; CHUNK].into(),
            filled: 0,
            unfinished: Vec::new(),
        }
    }

    async fn read(&mut self) {
        let Some(reader) = &mut self.reader else {
            return std::future::pending().await;
        };
        match reader.read(&mut self.chunk).await {
            Ok(count) if count > 0 => self.filled = count,
            // The end of the pipe, or an error.
            _ => self.reader = None,
        }
    }

    /// Passes on the lines that are complete, or drops what was read.
    fn split(&mut self, mut line: impl FnMut(Vec<u8>), dropped: bool) {
        let read = &self.chunk[..std::mem::take(&mut self.filled)];
        if dropped {
            self.unfinished = Vec::new();
            return;
        }
        for part in read.split_inclusive(|&byte| byte == b'\n') {
            self.unfinished.extend_from_slice(part);
            while self.unfinished.len() > MAX_LINE {
                let rest = self.unfinished.split_off(MAX_LINE);
                line(std::mem::replace(&mut self.unfinished, rest));
            }
            if self.unfinished.ends_with(b"\n") {
                line(std::mem::take(&mut self.unfinished));
            }
        }
    }
}
