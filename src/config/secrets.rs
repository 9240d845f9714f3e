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

/// All that may be secret of a file that cannot be read whole, in any stage: what stands next to each `secret`, what its
/// variable holds, and what the values of `[local]` come from.
pub(super) fn values(
    file: &DeTable<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> BTreeSet<String> {
    let mut values = BTreeSet::new();
    each_secret(file, &mut |secret| {
        let literals = ["value", "default"].iter();
        let literals = literals.filter_map(|key| secret.get(*key)?.get_ref().as_str());
        values.extend(literals.map(str::to_owned));
    });
    let mut variables = variables(file);
    each_table(file, &mut |table| {
        if let Some(local) = table
            .get("local")
            .and_then(|local| local.get_ref().as_table())
        {
            each_table(local, &mut |table| {
                let variable = table.get("env").and_then(|name| name.get_ref().as_str());
                variables.extend(variable.map(str::to_owned));
            });
        }
    });
    values.extend(variables.iter().filter_map(|name| environment(name)));
    values
}

fn each_secret(table: &DeTable<'_>, found: &mut impl FnMut(&DeTable<'_>)) {
    each_table(table, &mut |table| {
        let secret = table.get("secret").map(|value| value.get_ref().as_bool());
        if secret.is_some_and(|secret| secret != Some(false)) {
            found(table);
        }
    });
}

/// The table and all in it.
fn each_table(table: &DeTable<'_>, found: &mut dyn FnMut(&DeTable<'_>)) {
    found(table);
    for value in table.values() {
        each_table_in(value.get_ref(), found);
    }
}

fn each_table_in(value: &DeValue<'_>, found: &mut dyn FnMut(&DeTable<'_>)) {
    match value {
        DeValue::Table(table) => each_table(table, found),
        DeValue::Array(items) => {
            let items = items.iter();
            items.for_each(|item| each_table_in(item.get_ref(), found));
        }
        _ => {}
    }
}
