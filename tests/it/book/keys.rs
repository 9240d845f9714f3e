//! The reference of deploy.toml: the schema, which is made where the keys are declared, as a page.

use std::collections::VecDeque;
use std::fmt::Write as _;

use serde_json::Value;
use txflow::config::{schema, with_commas};

use super::page::anchor;

const HEAD: &str = "\
# Keys of deploy.toml

Generated from where txflow declares its keys, by `TXFLOW_BLESS=1 cargo test --workspace --test it book`.

A key that is not here is refused, with the nearest one that exists. `{ env = \"NAME\" }` stands for a string from the environment of
the process that runs txflow, and `{ env = \"NAME\", default = \"…\" }` for one that may be missing there. In the names of tables
below, `NAME` is a name of your own. `txflow schema` prints all of this for editors, with the patterns of strings.

";

/// Described in the head.
const FROM_ENVIRONMENT: &str = "FromEnvironment";

/// A table of the file.
struct Table {
    /// In the schema's `definitions`; the file itself has no name.
    definition: Option<String>,
    /// The headings that lead to it, the first one its own.
    headings: Vec<String>,
}

pub fn page() -> String {
    let schema = schema();
    let tables = tables(&schema);
    let mut page = HEAD.to_owned();
    for table in &tables {
        let part = part(&schema, table.definition.as_deref());
        let (title, others) = table.headings.split_first().expect("a heading");
        let _ = writeln!(page, "## {title}\n");
        if let Some(about) = part["description"].as_str() {
            let _ = writeln!(page, "{about}\n");
        }
        if !others.is_empty() {
            let _ = writeln!(
                page,
                "The same keys stand under {}.\n",
                others.join(" and ")
            );
        }
        page.push_str("| key | value | default | |\n|---|---|---|---|\n");
        let required: Vec<&str> = texts(&part["required"]);
        for (key, value) in part["properties"].as_object().expect("keys") {
            let default = match value.get("default") {
                Some(default) => format!("`{default}`"),
                None if required.contains(&key.as_str()) => "required".to_owned(),
                None => String::new(),
            };
            let about = value["description"].as_str().unwrap_or_default();
            let kind = kind(value, &tables);
            let row = format!(
                "| `{key}` | {} | {default} | {} |",
                cell(&kind),
                cell(about)
            );
            let _ = writeln!(page, "{row}");
        }
        page.push('\n');
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

fn part<'a>(schema: &'a Value, definition: Option<&str>) -> &'a Value {
    match definition {
        Some(name) => &schema["definitions"][name],
        None => schema,
    }
}

/// All tables, each behind the one that first names it.
fn tables(schema: &Value) -> Vec<Table> {
    let mut tables = vec![Table {
        definition: None,
        headings: vec!["Top level".to_owned()],
    }];
    let mut left: VecDeque<(Option<String>, String)> = VecDeque::from([(None, String::new())]);
    while let Some((name, path)) = left.pop_front() {
        for (key, value) in part(schema, name.as_deref())["properties"]
            .as_object()
            .expect("keys")
        {
            let path = [path.as_str(), key.as_str()].concat();
            for (definition, path, heading) in named(value, &path) {
                if definition == FROM_ENVIRONMENT || definition.ends_with("Overlay") {
                    continue;
                }
                let known = tables
                    .iter_mut()
                    .find(|t| t.definition.as_deref() == Some(definition.as_str()));
                match known {
                    Some(table) => table.headings.push(heading),
                    None => {
                        tables.push(Table {
                            definition: Some(definition.clone()),
                            headings: vec![heading],
                        });
                        left.push_back((Some(definition), format!("{path}.")));
                    }
                }
            }
        }
    }
    tables
}

/// The definitions that a value refers to, each with its path and its heading in the file.
fn named(value: &Value, path: &str) -> Vec<(String, String, String)> {
    if !value.is_object() {
        return Vec::new();
    }
    if let Some(definition) = reference(value) {
        return vec![(
            definition.to_owned(),
            path.to_owned(),
            format!("`[{path}]`"),
        )];
    }
    let mut found = Vec::new();
    for member in ["allOf", "anyOf"] {
        let alternatives = value[member].as_array().into_iter().flatten();
        found.extend(alternatives.flat_map(|one| named(one, path)));
    }
    let of_items = named(&value["items"], path).into_iter();
    found.extend(of_items.map(|(definition, path, _)| {
        let heading = format!("`[[{path}]]`");
        (definition, path, heading)
    }));
    found.extend(named(
        &value["additionalProperties"],
        &format!("{path}.NAME"),
    ));
    found
}

