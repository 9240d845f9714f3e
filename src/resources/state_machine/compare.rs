//! The steps that the state machines need.

use std::collections::BTreeMap;

use serde_json::Value;

use super::deletion::{DeleteStateMachine, StopExecutions, WaitForDeletion};
use super::operations::{
    CreateStateMachine, PublishStateMachineVersion, Reference, Referent, RestoreStateMachine,
    StateMachineRequest, TaggedStateMachine, UpdateStateMachine, revision,
};
use super::{StateMachine, StateMachineSettings, StateMachineState};
use crate::apply::Outputs;
use crate::config::{Family, MachineName, Placeholder};
use crate::plan::{Document, Draft, Milestone, Reason, Removal, StepId};
use crate::resources::attributes::Changes;
use crate::resources::{
    AliasState, Desired, FunctionChange, Kind, Observed, ReleaseLabel, Usage, digest, tags,
};

/// Stands for the version that a plan will publish.
pub const NEW_VERSION: &str = "(new version)";

/// How the next version of a state machine comes about.
pub(crate) enum StateMachineChange {
    Create,
    Update(Vec<Reason>),
    /// The state machine is as desired, but no version that could be pinned is known to be: for the main one, `live` does
    /// not point at that.
    Publish {
        revision_id: String,
        digest: String,
        /// The release that is known to have frozen the state machine as it is now.
        release: Option<u64>,
    },
    /// The live release stays, or this version.
    Keep {
        version: Option<u64>,
    },
}

impl StateMachineChange {
    /// Of all state machines, each behind those that it starts: a new version of those is a change of its definition.
    pub fn all(
        desired: &Desired,
        observed: &Observed,
        functions: &BTreeMap<String, FunctionChange>,
    ) -> Family<Self> {
        let mut named = BTreeMap::new();
        let change = |wanted: &StateMachine, named: &BTreeMap<String, Self>| {
            let references = references(desired, wanted, functions, named);
            Self::new(
                desired,
                wanted,
                observed.lasting(&wanted.machine),
                &references,
            )
        };
        for machine in in_order(&desired.state_machines) {
            if let MachineName::Named(name) = machine
                && let Some(wanted) = desired.state_machines.named.get(&name)
            {
                let change = change(wanted, &named);
                named.insert(name, change);
            }
        }
        Family {
            main: change(&desired.state_machines.main, &named),
            named,
        }
    }

    fn new(
        desired: &Desired,
        wanted: &StateMachine,
        observed: Option<&StateMachineState>,
        references: &BTreeMap<String, Reference>,
    ) -> Self {
        let Some(observed) = observed else {
            return Self::Create;
        };
        let mut reasons = definition_changes(desired, wanted, observed, references);
        reasons.extend(settings_changes(&observed.settings, &wanted.settings));
        if !reasons.is_empty() {
            return Self::Update(reasons);
        }
        let digest = digest(&observed.definition, &observed.settings);
        let kept = match wanted.machine {
            MachineName::Main => (is_live(observed, &digest) || is_in_split(observed))
                .then_some(Self::Keep { version: None }),
            MachineName::Named(_) => frozen_as_it_is(observed).map(|version| Self::Keep {
                version: Some(version),
            }),
        };
        kept.unwrap_or_else(|| Self::Publish {
            revision_id: revision(observed.revision_id.as_ref()).to_owned(),
            release: frozen(observed, &digest),
            digest,
        })
    }

    /// The release that `live` moves to, if it already exists.
    pub fn known_release(&self) -> Option<u64> {
        match self {
            Self::Publish { release, .. } => *release,
            Self::Create | Self::Update(_) | Self::Keep { .. } => None,
        }
    }

    /// Looks for the release among all that the newest one froze: AWS publishes none that is the same.
    pub fn find_release(&mut self, observed: &StateMachineState, usage: &Usage) {
        if let Self::Publish { release, .. } = self
            && let Some((newest, _)) = observed.versions.first()
            && let Some(frozen) = usage.releases.get(newest)
            && frozen.definition == observed.definition
            && frozen.settings == observed.settings
        {
            *release = Some(*newest);
        }
    }

