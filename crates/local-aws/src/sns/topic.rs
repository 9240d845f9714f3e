//! One topic.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use txflow_asl::Arn;

use super::faults::invalid;
use crate::fault::Fault;
use crate::tags::Tags;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Topic {
    pub(super) arn: String,
    /// As they were set.
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) tags: Tags,
}

/// The attributes that can be set.
const ATTRIBUTES: [&str; 12] = [
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DataProtectionPolicy",
    "DeliveryPolicy",
    "DisplayName",
    "FifoThroughputScope",
    "FifoTopic",
    "KmsMasterKeyId",
    "Policy",
    "SignatureVersion",
    "TracingConfig",
    "SQSSuccessFeedbackSampleRate",
];

impl Topic {
    pub(super) fn is_fifo(&self) -> bool {
        self.arn.ends_with(".fifo")
    }

    pub(super) fn is(&self, attribute: &str) -> bool {
        let value = self.attributes.get(attribute);
        value.is_some_and(|value| value == "true")
    }

    /// All attributes, and how many subscriptions there are.
    pub(super) fn described(&self, subscriptions: usize) -> Value {
        let arn = Arn::parse(&self.arn);
        let account = arn.map(|arn| arn.account).unwrap_or_default();
        let policy = json!({
            "Version": "2008-10-17",
            "Id": "__default_policy_ID",
            "Statement": [{
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": { "AWS": "*" },
                "Action": [
                    "SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission",
                    "SNS:RemovePermission", "SNS:DeleteTopic", "SNS:Subscribe",
                    "SNS:ListSubscriptionsByTopic", "SNS:Publish",
                ],
                "Resource": self.arn,
                "Condition": { "StringEquals": { "AWS:SourceOwner": account } },
            }],
        });
        let mut all = json!({
            "TopicArn": self.arn,
            "Owner": account,
            "DisplayName": "",
            "Policy": policy.to_string(),
            "SubscriptionsConfirmed": subscriptions.to_string(),
            "SubscriptionsPending": "0",
            "SubscriptionsDeleted": "0",
        });
        if self.is_fifo() {
            all["ContentBasedDeduplication"] = json!("false");
        }
        for (name, value) in &self.attributes {
            all[name] = json!(value);
        }
        all
    }
}

/// Refuses attributes that no topic has.
pub(super) fn check(attributes: &BTreeMap<String, String>, fifo: bool) -> Result<(), Fault> {
    for (name, value) in attributes {
        if !ATTRIBUTES.contains(&name.as_str()) && !name.contains("Feedback") {
            return Err(invalid("AttributeName"));
        }
        let flag = ["true", "false"].contains(&value.as_str());
        let fits = match name.as_str() {
            "ContentBasedDeduplication" => fifo && flag,
            "FifoTopic" => (value == "true") == fifo && flag,
            "Policy" | "DeliveryPolicy" => serde_json::from_str::<Value>(value).is_ok(),
            "SignatureVersion" => ["1", "2"].contains(&value.as_str()),
            _ => true,
        };
        if !fits {
            return Err(invalid(format!(
                "Attributes Reason: {name}: Invalid value [{value}]"
            )));
        }
    }
    Ok(())
}

pub(super) fn check_name(name: &str) -> Result<(), Fault> {
    let stem = name.strip_suffix(".fifo").unwrap_or(name);
    let known = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if stem.is_empty() || name.len() > 256 || !stem.chars().all(known) {
        return Err(invalid("Topic Name"));
    }
    Ok(())
}
