//! Those who worked beside an execution when it was recorded: the workers of activities and the holders of task tokens.
//! The history shows what each of them did.

use std::collections::BTreeMap;
use std::time::Duration;

use regex::Regex;
use serde_json::{Value, json};

use super::needs::details;
use super::{accepted, history};
use crate::cloud::Cloud;

/// The events that schedule a task with which something else is called.
pub fn scheduled(events: &[Value]) -> impl Iterator<Item = &Value> {
    events
        .iter()
        .filter(|event| event["type"] == "TaskScheduled")
}

/// The last event of each of these tasks.
pub fn outcomes(events: &[Value], tasks: &[&Value]) -> Vec<Value> {
    let chains = Chains::of(events);
    let ends = events.iter().filter(|event| {
        let kind = event["type"].as_str().unwrap_or_default();
        ["TaskSucceeded", "TaskFailed", "TaskTimedOut"].contains(&kind)
    });
    let mut by_task: BTreeMap<String, Value> = BTreeMap::new();
    for end in ends {
        if let Some(start) = chains.start(end, "TaskScheduled") {
            by_task.insert(start["id"].to_string(), end.clone());
        }
    }
    let ends = tasks.iter();
    ends.filter_map(|task| by_task.get(&task["id"].to_string()).cloned())
        .collect()
}

/// Which event led to which.
struct Chains<'a>(BTreeMap<String, &'a Value>);

impl<'a> Chains<'a> {
    fn of(events: &'a [Value]) -> Self {
        let by_id = events.iter().map(|event| (event["id"].to_string(), event));
        Chains(by_id.collect())
    }