    /// Whether callers get another release.
    pub fn moves_live(&self) -> bool {
        !matches!(self, Self::Keep { .. })
    }

    /// Whether there will be one more version. The one that `Publish` returns usually exists already.
    pub fn publishes(&self) -> bool {
        matches!(self, Self::Create | Self::Update(_))
    }

    /// The version that other definitions must pin, if it is already published.
    pub fn version(&self) -> Option<u64> {
        match self {
            Self::Keep { version } => *version,
            Self::Create | Self::Update(_) | Self::Publish { .. } => None,
        }
    }
}

/// The state machines, each behind those that it starts.
fn in_order(machines: &Family<StateMachine>) -> Vec<MachineName> {
    machines.in_order(|machine| machine.definition.names())
}

/// What the placeholders of a definition stand for.
fn references(
    desired: &Desired,
    wanted: &StateMachine,
    functions: &BTreeMap<String, FunctionChange>,
    machines: &BTreeMap<String, StateMachineChange>,
) -> BTreeMap<String, Reference> {
    let stack = &desired.stack;
    let names = wanted.definition.names().into_iter();
    let references = names.map(|name| {
        let reference = if desired.state_machines.named.contains_key(&name) {
            let machine = MachineName::Named(name.clone());
            let version = machines.get(&name).and_then(StateMachineChange::version);
            Reference {
                arn: stack.state_machine_arn(&machine),
                version: version.map(|version| version.to_string()),
                to: Referent::StateMachine(machine),
            }
        } else {
            let version = functions.get(&name).and_then(FunctionChange::version);
            Reference {
                arn: stack.function_arn(&name),
                version: version.map(str::to_owned),
                to: Referent::Function(name.clone()),
            }
        };
        (name, reference)
    });
    references.collect()
}

fn definition_changes(
    desired: &Desired,
    wanted: &StateMachine,
    observed: &StateMachineState,
    references: &BTreeMap<String, Reference>,
) -> Vec<Reason> {
    let new = new_definition(desired, wanted, references);
    if new == observed.definition {
        Vec::new()
    } else {
        vec![Reason::document(
            Document::Definition,
            &observed.definition,
            &new,
        )]
    }
}

/// The definition with its ARNs, as far as they are known.
fn new_definition(
    desired: &Desired,
    wanted: &StateMachine,
    references: &BTreeMap<String, Reference>,
) -> Value {
    let outputs = Outputs::default();
    wanted.definition.resolve(|placeholder| match placeholder {
        Placeholder::Named(name) => references.get(name).map_or_else(String::new, |reference| {
            let known = reference.pin(&outputs);
            known.unwrap_or_else(|| format!("{}:{NEW_VERSION}", reference.arn))
        }),
        other => desired.stack.account.pseudo_parameter(other),
    })
}

/// What differs, except for the definition.
pub(crate) fn settings_changes(
    old: &StateMachineSettings,
    new: &StateMachineSettings,
) -> Vec<Reason> {
    let mut changes = Changes::default();
    changes.compare("role", &old.role_arn, &new.role_arn);
    changes.compare(
        "log level",
        &old.logging.level.as_str(),
        &new.logging.level.as_str(),
    );
    changes.compare(
        "execution data in logs",
        &old.logging.include_execution_data,
        &new.logging.include_execution_data,
    );
    changes.compare(
        "log destination",
        &old.logging.log_group_arns,
        &new.logging.log_group_arns,
    );
    changes.compare("tracing", &old.tracing, &new.tracing);
    changes.compare("KMS key", &old.kms_key, &new.kms_key);
    changes.0
}

