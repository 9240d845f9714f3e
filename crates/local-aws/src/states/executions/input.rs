//! The input that an execution is started with.

use txflow_asl::Payload;

use crate::fault::{Constraints, Fault};
use crate::states::machine::validation;

/// AWS's limit, in bytes of UTF-8.
const MAX_BYTES: usize = 256 * 1024;

/// The input, or AWS's refusal. A missing input counts as `{}`.
pub(in crate::states) fn read(text: Option<String>) -> Result<Payload, Fault> {
    let text = text.unwrap_or_else(|| "{}".to_owned());
    check_size("input", &text)?;
    if text.trim().is_empty() {
        return Err(invalid("Invalid execution input."));
    }
    Payload::from_text(text.clone()).map_err(|error| invalid(&explain(&text, &error)))
}

/// AWS does not repeat data in its refusals.
pub(in crate::states) fn check_size(member: &str, text: &str) -> Result<(), Fault> {
    if text.len() > MAX_BYTES {
        return Err(validation(format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must have length less than or equal to {MAX_BYTES}"
        )));
    }
    Ok(())
}

/// Checks the value of `X-Amzn-Trace-Id` or `traceHeader`.
pub(super) fn check_trace_header(header: Option<&String>) -> Result<(), Fault> {
    let Some(header) = header else { return Ok(()) };
    Constraints::default()
        .length("traceHeader", header, 0, 256)
        .pattern("traceHeader", header, "\\p{ASCII}*", header.is_ascii())
        .check("ValidationException")
}

/// The service parses with Jackson, a Java library. Its two most common errors are worded as Jackson words them.
fn explain(text: &str, error: &serde_json::Error) -> String {
    let trimmed = text.trim_start();
    let word: String = trimmed
        .chars()
        .take_while(|c| c.is_alphanumeric())
        .collect();
    if word.starts_with(char::is_alphabetic) && !["true", "false", "null"].contains(&word.as_str())
    {
        return format!(
            "Unrecognized token '{word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        );
    }
    let line = text
        .lines()
        .nth(error.line().saturating_sub(1))
        .unwrap_or_default();
    let found = line
        .as_bytes()
        .get(error.column().saturating_sub(1))
        .filter(|byte| byte.is_ascii_graphic());
    match found {
        Some(&byte) if error.to_string().starts_with("key must be a string") => format!(
            "Unexpected character ('{}' (code {byte})): was expecting double-quote to start field name",
            char::from(byte)
        ),
        _ if error.to_string().starts_with("recursion limit exceeded") => {
            "nested more than 127 levels deep, and the local AWS reads no deeper".to_owned()
        }
        _ => error.to_string(),
    }
}

fn invalid(what: &str) -> Fault {
    Fault::bad(
        "InvalidExecutionInput",
        format!("Invalid State Machine Execution Input: '{what}'"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_mistakes_are_worded_as_aws_words_them() {
        let message = |text: &str| read(Some(text.to_owned())).unwrap_err().message;
        assert_eq!(
            message("not some json"),
            "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')'"
        );
        assert_eq!(
            message("{'not': 'json'}"),
            "Invalid State Machine Execution Input: 'Unexpected character (''' (code 39)): was expecting double-quote to start field name'"
        );
        assert_eq!(
            message(""),
            "Invalid State Machine Execution Input: 'Invalid execution input.'"
        );
        assert_eq!(
            read(Some(format!("\"{}\"", "x".repeat(MAX_BYTES))))
                .unwrap_err()
                .code,
            "ValidationException"
        );
        let deep = "[".repeat(128);
        assert!(message(&deep).contains("the local AWS reads no deeper"));
        for good in ["1", "\"text\"", "null", "[]"] {
            assert_eq!(read(Some(good.to_owned())).unwrap().text(), good);
        }
    }
}
