//! Versions that executions were forked onto: they start in the middle, and are not releases.
//!
//! The description of a version says that it is one. AWS lists versions without their descriptions, so a tag of the state
//! machine says whether they are worth reading.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde_json::Value;

use super::RunsOn;
use super::observe::{Release, StateMachineState, release, startable};
use super::operations::{definition_text, update_request};
use super::usage::{is_redrivable, running};
use crate::aws::{Aws, AwsError, failed, found};
use crate::config::MachineName;
use crate::stack::{Stack, Tags};

/// The tag of a state machine that has, or had, versions for forks. It is written before the first of them and stays: a
/// fork that runs at the same time relies on it.
pub(in crate::resources) const TAG: &str = "txflow:forks";

/// What the description of such a version says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForkLabel {
    /// The version of the state machine whose definition it has.
    pub of: u64,
    /// The state at which it starts.
    pub state: String,
}

const BEGINNING: &str = "txflow fork of version ";
const MIDDLE: &str = ", from ";

impl ForkLabel {
    pub fn description(&self) -> String {
        format!("{BEGINNING}{}{MIDDLE}{}", self.of, self.state)
    }

    pub fn parse(description: &str) -> Option<Self> {
        let (of, state) = description.strip_prefix(BEGINNING)?.split_once(MIDDLE)?;
        Some(Self {
            of: of.parse().ok()?,
            state: state.to_owned(),
        })
    }

    pub(in crate::resources) fn of(release: &Release) -> Option<Self> {
        Self::parse(release.description.as_deref()?)
    }
}

/// Removes the tag, which is not one of the stack's own, and says whether it was there.
pub(super) fn is_forked(tags: &mut Tags) -> bool {
    tags.remove(TAG).is_some()
}

/// Those of the versions that executions were forked onto.
pub(super) async fn read_forks(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
    versions: &[(u64, Timestamp)],
) -> Result<BTreeMap<u64, Release>, AwsError> {
    let read = versions.iter().map(async |(version, _)| {
        let frozen = found(release(aws, stack, machine, *version).await)?;
        Ok::<_, AwsError>(frozen.map(|frozen| (*version, frozen)))
    });
    let read = try_join_all(read).await?.into_iter().flatten();
    Ok(read
        .filter(|(_, frozen)| ForkLabel::of(frozen).is_some())
        .collect())
}

/// Looks whether a fork was cut off before it had put back the definition: then the newest versions are forks, and the state
/// machine is as one of them. It is shown as it was before.
pub(super) async fn see_through(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
    state: &mut StateMachineState,
) -> Result<(), AwsError> {
    let newest = state.versions.first().map(|(newest, _)| *newest);
    let mut younger = state.forks.iter().rev();
    let left = younger.find(|(version, fork)| {
        Some(**version) > newest
            && fork.definition == state.definition
            && fork.settings == state.settings
    });
    let label = left.and_then(|(version, fork)| Some((*version, ForkLabel::of(fork)?.of)));
    if let Some((version, of)) = label
        && let Some(before) = found(release(aws, stack, machine, of).await)?
    {
        state.definition = before.definition;
        state.settings = before.settings;
        state.left_by_fork = Some(version);
    }
    Ok(())
}

impl StateMachineState {
    /// Which of its forks are in use: an execution runs on them, or may be redriven.
    ///
    /// # Errors
    ///
    /// If AWS refuses a read.
    pub async fn forks_in_use(
        &self,
        aws: &Aws,
        stack: &Stack,
        machine: &MachineName,
    ) -> Result<BTreeSet<u64>, AwsError> {
        if self.forks.is_empty() {
            return Ok(BTreeSet::new());
        }
        let running = running(aws, stack, machine).await?;
        // What runs on the bare state machine is not known by its version.
        let running: BTreeSet<u64> = { running.iter() }
            .filter_map(|run| match &run.runs_on {
                RunsOn::Release(version) | RunsOn::Version(_, version) => Some(*version),
                RunsOn::StateMachine(_) => None,
            })
            .collect();
        let redrivable = self.forks.keys().map(async |version| {
            let used =
                running.contains(version) || is_redrivable(aws, stack, machine, *version).await?;
            Ok::<_, AwsError>(used.then_some(*version))
        });
        Ok(try_join_all(redrivable)
            .await?
            .into_iter()
            .flatten()
            .collect())
    }

