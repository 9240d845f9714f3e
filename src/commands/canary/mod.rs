//! `txflow canary`, and the canary of a deploy.

mod details;
mod ended;
mod look;
pub(super) mod options;
mod report;
mod reroute;
mod running;
mod text;
mod watch;

pub(super) use report::CanaryReport;

use anyhow::Result;
use clap::Subcommand;

use self::ended::ended;
use self::look::look_once;
use self::report::Outcome;
use self::reroute::{promote, route_back};
use self::running::{Running, live, no_canary, settled};
use self::watch::watch;
use super::context::{Context, Session};
use super::deploy::live::Live;
use crate::exit::Exit;

#[derive(Debug, Subcommand)]
pub enum CanaryCommand {
    /// Compare the executions of both releases
    #[command(after_help = "Examples:
  txflow canary status
  txflow canary status --stage prod --json

It says what `txflow canary watch` would do now, and writes nothing. Without a canary it fails.")]
    Status,
    /// Watch a canary to its end, as `txflow deploy --canary` does
    #[command(after_help = "Examples:
  txflow canary watch
  txflow canary watch --stage prod

It goes on with a canary that `txflow deploy --canary` has begun, with --detach or interrupted, on this machine or on another \
one. Exits with 3 if the executions of the new release have shown that it is worse.")]
    Watch,
    /// Send all executions to the new release, whatever they have shown
    #[command(after_help = "Examples:
  txflow canary promote
  txflow canary promote --stage prod

If all executions get the newest release already, nothing changes, so that the command can be run again after an \
interruption.")]
    Promote,
    /// Send all executions back to the old release
    #[command(after_help = "Examples:
  txflow canary abort
  txflow canary abort --stage prod

If `live` is back at the old release already, nothing changes, so that the command can be run again after an interruption.")]
    Abort,
}

pub async fn canary(context: &Context, command: &CanaryCommand) -> Result<Exit> {
    let session = context.session().await?;
    let alias = live(context, &session).await?;
    let Some(running) = Running::of(alias.clone()) else {
        let ended = ended(&session, command, &alias).await?;
        let report = ended.ok_or_else(|| no_canary(context, &alias))?;
        context.printer.answer(&report)?;
        return Ok(Exit::Done);
    };
    let (outcome, running) = match command {
        CanaryCommand::Watch => {
            let report = watch(context, &session, running).await?;
            return finish(context, report);
        }
        CanaryCommand::Status => (Outcome::Running, running),
        CanaryCommand::Promote => {
            promote(context, &session, &running).await?;
            (Outcome::Promoted, running)
        }
        CanaryCommand::Abort => {
            route_back(context, &session, &running).await?;
            (Outcome::RoutedBack, running)
        }
    };
    let mut report = CanaryReport::new(context, &session.stack, &running, outcome);
    // Executions that cannot be read keep nobody from ending a canary.
    match look_once(context, &session, &running).await {
        Ok(looked) => report.add(looked),
        Err(error) if outcome == Outcome::Running => return Err(error),
        Err(error) => context.printer.note(&format!("{error:#}")),
    }
    context.printer.answer(&report)?;
    Ok(Exit::Done)
}

/// What follows once a deploy has applied its plan: the canary that it has begun, or found, is watched to its end.
pub(super) async fn after_deploy(
    context: &Context,
    session: &Session,
    live: Live,
    detach: bool,
) -> Result<Exit> {
    let alias = settled(session, |alias| {
        alias.canary().is_some() || alias.version() == live.release
    });
    let Some(running) = alias.await?.and_then(Running::of) else {
        context.printer.answer(&live)?;
        return Ok(Exit::Done);
    };
    if detach {
        let mut report = CanaryReport::new(context, &session.stack, &running, Outcome::Running);
        report.deployed = Some(live);
        return finish(context, report);
    }
    let mut report = watch(context, session, running).await?;
    report.deployed = Some(live);
    finish(context, report)
}

fn finish(context: &Context, report: CanaryReport) -> Result<Exit> {
    let exit = report.exit();
    context.printer.answer(&report)?;
    Ok(exit)
}
