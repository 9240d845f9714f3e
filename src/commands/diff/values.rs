//! How the values of a difference are shown.

use serde_json::Value;

use crate::world::one_line;

/// How much of a value is shown; `--json` has all of it.
const WIDTH: usize = 100;

/// In one line, and not the whole of a long one.
pub(super) fn value(value: Option<&Value>) -> String {
    let Some(value) = value else {
        return "(none)".to_owned();
    };
    let shown = value.to_string();
    let shown = one_line(&shown);
    match shown.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown.into_owned(),
    }
}
