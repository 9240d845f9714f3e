//! Patterns of stages, such as `pr-*`.

use regex_lite::Regex;

/// A stage that matches the pattern.
pub(super) fn stage_of(pattern: &str) -> String {
    pattern.replace(['*', '?'], "x")
}

/// The pattern has only letters, digits, `-`, `_`, `*` and `?`.
pub(super) fn covers(pattern: &str, stage: &str) -> bool {
    let regex = pattern.replace('*', ".*").replace('?', ".");
    Regex::new(&format!("^{regex}$")).is_ok_and(|regex| regex.is_match(stage))
}

pub(super) fn any() -> String {
    "*".to_owned()
}
