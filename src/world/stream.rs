//! A place for text, and what can be shown there.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use super::{ascii, inert};

/// Begins a link, and with an empty address ends it.
pub const LINK: &str = "\x1b]8;;";
/// Ends the address of a link.
pub const LINK_END: &str = "\x1b\\";

/// A place for text.
#[derive(Clone)]
pub struct Stream {
    writer: Arc<Mutex<dyn Write + Send>>,
    /// Whether a person looks at it, as far as can be told.
    pub terminal: bool,
    /// Whether ANSI codes are kept.
    pub color: bool,
    /// Whether links are kept.
    pub hyperlinks: bool,
    /// Whether it shows ASCII only.
    pub ascii: bool,
    /// Whether a GitHub runner reads it, for which some lines are commands.
    pub runner: bool,
}

impl Stream {
    pub fn new(writer: impl Write + Send + 'static, terminal: bool) -> Self {
        Self {
            writer: Arc::new(Mutex::new(writer)),
            terminal,
            color: terminal,
            hyperlinks: false,
            ascii: false,
            runner: false,
        }
    }

    /// Writes a line of text for people. A reader that has gone away is no reason to fail.
    pub fn line(&self, text: &str) {
        let _ = self.try_line(text);
    }

    /// Writes a line, for output that is to end where nobody reads it any more.
    ///
    /// # Errors
    ///
    /// Where the line could not be written.
    pub fn try_line(&self, text: &str) -> std::io::Result<()> {
        self.write(&self.shown(text))
    }

    /// Writes a JSON document.
    pub fn json(&self, document: &str) {
        let _ = self.try_json(document);
    }

    /// Writes a JSON document, for output that is to end where nobody reads it any more.
    ///
    /// # Errors
    ///
    /// Where it could not be written.
    pub fn try_json(&self, document: &str) -> std::io::Result<()> {
        if self.runner {
            self.write(&inert::json(document))
        } else {
            self.write(document)
        }
    }

    /// Writes a line that the runner is to take for a command.
    pub fn command(&self, line: &str) {
        let _ = self.write(line);
    }

    /// The text as [`Stream::line`] writes it.
    pub fn shown(&self, text: &str) -> String {
        let mut shown = self.styled(text);
        if self.ascii {
            shown = ascii::replaced(&shown);
        }
        if self.runner {
            shown = inert::text(&shown);
        }
        shown
    }

    fn styled(&self, text: &str) -> String {
        let mut parts = text.split(LINK);
        let mut styled = self.colored(parts.next().unwrap_or_default());
        for part in parts {
            let (address, rest) = part.split_once(LINK_END).unwrap_or(("", part));
            if self.hyperlinks {
                styled.extend([LINK, address, LINK_END]);
            }
            styled.push_str(&self.colored(rest));
        }
        styled
    }

    fn colored(&self, text: &str) -> String {
        if self.color {
            text.to_owned()
        } else {
            anstream::adapter::strip_str(text).to_string()
        }
    }

    fn write(&self, text: &str) -> std::io::Result<()> {
        // Each write is whole, so a writer that panicked left nothing half done.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(writer, "{text}").and_then(|()| writer.flush())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Stream {
        Stream::new(std::io::sink(), true)
    }

    const LINKED: &str = "\x1b[1msee\x1b[0m \x1b]8;;https://a.example\x1b\\here\x1b]8;;\x1b\\.";

    #[test]
    fn a_link_is_kept_with_and_without_colour() {
        let mut stream = stream();
        stream.hyperlinks = true;
        assert_eq!(stream.shown(LINKED), LINKED);
        stream.color = false;
        assert_eq!(
            stream.shown(LINKED),
            "see \x1b]8;;https://a.example\x1b\\here\x1b]8;;\x1b\\."
        );
    }

    #[test]
    fn a_terminal_that_knows_no_links_gets_the_text_of_a_link() {
        let mut stream = stream();
        assert_eq!(stream.shown(LINKED), "\x1b[1msee\x1b[0m here.");
        stream.color = false;
        assert_eq!(stream.shown(LINKED), "see here.");
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
