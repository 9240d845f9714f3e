//! A deploy with tests: before callers get the release, or after.

use anyhow::{Context as _, Result};
use aws_smithy_async::rt::sleep::AsyncSleep as _;

use super::release::PlannedRelease;
use super::tests_failed::{Outcome, TestsFailed};
use crate::apply::{ApplyOutcome, Outputs, StepError};
use crate::commands::apply::{ApplyFailed, carry_on};
use crate::commands::context::{Context, Session};
use crate::commands::error::CommandError;
use crate::commands::rollback::move_back;
use crate::commands::test::{Because, CoverageOptions, TestedRelease, TestsOutcome, test_release};
use crate::config::MachineName;
use crate::exit::Exit;
use crate::resources::{self, AliasState};

/// What has become of a release that is tested before it is live.
pub enum Tested {
    /// The plan was applied to its end.
    Live(Box<ApplyOutcome>),
    /// The result is printed.
    Ended(Exit),
}

/// Publishes the release, runs the tests on its version, and makes it live only if they pass. If `live` is to stay where it
/// is, what is live is tested, unless a canary tries that out: its tests have passed.
pub async fn test_before_live(
    context: &Context,
    planned: &PlannedRelease,
    coverage: &CoverageOptions,
) -> Result<Tested> {
    let Some([ready, rest]) = planned.plan.waves() else {
        let alias = planned.alias_before();
        if planned.desired.canary.is_some() && alias.and_then(AliasState::canary).is_some() {
            return Ok(Tested::Live(Box::new(planned.carry_out(context).await?)));
        }
        let tested = test_live(context, planned, false, coverage).await;
        return tested.map(Tested::Ended);
    };
    let PlannedRelease { session, .. } = planned;
    let stack = &session.stack;
    let outcome = carry_on(context, session, &ready, planned.outputs()).await;
    let outcome = outcome.map_err(|ApplyFailed(mut outcome)| {
        outcome.not_started.extend(rest.steps.clone());
        ApplyFailed(outcome)
    })?;
    let release = outcome.outputs.release().ok_or(StepError::NoRelease)?;
    let release = release.version;
    let version_arn = format!("{}:{release}", stack.state_machine_arn(&MachineName::Main));
    let before = planned.alias_before();
    let tested = async {
        until_policies_apply(context, session, &outcome.outputs).await?;
        let on = TestedRelease::NotLive(&version_arn);
        test_release(context, session, on, coverage).await
    };
    let tested = match tested.await {
        Ok(tested) => tested,
        Err(error) => {
            let live = resources::live(&session.aws, stack).await;
            let is_gone = before.is_some() && matches!(live, Ok(None));
            return Err(error.context(match is_gone {
                true => removed_meanwhile(release),
                false => not_completed(release),
            }));
        }
    };
    // Tests take time, and whoever moved `live` meanwhile has the last word.
    let live = resources::live(&session.aws, stack).await;
    let live = live.with_context(|| not_completed(release))?;
    let moved = routing(live.as_ref()) != routing(before);
    if let TestsOutcome::NotPassed(because) = tested {
        let is_live = live.as_ref().and_then(AliasState::version) == Some(release);
        let outcome = match moved {
            // Another deploy of the same sources.
            true if is_live => Outcome::WasLive,
            true => Outcome::Overtaken,
            false => Outcome::NotMoved,
        };
        let failed = TestsFailed::new(stack, Some(release), live.as_ref(), (outcome, because));
        context.printer.answer(&failed)?;
        return Ok(Tested::Ended(Exit::TestFailed));
    }
    if moved && live.as_ref().and_then(AliasState::version) != Some(release) {
        return Err(CommandError::LiveMoved {
            release,
            live: live.map(|live| live.shown()),
            status: context.global.same_stack("txflow status"),
        }
        .into());
    }
    let outcome = carry_on(context, session, &rest, outcome.outputs).await?;
    Ok(Tested::Live(Box::new(outcome)))
}

