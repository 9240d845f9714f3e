//! Text that a GitHub runner reads. It obeys each line that looks like a command, and what a handler
//! logs or AWS responds may look like one.

/// The runner trims a line before it looks for `::command::`, ends a line at a carriage return as
/// well, and finds `##[command]` anywhere in it.
pub(super) fn text(text: &str) -> String {
    text.split_inclusive(['\n', '\r']).map(line).collect()
}

/// Escaped as in JSON, so that it parses as the same document.
pub(super) fn json(document: &str) -> String {
    document.replace("##[", "##\\u005b")
}

/// A line that is a command itself, in which another may stand.
pub(super) fn command(line: &str) -> String {
    line.replace("##[", "##\\[")
}

fn line(line: &str) -> String {
    let line = command(line);
    let plain = anstream::adapter::strip_str(&line).to_string();
    if plain.trim_start().starts_with("::") {
        line.replacen("::", "\\::", 1)
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_would_be_a_command_is_none() {
        assert_eq!(text("::error::x"), "\\::error::x");
        assert_eq!(text("a\n \t::add-path::x"), "a\n \t\\::add-path::x");
        assert_eq!(text("a\r::error::x\r\n::b::"), "a\r\\::error::x\r\n\\::b::");
        assert_eq!(text("\u{a0}::error::x"), "\u{a0}\\::error::x");
        assert_eq!(text("\x1b[2m  ::error::x"), "\x1b[2m  \\::error::x");
        assert_eq!(
            text("a ##[set-output name=b]c"),
            "a ##\\[set-output name=b]c"
        );
    }

    #[test]
    fn all_else_stays_as_it_is() {
        let said = "a::b::c\n  arn:aws:states:::lambda:invoke\n# [x] ##\n";
        assert_eq!(text(said), said);
    }

    #[test]
    fn a_json_document_says_the_same() {
        let value = serde_json::json!({ "cause": "##[error]::x" });
        let document = json(&value.to_string());
        assert!(!document.contains("##["), "{document}");
        let read: serde_json::Value = serde_json::from_str(&document).unwrap_or_default();
        assert_eq!(read, value);
    }
}
