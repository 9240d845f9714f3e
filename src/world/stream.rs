//! An output stream, and what can be shown on it.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::secrets::Secrets;
use super::styled::{self, Part};
use super::visible::{self, one_line, visible};
use super::wrapped::indented;
use super::{ascii, inert};

/// An output stream. Everything that txflow prints passes through one: secrets are masked, txflow's own styles
/// and links are shown as far as the reader supports them, and what anybody else wrote is shown but never obeyed.
#[derive(Clone)]
pub struct Stream {
    writer: Arc<Mutex<dyn Write + Send>>,
    /// Whether a person is looking at it, as far as is known.
    pub terminal: bool,
    /// Asks the terminal how many columns it has.
    columns: fn() -> Option<usize>,
    /// Whether lines can be drawn again.
    pub drawn: bool,
    /// Whether styles are shown.
    pub color: bool,
    /// Whether links are shown.
    pub hyperlinks: bool,
    /// Whether it shows only ASCII.
    pub ascii: bool,
    /// Whether a GitHub runner reads it, for which some lines are commands.
    pub runner: bool,
    /// The secrets to mask.
    pub secrets: Secrets,
}

impl Stream {
    pub fn new(writer: impl Write + Send + 'static, terminal: bool) -> Self {
        Self {
            writer: Arc::new(Mutex::new(writer)),
            terminal,
            columns: || None,
            drawn: terminal,
            color: terminal,
            hyperlinks: false,
            ascii: false,
            runner: false,
            secrets: Secrets::default(),
        }
    }

    /// For a stream that can tell how many columns its terminal has.
    #[must_use]
    pub fn as_wide_as(self, columns: fn() -> Option<usize>) -> Self {
        Self { columns, ..self }
    }

    /// How wide a line may be; `None` if nobody looks at it on a terminal.
    pub fn columns(&self) -> Option<usize> {
        self.terminal.then(self.columns)?
    }

    /// Writes a line of text for people. A terminal gets as many lines as it needs, broken between words. A reader that has
    /// closed the stream is not a reason to fail.
    pub fn line(&self, text: &str) {
        let _ = self.try_line(text);
    }

    /// Writes a line of output that must end once nobody reads it any more.
    ///
    /// # Errors
    ///
    /// If the line could not be written.
    pub fn try_line(&self, text: &str) -> std::io::Result<()> {
        match self.columns() {
            Some(columns) => {
                // Before it is broken: half of a secret is not found any more.
                let masked = styled::with_texts(text, |text| self.secrets.mask(text).into_owned());
                self.write(&self.shown(&indented(&masked, columns)))
            }
            None => self.write(&self.shown(text)),
        }
    }

    /// Clears the terminal's current line.
    pub fn clear_line(&self) {
        if self.drawn {
            let _ = self.print("\r\x1b[K");
        }
    }

    /// Writes a JSON document for programs, on several lines.
    ///
    /// # Errors
    ///
    /// If it is not valid JSON, or could not be written.
    pub fn json(&self, document: &impl Serialize) -> std::io::Result<()> {
        self.document(document, |value| format!("{value:#}"))
    }

    /// Writes a JSON document on one line.
    ///
    /// # Errors
    ///
    /// As for [`Stream::json`].
    pub fn json_line(&self, document: &impl Serialize) -> std::io::Result<()> {
        self.document(document, serde_json::Value::to_string)
    }

    /// Writes text for a program that reads it as it is. Nothing of others may be in it that has not been looked at.
    ///
    /// # Errors
    ///
    /// If it could not be written.
    pub fn verbatim(&self, text: &str) -> std::io::Result<()> {
        self.print(&self.secrets.mask(text))
    }

    /// Writes a line that the runner must read as a command.
    pub fn command(&self, line: &str) {
        let line = self.secrets.mask(line);
        let _ = self.write(&inert::command(&one_line(&line)));
    }

    /// The text as [`Stream::line`] writes it.
    pub fn shown(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        for part in styled::parts(text) {
            match part {
                Part::Text(text) => shown.push_str(&visible(&self.secrets.mask(text))),
                Part::Style(codes) if self.color => shown.push_str(codes),
                Part::Link(codes) if self.hyperlinks => shown.push_str(codes),
                Part::Style(_) | Part::Link(_) | Part::Layout(_) => {}
            }
        }
        if self.ascii {
            shown = ascii::replaced(&shown);
        }
        if self.runner {
            shown = inert::text(&shown);
        }
        shown
    }