/// Applies the plan, then runs the tests on what is live. `back` is whether `live` moves back if they fail.
pub async fn test_live(
    context: &Context,
    planned: &PlannedRelease,
    back: bool,
    coverage: &CoverageOptions,
) -> Result<Exit> {
    let session = &planned.session;
    let outcome = planned.carry_out(context).await?;
    let mut live = planned.live(context, &outcome.outputs);
    live.next = None;
    context.printer.answer(&live)?;
    let deployed = live.state_machine_version_arn.as_deref();
    let on = deployed.map_or(TestedRelease::Live, TestedRelease::Deployed);
    let tested = test_release(context, session, on, coverage).await;
    let stays = !back || context.world.is_interrupted();
    let because = match tested {
        Ok(TestsOutcome::Passed) => return Ok(Exit::Done),
        Ok(TestsOutcome::NotPassed(because)) => because,
        Err(error) if stays => {
            return Err(error.context(still_live(context, planned, live.release)));
        }
        Err(error) => {
            // What cannot be tested has not passed.
            let failed = moved_back(context, planned, live.release, Because::Tests).await?;
            context.printer.answer(&failed)?;
            return Err(error.context("the tests could not be run"));
        }
    };
    let mut failed = if stays {
        let now = now(session, live.release).await;
        let now = now.with_context(|| still_live(context, planned, live.release))?;
        let is_led_to = |alias: &AliasState| alias.version() == live.release;
        let outcome = match live.release {
            Some(_) if !now.as_ref().is_some_and(is_led_to) => Outcome::Overtaken,
            _ => Outcome::Stays,
        };
        TestsFailed::new(
            &session.stack,
            live.release,
            now.as_ref(),
            (outcome, because),
        )
    } else {
        moved_back(context, planned, live.release, because).await?
    };
    if failed.outcome == Outcome::Stays && planned.before_release(live.release).is_some() {
        failed.next = Some(context.global.same_stack("txflow rollback"));
    }
    context.printer.answer(&failed)?;
    Ok(Exit::TestFailed)
}

/// The alias. If it does not lead to the release that was tested, AWS may still show what was before.
async fn now(session: &Session, tested: Option<u64>) -> Result<Option<AliasState>> {
    let Session { aws, stack, .. } = session;
    let alias = resources::live(aws, stack).await?;
    let is_led_to = |alias: &AliasState| alias.version() == tested;
    if tested.is_none() || alias.as_ref().is_some_and(is_led_to) {
        return Ok(alias);
    }
    aws.sleep.sleep(aws.policy_propagation).await;
    Ok(resources::live(aws, stack).await?)
}

/// Moves `live` back to what it was before, unless there was nothing, or somebody has moved or removed it meanwhile.
async fn moved_back(
    context: &Context,
    planned: &PlannedRelease,
    release: Option<u64>,
    because: Because,
) -> Result<TestsFailed> {
    let PlannedRelease { session, plan, .. } = planned;
    let told = |live: Option<&AliasState>, outcome| {
        TestsFailed::new(&session.stack, release, live, (outcome, because))
    };
    let now = now(session, release).await;
    let now = now.with_context(|| still_live(context, planned, release))?;
    if now.is_none() {
        return Ok(told(None, Outcome::Overtaken));
    }
    let Some(from) = release.filter(|_| plan.waves().is_some()) else {
        return Ok(told(now.as_ref(), Outcome::WasLive));
    };
    let Some(to) = planned.before_release(release) else {
        return Ok(told(now.as_ref(), Outcome::NothingBefore));
    };
    let elsewhere = move_back(context, session, (from, to)).await;
    let elsewhere = elsewhere.with_context(|| {
        format!(
            "the tests of release {from} {}, and `live` could not be moved back to release {to}",
            because.verb()
        )
    })?;
    Ok(match elsewhere {
        Some(live) => told(Some(&live), Outcome::Overtaken),
        None => {
            let back = AliasState {
                routing: vec![(to, 100)],
                ..AliasState::default()
            };
            told(Some(&back), Outcome::MovedBack)
        }
    })
}

/// An execution that starts before is denied its functions, and a function that starts before keeps the permissions of then.
async fn until_policies_apply(
    context: &Context,
    session: &Session,
    outputs: &Outputs,
) -> Result<()> {
    let left = outputs.until_policies_apply(session.aws.policy_propagation);
    if left.is_zero() {
        return Ok(());
    }
    context
        .printer
        .note("the tests wait until AWS applies the policies that were just written");
    let wait = async {
        session.aws.sleep.sleep(left).await;
        Ok(())
    };
    context.unless_interrupted(wait).await
}

/// The context of an error between the publication and the end of the tests.
fn not_completed(release: u64) -> String {
    format!(
        "release {release} is published and its tests were not completed; this deploy did not move `live`"
    )
}

/// The same if a destroy has come in between.
fn removed_meanwhile(release: u64) -> String {
    format!(
        "another command has removed `live` while release {release} was tested, so its tests were not completed"
    )
}

/// The same of a release that is live already.
fn still_live(context: &Context, planned: &PlannedRelease, release: Option<u64>) -> String {
    let live = release.map_or_else(
        || "the tests of what is live were not completed".to_owned(),
        |release| format!("release {release} is live and its tests were not completed"),
    );
    match planned.before_release(release) {
        Some(before) => {
            let back = format!("txflow rollback --to {before}");
            let back = context.global.same_stack(&back);
            format!("{live}; `{back}` goes back to release {before}")
        }
        None => live,
    }
}

fn routing(alias: Option<&AliasState>) -> &[(u64, i32)] {
    alias.map_or(&[], |alias| &alias.routing)
}
