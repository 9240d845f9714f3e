//! What the commands that build have in common.

use std::sync::Arc;

use anyhow::Result;
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use txflow_local_aws::{Containment, Family};

use super::context::{Context, Identified, Session};
use crate::build::{self, Artifact, BuildEvent, BuildRequest, CargoOutput, Purpose};
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

/// Builds the functions of the deployment, once the account is known: bad credentials fail in a second.
pub(super) async fn build(
    context: &Context,
    session: &Session,
    identified: &Identified,
) -> Result<Vec<Artifact>> {
    identified.wait().await;
    let Context {
        global,
        world,
        printer,
        ..
    } = context;
    if let Some(prepared) = &world.prepared {
        let zips = prepared.zips.iter();
        return Ok(zips
            .map(|(handler, zip)| Artifact::new(handler, Arc::clone(zip)))
            .collect());
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
        &session.deployment,
        world.environment.iter().collect(),
        output,
        Containment::new(world.supervisor.clone(), Family::unique()),
        if global.local {
            Purpose::Local
        } else {
            Purpose::Lambda
        },
    );
    let reporter = printer.reporter();
    let architecture = request.config.architecture;
    let tell = move |event: BuildEvent| {
        let note = other_machine(&event, architecture);
        reporter.report(&Event::from(event));
        if let Some(text) = note {
            reporter.report(&Event::Note { text });
        }
    };
    let artifacts = build::build(&request, &tell).await;
    printer.report(&Event::BuildFinished);
    Ok(artifacts?)
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
