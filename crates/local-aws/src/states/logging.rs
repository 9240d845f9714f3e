//! Logging configurations, and the log of an execution.

use std::sync::Arc;

use serde_json::{Value, json};
use txflow_asl::Arn;
use txflow_asl::history::Event;

use super::machine::StateMachine;
use super::{SERVICE, States};
use crate::clock::{self, Millis};
use crate::fault::{Constraints, Fault};
use crate::http::scope::Scope;
use crate::logs::Logs;

impl States {
    /// The configuration as it is stored, or why it is refused. A missing one counts as `OFF`.
    pub(super) fn check_logging(
        &self,
        scope: &Scope,
        role: &str,
        configuration: Option<Value>,
    ) -> Result<Value, Fault> {
        let mut configuration = match configuration {
            None | Some(Value::Null) => json!({}),
            Some(configuration) => configuration,
        };
        let level = configuration["level"].as_str().unwrap_or("OFF").to_owned();
        Constraints::default()
            .one_of(
                "loggingConfiguration.level",
                &level,
                &["ALL", "ERROR", "FATAL", "OFF"],
            )
            .check("ValidationException")?;
        configuration["level"] = json!(level);
        if configuration["includeExecutionData"].is_null() {
            configuration["includeExecutionData"] = json!(false);
        }
        let destinations = configuration["destinations"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let invalid = |what: &str| {
            Err(Fault::bad(
                "InvalidLoggingConfiguration",
                format!("Invalid Logging Configuration: {what}"),
            ))
        };
        if destinations.len() > 1 || (level != "OFF" && destinations.is_empty()) {
            return invalid("Must specify exactly one Log Destination.");
        }
        for destination in &destinations {
            let arn = destination["cloudWatchLogsLogGroup"]["logGroupArn"]
                .as_str()
                .unwrap_or_default();
            let Some(name) = group_name(arn) else {
                return invalid(
                    "Must specify a valid CloudWatch Logs Log Group ARN that ends with `:*`.",
                );
            };
            // Step Functions checks both the log group and the role, and reports the same error for either.
            let on = ("logs:CreateLogDelivery", Some("*"));
            let region = [("aws:RequestedRegion", scope.region.as_str())];
            let permitted = self.iam.permits_call(SERVICE, role, on, &region);
            if !self.logs.has_group(scope, name) || permitted.is_err() {
                return Err(Fault::bad(
                    "AccessDeniedException",
                    "The state machine IAM Role is not authorized to access the Log Destination",
                ));
            }
        }
        Ok(configuration)
    }
}

fn group_name(arn: &str) -> Option<&str> {
    let arn = Arn::parse(arn).filter(|arn| arn.qualifier() == Some("*"))?;
    let is_group = arn.resource_type() == Some("log-group") && !arn.name().is_empty();
    is_group.then(|| arn.name())
}

/// The log of an execution, at the level that the state machine sets.
pub(super) struct ExecutionLog {
    logs: Arc<Logs>,
    stream: String,
    level: Level,
    with_data: bool,
    execution_arn: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    All,
    Error,
    Fatal,
}

impl ExecutionLog {
    /// `None` if the state machine logs nothing.
    pub(super) async fn open(
        logs: &Arc<Logs>,
        now: Millis,
        machine: &StateMachine,
        logging: &Value,
        execution_arn: &str,
    ) -> Option<ExecutionLog> {
        let level = match logging["level"].as_str() {
            Some("ALL") => Level::All,
            Some("ERROR") => Level::Error,
            Some("FATAL") => Level::Fatal,
            _ => return None,
        };
        let arn = logging["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"].as_str()?;
        let name = format!(
            "states/{}/{}",
            machine.name,
            clock::day(now).replace('/', "-")
        );
        let stream = logs
            .open_stream(&Scope::of_arn(&machine.arn), group_name(arn)?, &name)
            .await
            .ok()?;
        let with_data = logging["includeExecutionData"] == true;
        Some(ExecutionLog {
            logs: Arc::clone(logs),
            stream,
            level,
            with_data,
            execution_arn: execution_arn.to_owned(),
        })
    }

    pub(super) fn write(&self, events: &[Event]) {
        let lines: Vec<(Millis, String)> =
            events.iter().filter_map(|event| self.line(event)).collect();
        if lines.is_empty() {
            return;
        }
        if let Ok(commit) = self.logs.append(&self.stream, lines) {
            commit.later();
        }
    }

    fn line(&self, event: &Event) -> Option<(Millis, String)> {
        let name = event.type_name();
        let fatal =
            ["ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"].contains(&name.as_str());
        let error = fatal
            || ["Failed", "TimedOut", "Aborted"]
                .iter()
                .any(|end| name.ends_with(end));
        let wanted = match self.level {
            Level::All => true,
            Level::Error => error,
            Level::Fatal => fatal,
        };
        if !wanted {
            return None;
        }
        let mut details = event
            .to_json()
            .as_object()
            .and_then(|event| {
                event
                    .iter()
                    .find(|(key, _)| key.ends_with("EventDetails"))
                    .map(|(_, value)| value.clone())
            })
            .unwrap_or_else(|| json!({}));
        if let (false, Some(details)) = (self.with_data, details.as_object_mut()) {
            details.retain(|key, _| {
                ![
                    "input",
                    "output",
                    "parameters",
                    "inputDetails",
                    "outputDetails",
                ]
                .contains(&key.as_str())
            });
        }
        let at = Millis::try_from(event.timestamp.as_millis()).unwrap_or_default();
        let line = json!({
            "id": event.id.to_string(),
            "type": name,
            "details": details,
            "previous_event_id": event.previous_event_id.to_string(),
            "event_timestamp": at.to_string(),
            "execution_arn": self.execution_arn,
            "redrive_count": "0",
        });
        Some((at, line.to_string()))
    }
}