/// The newest version that is known to have frozen the current state machine.
pub fn frozen_as_it_is(observed: &StateMachineState) -> Option<u64> {
    let mut frozen = observed.frozen.iter().rev();
    let same = frozen.find(|(_, frozen)| {
        frozen.definition == observed.definition && frozen.settings == observed.settings
    });
    same.map(|(version, _)| *version)
}

/// Whether `live` points at a version that froze the current state machine.
/// Whether `live` is known to point at what the state machine is now.
pub(in crate::resources) fn is_live_now(observed: &StateMachineState) -> bool {
    is_live(observed, &digest(&observed.definition, &observed.settings))
}

fn is_live(observed: &StateMachineState, digest: &str) -> bool {
    let Some(alias) = &observed.alias else {
        return false;
    };
    ReleaseLabel::parse(&alias.description).is_some_and(|label| {
        // Moving the alias by hand does not change its description.
        alias.version() == Some(label.release) && label.digest == digest
    })
}

/// Whether somebody split the traffic, and the newest release gets a part of it.
fn is_in_split(observed: &StateMachineState) -> bool {
    let alias = observed.alias.as_ref().filter(|alias| alias.is_split());
    let newest = observed.versions.first().map(|(newest, _)| *newest);
    let mut routing = alias.iter().flat_map(|alias| &alias.routing);
    routing.any(|(release, _)| newest == Some(*release))
}

/// The release that is known to have frozen the current state machine: one that a rollback replaced
/// without changing it, or one that somebody moved `live` away from by hand.
fn frozen(observed: &StateMachineState, digest: &str) -> Option<u64> {
    let label = ReleaseLabel::parse(&observed.alias.as_ref()?.description)?;
    let release = if label.digest == digest {
        Some(label.release)
    } else {
        label.instead_of
    };
    let newest = observed.versions.first().map(|(newest, _)| *newest);
    release.filter(|release| newest == Some(*release))
}

pub(super) fn deploy(draft: &mut Draft<'_>) {
    for machine in in_order(&draft.desired.state_machines) {
        deploy_one(draft, &machine);
    }
}

fn deploy_one(draft: &mut Draft<'_>, machine: &MachineName) {
    let desired = draft.desired;
    let (Some(wanted), Some(change)) = (
        desired.state_machines.get(machine),
        draft.state_machines.get(machine),
    ) else {
        return;
    };
    let resource = Kind::StateMachine.named(&wanted.name);
    let arn = desired.stack.state_machine_arn(machine);
    let observed = draft.observed.lasting(machine);
    let after = before_publication(draft, wanted);
    let steps = &mut draft.steps;
    if let Some(observed) = observed {
        let target = TaggedStateMachine(arn.clone());
        let (old, new) = (&observed.tags, &wanted.tags);
        tags::compare(steps, &resource, &target, (old, new), Vec::new());
    }
    let request = || {
        let references = references(
            desired,
            wanted,
            &draft.functions,
            &draft.state_machines.named,
        );
        request(desired, wanted, references)
    };
    let restored = observed.and_then(|observed| {
        let version = observed.left_by_fork?;
        let restore = RestoreStateMachine {
            arn: arn.clone(),
            definition: observed.definition.clone(),
            settings: observed.settings.clone(),
        };
        Some((restore, Reason::LeftByFork { version }))
    });
    let published = match change {
        StateMachineChange::Keep { .. } => {
            if let Some((restore, reason)) = restored {
                steps.add(&resource, restore, after, vec![reason]);
            }
            return;
        }
        StateMachineChange::Create => {
            let request = request();
            let definition = new_definition(desired, wanted, &request.references);
            let definition = Reason::new_document(Document::Definition, &definition);
            let create = CreateStateMachine(request);
            steps.add(&resource, create, after, vec![Reason::Missing, definition])
        }
        StateMachineChange::Update(reasons) => {
            let update = UpdateStateMachine(request());
            steps.add(&resource, update, after, reasons.clone())
        }
        StateMachineChange::Publish {
            revision_id,
            digest,
            release,
        } => {
            let live = observed.and_then(|state_machine| state_machine.alias.as_ref());
            let reason = match machine {
                MachineName::Main => Reason::NotLive {
                    live: live.map(AliasState::shown),
                    release: *release,
                },
                MachineName::Named(_) => Reason::Unpublished,
            };
            let publish = PublishStateMachineVersion {
                machine: machine.clone(),
                name: wanted.name.clone(),
                arn,
                // Once the definition is put back, it is another.
                revision_id: restored.is_none().then(|| revision_id.clone()),
                known: release.filter(|_| observed.is_some_and(|observed| observed.forked)),
                description: desired.origin.description(),
                digest: digest.clone(),
            };
            let restored = restored.map(|(restore, reason)| {
                steps.add(&resource, restore, after.clone(), vec![reason])
            });
            let after = after.into_iter().chain(restored);
            steps.add(&resource, publish, after, vec![reason])
        }
    };
    steps.reach(&resource, Milestone::Exists, [published]);
}

