//! Where the file contains secrets, so that no excerpt shows them, and which variables they come from, so
//! that no build sees those.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::findings::Findings;

/// The keys of a table that says where a text comes from.
const KEYS: [&str; 4] = ["env", "default", "value", "secret"];

/// Hides the literals next to each `secret`, wherever it is and whatever else is wrong there. Only
/// `secret = false` shows the value, so that a mistyped `true` does not.
pub(super) fn hide(file: &DeTable<'_>, findings: &mut Findings) {
    each_secret(file, &mut |secret| {
        literals(secret).for_each(|(_, literal)| findings.hide(literal.span()));
    });
}

/// Hides the values on the line of a syntax error, if one of them may be a secret: what is not parsed does not say so.
pub(super) fn hide_line(file: &str, at: usize, findings: &mut Findings) {
    let at = file.floor_char_boundary(at.min(file.len()));
    let start = file[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = file[start..].lines().next().unwrap_or_default();
    if ["\"\"\"", "'''"]
        .iter()
        .any(|quotes| file[..start].matches(quotes).count() % 2 == 1)
    {
        return findings.hide(start..start + line.len());
    }
    let heading = file[..start]
        .lines()
        .rfind(|line| line.trim_start().starts_with('['));
    let about = [line, heading.unwrap_or_default()];
    let is_about = |word: &str| about.iter().any(|text| text.contains(word));
    if line.contains('{')
        || ["environment", "substitutions", "secret"]
            .into_iter()
            .any(is_about)
    {
        for value in values_of(line) {
            findings.hide(start + value.start..start + value.end);
        }
    }
}

/// The texts in quotes on a line, and what stands behind `=` without them.
fn values_of(line: &str) -> Vec<Range<usize>> {
    let mut values = Vec::new();
    let (mut at, mut is_value) = (0, false);
    while let Some(c) = line[at..].chars().next() {
        let rest = &line[at..];
        let length = match c {
            '"' | '\'' => quoted(rest, c),
            c if is_value && !c.is_whitespace() && !['{', '['].contains(&c) => {
                let end = rest.find([',', '}', ']', '#']).unwrap_or(rest.len());
                rest[..end].trim_end().len().max(c.len_utf8())
            }
            c => c.len_utf8(),
        };
        let is_text = ['"', '\''].contains(&c) || is_value && length > c.len_utf8();
        if is_text && !["true", "false"].contains(&&rest[..length]) {
            values.push(at..at + length);
        }
        is_value = c == '=' || is_value && c.is_whitespace();
        at += length;
    }
    values
}

/// How long a text is that begins with this quote, to its end or to that of the line.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            c if c == quote && !escaped => return at + 1,
            c => escaped = c == '\\' && !escaped && quote == '"',
        }
    }
    text.len()
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
        let texts = literals(secret).filter_map(|(_, literal)| literal.get_ref().as_str());
        values.extend(texts.map(str::to_owned));
        // One of these may be meant to be the name of a variable.
        let unknown = literals(secret).filter(|(key, _)| !KEYS.contains(key));
        let named = unknown.filter_map(|(_, text)| environment(text.get_ref().as_str()?));
        values.extend(named);
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

/// What may be the secret in a table: the value, and any text whose key is not known.
fn literals<'t, 'a>(
    secret: &'t DeTable<'a>,
) -> impl Iterator<Item = (&'t str, &'t Spanned<DeValue<'a>>)> {
    let fields = secret.iter().map(|(key, value)| (&**key.get_ref(), value));
    fields.filter(|(key, value)| {
        ["value", "default"].contains(key)
            || !KEYS.contains(key) && value.get_ref().as_str().is_some()
    })
}

fn each_secret(table: &DeTable<'_>, found: &mut impl FnMut(&DeTable<'_>)) {
    each_table(table, &mut |table| {
        if is_secret(table) {
            found(table);
        }
        // An unknown key of a variable may be a misspelt `secret`.
        for name in ["environment", "substitutions"] {
            let variables = table.get(name).and_then(|found| found.get_ref().as_table());
            let variables = variables.into_iter().flat_map(DeTable::values);
            let tables = variables.filter_map(|variable| variable.get_ref().as_table());
            let is_open = |table: &&DeTable<'_>| {
                let mut keys = table.keys();
                !is_secret(table) && keys.any(|key| !KEYS.contains(&&**key.get_ref()))
            };
            tables.filter(is_open).for_each(&mut *found);
        }
    });
}

fn is_secret(table: &DeTable<'_>) -> bool {
    let secret = table.get("secret").map(|value| value.get_ref().as_bool());
    secret.is_some_and(|secret| secret != Some(false))
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
