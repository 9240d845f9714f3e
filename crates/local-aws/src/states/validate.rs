//! ValidateStateMachineDefinition.

use serde::Deserialize;
use serde_json::{Value, json};
use txflow_asl::ExecutionKind;
use txflow_asl::validate::Severity;

use super::create::check_size;
use super::definition::findings;
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ValidateStateMachineDefinition {
    #[serde(default)]
    definition: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    severity: Option<String>,
    max_results: Option<i64>,
}

pub(super) fn serve(call: &Call) -> Result<Answer, Fault> {
    let request: ValidateStateMachineDefinition = call.json()?;
    let kind = request.kind.as_deref().unwrap_or("STANDARD");
    let severity = request.severity.as_deref().unwrap_or("ERROR");
    Constraints::default()
        .one_of("type", kind, &["STANDARD", "EXPRESS"])
        .one_of("severity", severity, &["ERROR", "WARNING"])
        .range("maxResults", request.max_results, 0, 100)
        .check("ValidationException")?;
    check_size(&request.definition)?;
    let kind = if kind == "EXPRESS" {
        ExecutionKind::Express
    } else {
        ExecutionKind::Standard
    };
    let mut found = findings(&request.definition, kind);
    let failed = found
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    // By default only errors are returned; `WARNING` adds the warnings of AWS.
    found.retain(|finding| match severity {
        "WARNING" => finding.is_by_aws(),
        _ => finding.severity == Severity::Error,
    });
    let most = match request.max_results {
        None | Some(0) => 100,
        Some(most) => usize::try_from(most).unwrap_or(100),
    };
    let truncated = found.len() > most;
    let diagnostics: Vec<Value> = found
        .iter()
        .take(most)
        .map(|finding| {
            let mut shown = json!({
                "severity": match finding.severity {
                    Severity::Error => "ERROR",
                    Severity::Warning => "WARNING",
                },
                "code": finding.code.as_str(),
                "message": finding.message,
            });
            if let Some(location) = &finding.location {
                shown["location"] = json!(location);
            }
            shown
        })
        .collect();
    Ok(Answer::json(json!({
        "result": if failed { "FAIL" } else { "OK" },
        "diagnostics": diagnostics,
        "truncated": truncated,
    })))
}
