//! The steps that the state machine and its alias need.

use std::collections::BTreeMap;

use super::builder::Builder;
use super::functions::{FunctionSteps, Pin};
use super::settings::state_machine_changes;
use super::{
    Action, AliasRequest, Reason, ReleaseLabel, ReleaseRef, Resource, StateMachineRequest, StepId,
    digest,
};
use crate::config::Placeholder;
use crate::desired::{Desired, LIVE, Stack, StateMachine};
use crate::observe::StateMachineState;

/// Adds the steps that publish the release and move `live` to it, and gives the last of them:
/// after it callers see the release. `tried_out` must be over before Step Functions takes the
/// definition, `needed` before callers use it.
pub(super) fn state_machine(
    builder: &mut Builder,
    desired: &Desired,
    wanted: &StateMachine,
    observed: Option<&StateMachineState>,
    functions: &BTreeMap<String, FunctionSteps>,
    tried_out: Vec<StepId>,
    needed: Vec<StepId>,
) -> Option<StepId> {
    let resource = Resource::StateMachine(wanted.name.clone());
    // Nothing is published on a definition that pins a version which is not there yet.
    let published = functions
        .values()
        .filter_map(|function| match &function.pin {
            Pin::Published(step) => Some(step.clone()),
            Pin::Version(_) => None,
        });
    let after: Vec<StepId> = tried_out.into_iter().chain(published).collect();
    let release = match observed {
        None => {
            let request = request(desired, wanted, functions);
            let action = Action::CreateStateMachine(Box::new(request));
            Some(builder.add(&resource, action, after, vec![Reason::Missing]))
        }
        Some(observed) => update(builder, desired, wanted, observed, functions, after),
    };
    // All that the release uses must be ready before callers are sent to it.
    let ready = functions
        .values()
        .flat_map(|function| function.ready.iter().cloned())
        .chain(needed);
    alias(builder, desired, wanted, observed, release, ready)
}

fn update(
    builder: &mut Builder,
    desired: &Desired,
    wanted: &StateMachine,
    observed: &StateMachineState,
    functions: &BTreeMap<String, FunctionSteps>,
    after: Vec<StepId>,
) -> Option<StepId> {
    let resource = Resource::StateMachine(wanted.name.clone());
    let arn = desired.stack.state_machine_arn();
    let mut reasons = definition_changes(&desired.stack, wanted, observed, functions);
    reasons.extend(state_machine_changes(&observed.settings, &wanted.settings));
    builder.tags(
        &resource,
        &observed.tags,
        &wanted.tags,
        |tags| Action::TagStateMachine {
            arn: arn.clone(),
            tags,
        },
        |keys| Action::UntagStateMachine {
            arn: arn.clone(),
            keys,
        },
    );
    if !reasons.is_empty() {
        let request = request(desired, wanted, functions);
        let action = Action::UpdateStateMachine(Box::new(request));
        return Some(builder.add(&resource, action, after, reasons));
    }
    (!is_live(observed)).then(|| {
        let action = Action::PublishStateMachineVersion {
            arn,
            revision_id: observed.revision_id.clone(),
            description: desired.origin.description(),
            digest: digest(&observed.definition, &observed.settings),
        };
        builder.add(&resource, action, after, vec![Reason::Unpublished])
    })
}

/// Whether `live` points at a version that froze the state machine as it is now.
fn is_live(observed: &StateMachineState) -> bool {
    let label = observed
        .alias
        .as_ref()
        .filter(|alias| alias.version().is_some())
        .and_then(|alias| ReleaseLabel::parse(&alias.description));
    label.is_some_and(|label| label.digest == digest(&observed.definition, &observed.settings))
}

fn definition_changes(
    stack: &Stack,
    wanted: &StateMachine,
    observed: &StateMachineState,
    functions: &BTreeMap<String, FunctionSteps>,
) -> Vec<Reason> {
    let new = wanted.definition.resolve(|placeholder| match placeholder {
        Placeholder::Function(handler) => match functions.get(handler).map(|steps| &steps.pin) {
            Some(Pin::Version(version)) => format!("{}:{version}", stack.function_arn(handler)),
            _ => format!("{}:(new version)", stack.function_arn(handler)),
        },
        other => stack.account.pseudo_parameter(other),
    });
    let mut reasons = Vec::new();
    if new != observed.definition {
        reasons.push(Reason::document("definition", &observed.definition, &new));
    }
    reasons
}

fn request(
    desired: &Desired,
    wanted: &StateMachine,
    functions: &BTreeMap<String, FunctionSteps>,
) -> StateMachineRequest {
    let stack = &desired.stack;
    let pins = functions
        .iter()
        .filter_map(|(handler, function)| match &function.pin {
            Pin::Version(version) => {
                let arn = format!("{}:{version}", stack.function_arn(handler));
                Some((handler.clone(), arn))
            }
            Pin::Published(_) => None,
        })
        .collect();
    StateMachineRequest {
        name: wanted.name.clone(),
        arn: stack.state_machine_arn(),
        definition: wanted.definition.clone(),
        account: stack.account.clone(),
        pins,
        function_arns: functions
            .keys()
            .map(|handler| (handler.clone(), stack.function_arn(handler)))
            .collect(),
        settings: wanted.settings.clone(),
        description: desired.origin.description(),
        tags: wanted.tags.clone(),
    }
}

fn alias(
    builder: &mut Builder,
    desired: &Desired,
    wanted: &StateMachine,
    observed: Option<&StateMachineState>,
    release: Option<StepId>,
    ready: impl Iterator<Item = StepId>,
) -> Option<StepId> {
    let release = release?;
    let resource = Resource::Alias(format!("{}:{LIVE}", wanted.name));
    let request = AliasRequest {
        state_machine_arn: desired.stack.state_machine_arn(),
        release: ReleaseRef::Published,
        origin: desired.origin.description(),
    };
    let after = ready.chain([release]);
    let old = observed.and_then(|observed| observed.alias.as_ref());
    let Some(old) = old else {
        let action = Action::CreateStateMachineAlias(request);
        return Some(builder.add(&resource, action, after, vec![Reason::Missing]));
    };
    let routing: Vec<String> = old
        .routing
        .iter()
        .map(|(version, weight)| match weight {
            100 => version.to_string(),
            _ => format!("{version} ({weight} %)"),
        })
        .collect();
    let reason = Reason::Release {
        old: Some(routing.join(", ")),
        new: None,
    };
    let action = Action::UpdateStateMachineAlias(request);
    Some(builder.add(&resource, action, after, vec![reason]))
}
