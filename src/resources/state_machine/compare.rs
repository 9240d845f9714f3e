//! The steps that the state machine needs.

use std::collections::BTreeMap;

use serde_json::Value;

use super::deletion::{DeleteStateMachine, StopExecutions, WaitForDeletion};
use super::operations::{
    CreateStateMachine, PublishStateMachineVersion, StateMachineRequest, TaggedStateMachine,
    UpdateStateMachine,
};
use super::{StateMachine, StateMachineSettings, StateMachineState};
use crate::config::Placeholder;
use crate::plan::{Document, Draft, Milestone, Reason, Removal, StepId};
use crate::resources::attributes::Changes;
use crate::resources::{
    AliasState, Desired, FunctionChange, Kind, Observed, ReleaseLabel, digest, tags,
};

/// How the release comes about.
pub(crate) enum StateMachineChange {
    Create,
    Update(Vec<Reason>),
    /// The state machine is as desired, but `live` does not point at that.
    Publish {
        revision_id: Option<String>,
        digest: String,
        /// The release that is known to have frozen the state machine as it is now.
        release: Option<u64>,
    },
    /// The live release stays.
    Keep,
}

impl StateMachineChange {
    pub fn new(
        desired: &Desired,
        observed: &Observed,
        functions: &BTreeMap<String, FunctionChange>,
    ) -> Self {
        let Some(state_machine) = observed.lasting_state_machine() else {
            return Self::Create;
        };
        let wanted = &desired.state_machine;
        let mut reasons = definition_changes(desired, state_machine, functions);
        reasons.extend(settings_changes(&state_machine.settings, &wanted.settings));
        let digest = digest(&state_machine.definition, &state_machine.settings);
        if !reasons.is_empty() {
            Self::Update(reasons)
        } else if is_live(state_machine, &digest) || is_in_split(state_machine) {
            Self::Keep
        } else {
            Self::Publish {
                revision_id: state_machine.revision_id.clone(),
                release: frozen(state_machine, &digest),
                digest,
            }
        }
    }

    /// The release that `live` moves to, if it already exists.
    pub fn known_release(&self) -> Option<u64> {
        match self {
            Self::Publish { release, .. } => *release,
            Self::Create | Self::Update(_) | Self::Keep => None,
        }
    }

    /// Whether callers get another release.
    pub fn moves_live(&self) -> bool {
        !matches!(self, Self::Keep)
    }

    /// Whether there will be one more release. The one that `Publish` returns usually exists already.
    pub fn publishes(&self) -> bool {
        matches!(self, Self::Create | Self::Update(_))
    }
}

