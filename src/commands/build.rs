//! What the commands that build have in common.

use std::sync::Arc;

use anyhow::Result;
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use txflow_local_aws::{Containment, Family};

use super::context::{Context, Identified};
use crate::build::{
    self, Artifact, BuildError, BuildEvent, BuildRequest, CargoOutput, Prepared, Purpose,
};
use crate::config::{Architecture, Deployment};
use crate::report::Event;

#[derive(Debug, Default, Args)]
pub struct BuildOptions {
    /// Build for this architecture, whatever deploy.toml says
    #[arg(long, value_name = "ARCH")]
    pub architecture: Option<Architecture>,
}

/// The deployment with all that functions need.
pub(super) fn deployment(context: &Context, options: &BuildOptions) -> Result<Deployment> {
    let mut deployment = context.project.load()?;
    if let Some(architecture) = options.architecture {
        deployment.build.architecture = architecture;
    }
    Ok(deployment)
}

/// A build of all functions of a deployment.
pub(super) enum Building {
    /// They need not be built.
    Done(Vec<Artifact>),
    Begun {
        request: Box<BuildRequest>,
        /// Ends when this is dropped.
        prepared: Mutex<JoinSet<Result<Prepared, BuildError>>>,
    },
}

/// Begins a build: what it has to know of the workspace and the toolchain is found out while the way to AWS is.
pub(super) fn begin(context: &Context, deployment: &Deployment) -> Building {
    let Context {
        global,
        world,
        printer,
        ..
    } = context;
    if let Some(prepared) = &world.prepared {
        let zips = prepared.zips.iter();
        let artifacts = zips.map(|(handler, zip)| Artifact::new(handler, Arc::clone(zip)));
        return Building::Done(artifacts.collect());
    }
    let color = world.stderr.color;
    let output = if global.json || global.quiet {
        CargoOutput::Capture { color }
    } else if printer.is_for_github() {
        // Cargo's output goes into the group of the build, but below it after a failure.
        CargoOutput::Tell { color }
    } else {
        CargoOutput::Inherit
    };
    let request = BuildRequest::new(
        deployment,
        world.environment.iter().collect(),
        output,
        Containment::new(world.supervisor.clone(), Family::unique()),
        if global.local {
            Purpose::Local
        } else {
            Purpose::Lambda
        },
    );
    let mut prepared = JoinSet::new();
    let request = Box::new(request);
    let asked = request.clone();
    prepared.spawn(async move { build::prepare(&asked).await });
    let prepared = Mutex::new(prepared);
    Building::Begun { request, prepared }
}

impl Building {
    /// Compiles the functions, once the account is known: bad credentials fail in a second.
    pub(super) async fn finish(
        &self,
        context: &Context,
        identified: &Identified,
    ) -> Result<Vec<Artifact>> {
        identified.wait().await;
        let (request, prepared) = match self {
            Self::Done(artifacts) => return Ok(artifacts.clone()),
            Self::Begun { request, prepared } => (request, prepared),
        };
        let prepared = match prepared.lock().await.join_next().await {
            Some(prepared) => prepared.map_err(BuildError::Interrupted)??,
            None => build::prepare(request).await?,
        };
        let printer = &context.printer;
        let reporter = printer.reporter();
        let architecture = request.config.architecture;
        let tell = move |event: BuildEvent| {
            let note = other_machine(&event, architecture);
            reporter.report(&Event::from(event));
            if let Some(text) = note {
                reporter.report(&Event::Note { text });
            }
        };
        let artifacts = build::build(request, &prepared, &tell).await;
        printer.report(&Event::BuildFinished);
        Ok(artifacts?)
    }
}

/// Refuses a function without a crate, as a build would.
pub(super) async fn find_crates(context: &Context, deployment: &Deployment) -> Result<()> {
    let world = &context.world;
    if world.prepared.is_some() {
        return Ok(());
    }
    let request = BuildRequest::new(
        deployment,
        world.environment.iter().collect(),
        CargoOutput::Capture { color: false },
        Containment::new(world.supervisor.clone(), Family::unique()),
        Purpose::Lambda,
    );
    Ok(build::find_crates(&request).await?)
}

/// What a build for another architecture than Lambda's does not show.
fn other_machine(event: &BuildEvent, lambdas: Architecture) -> Option<String> {
    let BuildEvent::Started { target, .. } = event else {
        return None;
    };
    let here = target.split('-').next().unwrap_or_default();
    (here != lambdas.of_targets()).then(|| {
        format!(
            "the handlers run here on {here}, and on Lambda on {}: code under `cfg(target_arch)` may differ",
            lambdas.as_str()
        )
    })
}

impl ValueEnum for Architecture {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::X86_64, Self::Arm64]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()))
    }
}
