//! What the keys and values of tags look like, which IAM, Lambda, Step Functions and CloudWatch Logs agree on.

use super::rule::Rule;

/// The key of a tag.
#[derive(Debug, Clone)]
pub(super) struct TagKey;

/// The value of a tag.
#[derive(Debug, Clone)]
pub(super) struct TagValue;

impl Rule for TagKey {
    const EXPECTED: &'static str = "1 to 128 letters, digits, spaces and `_.:/=+-@`";
    // Letters and digits of any script are allowed, which patterns of a schema cannot say, so it lists what is not.
    const PATTERN: &'static str = r##"^[^\x00-\x1f!"#$%&'()*,;<>?\[\\\]^`{|}~]{1,128}$"##;

    fn allows(key: &str) -> bool {
        !key.is_empty() && fits(key, 128)
    }
}

impl Rule for TagValue {
    const EXPECTED: &'static str = "up to 256 letters, digits, spaces and `_.:/=+-@`";
    const PATTERN: &'static str = r##"^[^\x00-\x1f!"#$%&'()*,;<>?\[\\\]^`{|}~]{0,256}$"##;

    fn allows(value: &str) -> bool {
        fits(value, 256)
    }
}

fn fits(text: &str, longest: usize) -> bool {
    // A byte is no more than a character, so most texts need no count.
    let short = text.len() <= longest || text.chars().take(longest + 1).count() <= longest;
    short && text.chars().all(allowed)
}

/// `\p{L}`, `\p{N}` and `\p{Z}`, as AWS writes it, and these signs.
fn allowed(c: char) -> bool {
    let space = c.is_whitespace() && !c.is_control();
    c.is_alphanumeric() || space || "_.:/=+-@".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_any_script_are_allowed_and_symbols_are_not() {
        for key in ["team", "Größe", "所有者", "a b", "k8s.io/x=1+2-3@_:"] {
            assert!(TagKey::allows(key), "{key}");
        }
        for key in ["", "a&b", "a\tb", "★", "😀", "a\u{7f}b"] {
            assert!(!TagKey::allows(key), "{key}");
        }
        assert!(TagKey::allows(&"ü".repeat(128)) && !TagKey::allows(&"ü".repeat(129)));
        assert!(TagValue::allows("") && TagValue::allows(&"ü".repeat(256)));
        assert!(!TagValue::allows(&"ü".repeat(257)));
    }
}