    /// Removes the forks that are no longer in use.
    ///
    /// # Errors
    ///
    /// If AWS refuses a call.
    pub async fn remove_unused_forks(
        &mut self,
        aws: &Aws,
        stack: &Stack,
        machine: &MachineName,
    ) -> Result<(), AwsError> {
        let used = self.forks_in_use(aws, stack, machine).await?;
        let unused: Vec<u64> = { self.forks.keys().copied() }
            .filter(|version| !used.contains(version))
            .collect();
        for version in unused {
            let arn = format!("{}:{version}", stack.state_machine_arn(machine));
            let request = aws.sfn.delete_state_machine_version();
            let sent = request.state_machine_version_arn(arn).send().await;
            found(sent.map_err(failed("DeleteStateMachineVersion")))?;
            self.forks.remove(&version);
        }
        Ok(())
    }

    /// Publishes a version that starts at a state, unless there is one, and puts back the definition that the state machine
    /// had. Gives its number.
    ///
    /// # Errors
    ///
    /// If AWS refuses a call.
    pub async fn publish_fork(
        &mut self,
        aws: &Aws,
        stack: &Stack,
        machine: &MachineName,
        base: &Release,
        (label, definition): (&ForkLabel, &Value),
    ) -> Result<u64, AwsError> {
        let same = self.forks.iter().find(|(_, fork)| {
            fork.definition == *definition
                && fork.settings == base.settings
                && ForkLabel::of(fork).as_ref() == Some(label)
        });
        if let Some((version, _)) = same {
            return Ok(*version);
        }
        let arn = stack.state_machine_arn(machine);
        self.mark(aws, &arn).await?;
        let request = update_request(aws, &arn, &definition_text(definition), &base.settings);
        let request = request
            .publish(true)
            .version_description(label.description());
        let answer = request.send().await.map_err(failed("UpdateStateMachine"))?;
        let version = answer.state_machine_version_arn();
        let version = version
            .and_then(txflow_asl::Arn::version_in)
            .unwrap_or_default();
        self.left_by_fork = Some(version);
        self.put_back(aws, &arn, answer.revision_id()).await?;
        let fork = Release {
            definition: definition.clone(),
            settings: base.settings.clone(),
            description: Some(label.description()),
        };
        self.forks.insert(version, fork);
        // It may not be shown everywhere at once.
        startable(aws, stack, machine, version).await?;
        Ok(version)
    }

    /// Gives the state machine the definition that it had before a fork, unless somebody has changed it since.
    ///
    /// # Errors
    ///
    /// If AWS refuses a call.
    pub async fn restore(
        &mut self,
        aws: &Aws,
        stack: &Stack,
        machine: &MachineName,
    ) -> Result<(), AwsError> {
        let revision = self.revision_id.clone();
        let arn = stack.state_machine_arn(machine);
        self.put_back(aws, &arn, revision.as_deref()).await
    }

    async fn put_back(
        &mut self,
        aws: &Aws,
        arn: &str,
        revision: Option<&str>,
    ) -> Result<(), AwsError> {
        let now = super::describe(aws, arn).await?;
        if now.revision_id.as_deref() == revision {
            let request =
                update_request(aws, arn, &definition_text(&self.definition), &self.settings);
            let sent = request.publish(false).send().await;
            let answer = sent.map_err(failed("UpdateStateMachine"))?;
            self.revision_id = answer.revision_id;
        }
        self.left_by_fork = None;
        Ok(())
    }

    async fn mark(&mut self, aws: &Aws, arn: &str) -> Result<(), AwsError> {
        if self.forked {
            return Ok(());
        }
        let tag = aws_sdk_sfn::types::Tag::builder()
            .key(TAG)
            .value("true")
            .build();
        let request = aws.sfn.tag_resource().resource_arn(arn).tags(tag);
        request.send().await.map_err(failed("TagResource"))?;
        self.forked = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::ForkLabel;

    #[test]
    fn the_description_of_a_fork_is_read_back() {
        let label = ForkLabel {
            of: 7,
            state: "Refund, from stock".to_owned(),
        };
        assert_eq!(ForkLabel::parse(&label.description()), Some(label));
        for other in [
            "txflow 0.1.0, commit 1f2e3d4",
            "txflow fork of version x, from A",
            "",
        ] {
            assert_eq!(ForkLabel::parse(other), None);
        }
    }
}
