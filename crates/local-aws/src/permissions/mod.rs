//! What AWS checks before it serves a call: IAM actions, each on a resource. One file a service.

mod iam;
mod lambda;
mod logs;
mod states;

use std::fmt;

use serde_json::Value;

use crate::aws::Aws;
use crate::http::call::Call;
use crate::http::service::Service;

/// An action on a resource, which the caller needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Permission {
    /// Such as `lambda:CreateFunction`.
    pub(crate) action: String,
    /// The ARN that policies are held against, `*` where AWS knows no resource.
    pub(crate) resource: String,
    /// How AWS names the resource in a refusal, where that is not the ARN.
    pub(crate) shown: Option<String>,
    /// What conditions see, by condition key.
    context: Vec<(&'static str, String)>,
    /// Without it AWS serves the call, and leaves something out.
    pub(crate) optional: bool,
}

/// All that the call needs. A call that names no resource needs nothing: its service refuses it.
pub(crate) fn needed(aws: &Aws, call: &Call) -> Vec<Permission> {
    match call.service {
        Service::Iam => iam::needed(aws, call),
        Service::Lambda => lambda::needed(call),
        Service::Logs => logs::needed(call),
        Service::States => states::needed(call),
        // AWS answers GetCallerIdentity to everybody.
        Service::Sts => Some(Vec::new()),
    }
    .unwrap_or_default()
}

impl Permission {
    fn new(action: impl Into<String>, resource: impl Into<String>) -> Permission {
        Permission {
            action: action.into(),
            resource: resource.into(),
            shown: None,
            context: Vec::new(),
            optional: false,
        }
    }

    fn pass_role(role: &str, service: &'static str) -> Permission {
        Permission::new("iam:PassRole", role).seeing("iam:PassedToService", Some(service))
    }

    /// Adds a condition key, if it has a value.
    fn seeing(mut self, key: &'static str, value: Option<impl Into<String>>) -> Permission {
        self.context.extend(value.map(|value| (key, value.into())));
        self
    }

    /// What conditions see.
    pub(crate) fn context(&self) -> Vec<(&'static str, &str)> {
        let keys = self.context.iter();
        keys.map(|(key, value)| (*key, value.as_str())).collect()
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.action, self.resource)
    }
}

/// The action that has the operation's name.
fn action(call: &Call, operation: &str) -> String {
    format!("{}:{operation}", call.service.name())
}

/// The body, `null` where it is no JSON.
fn body(call: &Call) -> Value {
    serde_json::from_slice(&call.body).unwrap_or(Value::Null)
}

/// Whether a member of a body holds anything.
fn filled(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    }
}
