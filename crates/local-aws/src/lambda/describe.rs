//! Functions as AWS shows them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::function::{Alias, Version};
use crate::clock::{self, Millis};

const INTERNAL_ERROR: &str = "An internal error occurred. Please try again.";

impl Version {
    /// A FunctionConfiguration. `arn` is how the caller named the function: without a qualifier if the caller gave
    /// none. Lists leave out what `states` adds.
    pub(super) fn describe(&self, name: &str, arn: &str, now: Millis, states: bool) -> Value {
        let mut shown = json!({
            "FunctionName": name,
            "FunctionArn": arn,
            "CodeSize": self.code.size,
            "LastModified": clock::lambda(self.modified),
            "CodeSha256": STANDARD.encode(self.code.sha256),
            "Version": self.version,
            "RevisionId": self.revision(now),
            "PackageType": "Zip",
        });
        self.settings.show(&mut shown);
        let mut add = |member: &str, value: Value| shown[member] = value;
        if states {
            add("State", json!(self.state(now)));
            if self.state(now) == "Pending" {
                add("StateReason", json!("The function is being created."));
                add("StateReasonCode", json!("Creating"));
            } else if self.state(now) == "Failed" {
                add("StateReason", json!(INTERNAL_ERROR));
                add("StateReasonCode", json!("InternalError"));
            } else if self.state(now) == "Inactive" {
                add("StateReason", json!("The function is idle."));
                add("StateReasonCode", json!("Idle"));
                add("LastUpdateStatus", json!("Successful"));
            } else if self.updating(now) {
                add("LastUpdateStatus", json!("InProgress"));
                // AWS uses the same text for updates.
                add(
                    "LastUpdateStatusReason",
                    json!("The function is being created."),
                );
                add("LastUpdateStatusReasonCode", json!("Creating"));
            } else if self.update_fails {
                add("LastUpdateStatus", json!("Failed"));
                add("LastUpdateStatusReason", json!(INTERNAL_ERROR));
                add("LastUpdateStatusReasonCode", json!("InternalError"));
            } else {
                add("LastUpdateStatus", json!("Successful"));
            }
        }
        shown
    }

    /// The ARN with this version as its qualifier.
    pub(crate) fn qualified_arn(&self, function_arn: &str) -> String {
        format!("{function_arn}:{}", self.version)
    }
}

impl Alias {
    /// An AliasConfiguration.
    pub(super) fn describe(&self, name: &str, function_arn: &str) -> Value {
        let mut shown = json!({
            "AliasArn": format!("{function_arn}:{name}"),
            "Name": name,
            "FunctionVersion": self.version,
            "Description": self.description,
            "RevisionId": self.revision,
        });
        if !self.additional.is_empty() {
            shown["RoutingConfig"] = json!({ "AdditionalVersionWeights": self.additional });
        }
        shown
    }
}
