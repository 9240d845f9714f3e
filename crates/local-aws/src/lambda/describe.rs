//! Functions as AWS shows them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::function::{Alias, Version};
use crate::clock::{self, Millis};

impl Version {
    /// A FunctionConfiguration. `arn` is how the caller named the function: without a qualifier if the caller gave
    /// none. Lists leave out what `states` adds.
    pub(super) fn describe(&self, name: &str, arn: &str, now: Millis, states: bool) -> Value {
        let settings = &self.settings;
        let mut shown = json!({
            "FunctionName": name,
            "FunctionArn": arn,
            "Runtime": settings.runtime,
            "Role": settings.role,
            "Handler": settings.handler,
            "CodeSize": self.code.size,
            "Description": settings.description,
            "Timeout": settings.timeout_seconds,
            "MemorySize": settings.memory_mb,
            "LastModified": clock::lambda(self.modified),
            "CodeSha256": STANDARD.encode(self.code.sha256),
            "Version": self.version,
            "TracingConfig": { "Mode": settings.tracing },
            "RevisionId": self.revision(now),
            "PackageType": "Zip",
            "Architectures": [settings.architecture],
            "EphemeralStorage": { "Size": settings.ephemeral_storage_mb },
            "SnapStart": { "ApplyOn": "None", "OptimizationStatus": "Off" },
            "LoggingConfig": { "LogFormat": settings.log_format, "LogGroup": settings.log_group },
        });
        let mut add = |member: &str, value: Value| shown[member] = value;
        if !settings.environment.is_empty() {
            add("Environment", json!({ "Variables": settings.environment }));
        }
        if let Some(vpc) = &settings.vpc {
            let mut vpc = vpc.clone();
            // AWS adds the id of the VPC that the subnets are in.
            vpc["VpcId"] = json!("");
            add("VpcConfig", vpc);
        }
        if let Some(target) = &settings.dead_letter_target {
            add("DeadLetterConfig", json!({ "TargetArn": target }));
        }
        if let Some(key) = &settings.kms_key {
            add("KMSKeyArn", json!(key));
        }
        if !settings.layers.is_empty() {
            let layers: Vec<_> = settings
                .layers
                .iter()
                .map(|arn| json!({ "Arn": arn, "CodeSize": 0 }))
                .collect();
            add("Layers", json!(layers));
        }
        if states {
            add("State", json!(self.state(now)));
            if self.state(now) == "Pending" {
                add("StateReason", json!("The function is being created."));
                add("StateReasonCode", json!("Creating"));
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
