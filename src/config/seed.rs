//! The items of a table in the local AWS, from a JSON file: as DynamoDB has them, or as plain JSON.

use serde_json::{Map as Object, Value, json};

use super::local::{KeyAttribute, TableKey};

const TYPES: [&str; 10] = ["S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"];

/// The items of a file. The error says what is wrong with which.
pub(super) fn items(file: &Value, key: &TableKey) -> Result<Vec<Object<String, Value>>, String> {
    let Value::Array(items) = file else {
        return Err("it must contain an array of items".to_owned());
    };
    let items = items.iter().enumerate().map(|(index, item)| {
        let wrong = |what: String| format!("item {index}: {what}");
        let Value::Object(attributes) = item else {
            return Err(wrong("it must be an object".to_owned()));
        };
        let typed = !attributes.is_empty() && attributes.values().all(is_typed);
        let item: Object<String, Value> = match typed {
            true => attributes.clone(),
            false => { attributes.iter() }
                .map(|(name, value)| (name.clone(), attribute(value)))
                .collect(),
        };
        for part in [Some(&key.partition), key.sort.as_ref()]
            .into_iter()
            .flatten()
        {
            check_key(&item, part).map_err(wrong)?;
        }
        Ok(item)
    });
    items.collect()
}

fn check_key(item: &Object<String, Value>, key: &KeyAttribute) -> Result<(), String> {
    let KeyAttribute { name, kind } = key;
    let Some(value) = item.get(name) else {
        return Err(format!("the key attribute `{name}` is missing"));
    };
    match value.get(kind) {
        Some(_) => Ok(()),
        None => Err(format!(
            "the key attribute `{name}` is not of type `{kind}`"
        )),
    }
}

/// Whether a value is an attribute with its type, such as `{"S": "a"}`.
fn is_typed(value: &Value) -> bool {
    let Value::Object(members) = value else {
        return false;
    };
    let mut members = members.iter();
    matches!((members.next(), members.next()), (Some((kind, _)), None) if TYPES.contains(&kind.as_str()))
}

fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(truth) => json!({ "BOOL": truth }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(items) => json!({ "L": items.iter().map(attribute).collect::<Vec<_>>() }),
        Value::Object(members) => {
            let members = members.iter();
            let members = members.map(|(name, value)| (name.clone(), attribute(value)));
            json!({ "M": members.collect::<Object<String, Value>>() })
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn key(kind: &str) -> TableKey {
        TableKey {
            partition: KeyAttribute {
                name: "id".to_owned(),
                kind: kind.to_owned(),
            },
            sort: None,
        }
    }

    #[test]
    fn plain_json_and_dynamodbs_own_are_the_same_items() {
        let plain = json!([{ "id": "a", "n": 1.5, "tags": ["x", null], "of": { "b": true } }]);
        let typed = json!([{
            "id": { "S": "a" }, "n": { "N": "1.5" },
            "tags": { "L": [{ "S": "x" }, { "NULL": true }] },
            "of": { "M": { "b": { "BOOL": true } } }
        }]);
        let read = items(&plain, &key("S")).unwrap();
        assert_eq!(json!(read), typed);
        assert_eq!(items(&typed, &key("S")).unwrap(), read);
    }

    #[test]
    fn an_item_without_its_key_is_refused() {
        let wrong = |file: Value, kind: &str| items(&file, &key(kind)).unwrap_err();
        assert_eq!(wrong(json!({}), "S"), "it must contain an array of items");
        assert_eq!(wrong(json!([1]), "S"), "item 0: it must be an object");
        let file = json!([{ "id": "a" }, { "name": "b" }]);
        let missing = "item 1: the key attribute `id` is missing";
        assert_eq!(wrong(file.clone(), "S"), missing);
        let other = "item 0: the key attribute `id` is not of type `N`";
        assert_eq!(wrong(file, "N"), other);
    }
}
