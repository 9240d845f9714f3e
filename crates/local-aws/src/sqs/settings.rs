//! The attributes of queues that can be set.

use std::collections::BTreeMap;

use serde_json::Value;

use super::faults::unfit;
use crate::fault::Fault;

/// A setting that is a number.
pub(super) struct Number {
    name: &'static str,
    pub(super) default: u64,
    least: u64,
    most: u64,
}

/// The largest message, in bytes: its body and its attributes.
pub(super) const LARGEST: usize = 1024 * 1024;

pub(super) const NUMBERS: [Number; 6] = [
    numeric("VisibilityTimeout", 30, 0, 43_200),
    numeric("MaximumMessageSize", 1_048_576, 1024, 1_048_576),
    numeric("MessageRetentionPeriod", 345_600, 60, 1_209_600),
    numeric("DelaySeconds", 0, 0, 900),
    numeric("ReceiveMessageWaitTimeSeconds", 0, 0, 20),
    numeric("KmsDataKeyReusePeriodSeconds", 300, 60, 86_400),
];

const fn numeric(name: &'static str, default: u64, least: u64, most: u64) -> Number {
    Number {
        name,
        default,
        least,
        most,
    }
}

impl Number {
    pub(super) fn name(&self) -> &'static str {
        self.name
    }
}

/// Settings that are texts: a document, or a word.
const TEXTS: [&str; 9] = [
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsMasterKeyId",
    "Policy",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
];

const OF_FIFO: [&str; 4] = [
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoQueue",
    "FifoThroughputLimit",
];

/// When a message is a dead letter, and where it goes then.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RedrivePolicy {
    pub(super) target: String,
    pub(super) most: u64,
}

impl RedrivePolicy {
    pub(super) fn parse(text: &str) -> Option<RedrivePolicy> {
        let policy: Value = serde_json::from_str(text).ok()?;
        let most = &policy["maxReceiveCount"];
        let most = most.as_u64().or_else(|| most.as_str()?.parse().ok())?;
        Some(RedrivePolicy {
            target: policy["deadLetterTargetArn"].as_str()?.to_owned(),
            most,
        })
        .filter(|policy| (1..=1000).contains(&policy.most))
    }
}

/// The setting of that name that is a number.
pub(super) fn number(name: &str) -> Option<&'static Number> {
    NUMBERS.iter().find(|number| number.name == name)
}

/// Refuses what no queue can be set to.
pub(super) fn check(settings: &BTreeMap<String, String>, fifo: bool) -> Result<(), Fault> {
    for (name, value) in settings {
        let wrong = || {
            Fault::bad(
                "InvalidAttributeValue",
                format!("Invalid value for the parameter {name}."),
            )
        };
        if let Some(number) = number(name) {
            let value = value.parse().ok();
            let fits = value.is_some_and(|value| (number.least..=number.most).contains(&value));
            fits.then_some(()).ok_or_else(wrong)?;
            continue;
        }
        if !TEXTS.contains(&name.as_str()) || (OF_FIFO.contains(&name.as_str()) && !fifo) {
            return Err(Fault::bad(
                "InvalidAttributeName",
                format!("Unknown Attribute {name}."),
            ));
        }
        let fits = match name.as_str() {
            "FifoQueue" => value == "true",
            "ContentBasedDeduplication" | "SqsManagedSseEnabled" => {
                ["true", "false"].contains(&value.as_str())
            }
            "DeduplicationScope" => ["queue", "messageGroup"].contains(&value.as_str()),
            "FifoThroughputLimit" => ["perQueue", "perMessageGroupId"].contains(&value.as_str()),
            "Policy" | "RedriveAllowPolicy" => {
                value.is_empty() || serde_json::from_str::<Value>(value).is_ok()
            }
            "RedrivePolicy" => {
                if value.is_empty() || RedrivePolicy::parse(value).is_some() {
                    true
                } else {
                    return Err(unfit(
                        name,
                        value,
                        "Redrive policy does not contain mandatory attribute: deadLetterTargetArn, or maxReceiveCount from 1 to 1000.",
                    ));
                }
            }
            _ => true,
        };
        fits.then_some(()).ok_or_else(wrong)?;
    }
    Ok(())
}

pub(super) fn is_text(name: &str) -> bool {
    TEXTS.contains(&name)
}
