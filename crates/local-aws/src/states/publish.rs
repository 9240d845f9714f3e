//! Versions of state machines.

use serde::Deserialize;
use serde_json::json;

use super::States;
use super::arn::MachineArn;
use super::describe::{PageInput, listed};
use super::machine::{StateMachine, Version, does_not_exist, unknown, validation};
use crate::clock::{self, Millis};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PublishStateMachineVersion {
    #[serde(default)]
    state_machine_arn: String,
    revision_id: Option<String>,
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListStateMachineVersions {
    #[serde(default)]
    state_machine_arn: String,
    #[serde(flatten)]
    page: PageInput,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeleteStateMachineVersion {
    #[serde(default)]
    state_machine_version_arn: String,
}

/// AWS's most versions of a state machine.
const MOST_VERSIONS: usize = 1000;

impl StateMachine {
    /// Publishes the current revision and returns the number. If it is the revision that was published last, it is not
    /// published again.
    pub(super) fn publish(
        &mut self,
        description: Option<String>,
        now: Millis,
    ) -> Result<u64, Fault> {
        if let Some((number, last)) = self.versions.last_key_value()
            && last.revision.id == self.current.id
        {
            return Ok(*number);
        }
        if self.versions.len() >= MOST_VERSIONS {
            let message = format!(
                "The maximum number of versions of a state machine is {MOST_VERSIONS}. Delete a version before you publish another."
            );
            return Err(Fault::bad("ServiceQuotaExceededException", message));
        }
        let number = self.next_version;
        let version = Version {
            revision: self.current.clone(),
            description,
            created: now,
        };
        self.versions.insert(number, version);
        self.next_version += 1;
        Ok(number)
    }
}

impl States {
    pub(super) async fn publish_state_machine_version(&self, call: &Call) -> Result<Answer, Fault> {
        let request: PublishStateMachineVersion = call.json()?;
        let text = &request.state_machine_arn;
        let arn = MachineArn::parse(text)?;
        if arn.qualifier.is_some() {
            return Err(does_not_exist(text));
        }
        if request
            .description
            .as_ref()
            .is_some_and(|text| text.chars().count() > 256)
        {
            return Err(validation(
                "1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length less than or equal to 256",
            ));
        }
        let now = self.conditions.now();
        let answer = self
            .edit(&arn.arn, || does_not_exist(text), |machine| {
                let current = machine.current.id.map(|id| id.to_string());
                let current = current.unwrap_or_else(|| "INITIAL".to_owned());
                if let Some(asked) = request.revision_id.filter(|asked| *asked != current) {
                    return Err(Fault::bad("ConflictException", format!(
                        "Failed to publish the State Machine version for revision {asked}. The current State Machine revision is {current}."
                    )));
                }
                let number = machine.publish(request.description, now)?;
                let created = machine.versions.get(&number).map_or(now, |version| version.created);
                Ok(json!({
                    "creationDate": clock::seconds(created),
                    "stateMachineVersionArn": machine.version_arn(number),
                }))
            })
            .await?;
        Ok(Answer::json(answer))
    }

    pub(super) fn list_state_machine_versions(&self, call: &Call) -> Result<Answer, Fault> {
        let request: ListStateMachineVersions = call.json()?;
        let arn = MachineArn::parse(&request.state_machine_arn)?;
        let machine = self
            .seen_in_list(&arn.arn, call.view)
            .ok_or_else(|| unknown(&request.state_machine_arn))?;
        // Newest first.
        let versions = machine
            .versions
            .iter()
            .rev()
            .map(|(number, version)| {
                let shown = json!({
                    "stateMachineVersionArn": machine.version_arn(*number),
                    "creationDate": clock::seconds(version.created),
                });
                (format!("{:020}", u64::MAX - number), shown)
            })
            .collect();
        listed("stateMachineVersions", versions, &request.page)
    }

    pub(super) async fn delete_state_machine_version(&self, call: &Call) -> Result<Answer, Fault> {
        let request: DeleteStateMachineVersion = call.json()?;
        let arn = MachineArn::parse(&request.state_machine_version_arn)?;
        let number: Option<u64> = arn
            .qualifier
            .as_ref()
            .and_then(|number| number.parse().ok());
        let Some(number) = number else {
            let text = &request.state_machine_version_arn;
            return Err(validation(format!(
                "The request must contain a state machine version ARN. Received: {text}"
            )));
        };
        // Deleting a version that does not exist succeeds.
        if self
            .machine(&arn.arn)
            .is_none_or(|machine| !machine.versions.contains_key(&number))
        {
            return Ok(Answer::json(json!({})));
        }
        self.edit(&arn.arn, || does_not_exist(&arn.arn), |machine| {
            let leads_here = |routes: &Vec<(u64, u64)>| routes.iter().any(|(version, _)| *version == number);
            let users: Vec<_> =
                machine.aliases.iter().filter(|(_, alias)| leads_here(&alias.routes)).map(|(name, _)| name.as_str()).collect();
            if !users.is_empty() {
                return Err(Fault::bad("ConflictException", format!(
                    "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [{}]",
                    users.join(", ")
                )));
            }
            machine.versions.remove(&number);
            Ok(())
        })
        .await?;
        Ok(Answer::json(json!({})))
    }
}
