//! The permissions that AWS checks before it serves a call: IAM actions, each on a resource.

use std::fmt;

use serde_json::Value;

use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;

/// An action on a resource, which the caller needs.
#[derive(Debug, Clone)]
pub(crate) struct Permission {
    /// Such as `lambda:CreateFunction`.
    pub(crate) action: String,
    /// The ARN that policies are matched against; `*` if AWS defines no resource for the action.
    pub(crate) resource: String,
    /// How AWS names the resource in a refusal, if not by its ARN.
    pub(crate) shown: Option<String>,
    /// The values of condition keys.
    context: Vec<(&'static str, String)>,
    /// Leaves something out of the answer if this permission is missing. If `None`, the call is refused instead.
    pub(crate) withheld: Option<fn(&mut Answer, &Fault)>,
}

impl Permission {
    pub(crate) fn new(action: impl Into<String>, resource: impl Into<String>) -> Permission {
        Permission {
            action: action.into(),
            resource: resource.into(),
            shown: None,
            context: Vec::new(),
            withheld: None,
        }
    }

    /// The permission to run the call's operation.
    pub(crate) fn of(call: &Call, resource: impl Into<String>) -> Permission {
        let action = format!("{}:{}", call.api.name, call.operation);
        Permission::new(action, resource)
    }

    pub(crate) fn pass_role(role: &str, service: &'static str) -> Permission {
        Permission::new("iam:PassRole", role).with("iam:PassedToService", Some(service))
    }

    /// Adds a condition key, if it has a value.
    pub(crate) fn with(
        mut self,
        key: &'static str,
        value: Option<impl Into<String>>,
    ) -> Permission {
        self.context.extend(value.map(|value| (key, value.into())));
        self
    }

    /// Names the resource differently in a refusal.
    pub(crate) fn shown_as(self, name: String) -> Permission {
        Permission {
            shown: Some(name),
            ..self
        }
    }

    /// Serves the call even without this permission, and then leaves something out of its answer.
    pub(crate) fn or_withhold(self, withhold: fn(&mut Answer, &Fault)) -> Permission {
        Permission {
            withheld: Some(withhold),
            ..self
        }
    }

    /// The condition keys and their values.
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

/// The body as JSON, `null` if it is something else.
pub(crate) fn body(call: &Call) -> Value {
    serde_json::from_slice(&call.body).unwrap_or(Value::Null)
}

/// Whether a member of a body has a value that is not empty.
pub(crate) fn filled(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    }
}
