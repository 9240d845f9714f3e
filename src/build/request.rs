//! What a build is asked for, and what it says while it runs.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use txflow_local_aws::Containment;

use super::Environment;
use crate::config::{BuildConfig, Deployment};

#[derive(Debug, Clone)]
pub struct BuildRequest {
    /// A folder of the cargo workspace: the one that holds `deploy.toml`.
    pub root: PathBuf,
    pub functions: Vec<RequestedFunction>,
    pub config: BuildConfig,
    /// Of the process that runs txflow. What a build sees of it is less: see [`Environment::of_builds`].
    pub environment: Environment,
    /// The variables that hold secrets by what `deploy.toml` says.
    pub secrets: BTreeSet<String>,
    pub diagnostics: Diagnostics,
    /// What its processes run in, so that none outlives it.
    pub containment: Containment,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedFunction {
    /// Of the handler's crate, or of its binary.
    pub name: String,
    /// Cargo features of the handler's crate.
    pub features: Vec<String>,
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
        containment: Containment,
    ) -> Self {
        Self {
            root: deployment.root.clone(),
            functions: deployment
                .functions
                .iter()
                .map(|(name, config)| RequestedFunction {
                    name: name.clone(),
                    features: config.features.clone(),
                })
                .collect(),
            config: deployment.build.clone(),
            environment,
            secrets: deployment.secret_variables.clone(),
            diagnostics,
            containment,
        }
    }

    /// What a process of this build sees.
    pub(super) fn visible_environment(&self) -> Environment {
        self.environment
            .of_builds(&self.secrets, &self.config.pass_environment)
    }
}
