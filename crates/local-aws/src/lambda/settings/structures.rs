//! Settings that requests and answers hold as structures, or as ARNs that may be empty.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::member::Member;
use crate::fault::Constraints;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::lambda) struct Environment {
    pub(super) variables: Option<BTreeMap<String, String>>,
}

impl Member for Environment {
    type Stored = BTreeMap<String, String>;

    fn store(self, stored: &mut BTreeMap<String, String>) {
        *stored = self.variables.unwrap_or_default();
    }

    fn show(stored: &BTreeMap<String, String>) -> Option<Value> {
        (!stored.is_empty()).then(|| json!({ "Variables": stored }))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::lambda) struct Tracing {
    mode: Option<String>,
}

impl Member for Tracing {
    type Stored = String;

    fn check(&self, constraints: &mut Constraints) {
        if let Some(mode) = &self.mode {
            constraints.one_of("tracingConfig.mode", mode, &["Active", "PassThrough"]);
        }
    }

    fn store(self, stored: &mut String) {
        if let Some(mode) = self.mode {
            *stored = mode;
        }
    }

    fn show(stored: &String) -> Option<Value> {
        Some(json!({ "Mode": stored }))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::lambda) struct EphemeralStorage {
    pub(super) size: i64,
}

impl Member for EphemeralStorage {
    type Stored = u64;

    fn store(self, stored: &mut u64) {
        *stored = self.size.unsigned_abs();
    }

    fn show(stored: &u64) -> Option<Value> {
        Some(json!({ "Size": stored }))
    }
}

/// One, see [`architecture`].
#[derive(Debug, Deserialize)]
pub(in crate::lambda) struct Architectures([String; 1]);

impl Member for Architectures {
    type Stored = String;

    fn store(self, stored: &mut String) {
        let Self([architecture]) = self;
        *stored = architecture;
    }

    fn show(stored: &String) -> Option<Value> {
        Some(json!([stored]))
    }
}

#[derive(Debug, Deserialize)]
pub(in crate::lambda) struct VpcConfig(Value);

impl Member for VpcConfig {
    type Stored = Option<Value>;

    /// An empty list of subnets removes the setting.
    fn store(self, stored: &mut Option<Value>) {
        let empty = self.0["SubnetIds"].as_array().is_none_or(Vec::is_empty);
        *stored = (!empty).then_some(self.0);
    }

    /// AWS adds the id of the VPC that the subnets are in.
    fn show(stored: &Option<Value>) -> Option<Value> {
        let mut vpc = stored.clone()?;
        vpc["VpcId"] = json!("");
        Some(vpc)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::lambda) struct DeadLetterConfig {
    target_arn: Option<String>,
}

impl Member for DeadLetterConfig {
    type Stored = Option<String>;

    /// An empty ARN removes the setting.
    fn store(self, stored: &mut Option<String>) {
        *stored = self.target_arn.filter(|arn| !arn.is_empty());
    }

    fn show(stored: &Option<String>) -> Option<Value> {
        let target = stored.as_ref()?;
        Some(json!({ "TargetArn": target }))
    }
}

#[derive(Debug, Deserialize)]
pub(in crate::lambda) struct KeyArn(String);

impl Member for KeyArn {
    type Stored = Option<String>;

    /// An empty ARN removes the setting.
    fn store(self, stored: &mut Option<String>) {
        *stored = Some(self.0).filter(|arn| !arn.is_empty());
    }

    fn show(stored: &Option<String>) -> Option<Value> {
        stored.as_ref().map(|arn| json!(arn))
    }
}
