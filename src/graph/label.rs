//! How much room text needs, and text made to fit.

use unicode_width::UnicodeWidthChar;

/// The width of a text in pixels. Which font there is nobody knows, so it is that of a wide one.
pub(super) fn width(text: &str, font_size: f64) -> f64 {
    text.chars().map(em).sum::<f64>() * font_size
}

/// The text in at most `lines` lines, none wider than `widest`. What does not fit ends in `…`.
pub(super) fn wrap(text: &str, font_size: f64, widest: f64, lines: usize) -> Vec<String> {
    let fits = |text: &str| width(text, font_size) <= widest;
    let mut wrapped = vec![String::new()];
    for word in text.split_whitespace() {
        for part in broken(word, font_size, widest) {
            let last = wrapped.last_mut().filter(|last| !last.is_empty());
            let joined = last.map(|last| (format!("{last} {part}"), last));
            match joined {
                Some((joined, last)) if fits(&joined) => *last = joined,
                Some(_) => wrapped.push(part),
                None => wrapped = vec![part],
            }
        }
    }
    if wrapped.len() > lines {
        wrapped.truncate(lines);
        if let Some(last) = wrapped.last_mut() {
            *last = shorten(&format!("{last}…"), font_size, widest);
        }
    }
    wrapped
}

/// The text in one line that is not wider than `widest`.
pub(super) fn shorten(text: &str, font_size: f64, widest: f64) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if width(&text, font_size) <= widest {
        return text;
    }
    let mut short = String::new();
    for char in text.chars() {
        short.push(char);
        if width(&short, font_size) + font_size > widest {
            short.pop();
            break;
        }
    }
    let kept = short.trim_end_matches([' ', '…']).len();
    short.truncate(kept);
    short + "…"
}

/// A word in parts that fit. It breaks behind a character that separates, if it has one.
fn broken(word: &str, font_size: f64, widest: f64) -> Vec<String> {
    let mut parts = vec![String::new()];
    for char in word.chars() {
        let part = parts.last().map_or("", String::as_str);
        let next = format!("{part}{char}");
        if part.is_empty() || width(&next, font_size) <= widest {
            parts.pop();
            parts.push(next);
            continue;
        }
        let at = part
            .rfind(['-', '_', '.', '/', ':', ','])
            .map_or(part.len(), |at| at + 1);
        let rest = format!("{}{char}", &part[at..]);
        let kept = part[..at].to_owned();
        parts.pop();
        parts.extend([kept, rest]);
    }
    parts
}

/// The width of a character in ems.
fn em(char: char) -> f64 {
    match char {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '!' | '|' | '\'' | ' ' => 0.36,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '"' | '-' | '/' => 0.46,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 1.0,
        'A'..='Z' | '=' | '<' | '>' | '≤' | '≥' | '+' | '&' | '#' | '~' => 0.8,
        _ => match char.width() {
            Some(0) | None => 0.0,
            Some(1) => 0.66,
            Some(_) => 1.2,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_wrapped_and_its_end_says_that_there_is_more() {
        let lines = wrap("Check the customer's address", 10.0, 90.0, 3);
        assert_eq!(lines, ["Check the", "customer's", "address"]);
        let lines = wrap("Check the customer's address", 10.0, 90.0, 2);
        assert_eq!(lines, ["Check the", "customer's…"]);
        assert_eq!(wrap("", 10.0, 90.0, 2), [""]);
    }

    #[test]
    fn no_line_is_wider_than_the_room_whatever_stands_in_it() {
        for text in [
            "W".repeat(80),
            "a-b_c.d".repeat(20),
            "🙂".repeat(80),
            "\n\t \r".to_owned(),
        ] {
            for line in wrap(&text, 13.0, 60.0, 3) {
                assert!(width(&line, 13.0) <= 60.0, "{line:?}");
            }
            assert!(width(&shorten(&text, 13.0, 60.0), 13.0) <= 60.0);
        }
    }
}
