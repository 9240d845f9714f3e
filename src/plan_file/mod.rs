//! A plan as a file: what was reviewed is what is applied.
//!
//! The file is a zip. `manifest.json` says what the plan is for and what it changes, `plan.txt` is the plan as people
//! read it, `sources.json` has the texts of `deploy.toml` and the files
//! that it names, `artifacts/` the zips of the handlers. A plan is a function of
//! those, of the values in the environment and of what AWS holds. So it is not stored as calls: it is made again from
//! the file, and must come out the same.

mod archive;
mod error;
mod manifest;
mod seal;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use error::PlanFileError;
pub use manifest::{Changes, Manifest, Target};
pub use seal::{Key, Salt};

use crate::build::Artifact;
use crate::config::Sources;

/// A plan with everything that it was made from, but for the values in the environment.
#[derive(Debug)]
pub struct PlanFile {
    pub manifest: Manifest,
    pub sources: Sources,
    /// By handler.
    artifacts: BTreeMap<String, Arc<[u8]>>,
}

impl PlanFile {
    /// `manifest` is completed by the hashes of the rest.
    pub fn new(manifest: Manifest, sources: Sources, artifacts: &[Artifact]) -> Self {
        let artifacts = artifacts.iter();
        let artifacts = artifacts.map(|built| (built.function.clone(), Arc::clone(&built.zip)));
        let artifacts = artifacts.collect();
        Self {
            manifest: manifest.covering(&sources, &artifacts),
            sources,
            artifacts,
        }
    }

    /// The bytes of the file, sealed with the key.
    pub fn pack(&self, key: &Key) -> Result<Vec<u8>, PlanFileError> {
        let packed = archive::pack(self, &key.seal(&self.manifest));
        packed.map_err(|cause| PlanFileError::NotPacked(cause.to_string()))
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    ///
    /// If it is not the file of a plan, was changed since it was written, or comes from another version of txflow.
    pub fn unpack(bytes: &[u8], shared_key: Option<&str>) -> Result<(Self, Key), PlanFileError> {
        let unpacked = archive::unpack(bytes)?;
        let manifest = &unpacked.file.manifest;
        let key = manifest.key(shared_key)?;
        if key.seal(manifest) != unpacked.seal {
            return Err(PlanFileError::Changed("manifest.json".to_owned()));
        }
        unpacked.check_text()?;
        let file = unpacked.file;
        file.manifest
            .check_entries(&file.sources, &file.artifacts)?;
        Ok((file, key))
    }

    pub fn artifacts(&self) -> Vec<Artifact> {
        let artifacts = self.artifacts.iter();
        let artifacts = artifacts.map(|(handler, zip)| Artifact::new(handler, Arc::clone(zip)));
        artifacts.collect()
    }
}
