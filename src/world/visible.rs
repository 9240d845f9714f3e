//! Text of others: makes everything visible that could mislead a reader's terminal, editor or eye.
//! The one place that says which characters these are.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text, with a readable escape for each character that could be obeyed, or that could hide or reverse
/// the text next to it. Newlines and tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(
        text,
        |c| acts(c) && c != '\n' && c != '\t',
        |c, to| {
            to.extend(c.escape_default());
        },
    )
}

/// The same for a text that must stay on one line: what comes after a newline could pass for a line that
/// txflow wrote.
pub fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, acts, |c, to| to.extend(c.escape_default()))
}

/// An equal JSON document, with these characters escaped as in JSON. They occur only inside strings,
/// except for the newlines between its parts.
pub(super) fn json(document: &str) -> Cow<'_, str> {
    escaped(document, |c| acts(c) && c != '\n', as_in_json)
}

/// A page, with these characters escaped as in JSON: so a document in it still is one, also if it is edited there.
pub fn visible_in_page(page: &str) -> Cow<'_, str> {
    escaped(page, |c| acts(c) && c != '\n' && c != '\t', as_in_json)
}

fn as_in_json(c: char, to: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = write!(to, "\\u{unit:04x}");
    }
}

fn escaped(
    text: &str,
    is_escaped: impl Fn(char) -> bool,
    escape: impl Fn(char, &mut String),
) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_escaped(c) {
            escape(c, &mut shown);
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Whether a character has an effect instead of being shown. The two joiners are allowed: scripts and
/// emoji need them.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Change the direction of what follows.
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // End a line or a paragraph.
            | '\u{2028}' | '\u{2029}'
            // Have no width: two texts that look alike differ.
            | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
            // Are not characters: the marks of txflow's own styles are among them.
            | '\u{fdd0}'..='\u{fdef}')
        || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_could_obey_is_shown() {
        let hostile = "a\tb\n\x1b]0;x\x07\u{9b}2J\r\x7f";
        let shown = "a\tb\n\\u{1b}]0;x\\u{7}\\u{9b}2J\\r\\u{7f}";
        assert_eq!(visible(hostile), shown);
        assert_eq!(one_line("a\tb\nc"), "a\\tb\\nc");
    }

    #[test]
    fn what_turns_text_around_or_hides_in_it_is_shown() {
        for c in "\u{61c}\u{200b}\u{200e}\u{200f}\u{202a}\u{202e}\u{2028}\u{2029}\u{2060}\u{2066}\u{2069}\u{feff}\u{fdd0}\u{ffff}\u{10ffff}\u{e0041}".chars() {
            let escape: String = c.escape_default().collect();
            assert_eq!(visible(&format!("a{c}b")), format!("a{escape}b"));
        }
    }

    #[test]
    fn what_people_write_stays_as_it_is() {
        for text in [
            "größer → 🙂",
            "👩\u{200d}💻",
            "می\u{200c}خواهم",
            "שלום",
            "日本\n\t語",
        ] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn a_page_turns_no_text_around_and_keeps_its_lines() {
        let page = visible_in_page("<p>\u{202e}a\u{200b}</p>\n\t\u{e0041}");
        assert_eq!(page, "<p>\\u202ea\\u200b</p>\n\t\\udb40\\udc41");
    }

    #[test]
    fn a_json_document_says_the_same() {
        let value =
            serde_json::json!({ "a\u{202e}": "\x7f\u{9b}\u{2028}\u{e0041}\x1b\n\u{fdd0}ü" });
        for document in [value.to_string(), format!("{value:#}")] {
            let shown = json(&document);
            assert!(!shown.chars().any(|c| acts(c) && c != '\n'), "{shown:?}");
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&shown)
                    .ok()
                    .as_ref(),
                Some(&value)
            );
        }
    }
}
