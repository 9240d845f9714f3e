//! How two documents differ.

use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

use super::style::{BAD, FAINT, GOOD};
use crate::world::unbroken;

/// What differs between two documents, with that many lines around it.
pub fn diff_text(text: &mut String, old: &str, new: &str, around: usize) {
    let diff = TextDiff::from_lines(old, new);
    for hunk in diff.unified_diff().context_radius(around).iter_hunks() {
        let _ = writeln!(text, "      {FAINT}{}{FAINT:#}", hunk.header());
        for change in hunk.iter_changes() {
            let line = unbroken(change.value().trim_end_matches('\n'));
            let _ = match change.tag() {
                ChangeTag::Equal => writeln!(text, "        {line}"),
                ChangeTag::Delete => writeln!(text, "      {BAD}-{BAD:#} {line}"),
                ChangeTag::Insert => writeln!(text, "      {GOOD}+{GOOD:#} {line}"),
            };
        }
    }
}
