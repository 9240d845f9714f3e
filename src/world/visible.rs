//! Text of others on a terminal.

/// The text with all that a terminal could take for a command as an escape that can be read. Lines and
/// tabs stay.
pub fn visible(text: &str) -> String {
    let show = |c: char| -> String {
        if c.is_control() && c != '\n' && c != '\t' {
            c.escape_default().collect()
        } else {
            c.into()
        }
    };
    text.chars().map(show).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_could_obey_is_shown() {
        let hostile = "a\tb\n\x1b]0;x\x07\u{9b}2J";
        assert_eq!(visible(hostile), "a\tb\n\\u{1b}]0;x\\u{7}\\u{9b}2J");
    }
}
