//! What the file of a plan says of itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Key, PlanFileError, Salt};
use crate::canary::CanaryStart;
use crate::config::Sources;

/// Rises with each change of the format that an earlier txflow would misread.
pub const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The version of txflow that made the plan.
    pub txflow: String,
    pub target: Target,
    /// The commit that the release comes from.
    pub commit: Option<String>,
    pub changes: Changes,
    /// The canary that it was made with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<CanaryStart>,
    salt: Salt,
    /// The keyed hash of the value of each environment variable that deploy.toml takes values from; nothing for one that
    /// was not set.
    values: BTreeMap<String, Option<String>>,
    /// SHA-256 of each source, by path.
    sources: BTreeMap<String, String>,
    /// SHA-256 of each zip, by handler.
    artifacts: BTreeMap<String, String>,
}

/// What a plan is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub stack: String,
    pub stage: String,
    pub partition: String,
    pub account: String,
    pub region: String,
    pub architecture: String,
}

/// What a plan changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// As `txflow plan --json` prints them.
    pub data: Value,
    /// As people read them, with whole documents.
    pub text: String,
}

impl Manifest {
    pub fn new(target: Target, commit: Option<String>, changes: Changes, key: &Key) -> Self {
        Self {
            format: FORMAT,
            txflow: VERSION.to_owned(),
            target,
            commit,
            changes,
            canary: None,
            salt: key.salt().clone(),
            values: BTreeMap::new(),
            sources: BTreeMap::new(),
            artifacts: BTreeMap::new(),
        }
    }

    /// With the hashes of these values.
    #[must_use]
    pub fn with_values<'a>(
        self,
        names: impl IntoIterator<Item = &'a String>,
        value: impl Fn(&str) -> Option<String>,
        key: &Key,
    ) -> Self {
        let hashed = |name: &String| {
            let hash = value(name).map(|value| key.hash(name, &value));
            (name.clone(), hash)
        };
        Self {
            values: names.into_iter().map(hashed).collect(),
            ..self
        }
    }

    /// Checks that each variable has the value that it had.
    pub fn check_values(
        &self,
        value: impl Fn(&str) -> Option<String>,
        key: &Key,
    ) -> Result<(), PlanFileError> {
        let other = self.values.iter().filter(|(name, hash)| {
            let now = value(name).map(|value| key.hash(name, &value));
            now != **hash
        });
        let other: Vec<String> = other.map(|(name, _)| name.clone()).collect();
        match other.is_empty() {
            true => Ok(()),
            false => Err(PlanFileError::OtherValues(other)),
        }
    }

    /// Checks that it comes from this txflow.
    pub fn check_version(&self) -> Result<(), PlanFileError> {
        match self.txflow == VERSION {
            true => Ok(()),
            false => Err(PlanFileError::OtherVersion {
                made: self.txflow.clone(),
                here: VERSION,
            }),
        }
    }

    pub(super) fn covering(
        self,
        sources: &Sources,
        artifacts: &BTreeMap<String, Arc<[u8]>>,
    ) -> Self {
        Self {
            sources: hashes(sources.0.iter().map(|(path, text)| (path, text.as_bytes()))),
            artifacts: hashes(artifacts.iter().map(|(handler, zip)| (handler, &**zip))),
            ..self
        }
    }

    pub(super) fn check_entries(
        &self,
        sources: &Sources,
        artifacts: &BTreeMap<String, Arc<[u8]>>,
    ) -> Result<(), PlanFileError> {
        let found = self.clone().covering(sources, artifacts);
        for (said, found) in [
            (&self.sources, &found.sources),
            (&self.artifacts, &found.artifacts),
        ] {
            let mut names = said.keys().chain(found.keys());
            if let Some(other) = names.find(|name| said.get(*name) != found.get(*name)) {
                return Err(PlanFileError::Changed(other.clone()));
            }
        }
        Ok(())
    }

    /// The key that the file was sealed with.
    pub(super) fn key(&self, shared: Option<&str>) -> Result<Key, PlanFileError> {
        Key::again(&self.salt, shared)
    }
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn hashes<'a>(entries: impl Iterator<Item = (&'a String, &'a [u8])>) -> BTreeMap<String, String> {
    let hashes = entries.map(|(name, bytes)| (name.clone(), hex::encode(Sha256::digest(bytes))));
    hashes.collect()
}
