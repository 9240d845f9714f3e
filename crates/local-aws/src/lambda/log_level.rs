//! Which log lines of a handler Lambda passes on, if its logs are JSON.

use serde_json::{Map, Value};

/// The least first.
pub(super) const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/// Whether a line is below a level. One that names none counts as `INFO`, and one that is not a JSON object is passed on.
pub(super) fn is_below(line: &[u8], least: &str) -> bool {
    let rank = |level: &str| {
        let level = level.to_ascii_uppercase();
        LEVELS.iter().position(|known| *known == level)
    };
    let Ok(line) = serde_json::from_slice::<Map<String, Value>>(line) else {
        return false;
    };
    let level = line.get("level").and_then(Value::as_str);
    let level = level.and_then(rank).or(rank("INFO"));
    level < rank(least)
}

#[cfg(test)]
mod tests {
    use super::is_below;

    #[test]
    fn only_json_below_the_level_is_withheld() {
        for (line, least, below) in [
            (r#"{"level":"DEBUG","message":"m"}"#, "INFO", true),
            (r#"{"level":"debug"}"#, "DEBUG", false),
            (r#"{"level":"ERROR"}"#, "FATAL", true),
            (r#"{"message":"m"}"#, "WARN", true),
            (r#"{"message":"m"}"#, "INFO", false),
            ("DEBUG plain text", "FATAL", false),
            (r#"["level"]"#, "FATAL", false),
        ] {
            assert_eq!(is_below(line.as_bytes(), least), below, "{line} {least}");
        }
    }
}
