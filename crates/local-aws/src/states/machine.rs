//! A state machine as it is stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use txflow_asl::ExecutionKind;
use uuid::Uuid;

use super::States;
use super::arn::MachineArn;
use crate::clock::{self, Millis};
use crate::conditions::View;
use crate::fault::Fault;
use crate::tags::Tags;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StateMachine {
    pub(super) name: String,
    pub(super) arn: String,
    /// `STANDARD` or `EXPRESS`.
    pub(super) kind: String,
    pub(super) created: Millis,
    /// What executions without a version or an alias run.
    pub(super) current: Revision,
    /// A number is never reused.
    pub(super) versions: BTreeMap<u64, Version>,
    pub(super) next_version: u64,
    pub(super) aliases: BTreeMap<String, Alias>,
    pub(super) tags: Tags,
    /// When the deletion in progress finishes.
    pub(super) deleted_at: Option<Millis>,
}

/// What UpdateStateMachine sets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Revision {
    /// As on AWS, there is none before the first update.
    pub(super) id: Option<Uuid>,
    pub(super) definition: String,
    pub(super) role: String,
    pub(super) logging: Value,
    pub(super) tracing: bool,
    /// The ARN of the customer's key: shown, and without effect.
    #[serde(default)]
    pub(super) kms_key: Option<String>,
    pub(super) updated: Millis,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) revision: Revision,
    pub(super) description: Option<String>,
    pub(super) created: Millis,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Alias {
    pub(super) description: Option<String>,
    /// One or two version numbers and their weights, which add up to 100.
    pub(super) routes: Vec<(u64, u64)>,
    pub(super) created: Millis,
    pub(super) updated: Millis,
}

/// What an execution is started with.
pub(super) struct Target {
    pub(super) machine: std::sync::Arc<StateMachine>,
    pub(super) revision: Revision,
    pub(super) version_arn: Option<String>,
    pub(super) alias_arn: Option<String>,
}

impl StateMachine {
    pub(super) fn execution_kind(&self) -> ExecutionKind {
        if self.kind == "EXPRESS" {
            ExecutionKind::Express
        } else {
            ExecutionKind::Standard
        }
    }

    pub(super) fn deleting(&self) -> bool {
        self.deleted_at.is_some()
    }

    /// Whether the deletion is finished.
    pub(super) fn deleted(&self, now: Millis) -> bool {
        self.deleted_at.is_some_and(|at| at <= now)
    }

    pub(super) fn version_arn(&self, number: u64) -> String {
        format!("{}:{number}", self.arn)
    }

    /// `, alias live: version 3`
    pub(super) fn aliases_text(&self) -> String {
        let aliases = self.aliases.iter().map(|(name, alias)| {
            let routes = { alias.routes.iter() }.map(|route| match route {
                (version, 100) => format!("version {version}"),
                (version, weight) => format!("version {version} for {weight} %"),
            });
            format!(", alias {name}: {}", routes.collect::<Vec<_>>().join(", "))
        });
        aliases.collect()
    }

    /// DescribeStateMachine's answer for the current revision or for a version.
    pub(super) fn describe(&self, version: Option<(u64, &Version)>) -> Value {
        let revision = version.map_or(&self.current, |(_, version)| &version.revision);
        let mut shown = json!({
            "stateMachineArn": version.map_or_else(|| self.arn.clone(), |(number, _)| self.version_arn(number)),
            "name": self.name,
            "status": if self.deleting() { "DELETING" } else { "ACTIVE" },
            "definition": revision.definition,
            "roleArn": revision.role,
            "type": self.kind,
            "creationDate": clock::seconds(version.map_or(self.created, |(_, version)| version.created)),
            "loggingConfiguration": revision.logging,
            "tracingConfiguration": { "enabled": revision.tracing },
        });
        if let Some(key) = &revision.kms_key {
            shown["encryptionConfiguration"] = json!({
                "type": "CUSTOMER_MANAGED_KMS_KEY",
                "kmsKeyId": key,
                "kmsDataKeyReusePeriodSeconds": 300,
            });
        }
        if let Some(id) = revision.id {
            shown["revisionId"] = json!(id);
        }
        if let Some(description) = version.and_then(|(_, version)| version.description.as_ref()) {
            shown["description"] = json!(description);
        }
        shown
    }
}

