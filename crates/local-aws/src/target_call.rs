//! What schedules and rules call to deliver to their targets.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use txflow_asl::Arn;
use txflow_asl::integrations;

use crate::http::scope::Scope;
use crate::sqs::{arn_of_url, url_of_arn};

/// A call of a service here, and what the role must allow for it.
#[derive(Debug, Clone)]
pub(crate) struct TargetCall {
    /// The prefix of its IAM actions.
    pub(crate) service: &'static str,
    pub(crate) operation: String,
    pub(crate) input: Value,
    pub(crate) action: String,
    /// `None` if it must be allowed on any.
    pub(crate) resource: Option<String>,
    /// The values of condition keys.
    pub(crate) context: Vec<(&'static str, String)>,
}

impl TargetCall {
    /// The call that brings `input` to the target with this ARN; `target` has its parameters, and an execution gets this
    /// name. `None` if there is no way there.
    pub(crate) fn to(arn: &str, target: &Value, input: &str, name: &str) -> Option<TargetCall> {
        let parsed = Arn::parse(arn)?;
        match parsed.service {
            "states" => Some(TargetCall::start(&parsed, input, name)),
            "lambda" => {
                let input = json!({
                    "FunctionName": arn,
                    "InvocationType": "Event",
                    "Payload": STANDARD.encode(input),
                });
                let mut call = TargetCall::simple("lambda", "Invoke", arn, input);
                "lambda:InvokeFunction".clone_into(&mut call.action);
                Some(call)
            }
            "sqs" => {
                let mut input = json!({ "QueueUrl": url_of_arn(arn), "MessageBody": input });
                if let Some(group) = target["SqsParameters"]["MessageGroupId"].as_str() {
                    input["MessageGroupId"] = json!(group);
                }
                Some(TargetCall::simple("sqs", "SendMessage", arn, input))
            }
            "sns" => {
                let input = json!({ "TopicArn": arn, "Message": input });
                Some(TargetCall::simple("sns", "Publish", arn, input))
            }
            "events" => {
                let parameters = &target["EventBridgeParameters"];
                let entry = json!({
                    "Source": parameters["Source"].as_str()?,
                    "DetailType": parameters["DetailType"].as_str()?,
                    "Detail": input,
                    "EventBusName": arn,
                });
                Some(TargetCall::put_event(arn, entry))
            }
            "scheduler" => TargetCall::universal(&parsed, input),
            _ => None,
        }
    }

    /// The call that puts an event on another bus.
    pub(crate) fn to_bus(arn: &str, event: &Value) -> Option<TargetCall> {
        Arn::parse(arn).filter(|arn| arn.service == "events")?;
        let entry = json!({
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": event["detail"].to_string(),
            "Resources": event["resources"],
            "EventBusName": arn,
        });
        Some(TargetCall::put_event(arn, entry))
    }

    fn put_event(bus: &str, entry: Value) -> TargetCall {
        TargetCall::simple("events", "PutEvents", bus, json!({ "Entries": [entry] }))
    }

    fn simple(service: &'static str, operation: &str, resource: &str, input: Value) -> TargetCall {
        TargetCall {
            service,
            operation: operation.to_owned(),
            input,
            action: format!("{service}:{operation}"),
            resource: Some(resource.to_owned()),
            context: Vec::new(),
        }
    }

    /// A call on an alias is authorized by the ARN of the state machine.
    fn start(arn: &Arn<'_>, input: &str, name: &str) -> TargetCall {
        let state_machine = arn.without_qualifier().to_string();
        let parameters = json!({
            "stateMachineArn": arn.to_string(),
            "name": name,
            "input": input,
        });
        let call = TargetCall::simple("states", "StartExecution", &state_machine, parameters);
        let qualifier = arn.qualifier();
        let qualifier = qualifier.map(|it| ("states:StateMachineQualifier", it.to_owned()));
        TargetCall {
            context: Vec::from_iter(qualifier),
            ..call
        }
    }

    /// A universal target of a schedule, `arn:aws:scheduler:::aws-sdk:sqs:sendMessage`: any operation of a service, whose
    /// parameters the input is.
    fn universal(arn: &Arn<'_>, input: &str) -> Option<TargetCall> {
        let (service, operation) = arn.resource.strip_prefix("aws-sdk:")?.split_once(':')?;
        let service = integrations::service(service)?;
        let operation = integrations::operation(service, operation)?;
        let input: Value = serde_json::from_str(input).ok()?;
        let input = match (service.prefix, input) {
            // Parameters are in `PascalCase`, other than those of this service.
            ("states", Value::Object(members)) => { members.into_iter() }
                .map(|(name, value)| (decapitalized(&name), value))
                .collect(),
            (_, input) => input,
        };
        Some(TargetCall {
            service: service.prefix,
            operation: operation.name.to_owned(),
            resource: named(service.prefix, &input),
            action: operation.actions(service).into_iter().next()?,
            input,
            context: Vec::new(),
        })
    }
}

fn decapitalized(name: &str) -> String {
    let (first, rest) = name.split_at_checked(1).unwrap_or_default();
    first.to_ascii_lowercase() + rest
}

/// The resource of a service that parameters name by its ARN or URL.
fn named(service: &str, parameters: &Value) -> Option<String> {
    if let Some(url) = parameters["QueueUrl"].as_str() {
        let elsewhere = Scope {
            account: String::new(),
            region: String::new(),
        };
        let arn = arn_of_url(url, &elsewhere);
        return Some(arn).filter(|arn| !Scope::of_arn(arn).region.is_empty());
    }
    let texts = parameters.as_object()?.values().filter_map(Value::as_str);
    let mut arns = texts.filter(|text| Arn::parse(text).is_some_and(|arn| arn.service == service));
    arns.next().map(str::to_owned)
}