    fn document(
        &self,
        document: &impl Serialize,
        text: impl Fn(&serde_json::Value) -> String,
    ) -> std::io::Result<()> {
        let mut document = serde_json::to_value(document)?;
        self.secrets.mask_json(&mut document);
        let text = text(&document);
        let text = visible::json(&text);
        if self.runner {
            self.write(&inert::json(&text))
        } else {
            self.write(&text)
        }
    }

    fn write(&self, text: &str) -> std::io::Result<()> {
        self.print(&format!("{text}\n"))
    }

    fn print(&self, text: &str) -> std::io::Result<()> {
        // Each write is complete, so a writer that panicked left nothing half done.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer
            .write_all(text.as_bytes())
            .and_then(|()| writer.flush())
    }
}

/// Whether anybody still reads what was written: that a reader has closed its end of a pipe is not a failure.
///
/// # Errors
///
/// If it could not be written for another reason.
pub fn still_read(written: std::io::Result<()>) -> std::io::Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use anstyle::Style as Ansi;

    use super::super::styled::{Style, linked};
    use super::*;

    fn stream() -> Stream {
        Stream::new(std::io::sink(), true)
    }

    fn text() -> String {
        let bold = Style::of(Ansi::new().bold());
        let link = linked("here", Some("https://a.example"));
        format!("{bold}see{bold:#} {link}.")
    }

    /// Collects what is written.
    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_a_program_left_on_a_line_is_taken_away_on_terminals_only() {
        for (terminal, expected) in [(true, &b"\r\x1b[Kend\n"[..]), (false, b"end\n")] {
            let kept = Buffer::default();
            let stream = Stream::new(kept.clone(), terminal);
            stream.clear_line();
            stream.line("end");
            assert_eq!(*kept.0.lock().unwrap(), expected);
        }
    }

    #[test]
    fn a_terminal_gets_lines_that_fit_and_a_pipe_the_whole_one() {
        for (terminal, expected) in [(true, "the ***\n  fox\n"), (false, "the *** fox\n")] {
            let kept = Buffer::default();
            let stream = Stream::new(kept.clone(), terminal).as_wide_as(|| Some(8));
            // Broken first, the secret would not be found.
            stream.secrets.add(["quick brown"], &[]);
            stream.line("the quick brown fox");
            assert_eq!(String::from_utf8_lossy(&kept.0.lock().unwrap()), expected);
        }
    }

    #[test]
    fn a_link_is_kept_with_and_without_colour() {
        let mut stream = stream();
        stream.hyperlinks = true;
        let link = "\x1b]8;;https://a.example\x1b\\here\x1b]8;;\x1b\\.";
        assert_eq!(stream.shown(&text()), format!("\x1b[1msee\x1b[0m {link}"));
        stream.color = false;
        assert_eq!(stream.shown(&text()), format!("see {link}"));
    }

    #[test]
    fn a_terminal_that_knows_no_links_gets_the_text_of_a_link() {
        let mut stream = stream();
        assert_eq!(stream.shown(&text()), "\x1b[1msee\x1b[0m here.");
        stream.color = false;
        assert_eq!(stream.shown(&text()), "see here.");
    }

    #[test]
    fn the_codes_that_txflow_writes_are_shown_where_others_wrote_them() {
        let mut stream = stream();
        stream.hyperlinks = true;
        let own = stream.shown(&text());
        let shown = stream.shown(&own);
        assert!(!shown.contains('\x1b'), "{shown:?}");
        assert!(shown.starts_with("\\u{1b}[1msee\\u{1b}[0m "), "{shown}");
        let mark = "\u{fdd0}0123456789abcdef0123456789abcdef:\x1b[1m\u{fdd1}";
        assert!(!stream.shown(mark).contains('\x1b'));
    }

    #[test]
    fn a_secret_is_masked_in_all_that_is_written() {
        let stream = stream();
        stream.secrets.add(["hunter22"], &[]);
        assert_eq!(stream.clone().shown("a hunter22 b"), "a *** b");
    }

    #[test]
    fn a_stream_that_shows_ascii_only_gets_no_arrows() {
        let mut stream = stream();
        stream.ascii = true;
        assert_eq!(stream.shown("a → b … · ü"), "a -> b ... - ü");
        stream.ascii = false;
        assert_eq!(stream.shown("a → b"), "a → b");
    }
}
