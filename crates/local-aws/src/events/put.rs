//! Events: matched by rules, and sent to their targets.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use txflow_asl::jsonpath::{Found, JsonPath};
use txflow_triggers::{EventPattern, InputTransformer, RuleNames};

use super::rules::check_pattern;
use super::{Events, Rule, SERVICE, bus_name, invalid, rule_key};
use crate::clock;
use crate::delivery::Delivery;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::target_call::TargetCall;
use crate::timing::Time;

/// AWS's limits of a call.
const MOST: usize = 10;
const LARGEST: usize = 256 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    /// Seconds since 1970.
    time: Option<f64>,
    source: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    event_bus_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TestEventPattern {
    event_pattern: String,
    event: String,
}

impl Events {
    pub(super) fn put_events(&self, call: &Call) -> Result<Answer, Fault> {
        if call.body.len() > LARGEST {
            return Err(invalid(
                "Total size of the entries in the request is over the limit.",
            ));
        }
        let request: PutEvents = call.json()?;
        if request.entries.is_empty() || request.entries.len() > MOST {
            return Err(invalid(
                "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10 and greater than or equal to 1",
            ));
        }
        let mut failed = 0;
        let put = request
            .entries
            .into_iter()
            .map(|entry| match self.put(call, entry) {
                Ok(id) => json!({ "EventId": id }),
                Err(fault) => {
                    failed += 1;
                    json!({ "ErrorCode": fault.code, "ErrorMessage": fault.message })
                }
            });
        let entries: Vec<Value> = put.collect();
        Ok(Answer::json(
            json!({ "FailedEntryCount": failed, "Entries": entries }),
        ))
    }

    /// Sends an event to the targets of the rules that it matches, and gives its id. An event on a bus that does not
    /// exist is taken, as on AWS, and matches nothing.
    fn put(&self, call: &Call, entry: Entry) -> Result<String, Fault> {
        let missing = |member: &str| {
            Fault::bad(
                "InvalidArgument",
                format!(
                    "Parameter {member} is not valid. Reason: {member} is a required argument."
                ),
            )
        };
        let source = entry.source.ok_or_else(|| missing("Source"))?;
        let detail_type = entry.detail_type.ok_or_else(|| missing("DetailType"))?;
        let detail = entry.detail.ok_or_else(|| missing("Detail"))?;
        let malformed = || Fault::bad("MalformedDetail", "Detail is malformed.");
        let detail: Value = serde_json::from_str(&detail).map_err(|_| malformed())?;
        if !detail.is_object() {
            return Err(malformed());
        }
        if source.starts_with("aws.") {
            let message = "Not authorized for the source.";
            return Err(Fault::bad("NotAuthorizedForSourceException", message));
        }
        let now = self.conditions.now();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float that does not fit becomes the nearest that does"
        )]
        let time = entry.time.map_or(now, |seconds| (seconds * 1000.0) as u64);
        let id = self.conditions.random.uuid().to_string();
        let event = json!({
            "version": "0",
            "id": id,
            "detail-type": detail_type,
            "source": source,
            "account": call.scope.account,
            "time": clock::iam(time),
            "region": call.scope.region,
            "resources": entry.resources,
            "detail": detail,
        });
        let bus = bus_name(entry.event_bus_name.as_deref());
        for (_, rule) in self.rules.list(&rule_key(&call.scope, bus, "")) {
            if rule.state == "ENABLED" && rule.matches(&event) {
                self.send(&rule, &event, &id, clock::iam(now), call.time());
            }
        }
        Ok(id)
    }

    pub(super) fn send(
        &self,
        rule: &Rule,
        event: &Value,
        id: &str,
        ingested: String,
        time: Option<Time>,
    ) {
        let names = RuleNames {
            arn: rule.arn.clone(),
            name: rule.name.clone(),
            ingestion_time: ingested,
        };
        for target in rule.targets.values() {
            let text = |member: &str| target[member].as_str().unwrap_or_default().to_owned();
            let arn = text("Arn");
            let input = input(target, event, &names);
            // EventBridge names an execution after the event that starts it.
            let name = format!("{id}_{}", self.conditions.random.uuid());
            let delivery = Delivery {
                service: SERVICE,
                source_arn: rule.arn.clone(),
                sender: rule.arn.clone(),
                role: target["RoleArn"].as_str().map(str::to_owned),
                call: TargetCall::to(&arn, target, &input, &name)
                    .or_else(|| TargetCall::to_bus(&arn, event)),
                target: arn,
                input,
                retries: 0,
                max_age: std::time::Duration::ZERO,
                dead_letter_queue: None,
                time,
            };
            self.deliveries.send(delivery.with_policies(target));
        }
    }
}

impl Rule {
    fn matches(&self, event: &Value) -> bool {
        let Some(pattern) = &self.pattern else {
            return false;
        };
        let pattern = serde_json::from_str(pattern).unwrap_or_default();
        EventPattern::parse(&pattern).is_ok_and(|pattern| pattern.matches(event))
    }
}

/// What a target gets of an event.
fn input(target: &Value, event: &Value, names: &RuleNames) -> String {
    if let Some(constant) = target["Input"].as_str() {
        return constant.to_owned();
    }
    if let Some(path) = target["InputPath"].as_str() {
        let path = JsonPath::parse(path).ok();
        let found = path.as_ref().and_then(|path| path.find(event).ok());
        return found.map(Found::into_value).unwrap_or_default().to_string();
    }
    let transformer = &target["InputTransformer"];
    let Some(template) = transformer["InputTemplate"].as_str() else {
        return event.to_string();
    };
    match InputTransformer::parse(&paths_of(transformer), template) {
        Ok(transformer) => transformer.apply(event, names),
        // Kept by a server that accepted more.
        Err(_) => template.to_owned(),
    }
}

/// The paths of an input transformer.
pub(super) fn paths_of(transformer: &Value) -> BTreeMap<String, String> {
    let paths = transformer["InputPathsMap"].as_object();
    let paths = paths.into_iter().flatten();
    let paths =
        paths.map(|(name, path)| (name.clone(), path.as_str().unwrap_or_default().to_owned()));
    paths.collect()
}

pub(super) fn test_event_pattern(call: &Call) -> Result<Answer, Fault> {
    let request: TestEventPattern = call.json()?;
    let pattern = check_pattern(&request.event_pattern)?;
    let event: Value = serde_json::from_str(&request.event)
        .map_err(|_| invalid("Parameter Event is not valid."))?;
    Ok(Answer::json(json!({ "Result": pattern.matches(&event) })))
}
