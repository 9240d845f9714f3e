//! The log of an execution as its history: what is left of one that is EXPRESS.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_smithy_async::rt::sleep::AsyncSleep;
use jiff::Timestamp;
use serde_json::{Value, json};
use txflow_asl::Arn;

use super::{LogGroup, LogLine, Window, read};
use crate::aws::{Aws, AwsError};
use crate::executions::Run;

/// The events that Step Functions logged of an execution, in the form of its history; `None` if there are none, such as with
/// a level that leaves them out. Lines become readable some time after they were written: they are waited for as long as
/// `patience` says.
///
/// # Errors
///
/// If AWS refuses a read.
pub async fn recorded(
    aws: &Aws,
    log_group: String,
    run: &Run,
    patience: Duration,
) -> Result<Option<Value>, AwsError> {
    let group = LogGroup {
        function: String::new(),
        name: log_group,
    };
    let window = Window::since(run.started);
    let pause = Duration::from_secs(1);
    let mut left = patience;
    loop {
        let read = read(aws, std::slice::from_ref(&group), window).await?;
        let events = events(&read.lines, &run.execution_arn);
        let ended = events.last().is_some_and(is_end);
        if ended || left.is_zero() {
            let whole = ended && events.first().is_some_and(|first| first["id"] == 1);
            return Ok(whole.then(|| {
                json!({ "executionArn": run.execution_arn, "name": run.name(), "events": events })
            }));
        }
        aws.sleep.sleep(pause.min(left)).await;
        left = left.saturating_sub(pause);
    }
}

/// All executions that Step Functions logged since a time, in the form of [`crate::executions::recorded`], the newest first.
///
/// # Errors
///
/// If AWS refuses a read.
pub async fn all_recorded(
    aws: &Aws,
    log_group: String,
    since: Timestamp,
) -> Result<Vec<Value>, AwsError> {
    let group = LogGroup {
        function: String::new(),
        name: log_group,
    };
    let read = read(aws, std::slice::from_ref(&group), Window::since(since)).await?;
    let mut recorded: Vec<Value> = { by_execution(&read.lines).into_iter() }
        .map(|(execution_arn, events)| execution(&execution_arn, events))
        .collect();
    let started = |one: &Value| one["events"][0]["timestamp"].as_f64().unwrap_or_default();
    recorded.sort_by(|one, other| started(other).total_cmp(&started(one)));
    Ok(recorded)
}

/// What is known of it is in its ARN and in its first event.
fn execution(execution_arn: &str, events: Vec<Value>) -> Value {
    let mut parts = execution_arn.split(':').skip(6);
    let (machine, name) = (parts.next(), parts.next());
    let mut recorded = json!({ "executionArn": execution_arn, "name": name });
    let account = Arn::parse(execution_arn).zip(machine);
    if let Some((arn, machine)) = account {
        let Arn {
            partition,
            region,
            account,
            ..
        } = arn;
        recorded["stateMachineArn"] =
            format!("arn:{partition}:states:{region}:{account}:stateMachine:{machine}").into();
    }
    let version = &events[0]["executionStartedEventDetails"]["stateMachineVersionArn"];
    if version.is_string() {
        recorded["stateMachineVersionArn"] = version.clone();
    }
    recorded["events"] = events.into();
    recorded
}

fn events(lines: &[LogLine], execution_arn: &str) -> Vec<Value> {
    let mut all = by_execution(lines);
    all.remove(execution_arn).unwrap_or_default()
}

fn by_execution(lines: &[LogLine]) -> BTreeMap<String, Vec<Value>> {
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in lines {
        let logged: Option<Value> = serde_json::from_str(&line.message).ok();
        let event = logged.as_ref().and_then(|logged| {
            let execution_arn = logged["execution_arn"].as_str()?;
            Some((execution_arn, event(logged)?))
        });
        if let Some((execution_arn, event)) = event {
            all.entry(execution_arn.to_owned()).or_default().push(event);
        }
    }
    for events in all.values_mut() {
        events.sort_by_key(|event| event["id"].as_u64());
    }
    all
}

/// Numbers are texts in a log, and the details have one name.
fn event(logged: &Value) -> Option<Value> {
    let number = |name: &str| logged[name].as_str()?.parse::<u64>().ok();
    let kind = logged["type"].as_str()?;
    let (first, rest) = kind.split_at_checked(1)?;
    let details = match kind {
        _ if kind.ends_with("StateEntered") => "stateEnteredEventDetails".to_owned(),
        _ if kind.ends_with("StateExited") => "stateExitedEventDetails".to_owned(),
        _ => format!("{}{rest}EventDetails", first.to_ascii_lowercase()),
    };
    let millis = number("event_timestamp")?;
    Some(json!({
        "id": number("id")?,
        "previousEventId": number("previous_event_id")?,
        "type": kind,
        "timestamp": millis as f64 / 1000.0,
        details: logged["details"],
    }))
}

fn is_end(event: &Value) -> bool {
    let kind = event["type"].as_str().unwrap_or_default();
    [
        "ExecutionSucceeded",
        "ExecutionFailed",
        "ExecutionTimedOut",
        "ExecutionAborted",
    ]
    .contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::super::line::tests::line;
    use super::*;

    #[test]
    fn what_was_logged_of_one_execution_is_its_history() {
        let logged = |id: &str, arn: &str, kind: &str, details: Value| {
            line(
                1000,
                "s",
                &json!({
                    "id": id, "previous_event_id": "0", "type": kind, "details": details,
                    "event_timestamp": "1000", "execution_arn": arn, "redrive_count": "0",
                })
                .to_string(),
            )
        };
        let lines = [
            logged(
                "2",
                "a",
                "PassStateEntered",
                json!({ "name": "P", "input": "{}" }),
            ),
            logged("1", "b", "ExecutionStarted", json!({})),
            line(1000, "s", "not an event"),
            logged("1", "a", "ExecutionStarted", json!({ "input": "{}" })),
            logged("3", "a", "ExecutionSucceeded", json!({ "output": "{}" })),
        ];
        let events = events(&lines, "a");
        assert_eq!(events.len(), 3);
        assert_eq!(events[0]["executionStartedEventDetails"]["input"], "{}");
        assert_eq!(events[1]["stateEnteredEventDetails"]["name"], "P");
        assert_eq!(events[1]["timestamp"], 1.0);
        assert!(is_end(&events[2]));
    }

    #[test]
    fn an_express_execution_is_told_by_its_log() {
        let arn = "arn:aws:states:eu-west-1:1:express:shop-dev:order-1:0-1";
        let version = "arn:aws:states:eu-west-1:1:stateMachine:shop-dev:3";
        let started = json!({ "input": "{}", "stateMachineVersionArn": version });
        let events = vec![json!({ "id": 1, "executionStartedEventDetails": started })];
        let recorded = execution(arn, events);
        assert_eq!(recorded["name"], "order-1");
        assert_eq!(
            recorded["stateMachineArn"],
            "arn:aws:states:eu-west-1:1:stateMachine:shop-dev"
        );
        assert_eq!(recorded["stateMachineVersionArn"], version);
    }
}
