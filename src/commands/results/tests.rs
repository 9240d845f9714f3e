//! The schemas beside those in `docs/results/`. `TXFLOW_BLESS=1 cargo test --lib results` rewrites them, unless a change needs
//! a new version.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use super::*;

fn committed(name: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/results");
    folder.join(format!("{name}.schema.json"))
}

#[test]
fn each_schema_is_documented_and_a_key_goes_only_with_a_new_version() {
    for result in ResultName::value_variants() {
        let (name, _) = result.names();
        let schema = result.schema();
        let path = committed(&name);
        let old = fs::read_to_string(&path).unwrap_or_else(|_| "{}".to_owned());
        let old: Value = serde_json::from_str(&old).unwrap();
        if old["$id"] == schema["$id"] {
            let broken = broken(&old, &schema, "");
            assert_eq!(broken, [""; 0], "raise the version of {name}");
        }
        if std::env::var_os("TXFLOW_BLESS").is_some() {
            fs::write(&path, format!("{schema:#}\n")).unwrap();
        } else {
            assert!(old == schema, "{} is not up to date", path.display());
        }
    }
}

/// What readers of the old schema would miss: keys that are gone, keys that may be missing now, and other types.
fn broken(old: &Value, new: &Value, at: &str) -> Vec<String> {
    let empty = Map::new();
    let (old, new) = (
        old.as_object().unwrap_or(&empty),
        new.as_object().unwrap_or(&empty),
    );
    let mut found = Vec::new();
    for (key, was) in old {
        let is = new.get(key).unwrap_or(&Value::Null);
        let at = format!("{at}/{key}");
        match key.as_str() {
            "properties" | "$defs" => {
                for (name, was) in was.as_object().unwrap_or(&empty) {
                    let at = format!("{at}/{name}");
                    match is.get(name) {
                        Some(is) => found.extend(broken(was, is, &at)),
                        None => found.push(at),
                    }
                }
            }
            "items" => found.extend(broken(was, is, &at)),
            "required" => {
                let is = is.as_array().map_or(&[][..], Vec::as_slice);
                let was = was.as_array().map_or(&[][..], Vec::as_slice);
                let gone = was.iter().filter(|name| !is.contains(name));
                found.extend(
                    gone.filter_map(Value::as_str)
                        .map(|name| format!("{at}/{name}")),
                );
            }
            "type" | "$ref" | "const" if was != is => found.push(at),
            _ => {}
        }
    }
    found
}

#[test]
fn what_readers_would_miss_is_found() {
    let old =
        json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "string" } } });
    let with = |pointer: &str, value: Value| {
        let mut new = old.clone();
        *new.pointer_mut(pointer).unwrap() = value;
        broken(&old, &new, "")
    };
    assert_eq!(with("/required", json!([])), ["/required/a"]);
    assert_eq!(with("/properties", json!({})), ["/properties/a"]);
    assert_eq!(
        with("/properties/a/type", json!("number")),
        ["/properties/a/type"]
    );
    assert_eq!(with("/required", json!(["a", "b"])), [""; 0]);
}

#[test]
fn every_reference_in_a_schema_leads_somewhere() {
    for result in ResultName::value_variants() {
        let schema = result.schema();
        let text = schema.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(schema.pointer(pointer).is_some(), "{result:?}: {pointer}");
        }
        // The descriptions come from the types, and are read by who does not know them.
        for word in ["`None`", "[`", "Option<"] {
            assert!(!text.contains(word), "{result:?}: {word}");
        }
    }
}
