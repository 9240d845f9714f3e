//! A file that has the definition inside of something else: a template of CloudFormation, SAM or CDK, or what the AWS CLI printed.

use serde_json::Value;
use txflow_asl::source::push_token;

use super::cloud_formation::{Function, Reference, references};
use super::nearest;

/// Deeper than any template has it.
const DEEPEST: usize = 8;

/// A longer list helps nobody.
const LISTED: usize = 10;

/// The definitions that a file has inside.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrapped {
    /// The JSON pointer of the first.
    pub(super) pointer: String,
    /// Where they are, as paths of keys.
    places: Vec<String>,
    form: Form,
    /// What the first of them takes from the template.
    references: Vec<Reference>,
}

/// How the first of them is there.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    Object,
    Text,
    /// Put together by a function of the template.
    Texts,
    /// In a file of its own.
    File(String),
}

/// `None` for what is a definition itself, however faulty, and for what has none inside.
pub(super) fn wrapped(value: &Value) -> Option<Wrapped> {
    let has = |field| value.get(field).is_some();
    if has("States") || has("StartAt") {
        return None;
    }
    let mut found = Vec::new();
    find(value, &mut Vec::new(), &mut found);
    let first = found.first()?;
    let mut pointer = String::new();
    first
        .keys
        .iter()
        .for_each(|key| push_token(&mut pointer, key));
    Some(Wrapped {
        pointer,
        places: found.iter().map(|found| found.keys.join(".")).collect(),
        form: first.form.clone(),
        references: references(first.value),
    })
}

struct Found<'v> {
    keys: Vec<&'v str>,
    form: Form,
    value: &'v Value,
}

fn find<'v>(value: &'v Value, keys: &mut Vec<&'v str>, found: &mut Vec<Found<'v>>) {
    if keys.len() > DEEPEST {
        return;
    }
    let form = match (
        value,
        Function::of(value).and_then(|function| function.text()),
    ) {
        _ if is_definition(value) => Form::Object,
        (_, Some(text)) if has_definition(&text) => Form::Texts,
        (Value::String(text), _) if has_definition(text) => Form::Text,
        (Value::String(path), _) if keys.ends_with(&["Properties", "DefinitionUri"]) => {
            Form::File(path.clone())
        }
        (Value::Object(fields), None) => {
            for (key, value) in fields {
                keys.push(key);
                find(value, keys, found);
                keys.pop();
            }
            return;
        }
        _ => return,
    };
    found.push(Found {
        keys: keys.clone(),
        form,
        value,
    });
}

fn is_definition(value: &Value) -> bool {
    value.get("StartAt").is_some() && value.get("States").is_some()
}

/// Also if a placeholder without quotes makes another text than JSON of it.
fn has_definition(text: &str) -> bool {
    text.trim_start().starts_with('{')
        && text.contains("\"StartAt\"")
        && text.contains("\"States\"")
}

impl Wrapped {
    pub(super) fn message(&self) -> String {
        let places = || nearest::list(self.places.iter().map(String::as_str), "and");
        match (self.places.as_slice(), &self.form) {
            ([only], Form::Text | Form::Texts) if only.is_empty() => {
                "the file is a text, and the definition is in it".to_owned()
            }
            ([_], Form::File(_)) => {
                format!(
                    "the file is not a definition, but names the file of one in {}",
                    places()
                )
            }
            ([_], _) => format!("the file is not a definition, but has one in {}", places()),
            (several, _) => format!(
                "the file is not a definition, but has {} of them, in {}",
                several.len(),
                places()
            ),
        }
    }

    pub(super) fn hint(&self) -> String {
        let several = self.places.len() > 1;
        let what = match &self.form {
            Form::File(path) => {
                return format!(
                    "use that file: write `definition = \"{path}\"` at the top of `deploy.toml`, and the values that \
                     `DefinitionSubstitutions` gives it into `[substitutions]`"
                );
            }
            Form::Object if several => "what stands in the first of them",
            Form::Object => "what stands there",
            Form::Text if several => "the JSON that the first text is",
            Form::Text => "the JSON that the text is",
            Form::Texts if several => "the JSON that the texts of the first of them make up",
            Form::Texts => "the JSON that its texts make up",
        };
        let values = "into `[substitutions]` in `deploy.toml`";
        let others = match several {
            true => "; each of the others is a file of its own, under `[state-machines.<name>]`",
            false => "",
        };
        if self.references.is_empty() {
            return format!(
                "write only {what} into the file, and the values that it takes from its template {values}{others}"
            );
        }
        let listed = self.references.iter().take(LISTED);
        let listed =
            listed.map(|named| format!("`${{{}}}` for `{}`", named.key(), named.written()));
        let mut listed: Vec<String> = listed.collect();
        if self.references.len() > LISTED {
            listed.push(format!(
                "and so on for {} more",
                self.references.len() - LISTED
            ));
        }
        format!(
            "write only {what} into the file, with placeholders for what it takes from its template, {}; their values go {values}, \
             and a function of this project goes by the name of its handler{others}",
            listed.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(value: &Value) -> Option<(Vec<String>, Form)> {
        wrapped(value).map(|found| (found.places, found.form))
    }

    fn machine() -> Value {
        json!({ "StartAt": "A", "States": { "A": { "Type": "Succeed" } } })
    }

    #[test]
    fn a_definition_is_found_in_what_holds_it() {
        let machine = machine();
        let text = machine.to_string();
        let unquoted = text.replace("\"A\"", "${First}");
        let resource =
            |properties: Value| json!({ "Resources": { "M": { "Properties": properties } } });
        let (start, end) = text.split_at(12);
        for (value, place, form) in [
            (
                resource(json!({ "Definition": machine })),
                "Resources.M.Properties.Definition",
                Form::Object,
            ),
            (
                json!({ "name": "m", "definition": text }),
                "definition",
                Form::Text,
            ),
            (json!({ "Fn::Sub": text }), "", Form::Texts),
            (json!(text), "", Form::Text),
            (
                resource(
                    json!({ "DefinitionString": { "Fn::Join": ["", [start, { "Ref": "X" }, end]] } }),
                ),
                "Resources.M.Properties.DefinitionString",
                Form::Texts,
            ),
            (
                resource(json!({ "DefinitionString": { "Fn::Sub": [unquoted, {}] } })),
                "Resources.M.Properties.DefinitionString",
                Form::Texts,
            ),
            (
                resource(json!({ "DefinitionUri": "machine/a.asl.json" })),
                "Resources.M.Properties.DefinitionUri",
                Form::File("machine/a.asl.json".to_owned()),
            ),
        ] {
            let expected = (vec![place.to_owned()], form);
            assert_eq!(found(&value), Some(expected), "{value}");
        }
        for value in [
            machine.clone(),
            json!({ "States": { "Inner": machine } }),
            json!({ "a": 1, "b": "StartAt and States" }),
            json!([]),
        ] {
            assert_eq!(found(&value), None, "{value}");
        }
    }

    #[test]
    fn all_definitions_of_a_template_are_told() {
        let two = wrapped(&json!({ "Resources": { "A": machine(), "B": machine() } })).unwrap();
        assert_eq!(
            two.message(),
            "the file is not a definition, but has 2 of them, in `Resources.A` and `Resources.B`"
        );
        assert!(
            two.hint()
                .starts_with("write only what stands in the first of them into the file")
        );
    }
}
