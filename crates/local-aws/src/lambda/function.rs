//! A function as it is stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::settings::Settings;
use super::{conflict, not_found};
use crate::clock::Millis;
use crate::fault::Fault;
use crate::random::Random;
use crate::tags::Tags;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Without qualifier.
    pub(crate) arn: String,
    pub(crate) latest: Version,
    /// The published versions. A number is never reused.
    pub(super) versions: BTreeMap<u64, Version>,
    pub(super) next_version: u64,
    pub(super) aliases: BTreeMap<String, Alias>,
    pub(super) tags: Tags,
    pub(crate) reserved_concurrency: Option<u64>,
    /// The number that `$LATEST` was last published as, and its fingerprint then.
    pub(super) published: Option<(u64, String)>,
}

/// `$LATEST` or a published version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Version {
    /// `$LATEST` or a number.
    pub(crate) version: String,
    pub(crate) settings: Settings,
    pub(crate) code: Code,
    pub(super) modified: Millis,
    /// When it becomes `Active`.
    pub(super) active_from: Millis,
    /// When the last update is finished.
    pub(super) updated_at: Millis,
    /// When it becomes `Inactive` for want of invocations, if ever.
    #[serde(default)]
    pub(super) inactive_from: Option<Millis>,
    /// Whether its creation ends with a failure.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) creation_fails: bool,
    /// Whether the last update ends with a failure.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) update_fails: bool,
    /// The id of the role that may decrypt the environment variables.
    #[serde(default)]
    pub(super) granted_to: Option<String>,
    /// AWS also changes the revision when a creation or an update finishes: this one is for the time before.
    pub(super) revision: Uuid,
    /// The revision for the time after.
    pub(super) settled_revision: Uuid,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) sha256: [u8; 32],
    pub(super) size: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Alias {
    pub(super) version: String,
    pub(super) description: String,
    /// A second version and its share of the calls, from 0 to 1.
    pub(super) additional: BTreeMap<String, f64>,
    pub(super) revision: Uuid,
}

impl Function {
    /// The version that a qualifier stands for. If an alias splits calls, `roll`, from 0 to 1, decides.
    pub(crate) fn resolve(&self, qualifier: Option<&str>, roll: f64) -> Result<&Version, Fault> {
        let qualifier = qualifier.unwrap_or("$LATEST");
        let missing = || not_found(&format!("{}:{qualifier}", self.arn));
        if let Some(alias) = self.aliases.get(qualifier) {
            let mut below = 0.0;
            for (version, share) in &alias.additional {
                below += share;
                if roll < below {
                    return self.version(version).ok_or_else(missing);
                }
            }
            return self.version(&alias.version).ok_or_else(missing);
        }
        self.version(qualifier).ok_or_else(missing)
    }

    pub(super) fn version(&self, version: &str) -> Option<&Version> {
        match version {
            "$LATEST" => Some(&self.latest),
            number => self.versions.get(&number.parse().ok()?),
        }
    }

    /// The SHA-256 of the zips of all versions.
    pub(super) fn code_digests(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.codes().map(|code| &code.sha256)
    }

    pub(super) fn codes(&self) -> impl Iterator<Item = &Code> {
        let versions = self.versions.values().chain([&self.latest]);
        versions.map(|version| &version.code)
    }

    /// Refuses a change while another is in progress.
    pub(super) fn check_settled(&self, now: Millis) -> Result<(), Fault> {
        let state = self.latest.state(now);
        if matches!(state, "Pending" | "Failed") {
            return Err(conflict(format!(
                "The operation cannot be performed at this time. The function is currently in the following state: {state}"
            )));
        }
        if self.latest.updating(now) {
            return Err(conflict(format!(
                "The operation cannot be performed at this time. An update is in progress for resource: {}",
                self.arn
            )));
        }
        Ok(())
    }
}

impl Version {
    /// `Pending`, `Failed`, `Active` or `Inactive`.
    pub(crate) fn state(&self, now: Millis) -> &'static str {
        if self.active_from > now {
            "Pending"
        } else if self.creation_fails {
            "Failed"
        } else if self.inactive_from.is_some_and(|from| from <= now) {
            "Inactive"
        } else {
            "Active"
        }
    }

    pub(super) fn updating(&self, now: Millis) -> bool {
        self.updated_at > now
    }

    pub(super) fn revision(&self, now: Millis) -> Uuid {
        let settled = self.state(now) != "Pending" && !self.updating(now);
        if settled {
            self.settled_revision
        } else {
            self.revision
        }
    }

    /// Records a change that finishes at `done`.
    pub(super) fn touch(&mut self, now: Millis, done: Millis, random: &Random) {
        self.modified = now;
        self.updated_at = done;
        self.revise(random);
    }

    pub(super) fn revise(&mut self, random: &Random) {
        self.revision = random.uuid();
        self.settled_revision = random.uuid();
    }

    /// Differs if code or settings differ. It decides whether there is something to publish, and which processes may
    /// serve a call.
    pub(crate) fn fingerprint(&self) -> Result<String, Fault> {
        let settings = serde_json::to_vec(&self.settings).map_err(Fault::storage)?;
        Ok(hex::encode(
            Sha256::new()
                .chain_update(self.code.sha256)
                .chain_update(settings)
                .finalize(),
        ))
    }
}
