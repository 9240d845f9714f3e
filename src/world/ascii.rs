//! Text for a terminal whose locale is not UTF-8.

/// Whether the locale is UTF-8. As in POSIX, the first variable that is set decides,
/// and none means ASCII.
pub(super) fn locale_is_utf8(environment: &dyn Fn(&str) -> Option<String>) -> bool {
    let mut variables = ["LC_ALL", "LC_CTYPE", "LANG"].iter();
    let locale = variables.find_map(|name| environment(name).filter(|value| !value.is_empty()));
    let locale = locale.unwrap_or_default().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// The text with txflow's own symbols in ASCII. What the user named stays as it is.
pub(super) fn replaced(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '→' => ascii.push_str("->"),
            '…' => ascii.push_str("..."),
            '·' | '–' | '—' | '─' => ascii.push('-'),
            '│' | '├' => ascii.push('|'),
            '└' => ascii.push('`'),
            '✓' => ascii.push('+'),
            '▸' => ascii.push('>'),
            '■' => ascii.push('#'),
            '✗' | '×' => ascii.push('x'),
            // The spinner.
            '\u{2800}'..='\u{28ff}' => ascii.push('*'),
            c => ascii.push(c),
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_utf8(variables: &[(&str, &str)]) -> bool {
        locale_is_utf8(&|name| {
            let variable = variables.iter().find(|(set, _)| *set == name);
            variable.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        assert!(is_utf8(&[("LANG", "en_US.UTF-8")]));
        assert!(is_utf8(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8")]));
        assert!(!is_utf8(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")]));
        assert!(!is_utf8(&[("LC_CTYPE", "POSIX"), ("LANG", "C.UTF-8")]));
        assert!(!is_utf8(&[("LANG", "de_DE.ISO-8859-1")]));
        assert!(!is_utf8(&[]));
    }
}
