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
use crate::desired::{Desired, LIVE, StateMachine};
use crate::observe::{AliasState, StateMachineState};

/// The state machine that is wanted, beside the one that is there and the functions it pins.
pub(super) struct Comparison<'a> {
    pub desired: &'a Desired,
    pub wanted: &'a StateMachine,
    pub observed: Option<&'a StateMachineState>,
    pub functions: &'a BTreeMap<String, FunctionSteps>,
}

/// How the release comes about.
pub(super) enum Release {
    Create,
    Update(Vec<Reason>),
    /// The state machine is as it should be, and `live` does not point at that.
    Publish,
    /// The live one stays.
    Keep,
}

impl Comparison<'_> {
    pub fn release(&self) -> Release {
        let Some(observed) = self.observed else {
            return Release::Create;
        };
        let mut reasons = self.definition_changes(observed);
        reasons.extend(state_machine_changes(
            &observed.settings,
            &self.wanted.settings,
        ));
        if !reasons.is_empty() {
            Release::Update(reasons)
        } else if is_live(observed) {
            Release::Keep
        } else {
            Release::Publish
        }
    }

    /// Adds the steps that publish the release and move `live` to it, and gives the last of them:
    /// after it callers see the release. `tried_out` must be over before Step Functions takes the
    /// definition, `needed` before callers use it.
    pub fn add(
        &self,
        builder: &mut Builder,
        release: Release,
        tried_out: Vec<StepId>,
        needed: Vec<StepId>,
    ) -> Option<StepId> {
        self.add_tags(builder);
        // Nothing is published on a definition that pins a version which is not there yet.
        let published = self
            .functions
            .values()
            .filter_map(|function| match &function.pin {
                Pin::Published(step) => Some(step.clone()),
                Pin::Version(_) => None,
            });
        let after = tried_out.into_iter().chain(published);
        let known = match release {
            Release::Publish => self.observed.and_then(frozen),
            _ => None,
        };
        let (action, reasons) = match release {
            Release::Keep => return None,
            Release::Create => {
                let request = Box::new(self.request());
                (Action::CreateStateMachine(request), vec![Reason::Missing])
            }
            Release::Update(reasons) => {
                let request = Box::new(self.request());
                (Action::UpdateStateMachine(request), reasons)
            }
            Release::Publish => (self.publish()?, vec![self.not_live(known)]),
        };
        let resource = Resource::StateMachine(self.wanted.name.clone());
        let published = builder.add(&resource, action, after, reasons);
        // All that the release uses must be ready before callers are sent to it.
        let ready = self.functions.values().flat_map(|function| &function.ready);
        let ready = ready.cloned().chain(needed).chain([published]);
        Some(self.add_alias(builder, ready, known))
    }

    fn add_tags(&self, builder: &mut Builder) {
        let Some(observed) = self.observed else {
            return;
        };
        let arn = self.desired.stack.state_machine_arn();
        builder.tags(
            &Resource::StateMachine(self.wanted.name.clone()),
            &observed.tags,
            &self.wanted.tags,
            |tags| Action::TagStateMachine {
                arn: arn.clone(),
                tags,
            },
            |keys| Action::UntagStateMachine {
                arn: arn.clone(),
                keys,
            },
        );
    }

    fn publish(&self) -> Option<Action> {
        let observed = self.observed?;
        Some(Action::PublishStateMachineVersion {
            arn: self.desired.stack.state_machine_arn(),
            revision_id: observed.revision_id.clone(),
            description: self.desired.origin.description(),
            digest: digest(&observed.definition, &observed.settings),
        })
    }

    fn not_live(&self, release: Option<u64>) -> Reason {
        let alias = self.observed.and_then(|observed| observed.alias.as_ref());
        Reason::NotLive {
            live: alias.map(AliasState::shown),
            release,
        }
    }

    fn definition_changes(&self, observed: &StateMachineState) -> Vec<Reason> {
        let stack = &self.desired.stack;
        let pin = |handler: &String| match self.functions.get(handler).map(|steps| &steps.pin) {
            Some(Pin::Version(version)) => version.clone(),
            _ => "(new version)".to_owned(),
        };
        let new = self
            .wanted
            .definition
            .resolve(|placeholder| match placeholder {
                Placeholder::Function(handler) => {
                    format!("{}:{}", stack.function_arn(handler), pin(handler))
                }
                other => stack.account.pseudo_parameter(other),
            });
        if new == observed.definition {
            Vec::new()
        } else {
            vec![Reason::document("definition", &observed.definition, &new)]
        }
    }

    fn request(&self) -> StateMachineRequest {
        let stack = &self.desired.stack;
        let pins = self.functions.iter().filter_map(|(handler, function)| {
            let Pin::Version(version) = &function.pin else {
                return None;
            };
            let arn = format!("{}:{version}", stack.function_arn(handler));
            Some((handler.clone(), arn))
        });
        let arns = self.functions.keys();
        let arns = arns.map(|handler| (handler.clone(), stack.function_arn(handler)));
        StateMachineRequest {
            name: self.wanted.name.clone(),
            arn: stack.state_machine_arn(),
            definition: self.wanted.definition.clone(),
            account: stack.account.clone(),
            pins: pins.collect(),
            function_arns: arns.collect(),
            settings: self.wanted.settings.clone(),
            description: self.desired.origin.description(),
            tags: self.wanted.tags.clone(),
        }
    }

    /// `known` is the release that `live` moves to, if it is there already.
    fn add_alias(
        &self,
        builder: &mut Builder,
        after: impl Iterator<Item = StepId>,
        known: Option<u64>,
    ) -> StepId {
        let resource = Resource::Alias(format!("{}:{LIVE}", self.wanted.name));
        let old = self.observed.and_then(|observed| observed.alias.as_ref());
        let request = AliasRequest {
            state_machine_arn: self.desired.stack.state_machine_arn(),
            release: ReleaseRef::Published {
                origin: self.desired.origin.description(),
            },
            before: old.map(|old| old.routing.clone()).unwrap_or_default(),
        };
        let Some(old) = old else {
            let action = Action::CreateStateMachineAlias(request);
            return builder.add(&resource, action, after, vec![Reason::Missing]);
        };
        let reason = Reason::Release {
            old: Some(old.shown()),
            new: known.map(|release| release.to_string()),
        };
        let action = Action::UpdateStateMachineAlias(request);
        builder.add(&resource, action, after, vec![reason])
    }
}

/// The release that is known to have frozen the state machine as it is now: one that a rollback replaced
/// without changing it, or one that somebody moved `live` away from by hand.
fn frozen(observed: &StateMachineState) -> Option<u64> {
    let label = ReleaseLabel::parse(&observed.alias.as_ref()?.description)?;
    let newest = observed.versions.first().map(|(newest, _)| *newest);
    let has_it = label.digest == digest(&observed.definition, &observed.settings);
    let release = if has_it {
        Some(label.release)
    } else {
        label.instead_of
    };
    release.filter(|release| newest == Some(*release))
}

/// Whether `live` points at a version that froze the state machine as it is now.
fn is_live(observed: &StateMachineState) -> bool {
    let Some(alias) = &observed.alias else {
        return false;
    };
    ReleaseLabel::parse(&alias.description).is_some_and(|label| {
        // Somebody who moved the alias by hand left the description as it was.
        alias.version() == Some(label.release)
            && label.digest == digest(&observed.definition, &observed.settings)
    })
}
