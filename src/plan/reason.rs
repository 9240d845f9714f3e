//! Why a step is there. For people: nothing that runs branches on it.

use serde::Serialize;
use serde_json::Value;

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
    /// A JSON document differs; both indented.
    DocumentChanged {
        document: &'static str,
        old: String,
        new: String,
    },
    /// The last creation or update failed, in AWS's words.
    Failed { cause: String },
    /// What changes in the same plan is to be pinned.
    NewVersion,
    /// No published version holds what `$LATEST` holds.
    Unpublished,
    /// `live`, such as `1`, is not known to point at what the state machine is now. `release` is.
    NotLive {
        live: Option<String>,
        release: Option<u64>,
    },
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
    pub(super) fn document(document: &'static str, old: &Value, new: &Value) -> Self {
        Self::DocumentChanged {
            document,
            old: format!("{old:#}\n"),
            new: format!("{new:#}\n"),
        }
    }

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
