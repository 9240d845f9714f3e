//! What a process writes: split into lines, kept for the log stream and for `LogType=Tail`.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{ChildStderr, ChildStdout};

use super::process::Process;
use crate::clock::{self, Millis};

/// CloudWatch Logs' largest event.
const MAX_LINE: usize = 256 * 1024;
/// Lambda's largest tail.
const MAX_TAIL: usize = 4096;
/// How long the output of a process that has ended is waited for: its children may hold the pipes open.
const AFTER_EXIT: Duration = Duration::from_millis(100);

pub(super) struct Output {
    stdout: Pipe<ChildStdout>,
    stderr: Pipe<ChildStderr>,
    lines: Vec<(Millis, String)>,
    tail: Vec<u8>,
}

struct Pipe<R> {
    reader: Option<R>,
    unfinished: Vec<u8>,
}

impl Output {
    pub(super) fn of(process: &mut Process) -> Output {
        Output {
            stdout: Pipe {
                reader: process.stdout.take(),
                unfinished: Vec::new(),
            },
            stderr: Pipe {
                reader: process.stderr.take(),
                unfinished: Vec::new(),
            },
            lines: Vec::new(),
            tail: Vec::new(),
        }
    }

    /// Adds a line of Lambda's own.
    pub(super) fn say(&mut self, line: String) {
        self.add(line.into_bytes());
    }

    /// Reads once what has come. Never ends once both pipes are closed. May be dropped while it waits.
    pub(super) async fn read(&mut self) {
        tokio::select! {
            () = self.stdout.read() => {}
            () = self.stderr.read() => {}
        }
        for line in self.stdout.lines().into_iter().chain(self.stderr.lines()) {
            self.add(line);
        }
    }

    /// Reads what the process had written before it said that it is done.
    pub(super) async fn catch_up(&mut self) {
        tokio::task::yield_now().await;
        while tokio::time::timeout(Duration::ZERO, self.read())
            .await
            .is_ok()
        {}
    }

    /// Reads to the end of a process that is gone.
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
                self.add(rest);
            }
        }
    }

    /// What is new since the last time, for the log stream.
    pub(super) fn take_lines(&mut self) -> Vec<(Millis, String)> {
        std::mem::take(&mut self.lines)
    }

    /// The end of what was written since the last time.
    pub(super) fn take_tail(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.tail)
    }

    fn add(&mut self, line: Vec<u8>) {
        self.tail.extend_from_slice(&line);
        if !self.tail.ends_with(b"\n") {
            self.tail.push(b'\n');
        }
        let excess = self.tail.len().saturating_sub(MAX_TAIL);
        self.tail.drain(..excess);
        self.lines
            .push((clock::now(), String::from_utf8_lossy(&line).into_owned()));
    }
}

impl<R: AsyncRead + Unpin> Pipe<R> {
    async fn read(&mut self) {
        let Some(reader) = &mut self.reader else {
            return std::future::pending().await;
        };
        match reader.read_buf(&mut self.unfinished).await {
            Ok(count) if count > 0 => {}
            // The end, or a pipe that gives nothing more.
            _ => self.reader = None,
        }
    }

    fn lines(&mut self) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        while let Some(end) = self.unfinished.iter().position(|&byte| byte == b'\n') {
            lines.push(self.unfinished.drain(..=end).collect());
        }
        if self.unfinished.len() > MAX_LINE {
            lines.push(std::mem::take(&mut self.unfinished));
        }
        lines
    }
}
