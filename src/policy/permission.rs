//! One action that IAM must allow.

use serde_json::Value;

use super::{Command, Scope};

/// An action, its target, and the commands that need it.
#[derive(Debug, Clone, Copy)]
pub struct Permission {
    /// Such as `lambda:CreateFunction`.
    pub action: &'static str,
    pub target: &'static Target,
    /// Empty for an action that the policy never allows: it is reserved for administrators.
    pub commands: &'static [Command],
}

/// The resources that actions are allowed on: a statement of the policy.
#[derive(Debug)]
pub struct Target {
    /// The `Sid` of the statement.
    pub sid: &'static str,
    /// Empty if the stack has no such resource.
    pub resources: fn(&Scope<'_>) -> Vec<String>,
    /// `StringEquals` of its condition.
    pub condition: fn(&Scope<'_>) -> Option<Value>,
    /// Whether it is reserved for administrators if the stack has a permissions boundary.
    pub unbounded: bool,
}

impl Permission {
    pub const fn new(
        action: &'static str,
        target: &'static Target,
        commands: &'static [Command],
    ) -> Self {
        Self {
            action,
            target,
            commands,
        }
    }

    /// Whether a policy that requires a permissions boundary leaves it out.
    pub fn is_left_to_administrators(&self) -> bool {
        self.commands.is_empty() || self.target.unbounded
    }
}

impl Target {
    pub const fn new(sid: &'static str, resources: fn(&Scope<'_>) -> Vec<String>) -> Self {
        Self {
            sid,
            resources,
            condition: |_| None,
            unbounded: false,
        }
    }

    pub const fn on_condition(self, condition: fn(&Scope<'_>) -> Option<Value>) -> Self {
        Self { condition, ..self }
    }

    pub const fn unless_bounded(self) -> Self {
        Self {
            unbounded: true,
            ..self
        }
    }
}

/// The resource, and everything with an ARN below its own.
pub fn with_parts(arn: String) -> [String; 2] {
    let parts = format!("{arn}:*");
    [arn, parts]
}
