//! Where the file contains secrets, so that no excerpt shows them, and which variables they come from, so
//! that no build sees those.

use std::collections::BTreeSet;

use toml::de::{DeTable, DeValue};

use super::findings::Findings;

/// Hides the literals next to each `secret`, wherever it is and whatever else is wrong there. Only
/// `secret = false` shows the value, so that a mistyped `true` does not.
pub(super) fn hide(file: &DeTable<'_>, findings: &mut Findings) {
    each_secret(file, &mut |secret| {
        let literals = ["value", "default"]
            .iter()
            .filter_map(|key| secret.get(*key));
        literals.for_each(|literal| findings.hide(literal.span()));
    });
}

/// The environment variables that hold a secret of some function in some stage.
pub(super) fn variables(file: &DeTable<'_>) -> BTreeSet<String> {
    let mut variables = BTreeSet::new();
    each_secret(file, &mut |secret| {
        let variable = secret.get("env").and_then(|name| name.get_ref().as_str());
        variables.extend(variable.map(str::to_owned));
    });
    variables
}

fn each_secret(table: &DeTable<'_>, found: &mut impl FnMut(&DeTable<'_>)) {
    let secret = table.get("secret").map(|value| value.get_ref().as_bool());
    if secret.is_some_and(|secret| secret != Some(false)) {
        found(table);
    }
    for value in table.values() {
        each_secret_in(value.get_ref(), found);
    }
}

fn each_secret_in(value: &DeValue<'_>, found: &mut impl FnMut(&DeTable<'_>)) {
    match value {
        DeValue::Table(table) => each_secret(table, found),
        DeValue::Array(items) => {
            let items = items.iter();
            items.for_each(|item| each_secret_in(item.get_ref(), found));
        }
        _ => {}
    }
}