fn definition_changes(
    desired: &Desired,
    observed: &StateMachineState,
    functions: &BTreeMap<String, FunctionChange>,
) -> Vec<Reason> {
    let new = new_definition(desired, functions);
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
fn new_definition(desired: &Desired, functions: &BTreeMap<String, FunctionChange>) -> Value {
    let stack = &desired.stack;
    let pin = |handler: &String| {
        let version = functions.get(handler).and_then(FunctionChange::version);
        version.unwrap_or("(new version)")
    };
    let definition = &desired.state_machine.definition;
    definition.resolve(|placeholder| match placeholder {
        Placeholder::Function(handler) => {
            format!("{}:{}", stack.function_arn(handler), pin(handler))
        }
        other => stack.account.pseudo_parameter(other),
    })
}

/// What differs, except for the definition.
fn settings_changes(old: &StateMachineSettings, new: &StateMachineSettings) -> Vec<Reason> {
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

/// Whether `live` points at a version that froze the current state machine.
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
    let desired = draft.desired;
    let wanted = &desired.state_machine;
    let resource = Kind::StateMachine.named(&wanted.name);
    if let Some(observed) = draft.observed.lasting_state_machine() {
        let target = TaggedStateMachine(desired.stack.state_machine_arn());
        let (old, new) = (&observed.tags, &wanted.tags);
        tags::compare(&mut draft.steps, &resource, &target, (old, new), Vec::new());
    }
    let after = before_publication(draft);
    let steps = &mut draft.steps;
    let published = match &draft.state_machine {
        StateMachineChange::Keep => return,
        StateMachineChange::Create => {
            let create = CreateStateMachine(request(desired, wanted, &draft.functions));
            let definition = new_definition(desired, &draft.functions);
            let definition = Reason::new_document(Document::Definition, &definition);
            steps.add(&resource, create, after, vec![Reason::Missing, definition])
        }
        StateMachineChange::Update(reasons) => {
            let update = UpdateStateMachine(request(desired, wanted, &draft.functions));
            steps.add(&resource, update, after, reasons.clone())
        }
        StateMachineChange::Publish {
            revision_id,
            digest,
            release,
        } => {
            let live = draft.observed.lasting_state_machine();
            let live = live.and_then(|state_machine| state_machine.alias.as_ref());
            let reason = Reason::NotLive {
                live: live.map(AliasState::shown),
                release: *release,
            };
            let publish = PublishStateMachineVersion {
                arn: desired.stack.state_machine_arn(),
                revision_id: revision_id.clone(),
                description: desired.origin.description(),
                digest: digest.clone(),
            };
            steps.add(&resource, publish, after, vec![reason])
        }
    };
    steps.reach(&resource, Milestone::Exists, [published]);
}

/// Step Functions tests the role and the log destination when it accepts the definition, and a definition must not be
/// published if it pins a version that does not exist yet.
fn before_publication(draft: &Draft<'_>) -> Vec<StepId> {
    let stack = &draft.desired.stack;
    let role = Kind::Role.named(stack.state_machine_role());
    let role = draft.steps.until(&role, Milestone::Usable);
    let log_group = Kind::LogGroup.named(stack.state_machine_log_group());
    let log_group = draft.steps.until(&log_group, Milestone::Exists);
    let functions = draft.desired.functions.values().flat_map(|function| {
        let function = Kind::Function.named(&function.name);
        draft.steps.until(&function, Milestone::Exists)
    });
    role.into_iter().chain(log_group).chain(functions).collect()
}

fn request(
    desired: &Desired,
    wanted: &StateMachine,
    functions: &BTreeMap<String, FunctionChange>,
) -> StateMachineRequest {
    let stack = &desired.stack;
    let pins = functions.iter().filter_map(|(handler, function)| {
        let version = function.version()?;
        let arn = format!("{}:{version}", stack.function_arn(handler));
        Some((handler.clone(), arn))
    });
    let arns = functions.keys();
    let arns = arns.map(|handler| (handler.clone(), stack.function_arn(handler)));
    StateMachineRequest {
        name: wanted.name.clone(),
        arn: stack.state_machine_arn(),
        definition: wanted.definition.clone(),
        account: stack.account.clone(),
        pins: pins.collect(),
        function_arns: arns.collect(),
        settings: wanted.settings.clone(),
        description: desired.origin.description(),
        tags: wanted.tags.clone(),
    }
}

/// Stops what is running, and waits until Step Functions, which deletes asynchronously, has deleted it.
pub(super) fn remove(removal: &mut Removal<'_>, name: &str) {
    let Some(state_machine) = &removal.observed.state_machine else {
        return;
    };
    let resource = Kind::StateMachine.named(name);
    let arn = removal.stack.state_machine_arn();
    // What starts executions goes first.
    let not_started = removal.unused.clone();
    if removal.running > 0 {
        let stop = StopExecutions {
            state_machine_arn: arn.clone(),
            running: removal.running,
        };
        let stopped = removal.steps.add(
            &resource,
            stop,
            removal.unused.clone(),
            vec![Reason::Running],
        );
        removal.unused.push(stopped);
    }
    if !state_machine.deleting {
        let delete = DeleteStateMachine { arn: arn.clone() };
        let begun = removal
            .steps
            .add(&resource, delete, not_started, vec![Reason::NotWanted]);
        removal.unused.push(begun);
    }
    let wait = WaitForDeletion { arn };
    let begun = removal.unused.clone();
    let over = removal
        .steps
        .add(&resource, wait, begun, vec![Reason::NotReadyAtOnce]);
    removal.removed.push((resource, over));
}
