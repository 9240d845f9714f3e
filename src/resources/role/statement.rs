//! A statement of a role's policy, and what it is for.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use txflow_asl::permissions::{Need, Unlimited};
use txflow_asl::wildcards;

use crate::config::PolicyStatement;
use crate::stack::Stack;

/// An `Allow` statement, and why the role has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Statement {
    pub actions: Vec<String>,
    pub resources: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Value>,
    pub because: BTreeSet<Because>,
}

/// What needs a statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(with = "String")]
pub enum Because {
    /// A state of the definition.
    State(String),
    /// A release that is kept.
    Release(u64),
    /// A version that an execution was forked onto.
    Fork(u64),
    /// Executions that were started on the bare state machine, as it was then.
    Executions,
    /// An alias that others made.
    Alias,
    /// The state machine as it is, which no listed release froze.
    StateMachine,
    /// `deploy.toml` declares it.
    Declared,
    /// Any state may invoke the functions of the stack.
    Functions,
    OwnLogs,
    LogDelivery,
    Tracing,
    Network,
    FileSystem,
    /// The triggers start executions.
    Triggers,
    DeadLetters,
    Key,
    /// Why it is on `*`.
    Unlimited(Unlimited),
    /// Why it is on all resources of a type.
    OfType {
        pattern: String,
        kind: &'static str,
    },
}

impl Statement {
    pub(super) fn new(because: Because, actions: &[&str], resources: &[String]) -> Self {
        Self {
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
            resources: resources.to_vec(),
            condition: None,
            because: BTreeSet::from([because]),
        }
    }

    pub(super) fn on_condition(self, condition: Value) -> Self {
        Self {
            condition: Some(condition),
            ..self
        }
    }

    pub(in crate::resources) fn declared(statement: &PolicyStatement, stack: &Stack) -> Self {
        let resources = statement.resources.iter();
        let condition = statement.condition.as_ref();
        Self {
            actions: statement.actions.clone(),
            resources: resources.map(|one| stack.account.fill(one)).collect(),
            condition: condition.map(|condition| stack.account.fill_json(condition)),
            because: BTreeSet::from([Because::Declared]),
        }
    }

    /// Whether it allows the action on what `resource`, an ARN or a pattern, stands for. Its condition does not count: a
    /// declared one narrows what a state needs.
    pub(super) fn covers(&self, action: &str, resource: &str) -> bool {
        let any_case = |pattern: &str| pattern.to_ascii_lowercase();
        let action = any_case(action);
        self.actions.iter().any(|p| covers(&any_case(p), &action))
            && self.resources.iter().any(|p| covers(p, resource))
    }

    /// Whether a policy of IAM has this very statement.
    pub(super) fn is_in(&self, policy: &Value) -> bool {
        let statements = policy["Statement"].as_array();
        statements.is_some_and(|statements| statements.contains(&self.to_json()))
    }

    fn to_json(&self) -> Value {
        let mut statement = json!({
            "Effect": "Allow",
            "Action": self.actions,
            "Resource": self.resources,
        });
        if let Some(condition) = &self.condition {
            statement["Condition"] = condition.clone();
        }
        statement
    }
}

/// The policy for IAM. A statement has no `Sid`, so that one more does not change the names of the others.
pub(super) fn document(statements: &[Statement]) -> Value {
    let statements: Vec<Value> = statements.iter().map(Statement::to_json).collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// Whether a policy allows nothing. IAM refuses one without statements, so there is none instead.
pub(in crate::resources) fn is_empty(policy: &Value) -> bool {
    let statements = policy["Statement"].as_array();
    statements.is_some_and(Vec::is_empty)
}

/// Whether a role with this inline policy, if it has one, has what is wanted.
pub(super) fn is_held(wanted: &Value, held: Option<&Value>) -> bool {
    match held {
        Some(held) => held == wanted,
        None => is_empty(wanted),
    }
}

/// Whether all that `text` matches is matched by `pattern`, as far as that can be told without parsing either: a wildcard
/// in `text` is only covered by a `*`.
pub(super) fn covers(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let fits = |piece: &char, c| *piece == c || (*piece == '?' && c != '*');
    wildcards::match_pieces(&pattern, text, |piece| *piece == '*', fits)
}

impl Because {
    /// The pattern of which it says why a statement has it; `None` if it says what needs the statement.
    pub fn explains(&self) -> Option<&str> {
        match self {
            Self::Unlimited(_) => Some("*"),
            Self::OfType { pattern, .. } => Some(pattern),
            _ => None,
        }
    }

    /// The state that makes the call. The names of states are unique, also of those inside others.
    pub(super) fn state(need: &Need) -> Self {
        Self::State(need.state.last().cloned().unwrap_or_default())
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::State(state) => return write!(f, "state `{state}`"),
            Self::Release(release) => return write!(f, "release {release}, which is kept"),
            Self::Fork(version) => return write!(f, "a fork on version {version}"),
            Self::Executions => "running executions",
            Self::Alias => "an alias that txflow did not make",
            Self::StateMachine => "the state machine as it is",
            Self::Declared => "`statements` in deploy.toml",
            Self::Functions => "the functions of the stack",
            Self::OwnLogs => "its own logs",
            Self::LogDelivery => "the delivery of logs",
            Self::Tracing => "tracing",
            Self::Network => "the VPC",
            Self::FileSystem => "the file system",
            Self::Triggers => "the triggers",
            Self::DeadLetters => "failed asynchronous invocations",
            Self::Key => "the KMS key",
            Self::Unlimited(Unlimited::NoTypes) => "IAM cannot limit it to a resource",
            Self::Unlimited(Unlimited::NoneNamed) => "the call names no resource",
            Self::OfType { kind, .. } => return write!(f, "the call does not say which `{kind}`"),
        })
    }
}

impl Serialize for Because {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_it_matches_and_narrower_patterns() {
        for (pattern, text, expected) in [
            ("*", "arn:aws:sqs:eu-west-1:1:orders", true),
            (
                "arn:aws:sqs:*:1:orders*",
                "arn:aws:sqs:eu-west-1:1:orders-*",
                true,
            ),
            (
                "arn:aws:sqs:*:1:orders-?",
                "arn:aws:sqs:eu-west-1:1:orders-*",
                false,
            ),
            (
                "arn:aws:sqs:*:1:orders-?",
                "arn:aws:sqs:eu-west-1:1:orders-1",
                true,
            ),
            ("f:shop-*:*", "f:shop-buy:*", true),
            ("f:shop-*:*", "f:shop-buy", false),
            (
                "arn:aws:sqs:*:1:orders",
                "arn:aws:sqs:eu-west-1:1:orders-1",
                false,
            ),
        ] {
            assert_eq!(covers(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn actions_are_compared_without_regard_to_case() {
        let statement = Statement::new(Because::Declared, &["SQS:send*"], &["*".to_owned()]);
        assert!(statement.covers("sqs:SendMessage", "arn:aws:sqs:eu-west-1:1:orders"));
        assert!(!statement.covers("sqs:ReceiveMessage", "arn:aws:sqs:eu-west-1:1:orders"));
    }
}
