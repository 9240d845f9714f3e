//! A pseudo-terminal, whose bytes a test reads as a terminal would.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

const LIMIT: Duration = Duration::from_secs(60);

/// The end that a program writes to, and what it wrote.
pub struct PseudoTerminal {
    rows: u16,
    columns: u16,
    terminal: File,
    controller: File,
    written: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl PseudoTerminal {
    /// Wide enough that no text is cut off.
    pub fn open() -> Self {
        Self::of(200, 2000)
    }

    pub fn of_width(columns: u16) -> Self {
        Self::of(200, columns)
    }

    /// As large as one that somebody looks at.
    pub fn of(rows: u16, columns: u16) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let controller = openpt(flags).expect("open a pseudo-terminal");
        grantpt(&controller).expect("be granted it");
        unlockpt(&controller).expect("unlock it");
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&controller, size).expect("give it a size");
        let name = ptsname(&controller, Vec::new()).expect("its name");
        let path = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
        let terminal = OpenOptions::new().read(true).write(true).open(path);
        let controller = File::from(controller);
        let written = Arc::new(Mutex::new(Vec::new()));
        let reader = std::thread::spawn({
            let written = Arc::clone(&written);
            let mut controller = controller.try_clone().expect("another handle");
            move || {
                let mut part = [0; 4096];
                // Linux tells that nobody holds the other end any more as an error.
                while let Ok(read @ 1..) = controller.read(&mut part) {
                    let mut written = written.lock().expect("nobody panics with it");
                    written.extend_from_slice(&part[..read]);
                }
            }
        });
        Self {
            rows,
            columns,
            terminal: terminal.expect("open its other end"),
            controller,
            written,
            reader,
        }
    }

    /// For one of the streams of a program.
    pub fn stream(&self) -> Stdio {
        self.terminal.try_clone().expect("another handle").into()
    }

    /// Presses Ctrl-C.
    pub fn interrupt(&self) {
        (&self.controller).write_all(b"\x03").expect("a key");
    }

    /// What it shows now.
    fn screen(&self) -> String {
        shown(self.rows, self.columns, &self.written)
    }

    /// Returns once it shows this text.
    pub async fn until(&self, text: &str) {
        let deadline = Instant::now() + LIMIT;
        while !self.screen().contains(text) {
            let screen = self.screen();
            assert!(Instant::now() < deadline, "no {text:?} in:\n{screen}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What it shows in the end, once no program has it open any more.
    pub fn last_screen(self) -> String {
        let Self {
            rows,
            columns,
            terminal,
            reader,
            written,
            ..
        } = self;
        drop(terminal);
        reader.join().expect("the reader does not panic");
        shown(rows, columns, &written)
    }

    /// All that was written, once no program has it open any more.
    pub fn written(self) -> Vec<u8> {
        drop(self.terminal);
        self.reader.join().expect("the reader does not panic");
        std::mem::take(&mut self.written.lock().expect("nobody panics with it"))
    }

    /// Whether this was written by now.
    pub fn shows(&self, text: &str) -> bool {
        let written = self.written.lock().expect("nobody panics with it");
        String::from_utf8_lossy(&written).contains(text)
    }
}

fn shown(rows: u16, columns: u16, written: &Mutex<Vec<u8>>) -> String {
    screen(
        rows,
        columns,
        &written.lock().expect("nobody panics with it"),
    )
}

/// What a terminal shows after these bytes.
pub fn screen(rows: u16, columns: u16, bytes: &[u8]) -> String {
    let mut parser = vt100::Parser::new(rows, columns, 0);
    parser.process(bytes);
    parser.screen().contents()
}
