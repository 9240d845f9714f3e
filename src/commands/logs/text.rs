//! How a log line is printed.

use std::collections::BTreeSet;

use anstyle::AnsiColor;
use schemars::JsonSchema;
use serde::Serialize;

use crate::logs::{ExecutionLine, LogLine, readable};
use crate::report::style::{FAINT, PLAIN, rfc3339};
use crate::world::{Style, one_line};

/// The colours of functions, in turn. Red is reserved for failures.
const COLORS: [AnsiColor; 5] = [
    AnsiColor::Cyan,
    AnsiColor::Yellow,
    AnsiColor::Magenta,
    AnsiColor::Green,
    AnsiColor::Blue,
];

/// How log lines look to people.
pub(super) struct LogText<'a> {
    /// All functions of the deployment: a function's colour depends on its position here, so a filter does not
    /// change it.
    functions: Vec<&'a str>,
    width: usize,
}

/// A line with what is known about it.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Printed<'a> {
    time: String,
    function: &'a str,
    request_id: Option<String>,
    log_stream: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<usize>,
    message: &'a str,
    /// Whether the state had other attempts.
    #[serde(skip)]
    several: bool,
}

impl<'a> Printed<'a> {
    pub fn new(line: &'a LogLine, request_id: Option<String>) -> Self {
        Self {
            time: rfc3339(line.time),
            function: &line.function,
            request_id,
            log_stream: &line.log_stream,
            state: None,
            attempt: None,
            message: &line.message,
            several: false,
        }
    }

    pub fn of_execution(found: &'a ExecutionLine) -> Self {
        Self {
            state: Some(&found.state),
            attempt: Some(found.attempt),
            several: found.attempts > 1,
            ..Self::new(&found.line, Some(found.request_id.clone()))
        }
    }

    /// `[Purchase Handler, attempt 2] `, or nothing.
    fn origin(&self) -> String {
        match (self.state, self.attempt) {
            (Some(state), Some(attempt)) if self.several => {
                format!("[{state}, attempt {attempt}] ")
            }
            (Some(state), _) => format!("[{state}] "),
            _ => String::new(),
        }
    }
}

impl<'a> LogText<'a> {
    /// `shown` are the functions whose lines will follow.
    pub fn new(handlers: &'a BTreeSet<String>, shown: &[String]) -> Self {
        let widths = shown.iter().map(|function| function.chars().count());
        Self {
            functions: handlers.iter().map(String::as_str).collect(),
            width: widths.max().unwrap_or(0),
        }
    }

    pub fn text(&self, line: &Printed<'_>) -> String {
        let Printed { time, function, .. } = line;
        // A message on several lines could pass for lines of other functions.
        let message = readable(line.message).replace('\n', "\n    ");
        let style = self.style(function);
        let (origin, width) = (line.origin(), self.width);
        let origin = one_line(&origin);
        format!(
            "{FAINT}{time}{FAINT:#} {style}{function:width$}{style:#} {FAINT}{origin}{FAINT:#}{message}"
        )
    }

    fn style(&self, function: &str) -> Style {
        let place = self.functions.iter().position(|known| *known == function);
        let color = place.map(|place| COLORS[place % COLORS.len()]);
        color.map_or(PLAIN, |color| Style::of(color.on_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::style::since_1970;

    fn text() -> LogText<'static> {
        LogText {
            functions: vec!["buy", "refund"],
            width: 6,
        }
    }

    fn found(attempts: usize) -> ExecutionLine {
        ExecutionLine {
            line: LogLine {
                time: since_1970(1_795_641_423.12),
                function: "buy".to_owned(),
                log_stream: "2026/11/25/[3]a1".to_owned(),
                event_id: "1".to_owned(),
                message: r#"{"level":"INFO"}"#.to_owned(),
            },
            request_id: "6f1d".to_owned(),
            state: "Purchase Handler".to_owned(),
            attempt: 2,
            attempts,
        }
    }

    #[test]
    fn a_line_begins_with_its_time_and_its_function() {
        let found = found(1);
        let printed = text().text(&Printed::new(&found.line, None));
        assert_eq!(
            crate::world::plain(&printed),
            r#"2026-11-25T21:17:03.120Z buy    {"level":"INFO"}"#
        );
    }

    #[test]
    fn a_line_of_an_execution_says_which_attempt_of_which_state_wrote_it() {
        let (retried, once) = (found(3), found(1));
        assert_eq!(
            Printed::of_execution(&retried).origin(),
            "[Purchase Handler, attempt 2] "
        );
        assert_eq!(Printed::of_execution(&once).origin(), "[Purchase Handler] ");
        let json = serde_json::to_string(&Printed::of_execution(&once)).unwrap_or_default();
        assert_eq!(
            json,
            r#"{"time":"2026-11-25T21:17:03.120Z","function":"buy","request_id":"6f1d","log_stream":"2026/11/25/[3]a1","state":"Purchase Handler","attempt":2,"message":"{\"level\":\"INFO\"}"}"#
        );
    }

    #[test]
    fn each_function_keeps_its_own_colour() {
        let text = text();
        assert_ne!(text.style("buy"), text.style("refund"));
        assert_eq!(text.style("buy"), text.style("buy"));
    }
}