/// Step Functions tests the role and the log destination when it accepts the definition, and a definition must not be
/// published if it pins a version that does not exist yet.
fn before_publication(draft: &Draft<'_>, wanted: &StateMachine) -> Vec<StepId> {
    let desired = draft.desired;
    let stack = &desired.stack;
    let role = Kind::Role.named(stack.state_machine_role(&wanted.machine));
    let role = draft.steps.until(&role, Milestone::Usable);
    let log_group = Kind::LogGroup.named(stack.state_machine_log_group(&wanted.machine));
    let log_group = draft.steps.until(&log_group, Milestone::Exists);
    let pinned = wanted.definition.names().into_iter().flat_map(|name| {
        let pinned = match desired.state_machines.named.get(&name) {
            Some(machine) => Kind::StateMachine.named(&machine.name),
            None => Kind::Function.named(stack.function_name(&name)),
        };
        draft.steps.until(&pinned, Milestone::Exists)
    });
    role.into_iter().chain(log_group).chain(pinned).collect()
}

fn request(
    desired: &Desired,
    wanted: &StateMachine,
    references: BTreeMap<String, Reference>,
) -> StateMachineRequest {
    let stack = &desired.stack;
    StateMachineRequest {
        machine: wanted.machine.clone(),
        name: wanted.name.clone(),
        arn: stack.state_machine_arn(&wanted.machine),
        definition: wanted.definition.clone(),
        account: stack.account.clone(),
        references,
        settings: wanted.settings.clone(),
        description: desired.origin.description(),
        tags: wanted.tags.clone(),
    }
}

/// Stops what is running, and waits until Step Functions, which deletes asynchronously, has deleted it.
pub(super) fn remove(removal: &mut Removal<'_>, name: &str) {
    let mut states = removal.observed.state_machines.iter();
    let Some((machine, state_machine)) = states.find(|(_, state)| state.name == name) else {
        return;
    };
    let resource = Kind::StateMachine.named(name);
    let arn = removal.stack.state_machine_arn(machine);
    // What starts executions goes first.
    let before = removal.unused.clone();
    let running = removal.running.get(machine).copied().unwrap_or_default();
    if running > 0 {
        let stop = StopExecutions {
            state_machine_arn: arn.clone(),
            running,
        };
        let reasons = vec![Reason::Running];
        let stopped = removal.steps.add(&resource, stop, before.clone(), reasons);
        removal.unused.push(stopped);
    }
    if !state_machine.deleting {
        let delete = DeleteStateMachine { arn: arn.clone() };
        let reasons = vec![Reason::NotWanted];
        let begun = removal.steps.add(&resource, delete, before, reasons);
        removal.unused.push(begun);
    }
    let wait = WaitForDeletion { arn };
    let reasons = vec![Reason::NotReadyAtOnce];
    let begun = removal.unused.clone();
    let over = removal.steps.add(&resource, wait, begun, reasons);
    removal.removed.push((resource, over));
}
