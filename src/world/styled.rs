//! txflow's own styles and links in a text. They are marks that nothing from outside can forge, so that a
//! [`super::Stream`] can tell them from everything else, which it shows but never obeys.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use anstyle::Style as Ansi;

use super::columns::{beginning, columns};

/// Begins a mark, together with a word that is random for each process and never printed: without the
/// word nobody can forge a mark.
static BEGIN: LazyLock<String> =
    LazyLock::new(|| format!("\u{fdd0}{}:", uuid::Uuid::new_v4().simple()));
const END: char = '\u{fdd1}';

/// Begins a link, or ends it if the address is empty.
const LINK: &str = "\x1b]8;;";
/// Ends the address of a link.
const LINK_END: &str = "\x1b\\";

/// Marks a line that stays as it is.
const UNBROKEN: &str = "=";
/// Marks where a line goes on if it does not fit.
const BEHIND: &str = ">";

/// How text looks. `{style}` begins it, `{style:#}` ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style(Ansi);

impl Style {
    pub const fn of(style: Ansi) -> Self {
        Self(style)
    }
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ansi = if f.alternate() {
            self.0.render_reset().to_string()
        } else {
            self.0.render().to_string()
        };
        if ansi.is_empty() {
            return Ok(());
        }
        f.write_str(&mark(&ansi))
    }
}

/// In a line that does not fit: what goes on stands below the text behind this.
pub const HANGING: Hanging = Hanging;

#[derive(Debug, Clone, Copy)]
pub struct Hanging;

impl fmt::Display for Hanging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mark(BEHIND))
    }
}

