//! What a build is asked for, and what it says while it runs.

use std::path::PathBuf;
use std::time::Duration;

use super::Environment;
use crate::config::{BuildConfig, Deployment};

#[derive(Debug, Clone)]
pub struct BuildRequest {
    /// A folder of the cargo workspace: the one that holds `deploy.toml`.
    pub root: PathBuf,
    /// The names of the handlers' crates.
    pub functions: Vec<String>,
    pub config: BuildConfig,
    pub environment: Environment,
    pub diagnostics: Diagnostics,
}

/// Where cargo's own messages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Diagnostics {
    /// Straight to standard error, with cargo's progress bar where that is a terminal.
    Inherit,
    /// Into [`BuildError::Cargo`](super::BuildError::Cargo), should cargo fail.
    Capture { color: bool },
    /// As with `Capture`, and line by line into [`BuildEvent::Said`] as well.
    Tell { color: bool },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildEvent {
    /// Cargo starts.
    Started {
        functions: usize,
        /// Such as `aarch64-unknown-linux-gnu`.
        target: &'static str,
        /// What links, where it is not the host's own compiler.
        linker: Option<&'static str>,
    },
    /// Cargo said a line.
    Said(String),
    /// The artifact of a function is there.
    Finished {
        function: String,
        /// Bytes of the zip.
        size: usize,
        sha256: String,
        /// Since cargo started.
        after: Duration,
        /// Whether cargo had to compile it.
        compiled: bool,
    },
}

impl BuildRequest {
    /// All functions of a deployment.
    pub fn new(
        deployment: &Deployment,
        environment: Environment,
        diagnostics: Diagnostics,
    ) -> Self {
        Self {
            root: deployment.root.clone(),
            functions: deployment.functions.keys().cloned().collect(),
            config: deployment.build.clone(),
            environment,
            diagnostics,
        }
    }
}
