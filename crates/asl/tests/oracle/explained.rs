//! Why the answer to a question may differ.

use crate::Question;

/// The reason, if there is one.
pub fn reason(question: &Question) -> Option<&'static str> {
    if question.document == "null" {
        return Some(
            "the oracle takes null for the lack of a document; the input of a state can be null",
        );
    }
    if ["(?=", "(?!", "(?<=", "\\1", "++"]
        .iter()
        .any(|mark| question.path.contains(mark))
    {
        return Some(
            "a pattern that needs backtracking compiles, but is not evaluated: its time has no limit",
        );
    }
    None
}
