//! `txflow deploy`.

pub(super) mod live;
mod not_mounted;
pub(super) mod release;
mod roles_of_others;
mod tested;
mod tests_failed;

pub(super) use live::Live;
pub(super) use release::PlannedRelease;
pub(super) use tests_failed::TestsFailed;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use txflow_local_aws::Time;

use self::release::Source;
use self::tested::{Tested, test_before_live, test_live};
use super::build::BuildOptions;
use super::canary::after_deploy;
use super::canary::options::CanaryOptions;
use super::context::{Context, Session};
use super::error::CommandError;
use super::plan_file::Reviewed;
use super::test::{CoverageOptions, check_tests};
use super::upstreams::UpstreamOption;
use crate::exit::Exit;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow deploy
  txflow deploy --local --test
  txflow deploy --stage prod
  txflow deploy --stage prod --plan prod.plan
  txflow deploy --stage prod --test-before-live
  txflow deploy --stage prod --test --rollback-on-failure
  txflow deploy --stage prod --canary 10% --for 15m
  txflow deploy --stage prod --canary --steps 10,50,100 --detach

What deploy.toml and the definition ask for is compared with what AWS holds, and the difference is applied. Callers get the \
new release in one step, when all of it is ready. Run again after an interruption, it continues from there; `txflow plan` \
shows what it would do.

With --test-before-live the tests start executions on the version that was published. If one fails, `live` stays where it was \
and the exit code is 3; run again with the same sources, it tests that same version again. Tests that send an event are \
skipped then, since a trigger starts what is live. With --json the results of the tests come first.

With --canary a share of the executions gets the new release. txflow compares how often executions of both releases fail and how long they take, gives the new one more, and makes it live if it does as well, or routes all back to the old one, with exit code 3 if its executions have shown that it is worse, and 1 if too few executions have ended to decide. Ctrl-C leaves `live` split; `txflow canary` says so and goes on. With --test-before-live the tests come first.

With --test the tests run once it is live. If one fails, the exit code is 3, and a last line, or with --json a third document, \
says what is live then: with --rollback-on-failure the release before, unless there was none, or another command has \
moved `live` meanwhile.

--coverage says what the tests reached, and with --fail-under too little of it is as a test that fails.

In a GitHub job the outputs of the step are `state-machine-arn`, `live` and `version` (the live release), `release` (the \
release of this deploy, also if it is not live), `changed` (true or false) and `functions` (JSON: the version ARN of each function, by its name \
in deploy.toml).")]
pub struct DeployOptions {
    #[command(flatten)]
    pub build: BuildOptions,
    /// Build nothing, and apply the plan in this file, which `txflow plan --out` has written
    #[arg(long, value_name = "FILE", conflicts_with = "architecture")]
    pub plan: Option<PathBuf>,
    /// Run all tests of deploy.toml once it is live; with --json their results are a second document
    #[arg(long, conflicts_with = "canary")]
    pub test: bool,
    /// Move `live` back to the release before if a test fails
    #[arg(long, requires = "test")]
    pub rollback_on_failure: bool,
    /// Run all tests of deploy.toml on the new release before callers get it; it becomes live only if they pass
    #[arg(long, conflicts_with = "test")]
    pub test_before_live: bool,
    #[command(flatten)]
    pub coverage: CoverageOptions,
    #[command(flatten)]
    pub canary: CanaryOptions,
    /// Begin the canary and do not wait for its end; `txflow canary` goes on
    #[arg(long, requires = "canary")]
    pub detach: bool,
    #[command(flatten)]
    pub upstreams: UpstreamOption,
}

/// Builds, plans and applies, then prints what is live.
pub async fn deploy(context: &Context, options: &DeployOptions) -> Result<Exit> {
    context.connection.send_on(&options.upstreams);
    if options.coverage.is_on() && !(options.test || options.test_before_live) {
        return Err(CommandError::CoverageWithoutTests.into());
    }
    let reviewed = options.plan.as_deref();
    let reviewed = reviewed
        .map(|path| Reviewed::read(context, path))
        .transpose()?;
    if options.test
        && reviewed
            .as_ref()
            .is_some_and(|plan| plan.canary().is_some())
    {
        return Err(CommandError::TestOfCanary.into());
    }
    let source = match &reviewed {
        Some(reviewed) => Source::Reviewed(reviewed),
        None => Source::Project(&options.build),
    };
    let check = |session: &Session| match options {
        DeployOptions { test: true, .. } => check_tests(context, session, true),
        DeployOptions {
            test_before_live: true,
            ..
        } => check_tests(context, session, false),
        _ => Ok(()),
    };
    let canary = &options.canary;
    let planned = PlannedRelease::make(context, source, canary, Time::Real, check).await?;
    if options.test {
        return test_live(
            context,
            &planned,
            options.rollback_on_failure,
            &options.coverage,
        )
        .await;
    }
    let outcome = match options.test_before_live {
        true => match test_before_live(context, &planned, &options.coverage).await? {
            Tested::Live(outcome) => *outcome,
            Tested::Ended(exit) => return Ok(exit),
        },
        false => planned.carry_out(context).await?,
    };
    let mut live = planned.live(context, &outcome.outputs);
    if planned.desired.canary.is_some() {
        return after_deploy(context, &planned.session, live, options.detach).await;
    }
    live.next = live.next.filter(|_| !options.test_before_live);
    context.printer.answer(&live)?;
    Ok(Exit::Done)
}
