//! How large a policy may be.

use serde_json::Value;

use crate::commands::context::Printer;
use crate::policy::SIZE_LIMIT;

/// Notes that a document is too large, and the way out.
pub(super) fn note_size(what: &str, document: &Value, way_out: &str, printer: &Printer) {
    let text = document.to_string();
    let size = text.chars().filter(|c| !c.is_whitespace()).count();
    if size > SIZE_LIMIT {
        printer.note(&format!(
            "the {what} has {size} characters, and IAM allows {SIZE_LIMIT} in a managed policy: {way_out}"
        ));
    }
}
