//! The columns of a terminal that a text takes: a Chinese character or an emoji takes two.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns a text without styles takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// The longest beginning that takes at most so many columns.
pub fn beginning(text: &str, width: usize) -> &str {
    let end = fitting(text.char_indices(), width).map(|(at, c)| at + c.len_utf8());
    &text[..end.unwrap_or(0)]
}

/// The longest ending that takes at most so many columns.
pub fn ending(text: &str, width: usize) -> &str {
    let start = fitting(text.char_indices().rev(), width).map(|(at, _)| at);
    &text[start.unwrap_or(text.len())..]
}

/// The last of the characters that take at most so many columns together.
fn fitting(characters: impl Iterator<Item = (usize, char)>, width: usize) -> Option<(usize, char)> {
    let mut used = 0;
    let fits = |(_, c): &(usize, char)| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    characters.take_while(fits).last()
}

/// The text, with spaces behind it up to so many columns.
pub fn padded(text: &str, width: usize) -> String {
    format!("{text}{:1$}", "", width.saturating_sub(columns(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wide_takes_two_columns() {
        assert_eq!(columns("order"), 5);
        assert_eq!(columns("注文 🚚"), 7);
        assert_eq!(padded("注文", 6), "注文  ");
        assert_eq!(padded("注文", 3), "注文");
    }

    #[test]
    fn a_cut_never_takes_more_columns_than_there_are() {
        assert_eq!(beginning("注文です", 5), "注文");
        assert_eq!(ending("注文です", 5), "です");
        assert_eq!(beginning("order", 9), "order");
        assert_eq!(ending("order", 2), "er");
        assert_eq!((beginning("注", 1), ending("注", 1)), ("", ""));
        // A mark belongs to the letter before it.
        assert_eq!(beginning("e\u{301}a", 1), "e\u{301}");
    }
}
