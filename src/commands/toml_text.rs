//! Values as `deploy.toml` has them, each in one line.

use serde_json::Value;

/// In one line; `None` if TOML cannot say it: it has no `null`, and no integers beyond 64 bits with a sign.
pub(super) fn inline(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => value.to_string(),
        Value::Number(number) if number.is_u64() && number.as_i64().is_none() => return None,
        Value::Number(number) => number.to_string(),
        Value::String(string) => text(string),
        Value::Array(items) => {
            let items = items.iter().map(inline).collect::<Option<Vec<_>>>()?;
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, field)| Some(format!("{} = {}", key(name), inline(field)?)));
            format!("{{ {} }}", fields.collect::<Option<Vec<_>>>()?.join(", "))
        }
    })
}

/// In quotes if it needs them.
pub(super) fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match !name.is_empty() && name.chars().all(bare) {
        true => name.to_owned(),
        false => text(name),
    }
}

/// In quotes that need no other line.
pub(super) fn text(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_in_one_line() {
        let value = json!({ "a b": [1, -2.5, { "c": "x\n\"y\"" }], "d": {}, "e": true });
        let written = inline(&value).unwrap();
        assert!(!written.contains('\n'), "{written}");
        let read: toml::Table = format!("v = {written}\nn = {}", text("a\"\n\u{7f}é"))
            .parse()
            .unwrap();
        assert_eq!(serde_json::to_value(&read["v"]).unwrap(), value);
        assert_eq!(read["n"].as_str(), Some("a\"\n\u{7f}é"));
        assert_eq!(inline(&json!({ "a": null })), None);
        assert_eq!(inline(&json!(u64::MAX)), None);
    }
}
