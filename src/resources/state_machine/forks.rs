//! Publishes versions that executions are forked onto, which start in the middle, and removes them.

use serde_json::Value;

use super::fork_label::{ForkLabel, TAG};
use super::observe::{Release, StateMachineState, startable};
use super::operations::{definition_text, update_request};
use super::usage::forks_in_use;
use crate::aws::{Aws, AwsError, failed, found};
use crate::config::MachineName;
use crate::stack::Stack;

impl StateMachineState {
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
        let used = forks_in_use(aws, stack, machine, self).await?;
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
                && fork.fork_label().as_ref() == Some(label)
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
