//! Where the file holds secrets, so that no excerpt shows them.

use toml::de::{DeTable, DeValue};

use super::findings::Findings;

/// Hides the literals beside each `secret`, wherever it stands and whatever else is wrong there.
/// Only `secret = false` is taken for its word: a mistyped `true` must not show the value.
pub(super) fn hide(table: &DeTable<'_>, findings: &mut Findings) {
    let secret = table.get("secret").map(|value| value.get_ref().as_bool());
    if secret.is_some_and(|secret| secret != Some(false)) {
        let literals = ["value", "default"]
            .iter()
            .filter_map(|key| table.get(*key));
        literals.for_each(|literal| findings.hide(literal.span()));
    }
    for value in table.values() {
        hide_in(value.get_ref(), findings);
    }
}

fn hide_in(value: &DeValue<'_>, findings: &mut Findings) {
    match value {
        DeValue::Table(table) => hide(table, findings),
        DeValue::Array(items) => {
            items
                .iter()
                .for_each(|item| hide_in(item.get_ref(), findings));
        }
        _ => {}
    }
}
