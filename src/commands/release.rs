//! What the release that is live consists of, for commands that run it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use futures_util::future::try_join_all;

use super::context::{Context, Session};
use crate::aws::{failed, found};
use crate::config::MachineName;
use crate::resources::{self, AliasState, Pin};

/// The version ARN of the release that is live. New executions on an alias may for some seconds use what it
/// pointed at before; those on a version ARN never do. If somebody split the traffic, it is the ARN of the alias, which
/// decides. `None` if nothing is live.
pub(super) async fn live<D>(session: &Session<D>) -> Result<Option<String>> {
    let alias_arn = session.stack.alias_arn();
    let described = session
        .aws
        .sfn
        .describe_state_machine_alias()
        .state_machine_alias_arn(&alias_arn)
        .send()
        .await
        .map_err(failed("DescribeStateMachineAlias"));
    let alias = found(described)?;
    Ok(alias.map(|alias| match alias.routing_configuration() {
        [release] => release.state_machine_version_arn().to_owned(),
        _ => alias_arn,
    }))
}

/// What the alias leads to, and when it was written: other than before after each deploy and rollback. `None` if there is no alias.
pub(super) type Leads = Option<(Vec<(String, i32)>, Option<String>)>;

/// Where the alias leads now.
pub(super) async fn leads<D>(session: &Session<D>) -> Result<Leads> {
    let alias = session.aws.sfn.describe_state_machine_alias();
    let alias = alias.state_machine_alias_arn(session.stack.alias_arn());
    let described = alias.send().await;
    let alias = found(described.map_err(failed("DescribeStateMachineAlias")))?;
    Ok(alias.map(|alias| {
        let routes = alias.routing_configuration().iter();
        let routes =
            routes.map(|route| (route.state_machine_version_arn().to_owned(), route.weight()));
        let written = alias.update_date().map(ToString::to_string);
        (routes.collect(), written)
    }))
}

/// The same for a command that needs a release.
pub(super) async fn live_version<D>(context: &Context, session: &Session<D>) -> Result<String> {
    match live(session).await? {
        Some(version) => Ok(version),
        None => Err(context.not_deployed_here(session).await.into()),
    }
}

/// The version ARN of a state machine that is live.
pub(super) async fn live_machine<D>(
    context: &Context,
    session: &Session<D>,
    machine: &MachineName,
) -> Result<String> {
    let release = live_version(context, session).await?;
    let wanted = BTreeSet::from([machine.clone()]);
    let mut beside = beside(context, session, wanted, &release).await?;
    Ok(beside.remove(machine).unwrap_or(release))
}

/// The versions of state machines beside the main one: those that the release pins. One that no state starts is
/// in no release, and the newest version of it counts.
pub(super) async fn beside<D>(
    context: &Context,
    session: &Session<D>,
    mut machines: BTreeSet<MachineName>,
    release: &str,
) -> Result<BTreeMap<MachineName, String>> {
    let Session { aws, stack, .. } = session;
    machines.remove(&MachineName::Main);
    if machines.is_empty() {
        return Ok(BTreeMap::new());
    }
    let pinned = pinned(session, release).await?;
    let versions = machines.into_iter().map(async |machine| {
        let pinned = pinned.iter().filter_map(|pin| pin.of(&machine)).max();
        let version = match pinned {
            Some(version) => Some(version),
            None => resources::newest_version(aws, stack, &machine).await?,
        };
        let version = version.ok_or_else(|| context.not_deployed(stack))?;
        let arn = format!("{}:{version}", stack.state_machine_arn(&machine));
        anyhow::Ok((machine, arn))
    });
    Ok(try_join_all(versions).await?.into_iter().collect())
}

/// What a release pins, or what each of those pins that a split alias leads to.
pub(super) async fn pinned<D>(session: &Session<D>, release: &str) -> Result<Vec<Pin>> {
    let Session { aws, stack, .. } = session;
    let releases = match release == stack.alias_arn() {
        true => resources::live(aws, stack).await?.unwrap_or_default(),
        false => AliasState::default(),
    };
    if releases.routing.is_empty() {
        return Ok(resources::pinned_by(aws, stack, release).await?);
    }
    let pins = releases.routing.iter().map(async |(release, _)| {
        let arn = format!("{}:{release}", stack.state_machine_arn(&MachineName::Main));
        resources::pinned_by(aws, stack, &arn).await
    });
    Ok(try_join_all(pins).await?.concat())
}

/// The version of a function that a release pins. `None` if no state of it calls the function.
pub(super) fn pinned_function(pinned: &[Pin], function: &str) -> Option<String> {
    let versions = pinned.iter().filter_map(Pin::of_function);
    let versions = versions.filter(|(handler, _)| *handler == function);
    // A state machine that another one starts may pin an older one.
    let newest = versions.max_by_key(|(_, version)| version.parse::<u64>().ok())?;
    Some(newest.1.to_owned())
}
