//! Where a release comes from.

/// Written into the descriptions of the versions that a deploy publishes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The abbreviated git commit; `-dirty` follows if the working tree had changes.
    pub commit: Option<String>,
}

impl Origin {
    /// The description of a version, such as `txflow 0.1.0, commit 1f2e3d4`.
    pub fn description(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        match &self.commit {
            Some(commit) => format!("txflow {version}, commit {commit}"),
            None => format!("txflow {version}"),
        }
    }
}
