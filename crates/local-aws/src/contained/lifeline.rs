//! Our end of the connection to a supervisor. Dropping it ends the program, and all that it has started.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as Pair;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::UnixStream;

use super::supervisor::Told;

pub(super) struct Lifeline {
    reader: BufReader<UnixStream>,
    /// What has come of a line.
    line: Vec<u8>,
}

impl Lifeline {
    /// Both ends; the second is for the standard input of a supervisor.
    pub(super) fn pair() -> io::Result<(Lifeline, Stdio)> {
        let (ours, theirs) = Pair::pair()?;
        ours.set_nonblocking(true)?;
        let lifeline = Lifeline {
            reader: BufReader::new(UnixStream::from_std(ours)?),
            line: Vec::new(),
        };
        Ok((lifeline, Stdio::from(OwnedFd::from(theirs))))
    }

    /// The next thing that the supervisor tells. `None` once it has gone. May be dropped while it waits.
    pub(super) async fn told(&mut self) -> Option<Told> {
        // Keeps in `line` what has come, should it be dropped.
        self.reader.read_until(b'\n', &mut self.line).await.ok()?;
        let line = std::mem::take(&mut self.line);
        Told::parse(std::str::from_utf8(&line).ok()?)
    }
}
