//! The project that a command is run for.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::Result;

use super::session::Loaded;
use crate::commands::global::Global;
use crate::config::{self, Deployment, Files, Sources, StackReading, UNKNOWN_REGION};
use crate::report::{self, Event, Reporter};
use crate::resources;
use crate::world::{Clock, Environment, Secrets, World};

/// The folder with deploy.toml, and the stage that is worked on.
pub struct Project {
    root: PathBuf,
    stage: String,
    /// The one that the command asks for.
    region: Option<String>,
    environment: Environment,
    secrets: Secrets,
    now: Clock,
    reporter: Arc<dyn Reporter>,
    /// Set once it was said that deploy.toml does not declare the stage.
    undeclared: OnceLock<()>,
}

impl Project {
    pub(super) fn new(global: &Global, world: &World, reporter: Arc<dyn Reporter>) -> Self {
        Self {
            root: global.root(&world.dir),
            stage: global.stage.clone(),
            region: global.region.clone(),
            environment: world.environment.clone(),
            secrets: world.secrets.clone(),
            now: world.now.clone(),
            reporter,
            undeclared: OnceLock::new(),
        }
    }

    /// Whether deploy.toml does not declare the stage, which was said.
    pub fn is_undeclared(&self) -> bool {
        self.undeclared.get().is_some()
    }

    /// The folder of deploy.toml, as the user wrote it.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The deployment, for a command that writes functions. Its warnings are reported.
    pub fn load(&self) -> Result<Deployment> {
        let environment = |name: &str| self.environment.get(name);
        let deployment = config::load(self.root(), &self.stage, &environment)?;
        self.checked(deployment)
    }

    /// The same to check the files. What variables that are not set stand for is not known, so nothing of it may be
    /// deployed.
    pub fn load_to_check(&self) -> Result<Deployment> {
        let environment = |name: &str| self.environment.get(name);
        let deployment = config::load_to_check(self.root(), &self.stage, &environment)?;
        self.checked(deployment)
    }

    /// The deployment that was read from these texts, for a command that writes functions.
    pub fn load_packed(&self, sources: Sources) -> Result<Deployment> {
        let environment = |name: &str| self.environment.get(name);
        let files = Files::packed(&self.root, sources);
        let deployment = config::load(files, &self.stage, &environment)?;
        self.checked(deployment)
    }

    fn checked(&self, mut deployment: Deployment) -> Result<Deployment> {
        resources::check(&deployment)?;
        if let Some(region) = self.region.as_ref().or(deployment.region.as_ref()) {
            resources::check_partition(&deployment, region)?;
        }
        self.hide_secrets_of(&deployment);
        let past = deployment.past_schedules((self.now)());
        deployment.warnings.extend(past);
        for warning in &deployment.warnings {
            self.reporter.report(&Event::Finding(warning.clone()));
        }
        Ok(deployment)
    }

    /// The deployment, for a command that does not write functions. The values that functions get from the environment
    /// are not needed then, so a pipeline that removes a stage need not know the secrets.
    pub fn load_names(&self) -> Result<Deployment> {
        let deployment = self.load_stage(&self.stage)?;
        self.tell_of_region(&deployment);
        self.report_unknown_stage(&deployment);
        Ok(deployment)
    }

    /// A command that creates nothing may work on a stage that is not declared, but a misspelled one looks like one that was
    /// never deployed or is not protected.
    fn report_unknown_stage(&self, deployment: &Deployment) {
        let warnings = deployment.warnings.iter();
        for warning in warnings.filter(|warning| warning.code == config::UNKNOWN_STAGE) {
            self.undeclared.get_or_init(|| ());
            self.reporter.report(&Event::Finding(warning.clone()));
        }
    }

    /// What names the stack, for a command that writes nothing new. An error that leaves no doubt about that is a warning.
    pub fn load_stack(&self) -> Result<Loaded<Option<Deployment>>> {
        let environment = |name: &str| self.environment.get(name);
        let StackReading {
            config,
            deployment,
            secrets,
            ignored,
        } = config::load_stack(self.root(), &self.stage, &environment)?;
        self.secrets
            .add(secrets.iter().map(String::as_str), &report::FORMS);
        if let Some(deployment) = &deployment {
            self.report_unknown_stage(deployment);
        }
        if let Some(ignored) = ignored {
            self.reporter.report(&Event::Finding(ignored));
        }
        if let Some(deployment) = &deployment {
            self.tell_of_region(deployment);
        }
        Ok(Loaded { config, deployment })
    }

    /// A region that may be misspelt is told by every command, since each looks for the stack there.
    fn tell_of_region(&self, deployment: &Deployment) {
        let warnings = deployment.warnings.iter();
        for warning in warnings.filter(|warning| warning.code == UNKNOWN_REGION) {
            self.reporter.report(&Event::Finding(warning.clone()));
        }
    }

    /// The same as [`Self::load_names`] for any stage.
    pub fn load_stage(&self, stage: &str) -> Result<Deployment> {
        let environment = |name: &str| self.environment.get(name);
        let deployment = config::load_without_secrets(self.root(), stage, &environment)?;
        self.hide_secrets_of(&deployment);
        Ok(deployment)
    }

    /// From here on no stream and no file shows the secrets. A secret from a variable that is not set is unknown.
    fn hide_secrets_of(&self, deployment: &Deployment) {
        self.secrets.add(deployment.secrets(), &report::FORMS);
    }
}
