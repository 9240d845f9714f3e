//! How the values of a difference are shown.

use serde_json::Value;

use crate::commands::plan::measured;
use crate::plan::Reason;
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

/// The attribute, and what it was and is.
pub(super) fn changed(reason: &Reason) -> Option<(String, String, String)> {
    let Reason::Changed {
        attribute,
        old,
        new,
    } = reason
    else {
        return None;
    };
    let shown = |value: &Option<String>| {
        value
            .as_deref()
            .map_or_else(|| "(none)".to_owned(), |value| measured(attribute, value))
    };
    Some((attribute.to_string(), shown(old), shown(new)))
}
