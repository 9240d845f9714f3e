//! One subscription: where a topic's messages go, and which of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use txflow_asl::Arn;

use super::faults::invalid;
use super::filter::Filter;
use crate::fault::Fault;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Subscription {
    pub(super) arn: String,
    pub(super) topic: String,
    /// `sqs` or `lambda`.
    pub(super) protocol: String,
    pub(super) endpoint: String,
    pub(super) owner: String,
    /// As they were set.
    pub(super) attributes: BTreeMap<String, String>,
}

impl Subscription {
    pub(super) fn is_raw(&self) -> bool {
        let raw = self.attributes.get("RawMessageDelivery");
        raw.is_some_and(|raw| raw == "true")
    }

    pub(super) fn filter(&self) -> Option<Filter> {
        let policy = self.attributes.get("FilterPolicy")?;
        let scope = self.attributes.get("FilterPolicyScope");
        Filter::parse(policy, scope.map(String::as_str)).ok()?
    }

    /// The ARN of the queue that gets what cannot be delivered.
    pub(super) fn dead_letter_queue(&self) -> Option<String> {
        let policy = self.attributes.get("RedrivePolicy")?;
        let policy: Value = serde_json::from_str(policy).ok()?;
        policy["deadLetterTargetArn"].as_str().map(str::to_owned)
    }

    /// As lists show it.
    pub(super) fn listed(&self) -> Value {
        json!({
            "SubscriptionArn": self.arn,
            "Owner": self.owner,
            "Protocol": self.protocol,
            "Endpoint": self.endpoint,
            "TopicArn": self.topic,
        })
    }

    pub(super) fn described(&self) -> Value {
        let mut all = self.listed();
        all["RawMessageDelivery"] = json!("false");
        all["PendingConfirmation"] = json!("false");
        all["ConfirmationWasAuthenticated"] = json!("true");
        all["SubscriptionPrincipal"] = json!(format!("arn:aws:iam::{}:root", self.owner));
        for (name, value) in &self.attributes {
            all[name] = json!(value);
        }
        if self.attributes.contains_key("FilterPolicy") && all["FilterPolicyScope"].is_null() {
            all["FilterPolicyScope"] = json!("MessageAttributes");
        }
        all
    }

    /// Sets attributes. An empty text takes one away, and so does a filter that everything passes.
    pub(super) fn set(&mut self, attributes: BTreeMap<String, String>) -> Result<(), Fault> {
        self.attributes.extend(attributes);
        let empty = |name: &str, value: &str| {
            value.is_empty() || (name == "FilterPolicy" && value.trim() == "{}")
        };
        self.attributes.retain(|name, value| !empty(name, value));
        for (name, value) in &self.attributes {
            let wrong = || {
                invalid(format!(
                    "Attributes Reason: {name}: Invalid value [{value}]"
                ))
            };
            let fits = match name.as_str() {
                "RawMessageDelivery" => ["true", "false"].contains(&value.as_str()),
                "FilterPolicyScope" => {
                    ["MessageAttributes", "MessageBody"].contains(&value.as_str())
                }
                "RedrivePolicy" => self.dead_letter_queue().is_some(),
                "DeliveryPolicy" => serde_json::from_str::<Value>(value).is_ok(),
                "FilterPolicy" | "SubscriptionRoleArn" | "ReplayPolicy" => true,
                _ => return Err(invalid("AttributeName")),
            };
            fits.then_some(()).ok_or_else(wrong)?;
        }
        if let Some(policy) = self.attributes.get("FilterPolicy") {
            let scope = self.attributes.get("FilterPolicyScope");
            Filter::parse(policy, scope.map(String::as_str))?;
        }
        Ok(())
    }
}

/// Refuses endpoints that a topic cannot send to, or that this server does not.
pub(super) fn check_endpoint(protocol: &str, endpoint: &str, fifo: bool) -> Result<(), Fault> {
    let arn = Arn::parse(endpoint);
    let is = |service: &str| arn.is_some_and(|arn| arn.service == service);
    match protocol {
        "sqs" if !is("sqs") => Err(invalid("SQS endpoint ARN")),
        "lambda" if !is("lambda") => Err(invalid("Lambda endpoint ARN")),
        "lambda" if fifo => Err(invalid(
            "Invalid protocol type: lambda. FIFO topics deliver to queues only",
        )),
        "sqs" if endpoint.ends_with(".fifo") && !fifo => Err(invalid(
            "Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        )),
        "sqs" | "lambda" => Ok(()),
        "application" | "email" | "email-json" | "firehose" | "http" | "https" | "sms" => {
            let operation = format!("Subscribe with Protocol {protocol}");
            Err(Fault::not_implemented("sns", &operation))
        }
        _ => Err(invalid(format!(
            "Amazon SNS does not support this protocol string: {protocol}"
        ))),
    }
}