fn reference(value: &Value) -> Option<&str> {
    value["$ref"].as_str()?.strip_prefix("#/definitions/")
}

/// What a value may be.
fn kind(value: &Value, tables: &[Table]) -> String {
    either(&alternatives(value, tables))
}

fn alternatives(value: &Value, tables: &[Table]) -> Vec<String> {
    if let Some(definition) = reference(value) {
        return vec![table(definition, tables)];
    }
    for member in ["allOf", "anyOf"] {
        if let Some(several) = value[member].as_array() {
            return several
                .iter()
                .flat_map(|one| alternatives(one, tables))
                .collect();
        }
    }
    if let Some(choices) = value["enum"].as_array() {
        return choices.iter().map(choice).collect();
    }
    match &value["type"] {
        Value::Array(_) => texts(&value["type"]).into_iter().map(plain).collect(),
        Value::String(name) => vec![match name.as_str() {
            "array" => list(value, tables),
            "integer" | "number" => number(value, name),
            "object" if value["additionalProperties"].is_object() => {
                format!("by name: {}", kind(&value["additionalProperties"], tables))
            }
            name => plain(name),
        }],
        _ => vec!["any value".to_owned()],
    }
}

fn table(definition: &str, tables: &[Table]) -> String {
    if definition == FROM_ENVIRONMENT {
        return "`{ env }`".to_owned();
    }
    let found = tables
        .iter()
        .find(|table| table.definition.as_deref() == Some(definition));
    match found {
        Some(table) => {
            let heading = &table.headings[0];
            format!("[table](#{})", anchor(&heading.replace('`', "")))
        }
        // What a stage overrides has the keys of what it overrides.
        None => "table".to_owned(),
    }
}

fn list(value: &Value, tables: &[Table]) -> String {
    let mut items = kind(&value["items"], tables);
    if items.contains(" or ") {
        items = format!("({items})");
    }
    let bound = |name: &str| value[name].as_u64();
    match (bound("minItems"), bound("maxItems")) {
        (None, Some(most)) => format!("list of up to {most}: {items}"),
        (Some(least), Some(most)) => format!("list of {least} to {most}: {items}"),
        (Some(least), None) => format!("list of at least {least}: {items}"),
        (None, None) => format!("list: {items}"),
    }
}

fn number(value: &Value, name: &str) -> String {
    let kind = plain(name);
    let bound = |name: &str| value[name].as_u64();
    let commas = |number: u64| with_commas(usize::try_from(number).expect("a bound"));
    match (bound("minimum"), bound("maximum")) {
        // Nobody chose this bound.
        (Some(least), Some(most)) if most >= i32::MAX as u64 => format!("{kind} from {least}"),
        (Some(least), Some(most)) => format!("{kind}, {} to {}", commas(least), commas(most)),
        _ => match bound("exclusiveMinimum") {
            Some(below) => format!("{kind} above {below}"),
            None => kind,
        },
    }
}

fn plain(name: &str) -> String {
    let name = match name {
        "array" => "list",
        "integer" => "whole number",
        "object" => "table",
        name => name,
    };
    name.to_owned()
}

fn choice(value: &Value) -> String {
    let text = value.as_str().map(str::to_owned);
    format!("`{}`", text.unwrap_or_else(|| value.to_string()))
}

fn either(alternatives: &[String]) -> String {
    let (last, others) = alternatives.split_last().expect("an alternative");
    if others.is_empty() {
        last.clone()
    } else {
        format!("{} or {last}", others.join(", "))
    }
}

fn texts(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// In a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[test]
fn each_definition_of_the_schema_is_on_the_page() {
    let schema = schema();
    let tables = tables(&schema);
    for definition in schema["definitions"]
        .as_object()
        .expect("definitions")
        .keys()
    {
        let found = tables
            .iter()
            .any(|table| table.definition.as_ref() == Some(definition));
        let is_left_out = definition == FROM_ENVIRONMENT || definition.ends_with("Overlay");
        assert_ne!(found, is_left_out, "{definition}");
    }
}
