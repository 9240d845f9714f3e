//! Why a plan has a step. For people: no code branches on it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::canary::Shares;
use crate::resources::Statement;

/// One reason for a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Reason {
    /// It does not exist.
    Missing,
    /// An attribute differs from what AWS reports.
    Changed {
        attribute: Attribute,
        old: Option<String>,
        new: Option<String>,
    },
    /// A JSON document differs; both are indented.
    DocumentChanged {
        document: Document,
        old: String,
        new: String,
    },
    /// A JSON document of something that does not exist yet; indented.
    NewDocument { document: Document, new: String },
    /// What its policy allows that it did not allow before, and for what.
    Allows(Statement),
    /// The last creation or update failed, in AWS's words.
    Failed { cause: String },
    /// It was idle for long, and the update makes it ready to run.
    Inactive,
    /// Its role is younger than its newest version, or made by the same plan. KMS knows a role by an id, and lets only the one
    /// before decrypt the environment variables.
    NewRole,
    /// Something that changes in the same plan must be pinned.
    NewVersion,
    /// No published version has the contents of `$LATEST`.
    Unpublished,
    /// `live`, such as `1`, is not known to point at the current state machine; `release` is.
    NotLive {
        live: Option<String>,
        release: Option<u64>,
    },
    /// The alias must point at another release.
    Release {
        old: Option<String>,
        new: Option<String>,
    },
    /// The same for a share of the executions.
    Canary {
        old: Option<String>,
        new: Option<String>,
        /// In percent, one after the other.
        shares: Shares,
    },
    /// AWS reports success before the resource can be used.
    NotReadyAtOnce,
    /// `deploy.toml` no longer names it, or the stack is being destroyed.
    NotWanted,
    /// There are more releases than `keep-versions`, and nothing uses this one.
    Superseded,
    /// An execution was forked onto this version, and that was cut off before the definition was put back.
    LeftByFork { version: u64 },
    /// No execution that was forked onto it runs or may be redriven.
    ForksEnded,
    /// Executions run on a state machine that is being destroyed.
    Running,
}

/// The part of a resource that differs.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String")]
pub enum Attribute {
    /// The hash of a function's code.
    Code,
    Tag(String),
    /// An environment variable of a function.
    Environment(String),
    Named(&'static str),
    /// A number of something.
    Measured(&'static str, Unit),
}

/// What an attribute is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Megabytes,
    Seconds,
    Days,
}

/// A JSON document of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String")]
pub enum Document {
    Definition,
    Policy,
    TrustPolicy,
}

impl Reason {
    /// The attribute that differs, and what it was and is, in words.
    pub fn values(&self) -> Option<(String, String, String)> {
        let Self::Changed {
            attribute,
            old,
            new,
        } = self
        else {
            return None;
        };
        let shown = |value: &Option<String>| match value {
            Some(value) => attribute.measured(value),
            None => "(none)".to_owned(),
        };
        Some((attribute.to_string(), shown(old), shown(new)))
    }

    pub fn document(document: Document, old: &Value, new: &Value) -> Self {
        Self::DocumentChanged {
            document,
            old: format!("{old:#}\n"),
            new: format!("{new:#}\n"),
        }
    }

    pub fn new_document(document: Document, new: &Value) -> Self {
        Self::NewDocument {
            document,
            new: format!("{new:#}\n"),
        }
    }

    pub fn changed(
        attribute: Attribute,
        old: Option<impl ToString>,
        new: Option<impl ToString>,
    ) -> Self {
        Self::Changed {
            attribute,
            old: old.map(|value| value.to_string()),
            new: new.map(|value| value.to_string()),
        }
    }
}

impl Attribute {
    /// A value with its unit.
    pub fn measured(&self, value: &str) -> String {
        let Self::Measured(_, unit) = self else {
            return value.to_owned();
        };
        match (unit, value.parse::<u64>()) {
            (Unit::Days, Ok(1)) => "1 day".to_owned(),
            (Unit::Days, Ok(days)) => format!("{days} days"),
            (Unit::Megabytes, Ok(size)) => format!("{size} MB"),
            (Unit::Seconds, Ok(seconds)) => format!("{seconds} s"),
            (_, Err(_)) => value.to_owned(),
        }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code => f.write_str("code"),
            Self::Tag(key) => write!(f, "tag {key}"),
            Self::Environment(key) => write!(f, "environment {key}"),
            Self::Named(name) | Self::Measured(name, _) => f.write_str(name),
        }
    }
}

impl Serialize for Attribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Definition => "definition",
            Self::Policy => "policy",
            Self::TrustPolicy => "trust policy",
        })
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
