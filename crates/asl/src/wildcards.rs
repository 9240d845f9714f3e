//! Patterns with wildcards.

/// Whether a pattern matches the whole text: `*` stands for any characters, `\*` for an asterisk and `\\` for a backslash.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern = pieces(pattern);
    match_pieces(&pattern, text, Option::is_none, |piece, c| {
        *piece == Some(c)
    })
}

/// Whether the pieces of a pattern match the whole text. A piece that `is_star` stands for any characters, another one for a
/// character that it `fits`.
///
/// A mismatch only goes back to the last star, so this takes no more steps than the product of the lengths.
pub fn match_pieces<P>(
    pattern: &[P],
    text: &str,
    is_star: impl Fn(&P) -> bool,
    fits: impl Fn(&P, char) -> bool,
) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where to resume if a star has matched too little: the star, and the position in the text where its match starts.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(piece) if is_star(piece) => {
                retry = Some((p, t));
                p += 1;
            }
            Some(piece) if fits(piece, text[t]) => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    (p, t) = (star + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(is_star)
}

/// The characters, and `None` for a star.
fn pieces(pattern: &str) -> Vec<Option<char>> {
    let mut pieces = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        pieces.push(match c {
            '*' => None,
            '\\' => Some(chars.next().unwrap_or('\\')),
            c => Some(c),
        });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_characters() {
        assert!(matches("*", ""));
        assert!(matches("log-*.txt", "log-2026.txt"));
        assert!(matches("*a*b", "xaxbxb"));
        assert!(!matches("log-*.txt", "log-2026.csv"));
        assert!(!matches("a", "ab"));
    }

    #[test]
    fn an_escaped_star_is_a_star() {
        assert!(matches(r"a\*b", "a*b"));
        assert!(!matches(r"a\*b", "axb"));
        assert!(matches(r"\\*", r"\x"));
    }
}
