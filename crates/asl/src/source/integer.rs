//! Integers that no JSON number of 64 bits holds. A parser would round them without a word.

/// What is wrong with one.
pub(super) const ROUNDED: &str =
    "an integer of more than 64 bits would be rounded; put quotes around it";

/// An integer that `i64` does not hold: as `u64`, if that does. `None` for every other text.
pub(super) fn large(text: &str) -> Option<Option<u64>> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_integer || text.parse::<i64>().is_ok() {
        return None;
    }
    Some(text.parse().ok())
}

/// The offset of the first number in a JSON text that would be rounded.
pub(super) fn rounded(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let rest = &bytes[at..];
        match byte {
            b'"' => at += string(rest),
            b'-' | b'0'..=b'9' => {
                let is_number = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
                let length = rest.iter().take_while(|byte| is_number(byte)).count();
                if large(&text[at..at + length]) == Some(None) {
                    return Some(at);
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    None
}

/// The length of the string that begins here, with its quotes.
fn string(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}
