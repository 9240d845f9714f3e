//! Text in lines that fit a terminal.

use unicode_width::UnicodeWidthChar;

use super::columns::columns;
use super::styled::{HANGING, is_unbroken, plain};

/// A text in lines of at most so many columns, broken between words; what goes on stands below the first word, or behind
/// a label. A command in backticks, which people copy, is one word if a line has room for it. What quotes a file
/// stays as it is, as does what is [unbroken](super::unbroken).
pub fn wrapped(text: &str, width: usize) -> String {
    wrapped_below(text, width, 0)
}

/// The same, with all that goes on indented, so that nothing that others wrote begins a line as if txflow had said it.
pub(super) fn indented(text: &str, width: usize) -> String {
    wrapped_below(text, width, 2)
}

/// `least` is how far what goes on is indented at least.
fn wrapped_below(text: &str, width: usize, least: usize) -> String {
    const NARROWEST: usize = 7;
    let lines = text.split('\n').map(|line| {
        let shown = plain(line);
        if columns(&shown) <= width || is_unbroken(line) || is_quoted(&shown) {
            return line.to_owned();
        }
        let hanging = Some(hanging(line)).filter(|hanging| hanging + NARROWEST <= width);
        wrapped_line(line, width, hanging.unwrap_or(0).max(least.min(width)))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn wrapped_line(line: &str, width: usize, hanging: usize) -> String {
    let (mut wrapped, mut used, mut begun) = (String::new(), 0, false);
    for Word { text: word, gap } in words(line, width - hanging) {
        let wide = columns(&plain(word));
        // A longer one fits into no line.
        if begun && used + gap + wide > width && hanging + wide <= width {
            wrapped.truncate(wrapped.trim_end_matches(' ').len());
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(hanging));
            used = hanging;
        } else {
            wrapped.push_str(&" ".repeat(gap));
            used += gap;
        }
        wrapped.push_str(word);
        used += wide;
        begun |= wide > 0;
    }
    wrapped
}

/// What a line is not broken in.
struct Word<'a> {
    text: &'a str,
    /// The spaces between it and the word before, one or none.
    gap: usize,
}

/// What stands between the spaces, and between characters of languages that are written without. What is in backticks is one word, if
/// it is not longer than this.
fn words(line: &str, longest: usize) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = Some(line);
    while let Some(text) = rest {
        let end = end_of_word(text, longest);
        let gap = usize::from(!words.is_empty());
        words.extend(without_spaces(&text[..end], gap));
        rest = text.get(end + 1..);
    }
    words
}

/// A text, which is broken behind each wide character.
fn without_spaces(text: &str, gap: usize) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut begin = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        // What has no width belongs to the character before.
        let is_whole = chars.peek().is_some_and(|(_, next)| width_of(*next) > 0);
        if width_of(c) > 1 && is_whole && !text.contains('`') {
            let end = at + c.len_utf8();
            words.push(&text[begin..end]);
            begin = end;
        }
    }
    words.push(&text[begin..]);
    let gaps = std::iter::once(gap).chain(std::iter::repeat(0));
    let words = words.into_iter().zip(gaps);
    words.map(|(text, gap)| Word { text, gap }).collect()
}

fn width_of(c: char) -> usize {
    c.width().unwrap_or(0)
}

fn end_of_word(text: &str, longest: usize) -> usize {
    let space = |from: usize| {
        text[from..]
            .find(' ')
            .map_or(text.len(), |space| from + space)
    };
    let end = space(0);
    if text[..end].matches('`').count().is_multiple_of(2) {
        return end;
    }
    let closing = text[end..].find('`').map(|at| space(end + at));
    closing
        .filter(|closing| columns(&plain(&text[..*closing])) <= longest)
        .unwrap_or(end)
}

