//! `Retry` and `Catch`: lists whose order matters.

use serde_json::Value;

use super::at::At;
use super::checker::{CheckContext, Checker};
use super::finding::Code;
use super::report::Mark;
use super::schema::Shape;

const ALL: &str = "States.ALL";

/// The reserved error names. `States.Http.StatusCode.404` and the like are reserved too.
const RESERVED: &[&str] = &[
    ALL,
    "States.BranchFailed",
    "States.DataLimitExceeded",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.Http.Socket",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.ResultPathMatchFailure",
    "States.ResultWriterFailed",
    "States.Runtime",
    "States.TaskFailed",
    "States.Timeout",
];

impl<'s> Checker<'s> {
    pub(super) fn handlers(
        &mut self,
        shape: &Shape,
        value: &'s Value,
        at: &At<'_>,
        context: CheckContext,
    ) {
        let Some(handlers) = value.as_array() else {
            self.report.value(at, "Expected value of type Array");
            return;
        };
        let context = CheckContext {
            catching: true,
            resulting: false,
            ..context
        };
        for (index, handler) in handlers.iter().enumerate() {
            let at = at.index(index);
            self.object(shape, handler, &at, context);
            let names = handler.get("ErrorEquals").and_then(Value::as_array);
            let names = names.map(Vec::as_slice).unwrap_or_default();
            let last = index + 1 == handlers.len();
            let at = at.key("ErrorEquals");
            for (position, name) in names.iter().enumerate() {
                let Some(name) = name.as_str() else {
                    continue;
                };
                self.error_name(name, last && names.len() == 1, &at.index(position));
            }
        }
    }

    fn error_name(&mut self, name: &str, alone_and_last: bool, at: &At<'_>) {
        if name == ALL && !alone_and_last {
            let message = "States.ALL must appear alone and at end of list";
            self.report.value(at, message);
        }
        let known = RESERVED.contains(&name) || name.starts_with("States.Http.StatusCode.");
        if name.starts_with("States.") && !known && !self.raised.may_be(name) {
            let message =
                format!("'{name}' is not a reserved error name, and no Fail state raises it");
            self.report
                .warning(Code::UnknownErrorName, at, Mark::Value, message);
            let names = RESERVED.iter().copied().chain(self.raised.names());
            self.report.suggest(name, names);
        }
    }
}
