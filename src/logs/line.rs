//! One line of a log.

use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use jiff::Timestamp;

use super::platform::Platform;
use crate::aws::of_millis;

/// The log group of a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogGroup {
    /// The handler, or the function if it is not of this stack.
    pub function: String,
    pub name: String,
}

/// A line as CloudWatch Logs keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// To the millisecond.
    pub time: Timestamp,
    pub function: String,
    /// One process of the function writes it.
    pub log_stream: String,
    pub event_id: String,
    pub message: String,
}

impl LogLine {
    pub(super) fn new(function: &str, event: FilteredLogEvent) -> Self {
        let millis = event.timestamp.unwrap_or_default();
        let log_stream = event.log_stream_name.unwrap_or_default();
        let message = event.message.unwrap_or_default();
        // Not every implementation of the API gives ids.
        let content = || format!("{millis} {log_stream} {message}");
        Self {
            time: of_millis(millis),
            function: function.to_owned(),
            event_id: event.event_id.unwrap_or_else(content),
            log_stream,
            message: message.trim_end().to_owned(),
        }
    }

    /// Whether Lambda wrote it, and not the function.
    pub fn is_platform(&self) -> bool {
        Platform::parse(&self.message).is_some()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A line of the stream `stream` of function `buy`.
    pub(crate) fn line(millis: i64, stream: &str, message: &str) -> LogLine {
        LogLine {
            time: of_millis(millis),
            function: "buy".to_owned(),
            log_stream: stream.to_owned(),
            event_id: format!("{millis} {stream} {message}"),
            message: message.to_owned(),
        }
    }

    #[test]
    fn what_lambda_says_is_not_taken_for_the_function() {
        let platform = [
            "INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn",
            "START RequestId: 6f1d Version: 3",
            "END RequestId: 6f1d",
            "REPORT RequestId: 6f1d\tDuration: 1.20 ms\tBilled Duration: 2 ms\t",
        ];
        for message in platform {
            assert!(line(0, "s", message).is_platform(), "{message}");
        }
        for message in ["START of the day", "RequestId: 6f1d", ""] {
            assert!(!line(0, "s", message).is_platform(), "{message}");
        }
    }
}
