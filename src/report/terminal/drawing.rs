//! The terminal as spinners and bars are drawn on it.

use std::io;

use console::Term;
use indicatif::{MultiProgress, ProgressDrawTarget, TermLike};

/// Leaves the cursor at the start of the last line that was drawn.
///
/// At the end of it, where it would be, the `^C` that a terminal shows for Ctrl-C goes on to the next line. What is
/// drawn next then begins a line too low, and the topmost line stays for ever.
#[derive(Debug)]
struct CursorAtStart(Term);

/// For standard error.
pub fn bars() -> MultiProgress {
    let terminal = Box::new(CursorAtStart(Term::buffered_stderr()));
    MultiProgress::with_draw_target(ProgressDrawTarget::term_like(terminal))
}

impl TermLike for CursorAtStart {
    fn width(&self) -> u16 {
        self.0.size().1
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_left(n)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.0.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.write_str("\r")?;
        self.0.flush()
    }
}
