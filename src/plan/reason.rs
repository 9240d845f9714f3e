//! Why a step is there. For people: nothing that runs branches on it.

use serde::Serialize;

/// One reason for a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Reason {
    /// It does not exist.
    Missing,
    /// An attribute differs from what AWS reports.
    Changed {
        attribute: String,
        old: Option<String>,
        new: Option<String>,
    },
    /// The definition differs; both as indented JSON.
    DefinitionChanged { old: String, new: String },
    /// The last creation or update failed, in AWS's words.
    Failed { cause: String },
    /// No published version holds what `$LATEST` holds.
    Unpublished,
    /// A function that the definition pins gets a new version.
    PinsNewVersion { handler: String },
    /// The alias is to point at another release.
    Release {
        old: Option<String>,
        new: Option<String>,
    },
    /// AWS reports success before the thing can be used.
    NotReadyAtOnce,
    /// `deploy.toml` no longer names it, or the stack is being destroyed.
    NotWanted,
    /// More releases exist than `keep-versions` says, and nothing uses this one.
    Superseded,
    /// The execution runs on a state machine that is being destroyed.
    Running,
}

impl Reason {
    pub fn changed(
        attribute: impl Into<String>,
        old: Option<impl ToString>,
        new: Option<impl ToString>,
    ) -> Self {
        Self::Changed {
            attribute: attribute.into(),
            old: old.map(|value| value.to_string()),
            new: new.map(|value| value.to_string()),
        }
    }
}
