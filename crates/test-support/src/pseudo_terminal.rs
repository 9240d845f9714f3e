//! A pseudo-terminal, whose bytes a test reads as a terminal would.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// The end that a program writes to, and what it wrote.
pub struct PseudoTerminal {
    terminal: File,
    written: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl PseudoTerminal {
    /// Wide enough that no text is cut off.
    pub fn open() -> Self {
        Self::of_width(2000)
    }

    pub fn of_width(columns: u16) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let controller = openpt(flags).expect("open a pseudo-terminal");
        grantpt(&controller).expect("be granted it");
        unlockpt(&controller).expect("unlock it");
        let size = Winsize {
            ws_row: 200,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&controller, size).expect("give it a size");
        let name = ptsname(&controller, Vec::new()).expect("its name");
        let path = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
        let terminal = OpenOptions::new().read(true).write(true).open(path);
        let mut controller = File::from(controller);
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let all = Arc::clone(&written);
        let reader = std::thread::spawn(move || {
            let mut part = [0; 4096];
            // Linux tells that nobody holds the other end any more as an error.
            while let Ok(read @ 1..) = controller.read(&mut part) {
                let mut all = all.lock().expect("the test does not panic");
                all.extend_from_slice(&part[..read]);
            }
        });
        Self {
            terminal: terminal.expect("open its other end"),
            written,
            reader,
        }
    }

    /// For one of the streams of a program.
    pub fn stream(&self) -> Stdio {
        self.terminal.try_clone().expect("another handle").into()
    }

    /// All that was written, once no program has it open any more.
    pub fn written(self) -> Vec<u8> {
        drop(self.terminal);
        self.reader.join().expect("the reader does not panic");
        std::mem::take(&mut *self.written.lock().expect("the reader does not panic"))
    }

    /// Whether this was written by now.
    pub fn shows(&self, text: &str) -> bool {
        let written = self.written.lock().expect("the reader does not panic");
        String::from_utf8_lossy(&written).contains(text)
    }
}
