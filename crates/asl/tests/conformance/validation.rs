//! `validation.jsonl`: definitions, and whether they are valid.

use serde_json::Value;
use txflow_asl::ExecutionKind;
use txflow_asl::source::Source;
use txflow_asl::validate::{Finding, Severity, validate};

use crate::compare::Difference;

/// The errors that the checks find, in the format of AWS.
pub fn errors(row: &Value) -> Vec<String> {
    let text = match row.get("definition_text").and_then(Value::as_str) {
        Some(text) => text.to_owned(),
        None => row["definition"].to_string(),
    };
    let kind = match row["type"].as_str() {
        Some("EXPRESS") => ExecutionKind::Express,
        _ => ExecutionKind::Standard,
    };
    let findings = match Source::from_json(text) {
        Ok(source) => validate(&source, kind),
        Err(error) => vec![Finding::from(error)],
    };
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    errors.map(ToString::to_string).collect()
}

/// Whether the definition is valid.
pub fn compare(row: &Value, errors: &[String]) -> Result<(), Difference> {
    if (row["valid"] == true) == errors.is_empty() {
        return Ok(());
    }
    Err(difference("valid", row, errors))
}

/// Whether the errors match those of AWS word for word; `None` if the row has none.
pub fn compare_wording(row: &Value, errors: &[String]) -> Option<Result<(), Difference>> {
    let recorded = aws_wording(row)?;
    Some(match recorded == errors {
        true => Ok(()),
        false => Err(difference("wording", row, errors)),
    })
}

fn difference(place: &str, row: &Value, errors: &[String]) -> Difference {
    Difference {
        place: place.to_owned(),
        recorded: row["reason"].to_string(),
        found: errors.join("; "),
    }
}

/// AWS's own diagnostics, if the row has them.
fn aws_wording(row: &Value) -> Option<Vec<String>> {
    let reason = &row["reason"];
    if let Some(message) = reason["Message"].as_str() {
        let list = message.strip_prefix("Invalid State Machine Definition: '")?;
        return Some(vec![list.strip_suffix('\'')?.to_owned()]);
    }
    let diagnostics = reason.as_array()?.iter().map(|diagnostic| {
        let text = |name: &str| diagnostic[name].as_str();
        let (code, message, location) = (text("code")?, text("message")?, text("location")?);
        Some(format!("{code}: {message} at {location}"))
    });
    diagnostics.collect()
}
