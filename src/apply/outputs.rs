//! The outputs of steps that later steps need.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

use crate::config::MachineName;

/// Shared by the steps of one apply.
#[derive(Default)]
pub struct SharedOutputs(Mutex<Outputs>);

#[derive(Debug, Default, Clone)]
pub struct Outputs {
    /// The published version, by handler.
    pub versions: BTreeMap<String, String>,
    /// The revision after the last change, by handler.
    pub revisions: BTreeMap<String, String>,
    /// The handlers whose functions were still being changed when the last change was answered.
    pub changing: BTreeSet<String>,
    /// The published version, by state machine. That of the main one is the release.
    pub releases: BTreeMap<MachineName, PublishedRelease>,
    /// Roles to create that already existed: another deploy has made them since the plan was.
    pub appeared_roles: BTreeSet<String>,
    /// When a policy was written last.
    pub policy_written: Option<Instant>,
}

/// A version of a state machine that this apply published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedRelease {
    pub version: u64,
    /// The digest of what it froze; see [`crate::resources::digest`].
    pub digest: String,
}

impl Outputs {
    /// After a deploy that was cut off this long ago, perhaps just after it had written policies.
    pub fn after(cut_off: SignedDuration) -> Self {
        // Negative if the clocks differ.
        let age = Duration::try_from(cut_off).unwrap_or_default();
        Self {
            policy_written: Instant::now().checked_sub(age),
            ..Self::default()
        }
    }

    /// How long it takes until the policies that were written are in force, on an AWS that needs this long for one.
    pub fn until_policies_apply(&self, propagation: Duration) -> Duration {
        let written = self.policy_written;
        written.map_or(Duration::ZERO, |written| {
            propagation.saturating_sub(written.elapsed())
        })
    }

    /// The release that this apply published.
    pub fn release(&self) -> Option<&PublishedRelease> {
        self.releases.get(&MachineName::Main)
    }
}

impl SharedOutputs {
    pub fn of(outputs: Outputs) -> Self {
        Self(Mutex::new(outputs))
    }

    pub fn lock(&self) -> MutexGuard<'_, Outputs> {
        // Every write is one assignment, so a step that panicked left nothing half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
