//! What a build is asked for, and what it reports while it runs.

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
    /// The environment of txflow's own process. A build sees only part of it: see [`Environment::of_builds`].
    pub environment: Environment,
    /// The variables that hold secrets according to `deploy.toml`.
    pub secrets: BTreeSet<String>,
    pub output: CargoOutput,
    /// Contains its processes, so that none of them outlives it.
    pub containment: Containment,
    pub purpose: Purpose,
}

/// Where the handlers are to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Lambda,
    /// On this machine, in the embedded AWS.
    Local,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedFunction {
    /// The name of the handler's crate, or of its binary.
    pub name: String,
    /// Cargo features of the handler's crate.
    pub features: Vec<String>,
}

/// Where cargo's own messages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CargoOutput {
    /// Straight to standard error, with cargo's progress bar if that is a terminal.
    Inherit,
    /// Into [`BuildError::Cargo`](super::BuildError::Cargo) if cargo fails.
    Capture { color: bool },
    /// As with `Capture`, and also line by line into [`BuildEvent::Said`].
    Tell { color: bool },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildEvent {
    /// Cargo starts.
    Started {
        functions: usize,
        profile: String,
        /// Such as `aarch64-unknown-linux-gnu`.
        target: String,
        /// What links, unless it is the host's own compiler.
        linker: Option<&'static str>,
    },
    /// Cargo said a line.
    Said(String),
    /// The artifact of a function is ready.
    Finished {
        function: String,
        /// The size of the zip in bytes.
        size: usize,
        sha256: String,
        /// Since cargo compiled the last of the libraries.
        elapsed: Duration,
        /// Whether cargo had to compile it.
        compiled: bool,
    },
}

impl BuildRequest {
    /// Builds all functions of a deployment.
    pub fn new(
        deployment: &Deployment,
        environment: Environment,
        output: CargoOutput,
        containment: Containment,
        purpose: Purpose,
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
            output,
            containment,
            purpose,
        }
    }

    /// The cargo profile.
    pub(super) fn profile(&self) -> &str {
        match self.purpose {
            Purpose::Lambda => &self.config.profile,
            Purpose::Local => &self.config.local_profile,
        }
    }

    /// What a process of this build sees.
    pub(super) fn visible_environment(&self) -> Environment {
        self.environment
            .of_builds(&self.secrets, &self.config.pass_environment)
    }
}
