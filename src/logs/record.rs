//! A structured log line as people read it.

use serde_json::{Map, Value};

use crate::world::one_line;

/// What stands elsewhere on the line, or says more about the logger than about what happened.
const LEFT_OUT: [&str; 9] = [
    "timestamp",
    "time",
    "level",
    "message",
    "fields",
    "target",
    "span",
    "spans",
    "AWSRequestId",
];

/// `ERROR the card is refused transactionId=tx-1` of a JSON object as `tracing` and Lambda write it; any
/// other line as it is.
pub fn readable(message: &str) -> String {
    let Ok(Value::Object(record)) = serde_json::from_str(message) else {
        return message.to_owned();
    };
    let empty = Map::new();
    let inner = record.get("fields").and_then(Value::as_object);
    let inner = inner.unwrap_or(&empty);
    let text = |name: &str| record.get(name).or(inner.get(name))?.as_str();
    let Some(said) = text("message") else {
        return message.to_owned();
    };
    let mut words: Vec<String> = text("level").map(escaped).into_iter().collect();
    words.push(escaped(said));
    let fields = record.iter().chain(inner);
    let fields = fields.filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()));
    words.extend(fields.map(|(name, value)| format!("{}={}", escaped(name), shown(value))));
    words.join(" ")
}

/// A text without spaces needs no quotes.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() && !text.contains([' ', '"', '=']) => escaped(text),
        value => escaped(&value.to_string()),
    }
}

/// On one line.
fn escaped(text: &str) -> String {
    one_line(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_its_level_its_message_and_its_fields() {
        let flat = r#"{"timestamp":"2026","level":"ERROR","message":"the card is refused","id":"tx-1","why":"no money","tries":2,"target":"till","span":{"requestId":"6f1d"}}"#;
        let readable_text = r#"ERROR the card is refused id=tx-1 why="no money" tries=2"#;
        assert_eq!(readable(flat), readable_text);
        let nested =
            r#"{"level":"INFO","fields":{"message":"answered","id":"tx-1"},"target":"till"}"#;
        assert_eq!(readable(nested), "INFO answered id=tx-1");
    }

    #[test]
    fn what_is_not_a_record_stays_as_it_is() {
        for line in [
            "plain",
            "",
            "17",
            "{\"level\":\"INFO\"}",
            "{\"message\":7}",
            "{",
        ] {
            assert_eq!(readable(line), line);
        }
    }

    #[test]
    fn what_a_terminal_could_obey_stays_escaped() {
        let hostile = r#"{"message":"\u001b[2Jgone\nERROR forged","id":"\u001b]0;x\u0007"}"#;
        let readable_text = r"\u{1b}[2Jgone\nERROR forged id=\u{1b}]0;x\u{7}";
        assert_eq!(readable(hostile), readable_text);
    }
}
