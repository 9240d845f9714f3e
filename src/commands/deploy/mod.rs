//! `txflow deploy`.

mod live;
pub(super) mod release;
mod roles_of_others;

pub(super) use live::Live;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use txflow_local_aws::Time;

use self::release::{Source, release};
use super::build::BuildOptions;
use super::context::Context;
use super::plan_file::Reviewed;
use super::test::{TestOptions, test_release};
use super::upstreams::UpstreamOption;
use crate::exit::Exit;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow deploy
  txflow deploy --local --test
  txflow deploy --stage prod
  txflow deploy --stage prod --plan prod.plan

What deploy.toml and the definition ask for is compared with what AWS holds, and the difference is applied. Callers get the \
new release in one step, when all of it is ready. Run again after an interruption, it continues from there; `txflow plan` \
shows what it would do.

In a GitHub job the outputs of the step are `state-machine-arn`, `version` (the live release), \
`changed` (true or false) and `functions` (JSON: the version ARN of each function, by its name \
in deploy.toml).")]
pub struct DeployOptions {
    #[command(flatten)]
    pub build: BuildOptions,
    /// Build nothing, and apply the plan in this file, which `txflow plan --out` has written
    #[arg(long, value_name = "FILE", conflicts_with = "architecture")]
    pub plan: Option<PathBuf>,
    /// Run all tests of deploy.toml once it is live; with --json their results are a second document
    #[arg(long)]
    pub test: bool,
    #[command(flatten)]
    pub upstreams: UpstreamOption,
}

/// Builds, plans and applies, then prints what is live.
pub async fn deploy(context: &Context, options: &DeployOptions) -> Result<Exit> {
    context.connection.send_on(&options.upstreams);
    let reviewed = options.plan.as_deref();
    let reviewed = reviewed
        .map(|path| Reviewed::read(context, path))
        .transpose()?;
    let source = match &reviewed {
        Some(reviewed) => Source::Reviewed(reviewed),
        None => Source::Project(&options.build),
    };
    let mut live = release(context, source, Time::Real).await?;
    if !options.test {
        context.printer.answer(&live)?;
        return Ok(Exit::Done);
    }
    live.next = None;
    context.printer.answer(&live)?;
    let deployed = live.state_machine_version_arn.as_deref();
    test_release(context, &TestOptions::default(), deployed).await
}
