//! A file that has the definition inside of something else: a template of CloudFormation or SAM, or what the AWS CLI printed.

use serde_json::Value;

/// Deeper than any template has it.
const DEEPEST: usize = 8;

/// Where the definition is, as a path of keys, and whether it is there as a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrapped {
    pub(super) keys: String,
    pub(super) is_text: bool,
}

/// `None` for what is a definition itself, however faulty, and for what has none inside.
pub(super) fn wrapped(value: &Value) -> Option<Wrapped> {
    let has = |field| value.get(field).is_some();
    if has("States") || has("StartAt") {
        return None;
    }
    find(value, &mut Vec::new())
}

fn find<'v>(value: &'v Value, keys: &mut Vec<&'v str>) -> Option<Wrapped> {
    if keys.len() > DEEPEST {
        return None;
    }
    let found = |keys: &[&str], is_text| {
        Some(Wrapped {
            keys: keys.join("."),
            is_text,
        })
    };
    match value {
        _ if is_definition(value) => found(keys, false),
        Value::String(text) if text.contains("\"StartAt\"") => {
            let inner: Value = serde_json::from_str(text).ok()?;
            is_definition(&inner).then(|| found(keys, true)).flatten()
        }
        Value::Object(fields) => fields.iter().find_map(|(key, value)| {
            keys.push(key);
            let found = find(value, keys);
            keys.pop();
            found
        }),
        _ => None,
    }
}

fn is_definition(value: &Value) -> bool {
    value.get("StartAt").is_some() && value.get("States").is_some()
}

impl Wrapped {
    pub(super) fn message(&self) -> String {
        match self.keys.as_str() {
            "" => "the file is a text, and the definition is in it".to_owned(),
            keys => format!("the file is not a definition, but has one in `{keys}`"),
        }
    }

    pub(super) fn hint(&self) -> String {
        let what = match self.is_text {
            true => "the JSON that the text is",
            false => "what stands there",
        };
        format!(
            "write only {what} into the file, and the values that it takes from its template into `[substitutions]` in \
             `deploy.toml`"
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_definition_is_found_in_what_holds_it() {
        let machine = json!({ "StartAt": "A", "States": { "A": { "Type": "Succeed" } } });
        let text = machine.to_string();
        for (value, keys, is_text) in [
            (
                json!({ "Resources": { "M": { "Properties": { "Definition": machine } } } }),
                "Resources.M.Properties.Definition",
                false,
            ),
            (
                json!({ "name": "m", "definition": text }),
                "definition",
                true,
            ),
            (json!({ "Fn::Sub": text }), "Fn::Sub", true),
            (json!(text), "", true),
        ] {
            let expected = Wrapped {
                keys: keys.to_owned(),
                is_text,
            };
            assert_eq!(wrapped(&value), Some(expected), "{value}");
        }
        for value in [
            machine.clone(),
            json!({ "States": { "Inner": machine } }),
            json!({ "a": 1 }),
            json!([]),
        ] {
            assert_eq!(wrapped(&value), None, "{value}");
        }
    }
}