/// Where the text of a line goes on: behind `   = hint: ` or `     cause   `, else below its first word.
fn hanging(line: &str) -> usize {
    const LONGEST_LABEL: usize = 14;
    if let Some((before, _)) = line.split_once(&HANGING.to_string()) {
        return columns(&plain(before));
    }
    let line = plain(line);
    let first = line.chars().take_while(|c| *c == ' ').count();
    let text = line.trim_start();
    for label in ["- ", "= hint: ", "error: ", "hint: ", "warning: "] {
        if text.starts_with(label) {
            return first + label.len();
        }
    }
    let label = text
        .split_once("  ")
        .filter(|(label, _)| columns(label) < LONGEST_LABEL);
    let behind = label.map(|(label, text)| {
        let spaces = text.chars().take_while(|c| *c == ' ').count();
        columns(label) + 2 + spaces
    });
    first + behind.unwrap_or(0)
}

/// `12 | key = 1` and `   | ^^^`
fn is_quoted(line: &str) -> bool {
    let digits = line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
    digits.starts_with('|') || digits.starts_with("-->")
}

#[cfg(test)]
mod tests {
    use anstyle::AnsiColor;

    use super::super::styled::{Style, unbroken};
    use super::*;

    #[test]
    fn a_text_is_broken_between_words() {
        let text = "the quick brown fox\n  jumps over";
        assert_eq!(wrapped(text, 80), text);
        assert_eq!(wrapped(text, 10), "the quick\nbrown fox\n  jumps\n  over");
        assert_eq!(wrapped("a longer-than-that b", 5), "a longer-than-that\nb");
        let bad = Style::of(AnsiColor::Red.on_default());
        let styled = format!("{bad}red{bad:#} fox");
        assert_eq!(wrapped(&styled, 7), styled);
        let labels = "  cause   it is not there\n   = hint: make it so\n12 | a quoted line";
        assert_eq!(
            wrapped(labels, 18),
            "  cause   it is\n          not\n          there\n   = hint: make it\n           so\n12 | a quoted line"
        );
    }

    #[test]
    fn wide_characters_take_two_columns_and_may_be_parted() {
        assert_eq!(wrapped("🚚🚚 is late", 9), "🚚🚚 is\nlate");
        let cause = "  cause  注文の在庫がありません";
        assert_eq!(
            wrapped(cause, 19),
            "  cause  注文の在庫\n         がありませ\n         ん"
        );
        let family = "👩\u{200d}👩";
        assert_eq!(wrapped(&format!("ab {family}"), 4), format!("ab\n{family}"));
        assert_eq!(wrapped("run `注文 の` now", 8), "run\n`注文\nの` now");
    }

    #[test]
    fn an_entry_of_a_list_goes_on_behind_its_dash() {
        assert_eq!(
            wrapped("- the quick brown fox", 12),
            "- the quick\n  brown fox"
        );
    }

    #[test]
    fn what_goes_on_stands_behind_the_mark() {
        let line = format!("  Note {HANGING}the quick brown fox");
        assert_eq!(
            plain(&wrapped(&line, 16)),
            "  Note the quick\n       brown fox"
        );
        // In a narrow terminal nothing would be left of it.
        assert_eq!(plain(&wrapped(&line, 12)), "  Note the\nquick brown\nfox");
    }

    #[test]
    fn what_goes_on_begins_no_line() {
        assert_eq!(
            indented("a name of\nfour error: words", 12),
            "a name of\nfour error:\n  words"
        );
    }

    #[test]
    fn a_command_in_backticks_is_not_broken_if_a_line_has_room_for_it() {
        let hint = "hint: run `txflow deploy --local` first";
        assert_eq!(
            wrapped(hint, 30),
            "hint: run\n      `txflow deploy --local`\n      first"
        );
        assert_eq!(
            wrapped(hint, 20),
            "hint: run `txflow\n      deploy\n      --local` first"
        );
        assert_eq!(
            wrapped("an ` alone ends nothing", 12),
            "an ` alone\nends nothing"
        );
    }

    #[test]
    fn lines_that_are_unbroken_stay_as_they_are() {
        let text = format!(
            "the quick fox\n{}",
            unbroken("{ \"a\": 1, \"b\": 2 }\nx y z")
        );
        assert_eq!(
            plain(&wrapped(&text, 6)),
            "the\nquick\nfox\n{ \"a\": 1, \"b\": 2 }\nx y z"
        );
    }
}