    /// The event of this type from which `event` follows.
    fn start(&self, event: &'a Value, kind: &str) -> Option<&'a Value> {
        let mut event = event;
        for _ in 0..self.0.len() {
            if event["type"] == kind {
                return Some(event);
            }
            event = self.0.get(&event["previousEventId"].to_string())?;
        }
        None
    }
}

/// What somebody reports about a task.
enum Report {
    Success(String),
    Failure(Value),
}

impl Report {
    async fn send(self, cloud: &Cloud, token: &str, beats: bool) -> Result<(), String> {
        if beats {
            let beat = json!({ "taskToken": token });
            accepted(
                "SendTaskHeartbeat",
                cloud.states("SendTaskHeartbeat", beat).await,
            )?;
        }
        let (operation, mut members) = match self {
            Report::Success(output) => ("SendTaskSuccess", json!({ "output": output })),
            Report::Failure(members) => ("SendTaskFailure", members),
        };
        members["taskToken"] = json!(token);
        accepted(operation, cloud.states(operation, members).await).map(drop)
    }
}

/// The report that an event is the effect of.
fn report(event: &Value, kind: &str) -> Option<Report> {
    let succeeded = details(event, &format!("{kind}Succeeded"));
    if !succeeded.is_null() {
        return Some(Report::Success(text(&succeeded["output"])));
    }
    let failed = details(event, &format!("{kind}Failed"));
    if failed.is_null() {
        return None;
    }
    let mut members = json!({});
    for member in ["error", "cause"] {
        if let Some(value) = failed.get(member) {
            members[member] = json!(text(value));
        }
    }
    Some(Report::Failure(members))
}

/// What was decoded before it was stored, as text again.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Does everything that they did, in the order in which the history shows it.
pub async fn work(cloud: &Cloud, row: &Value, execution: &str) -> Result<(), String> {
    let events = row["expected"]["events"].as_array();
    let events = events.map(Vec::as_slice).unwrap_or_default();
    let chains = Chains::of(events);
    let tasks: Vec<String> = scheduled(events)
        .map(|task| task["id"].to_string())
        .collect();
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for event in events {
        if let Some(start) = chains.start(event, "ActivityScheduled") {
            let id = start["id"].to_string();
            if event["type"] == "ActivityStarted" {
                let worker = &details(event, "activityStarted")["workerName"];
                let token = take(cloud, &activity(row, start)?, worker).await?;
                taken.insert(id, token);
            } else if let (Some(report), Some(token)) = (report(event, "activity"), taken.get(&id))
            {
                report
                    .send(cloud, token, beats(start, "activityScheduled"))
                    .await?;
            }
        } else if let Some(start) = chains.start(event, "TaskScheduled")
            && let Some(report) = report(event, "task")
            && by_token(&chains, start, event)
        {
            let id = start["id"].to_string();
            let index = tasks
                .iter()
                .position(|task| *task == id)
                .unwrap_or_default();
            let Some(token) = token(cloud, execution, index).await? else {
                return Ok(());
            };
            report
                .send(cloud, &token, beats(start, "taskScheduled"))
                .await?;
        }
    }
    Ok(())
}

fn beats(scheduled: &Value, kind: &str) -> bool {
    details(scheduled, kind).get("heartbeatInSeconds").is_some()
}

/// Whether the end of a task that calls a service was reported by its token.
fn by_token(chains: &Chains, scheduled: &Value, end: &Value) -> bool {
    let resource = &details(scheduled, "taskScheduled")["resource"];
    let resource = resource.as_str().unwrap_or_default();
    let submitted = chains.start(end, "TaskSubmitted").is_some();
    let child = { [("taskSucceeded", "output"), ("taskFailed", "cause")].iter() }
        .any(|(kind, member)| details(end, kind)[member].get("ExecutionArn").is_some());
    submitted && (resource.ends_with(".waitForTaskToken") || resource.contains(".sync") && !child)
}

/// The ARN of an activity, which the recording may have masked.
fn activity(row: &Value, scheduled: &Value) -> Result<String, String> {
    let recorded = details(scheduled, "activityScheduled")["resource"].as_str();
    let recorded = recorded.unwrap_or_default();
    let masks = row["compare"]["regex"].as_array().into_iter().flatten();
    let mut arns = masks
        .filter(|mask| mask["replacement"] == recorded)
        .filter_map(|mask| mask["regex"].as_str())
        .filter(|arn| arn.contains(":activity:"));
    if recorded.contains(":activity:") && !recorded.contains('<') {
        return Ok(recorded.to_owned());
    }
    let arn = arns
        .next()
        .ok_or_else(|| format!("the activity `{recorded}` is masked"))?;
    Ok(arn.to_owned())
}

async fn take(cloud: &Cloud, activity: &str, worker: &Value) -> Result<String, String> {
    let mut poll = json!({ "activityArn": activity });
    if worker.is_string() {
        poll["workerName"] = worker.clone();
    }
    let polled = accepted(
        "GetActivityTask",
        cloud.states("GetActivityTask", poll).await,
    )?;
    let token = polled["taskToken"].as_str();
    Ok(token.ok_or("no task of the activity came")?.to_owned())
}

/// The token of a task once the call that was given it has returned. `None` if the execution ends before.
async fn token(cloud: &Cloud, execution: &str, index: usize) -> Result<Option<String>, String> {
    let pattern = Regex::new("[0-9a-f]{128}").map_err(|error| error.to_string())?;
    loop {
        let events = history(cloud, execution).await?;
        let chains = Chains::of(&events);
        if let Some(task) = scheduled(&events).nth(index) {
            let submitted = events.iter().any(|event| {
                event["type"] == "TaskSubmitted"
                    && chains
                        .start(event, "TaskScheduled")
                        .is_some_and(|start| start == task)
            });
            let parameters = text(&details(task, "taskScheduled")["parameters"]);
            match pattern.find(&parameters) {
                Some(token) if submitted => return Ok(Some(token.as_str().to_owned())),
                None => return Ok(None),
                Some(_) => {}
            }
        }
        let ended = [
            "ExecutionSucceeded",
            "ExecutionFailed",
            "ExecutionTimedOut",
            "ExecutionAborted",
        ];
        let last = events.last().and_then(|event| event["type"].as_str());
        if last.is_some_and(|kind| ended.contains(&kind)) {
            return Ok(None);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
