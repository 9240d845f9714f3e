//! The cause of a failure as people read it.

use serde_json::Value;

/// A cause, which is a JSON document for a function that failed, and for an execution that another one waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    pub message: String,
    /// The lines of the function's stack trace, if it sent one.
    pub stack_trace: Vec<String>,
}

impl Cause {
    pub fn parse(cause: &str) -> Self {
        let document: Option<Value> = serde_json::from_str(cause).ok();
        if let Some(inner) = document.as_ref().and_then(of_execution) {
            return inner;
        }
        let field = |name: &str| document.as_ref()?.get(name);
        let message = field("errorMessage").and_then(Value::as_str);
        let stack_trace = field("stackTrace").and_then(Value::as_array);
        let lines = stack_trace.into_iter().flatten().filter_map(Value::as_str);
        Self {
            message: message.unwrap_or(cause).trim_end().to_owned(),
            stack_trace: lines.map(|line| line.trim_end().to_owned()).collect(),
        }
    }

    /// The first line of the message.
    pub fn headline(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// Why an execution failed that another one started: the document describes it.
fn of_execution(document: &Value) -> Option<Cause> {
    let field = |name: &str| document.get(name)?.as_str();
    field("ExecutionArn")?;
    let ended = field("Error").or_else(|| field("Status"))?;
    let inner = Cause::parse(field("Cause").unwrap_or_default());
    let message = match inner.message.as_str() {
        "" => ended.to_owned(),
        message => format!("{ended}: {message}"),
    };
    Some(Cause { message, ..inner })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_of_a_function_that_failed_is_its_message_and_stack_trace() {
        let cause = Cause::parse(
            r#"{"errorType":"E","errorMessage":"no\nstock","stackTrace":["at a\n","at b"]}"#,
        );
        assert_eq!(cause.message, "no\nstock");
        assert_eq!(cause.headline(), "no");
        assert_eq!(cause.stack_trace, ["at a", "at b"]);
    }

    #[test]
    fn the_cause_of_an_execution_that_failed_is_why_it_did() {
        let function = r#"{"errorMessage":"no stock","stackTrace":["at a"]}"#;
        let inner = serde_json::json!({ "ExecutionArn": "arn:inner", "Status": "FAILED", "Error": "Refused", "Cause": function });
        let outer = serde_json::json!({ "ExecutionArn": "arn:outer", "Status": "FAILED", "Error": "States.TaskFailed", "Cause": inner.to_string() });
        let cause = Cause::parse(&outer.to_string());
        assert_eq!(cause.message, "States.TaskFailed: Refused: no stock");
        assert_eq!(cause.stack_trace, ["at a"]);
        let stopped = serde_json::json!({ "ExecutionArn": "arn", "Status": "ABORTED" });
        assert_eq!(Cause::parse(&stopped.to_string()).message, "ABORTED");
    }

    #[test]
    fn any_other_cause_is_its_text() {
        for text in ["out of stock", "{\"code\": 7}", "17", ""] {
            let cause = Cause::parse(text);
            assert_eq!(cause.message, text);
            assert_eq!(cause.stack_trace, Vec::<String>::new());
        }
    }
}
