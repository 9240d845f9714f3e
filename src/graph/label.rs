//! How much room text needs, and text made to fit.

use std::collections::BTreeMap;

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

/// Texts that stand beside each other: those that differ still do once they are cut, since what they have in common goes first.
/// `kept` says how many characters of their beginning stay, from what is best to what is bearable.
pub(super) fn wrap_apart(
    texts: &[&str],
    kept: &[usize],
    wrap: impl Fn(&str) -> Vec<String>,
) -> Vec<Vec<String>> {
    let mut wrapped: Vec<Vec<String>> = texts.iter().map(|text| wrap(text)).collect();
    // Each round tells some text from another.
    for _ in texts {
        let alike = alike(texts, &wrapped);
        let Some(first) = alike.first() else {
            break;
        };
        let others = alike.iter().map(|at| shared(texts[*first], texts[*at]));
        let shared = others.min().unwrap_or_default();
        for before in kept {
            for at in &alike {
                wrapped[*at] = wrap(&without(texts[*at], shared, *before));
            }
            if alike.iter().any(|at| wrapped[*at] != wrapped[*first]) {
                break;
            }
        }
    }
    wrapped
}

/// Some texts that differ and are shown alike.
fn alike(texts: &[&str], wrapped: &[Vec<String>]) -> Vec<usize> {
    let mut groups: BTreeMap<&[String], Vec<usize>> = BTreeMap::new();
    for (at, lines) in wrapped.iter().enumerate() {
        groups.entry(lines).or_default().push(at);
    }
    let words = |at: usize| texts[at].split_whitespace();
    let differ = |group: &Vec<usize>| group.iter().any(|at| !words(*at).eq(words(group[0])));
    groups.into_values().find(differ).unwrap_or_default()
}

/// How many characters two texts begin with alike.
fn shared(one: &str, other: &str) -> usize {
    let pairs = one.chars().zip(other.chars());
    pairs.take_while(|(one, other)| one == other).count()
}

/// A text without what it shares with others, but for so many characters of it.
fn without(text: &str, shared: usize, before: usize) -> String {
    const BEHIND: usize = 6;
    if shared <= before + BEHIND {
        return text.to_owned();
    }
    let start: String = text.chars().take(before).collect();
    let rest: String = text.chars().skip(shared - BEHIND).collect();
    format!("{}…{rest}", start.trim_end())
}

/// The width of the widest piece of a text that a line does not end in.
pub(super) fn widest_piece(text: &str, font_size: f64) -> f64 {
    let pieces = text.split_whitespace().flat_map(pieces);
    pieces
        .map(|piece| width(piece, font_size))
        .fold(0.0, f64::max)
}

/// A word in parts that fit. Only a piece that does not fit by itself is broken at any place.
fn broken(word: &str, font_size: f64, widest: f64) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut add = |piece: &str| {
        let joined = parts
            .last_mut()
            .map(|last| (format!("{last}{piece}"), last));
        match joined {
            Some((joined, last)) if width(&joined, font_size) <= widest => *last = joined,
            _ => parts.push(piece.to_owned()),
        }
    };
    for piece in pieces(word) {
        match width(piece, font_size) <= widest {
            true => add(piece),
            false => piece
                .chars()
                .for_each(|char| add(char.encode_utf8(&mut [0; 4]))),
        }
    }
    parts
}

/// The pieces of a word between which a line may end: behind a character that separates, and in `camelCase` and `HTTPServer`
/// before a capital letter that begins a word.
fn pieces(word: &str) -> Vec<&str> {
    let chars: Vec<(usize, char)> = word.char_indices().collect();
    let mut pieces = Vec::new();
    let mut start = 0;
    for at in 1..chars.len() {
        let (index, char) = chars[at];
        let before = chars[at - 1].1;
        let after = chars.get(at + 1).map(|(_, char)| *char);
        let separated = "-_.,:/".contains(before) && !"-_.,:/".contains(char);
        let capital = char.is_uppercase()
            && (before.is_lowercase()
                || before.is_ascii_digit()
                || (before.is_uppercase() && after.is_some_and(char::is_lowercase)));
        if separated || capital {
            pieces.push(&word[start..index]);
            start = index;
        }
    }
    pieces.push(&word[start..]);
    pieces
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
    fn a_long_word_is_broken_where_a_word_in_it_begins() {
        let broken = |text, widest| wrap(text, 10.0, widest, 9);
        assert_eq!(
            broken("SendConfirmationEmailToCustomer", 160.0),
            ["SendConfirmationEmailTo", "Customer"]
        );
        assert_eq!(
            broken("ParseHTTPServerResponse2Xml", 90.0),
            ["ParseHTTP", "Server", "Response2Xml"]
        );
        assert_eq!(broken("check-the_address", 80.0), ["check-the_", "address"]);
        // There is no such place in it.
        assert_eq!(
            broken("internationalization", 60.0).concat(),
            "internationalization"
        );
        let widest = widest_piece("an internationalizationOf", 10.0);
        assert_eq!(widest, width("internationalization", 10.0));
    }

    #[test]
    fn labels_that_differ_still_do_once_they_are_cut() {
        let long = |end: &str| {
            format!(
                "$.order.customer.address.country = \"somewhere far away from here\" and $.n = {end}"
            )
        };
        let texts = [
            long("1"),
            long("1"),
            long("2"),
            long("23"),
            "$.n = 1".to_owned(),
        ];
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let cut = wrap_apart(&texts, &[6], |text| wrap(text, 11.0, 120.0, 3));
        assert_eq!(cut[0], cut[1]);
        assert_eq!(cut[4], ["$.n = 1"]);
        let mut apart = cut.clone();
        apart.sort();
        apart.dedup();
        assert_eq!(apart.len(), 4, "{cut:#?}");
        assert_eq!(cut[2], ["$.orde…$.n = 2"]);
        for line in cut.iter().flatten() {
            assert!(width(line, 11.0) <= 120.0, "{line}");
        }
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