impl States {
    /// The state machine of an ARN, even while it is being deleted.
    pub(super) fn machine(&self, arn: &str) -> Option<std::sync::Arc<StateMachine>> {
        let now = self.conditions.now();
        self.machines
            .get(arn)
            .filter(|machine| !machine.deleted(now))
    }

    /// The state machine as a call sees it.
    pub(super) fn seen(&self, arn: &str, view: View) -> Option<std::sync::Arc<StateMachine>> {
        let now = self.conditions.now();
        let machine = self.machines.seen(arn, view)?;
        (!machine.deleted(now)).then_some(machine)
    }

    /// The state machine as a list of a call sees it: at the latest as it was when it was created.
    pub(super) fn seen_in_list(
        &self,
        arn: &str,
        view: View,
    ) -> Option<std::sync::Arc<StateMachine>> {
        let machine = self.machine(arn)?;
        Some(self.machines.at(arn, view.lists).unwrap_or(machine))
    }

    /// What an execution on this ARN runs: the current revision, a version, or a version that an alias routes to.
    pub(super) fn target(&self, text: &str) -> Result<Target, Fault> {
        let arn = MachineArn::parse(text)?;
        let missing = || does_not_exist(text);
        let machine = self.machine(&arn.arn).ok_or_else(missing)?;
        if machine.deleting() {
            return Err(deleting(&machine.arn));
        }
        let lag = self.conditions.weather().late_routing;
        let then = self.conditions.seen_until("late routing", text, lag);
        let earlier = self.machines.at(&arn.arn, then);
        let Some(qualifier) = &arn.qualifier else {
            let revision = earlier.as_ref().unwrap_or(&machine).current.clone();
            return Ok(Target {
                machine,
                revision,
                version_arn: None,
                alias_arn: None,
            });
        };
        let earlier = earlier
            .as_ref()
            .and_then(|machine| machine.aliases.get(qualifier));
        let alias = machine
            .aliases
            .get(qualifier)
            .map(|alias| earlier.unwrap_or(alias));
        let (number, alias_arn) = match alias {
            Some(alias) => (
                alias.choose(self.conditions.random.below(100)),
                Some(text.to_owned()),
            ),
            None => (qualifier.parse().map_err(|_| missing())?, None),
        };
        let revision = machine
            .versions
            .get(&number)
            .ok_or_else(missing)?
            .revision
            .clone();
        let version_arn = Some(machine.version_arn(number));
        Ok(Target {
            machine,
            revision,
            version_arn,
            alias_arn,
        })
    }

    /// Changes a state machine that exists and is not being deleted.
    pub(super) async fn edit<R>(
        &self,
        arn: &str,
        missing: impl FnOnce() -> Fault,
        edit: impl FnOnce(&mut StateMachine) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        let now = self.conditions.now();
        self.machines
            .change(|machines| {
                let machine = machines
                    .get(arn)
                    .filter(|machine| !machine.deleted(now))
                    .ok_or_else(missing)?;
                if machine.deleting() {
                    return Err(deleting(arn));
                }
                let mut machine = StateMachine::clone(machine);
                let result = edit(&mut machine)?;
                machines.put(arn, machine);
                Ok(result)
            })
            .await
    }
}

impl Alias {
    /// One of the versions, chosen by weight: `roll` is a number below 100.
    fn choose(&self, mut roll: u64) -> u64 {
        for (version, weight) in &self.routes {
            if roll < *weight {
                return *version;
            }
            roll -= weight;
        }
        // Weights add up to 100, so the loop has returned. Only an alias without routes gets here, and no version has
        // this number.
        0
    }
}

pub(super) fn does_not_exist(arn: &str) -> Fault {
    Fault::bad(
        "StateMachineDoesNotExist",
        format!("State Machine Does Not Exist: '{arn}'"),
    )
}

/// What the lists of versions and aliases answer for a state machine that does not exist.
pub(super) fn unknown(arn: &str) -> Fault {
    Fault::bad("InvalidArn", format!("Invalid arn: {arn}"))
}

pub(super) fn deleting(arn: &str) -> Fault {
    Fault::bad(
        "StateMachineDeleting",
        format!("State Machine is being deleted: '{arn}'"),
    )
}

pub(super) fn validation(message: impl Into<String>) -> Fault {
    Fault::bad("ValidationException", message)
}