/// Lines that are never broken between words: documents, and what other programs print. People copy them.
pub fn unbroken(text: &str) -> String {
    let mark = mark(UNBROKEN);
    let lines = text.split('\n').map(|line| format!("{mark}{line}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether the line is [`unbroken`].
pub(super) fn is_unbroken(line: &str) -> bool {
    line.contains(&mark(UNBROKEN))
}

/// Text that links to the address, on a terminal that shows links.
pub fn linked(text: &str, address: Option<&str>) -> String {
    // Any other character would end the address.
    let address = address.filter(|address| address.chars().all(|c| c.is_ascii_graphic()));
    match address {
        Some(address) => {
            let begin = mark(&format!("{LINK}{address}{LINK_END}"));
            let end = mark(&format!("{LINK}{LINK_END}"));
            format!("{begin}{text}{end}")
        }
        None => text.to_owned(),
    }
}

/// Text of another program that may be coloured. Of everything that it could ask a terminal for, only
/// colours and weight are kept.
pub fn adopted(ansi: &str) -> String {
    let mut parts = ansi.split("\x1b[");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('m') {
            Some((codes, rest)) if is_look(codes) => {
                text.push_str(&mark(&format!("\x1b[{codes}m")));
                text.push_str(rest);
            }
            _ => {
                text.push_str("\x1b[");
                text.push_str(part);
            }
        }
    }
    text
}

/// Colours and weight, but nothing that hides text or makes it blink.
fn is_look(codes: &str) -> bool {
    let code = |code: &str| match code {
        "" => Some(0),
        code if code.bytes().all(|byte| byte.is_ascii_digit()) => code.parse().ok(),
        _ => None,
    };
    let Some(codes) = codes.split(';').map(code).collect::<Option<Vec<u8>>>() else {
        return false;
    };
    let mut left = codes.as_slice();
    loop {
        left = match left {
            [] => return true,
            // A colour by its number, or by its red, green and blue.
            [38 | 48, 5, _, left @ ..] | [38 | 48, 2, _, _, _, left @ ..] => left,
            [
                0..=4 | 22..=24 | 30..=37 | 39..=47 | 49 | 90..=107,
                left @ ..,
            ] => left,
            _ => return false,
        }
    }
}

/// The text without styles and links.
pub fn plain(text: &str) -> String {
    let text = parts(text).filter_map(|part| match part {
        Part::Text(text) => Some(text),
        Part::Style(_) | Part::Link(_) | Part::Layout(_) => None,
    });
    text.collect()
}

/// The text with each part between styles and links changed.
pub(super) fn with_texts(text: &str, change: impl Fn(&str) -> String) -> String {
    let parts = parts(text).map(|part| match part {
        Part::Text(text) => change(text),
        Part::Style(codes) | Part::Link(codes) | Part::Layout(codes) => mark(codes),
    });
    parts.collect()
}

/// A line of at most so many columns. What it is cut to ends in `…`, and keeps its styles and links.
pub fn fitted(line: &str, width: usize) -> Cow<'_, str> {
    if columns(&plain(line)) <= width {
        return Cow::Borrowed(line);
    }
    let mut left = width.saturating_sub(1);
    let mut cut = String::new();
    let mut is_cut = false;
    for part in parts(line) {
        match part {
            Part::Style(codes) | Part::Link(codes) | Part::Layout(codes) => {
                cut.push_str(&mark(codes));
            }
            Part::Text(_) if is_cut => {}
            Part::Text(text) => {
                let kept = beginning(text, left);
                is_cut = kept.len() < text.len();
                left = left.saturating_sub(columns(kept));
                cut.push_str(if is_cut { kept.trim_end() } else { kept });
                if is_cut {
                    cut.push('…');
                }
            }
        }
    }
    Cow::Owned(cut)
}

/// A part of a text.
pub(super) enum Part<'a> {
    Text(&'a str),
    /// The codes of a style.
    Style(&'a str),
    /// The codes of the beginning or the end of a link.
    Link(&'a str),
    /// How a terminal may break the line.
    Layout(&'a str),
}

pub(super) fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut parts = text.split(BEGIN.as_str());
    let first = parts.next().unwrap_or_default();
    let marked = parts.flat_map(|part| {
        let (codes, rest) = part.split_once(END).unwrap_or(("", part));
        let mark = match codes {
            UNBROKEN | BEHIND => Part::Layout(codes),
            link if link.starts_with(LINK) => Part::Link(codes),
            _ => Part::Style(codes),
        };
        [mark, Part::Text(rest)]
    });
    std::iter::once(Part::Text(first)).chain(marked)
}

fn mark(codes: &str) -> String {
    format!("{}{codes}{END}", *BEGIN)
}

#[cfg(test)]
mod tests {
    use anstyle::AnsiColor;

    use super::*;

    #[test]
    fn a_line_that_is_cut_keeps_its_styles() {
        let bad = Style::of(AnsiColor::Red.on_default());
        let line = format!("a {bad}bright red{bad:#} day");
        assert_eq!(fitted(&line, 16), line);
        assert_eq!(fitted(&line, 14), format!("a {bad}bright red{bad:#}…"));
        assert_eq!(plain(&fitted(&line, 15)), "a bright red d…");
        assert_eq!(fitted(&line, 10), format!("a {bad}bright…{bad:#}"));
        assert_eq!(plain(&fitted(&line, 1)), "…");
    }

    #[test]
    fn a_style_leaves_the_text_as_it_is() {
        let bad = Style::of(AnsiColor::Red.on_default());
        let text = format!(
            "{bad}no{bad:#} {}",
            linked("here", Some("https://a.example"))
        );
        assert_eq!(plain(&text), "no here");
        let none = Style::of(Ansi::new());
        assert_eq!(format!("{none}a{none:#}"), "a");
    }

    #[test]
    fn an_address_that_could_end_itself_is_no_link() {
        assert_eq!(linked("here", Some("https://a\x1b\\b")), "here");
        assert_eq!(linked("here", None), "here");
    }

    #[test]
    fn of_another_program_only_the_look_is_taken_over() {
        let said = "\x1b[1m\x1b[38;5;9merror\x1b[0m \x1b[mx";
        assert_eq!(plain(&adopted(said)), "error x");
        for kept in [
            "\x1b[2J",
            "\x1b[8mhidden",
            "\x1b]0;x\x07",
            "\x1b[1",
            "\x1b[?25lm",
            "\x1b[5mx",
        ] {
            assert_eq!(plain(&adopted(kept)), kept);
        }
    }
}
