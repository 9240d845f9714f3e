//! The rules that strings follow.

/// What a string must look like. The pattern is used for reading and in the schema; an empty
/// one allows any string.
pub(super) trait Rule {
    /// Such as `12 digits`: follows "must be".
    const EXPECTED: &'static str;
    const PATTERN: &'static str;
    /// Where to get such a value, if that is not obvious.
    const HINT: Option<&'static str> = None;

    fn allows(value: &str) -> bool;
}
