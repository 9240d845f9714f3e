//! The steps that a function needs.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::concurrency::{DeleteFunctionConcurrency, PutFunctionConcurrency};
use super::deletion::{DeleteFunction, LeaveVpc};
use super::operations::{
    Basis, CreateFunction, PublishVersion, TaggedFunction, UpdateFunctionCode,
    UpdateFunctionConfiguration,
};
use super::ready::{WaitForDetachment, WaitForFunction};
use super::{Function, FunctionConfiguration, FunctionState, FunctionVersion, settings};
use crate::plan::{Attribute, Draft, Milestone, Reason, Removal, StepId, Steps};
use crate::resources::state_machine::is_live_now;
use crate::resources::{Desired, Kind, Observed, Pin, Resource, tags};
use crate::stack::Stack;

/// Since when a function's role exists.
#[derive(Clone, Copy)]
pub(crate) enum RoleAge {
    Since(Timestamp),
    /// This plan creates it.
    New,
    /// Somebody else keeps it.
    Unknown,
}

impl RoleAge {
    pub fn new(function: &Function, desired: &Desired, observed: &Observed) -> Self {
        let role = desired.stack.function_role(&function.handler);
        if !desired.roles.contains_key(&role) {
            return Self::Unknown;
        }
        let observed = observed.roles.get(&role);
        observed.map_or(Self::New, |role| Self::Since(role.created))
    }

    /// Whether this version of a function was made for a role before this one.
    fn is_younger_than(self, version: &FunctionVersion) -> bool {
        match self {
            Self::Since(created) => version
                .last_modified
                .is_some_and(|modified| modified < created),
            Self::New => true,
            Self::Unknown => false,
        }
    }
}

/// What to do with a function's code and configuration.
pub(crate) enum FunctionChange {
    Create {
        /// Why the creation before failed, in AWS's words. Lambda then wants the function deleted.
        failure: Option<String>,
    },
    Update {
        configuration: Vec<Reason>,
        code: Vec<Reason>,
        /// Whether the role was created again, which leads to a new version even if nothing else differs.
        stale: bool,
    },
    /// `$LATEST` is as desired, but the newest version is not: a deploy was interrupted between an update and
    /// its publication.
    Publish,
    /// This version is as desired.
    Keep { version: String },
}

impl FunctionChange {
    pub fn new(desired: &Function, observed: Option<&FunctionState>, role: RoleAge) -> Self {
        let Some(observed) = observed else {
            return Self::Create { failure: None };
        };
        if observed.creation_failed {
            let failure = observed.failure.clone();
            return Self::Create { failure };
        }
        let mut configuration =
            settings::configuration_changes(&observed.latest.configuration, &desired.configuration);
        // Only environment variables are encrypted.
        let encrypted = !desired.configuration.settings.environment.is_empty();
        let stale = encrypted && role.is_younger_than(observed.newest());
        configuration.extend(stale.then_some(Reason::NewRole));
        let code = code_changes(observed, desired);
        if !configuration.is_empty() || !code.is_empty() {
            // An invocation would wake it as well, but what the handler does with that is not known.
            configuration.extend(observed.latest.inactive.then_some(Reason::Inactive));
            return Self::Update {
                configuration,
                code,
                stale,
            };
        }
        let newest = observed.versions.last();
        match newest.filter(|version| holds(version, desired)) {
            Some(newest) => Self::Keep {
                version: newest.version.clone(),
            },
            None => Self::Publish,
        }
    }

    /// The version that the definition must pin, if it is already published.
    pub fn version(&self) -> Option<&str> {
        match self {
            Self::Keep { version } => Some(version),
            Self::Create { .. } | Self::Update { .. } | Self::Publish => None,
        }
    }
}

/// Lambda publishes no version of a function of which nothing has changed. The description is compared with nothing, and
/// this one is new for each version.
fn created_again(version: &FunctionVersion) -> String {
    format!("Role created again after version {}", version.version)
}

fn code_changes(observed: &FunctionState, desired: &Function) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let (old, new) = (&observed.latest.code_sha256, &desired.artifact.sha256);
    if old != new {
        reasons.push(Reason::changed(Attribute::Code, Some(old), Some(new)));
    }
    let (old, new) = (
        observed.latest.configuration.architecture,
        desired.configuration.architecture,
    );
    if old != new {
        let attribute = Attribute::Named("architecture");
        reasons.push(Reason::changed(
            attribute,
            Some(old.as_str()),
            Some(new.as_str()),
        ));
    }
    if let Some(cause) = &observed.failure {
        reasons.push(Reason::Failed {
            cause: cause.clone(),
        });
    }
    reasons
}

fn holds(version: &FunctionVersion, desired: &Function) -> bool {
    desired.contents().are(&version.contents())
}

pub(super) fn deploy(draft: &mut Draft<'_>) {
    for (handler, desired) in &draft.desired.functions {
        let comparison = Comparison {
            desired,
            observed: { draft.observed.functions.get(handler) }
                .filter(|function| !function.creation_failed),
            resource: Kind::Function.named(&desired.name),
            role: Kind::Role.named(draft.desired.stack.function_role(handler)),
            log_group: Kind::LogGroup.named(draft.desired.stack.function_log_group(handler)),
        };
        if let Some(change) = draft.functions.get(handler) {
            comparison.add(&mut draft.steps, change);
        }
        if draft.state_machines.main.moves_live() {
            let live = live_versions(draft.observed, &draft.desired.stack, handler);
            comparison.wait_for_kept(&mut draft.steps, draft.functions.get(handler), &live);
        }
        comparison.tags(&mut draft.steps, draft.desired.stack.function_arn(handler));
        draft
            .notes
            .extend(comparison.idle(draft.functions.get(handler)));
    }
}

/// The versions of a function that are live, as far as that is known.
fn live_versions(observed: &Observed, stack: &Stack, handler: &str) -> BTreeSet<String> {
    let live = observed.main().filter(|machine| is_live_now(machine));
    let machines = live.into_iter();
    let pins: Vec<Pin> = machines.flat_map(|machine| machine.pins(stack)).collect();
    let pins = pins.iter().filter_map(Pin::of_function);
    let pins = pins.filter(|(pinned, _)| *pinned == handler);
    pins.map(|(_, version)| version.to_owned()).collect()
}

/// A desired function, next to the existing one.
struct Comparison<'a> {
    desired: &'a Function,
    observed: Option<&'a FunctionState>,
    resource: Resource,
    role: Resource,
    log_group: Resource,
}

impl Comparison<'_> {
    fn add(&self, steps: &mut Steps, change: &FunctionChange) {
        let published = match (change, self.observed) {
            (FunctionChange::Keep { .. }, _) => None,
            (
                FunctionChange::Update {
                    configuration,
                    code,
                    stale,
                },
                Some(observed),
            ) => {
                let description = stale.then(|| created_again(observed.newest()));
                Some(self.update(steps, observed, (configuration, description), code))
            }
            (FunctionChange::Publish, _) => {
                Some(self.publish(steps, Vec::new(), Reason::Unpublished))
            }
            (FunctionChange::Create { failure }, _) => Some(self.create(steps, failure.as_ref())),
            (FunctionChange::Update { .. }, None) => Some(self.create(steps, None)),
        };
        let ready = published.map(|published| self.wait(steps, true, published));
        let concurrency = self.concurrency(steps, ready);
        steps.reach(&self.resource, Milestone::Exists, published);
        steps.reach(
            &self.resource,
            Milestone::Usable,
            ready.into_iter().chain(concurrency),
        );
    }

    fn create(&self, steps: &mut Steps, failure: Option<&String>) -> StepId {
        let desired = self.desired;
        let settings = &desired.configuration.settings;
        // Lambda tests these permissions when it creates the function; the others are used later.
        let tried_out = settings.vpc.is_some() || settings.dead_letter_target.is_some();
        let milestone = if tried_out {
            Milestone::Usable
        } else {
            Milestone::Exists
        };
        let mut after = steps.until(&self.role, milestone);
        after.extend(failure.map(|cause| {
            let name = desired.name.clone();
            let reasons = vec![Reason::Failed {
                cause: cause.clone(),
            }];
            steps.add(&self.resource, DeleteFunction { name }, [], reasons)
        }));
        let create = CreateFunction {
            handler: desired.handler.clone(),
            name: desired.name.clone(),
            artifact: desired.artifact.clone(),
            configuration: desired.configuration.clone(),
            tags: desired.tags.clone(),
        };
        let reasons = [Reason::Missing].into_iter();
        let reasons = reasons.chain(settings::initial(settings)).collect();
        // Nothing writes to its log group before it runs.
        let log_group = steps.until(&self.log_group, Milestone::Exists);
        steps.reach(&self.resource, Milestone::Usable, log_group);
        steps.add(&self.resource, create, after, reasons)
    }

    fn update(
        &self,
        steps: &mut Steps,
        observed: &FunctionState,
        (configuration, description): (&[Reason], Option<String>),
        code: &[Reason],
    ) -> StepId {
        let desired = self.desired;
        let mut basis = Basis {
            revision_id: observed.revision_id.clone(),
            contents: observed.latest.contents(),
        };
        let mut after = steps.until(&self.role, Milestone::Usable);
        if !configuration.is_empty() {
            let update = UpdateFunctionConfiguration {
                handler: desired.handler.clone(),
                name: desired.name.clone(),
                configuration: desired.configuration.clone(),
                description,
                basis: basis.clone(),
            };
            let architecture = basis.contents.configuration.architecture;
            basis.contents.configuration = FunctionConfiguration {
                architecture,
                ..desired.configuration.clone()
            };
            let updated = steps.add(&self.resource, update, after, configuration.to_vec());
            // Code and configuration are two calls, and the second conflicts while the first is in progress.
            after = vec![self.wait(steps, false, updated)];
        }
        if code.is_empty() {
            return self.publish(steps, after, Reason::NewVersion);
        }
        let update = UpdateFunctionCode {
            handler: desired.handler.clone(),
            name: desired.name.clone(),
            artifact: desired.artifact.clone(),
            architecture: desired.configuration.architecture,
            basis,
        };
        steps.add(&self.resource, update, after, code.to_vec())
    }

    fn publish(&self, steps: &mut Steps, after: Vec<StepId>, reason: Reason) -> StepId {
        let publish = PublishVersion {
            handler: self.desired.handler.clone(),
            name: self.desired.name.clone(),
            code_sha256: self.desired.artifact.sha256.clone(),
        };
        steps.add(&self.resource, publish, after, vec![reason])
    }

    fn wait(&self, steps: &mut Steps, published: bool, after: StepId) -> StepId {
        let wait = WaitForFunction {
            handler: self.desired.handler.clone(),
            name: self.desired.name.clone(),
            published: published.then(|| self.desired.contents()),
            version: None,
        };
        steps.add(&self.resource, wait, [after], vec![Reason::NotReadyAtOnce])
    }

    /// What is about to go live may pin a version that a deploy published which was cut off before it could wait for it. One
    /// that is live was waited for.
    fn wait_for_kept(
        &self,
        steps: &mut Steps,
        change: Option<&FunctionChange>,
        live: &BTreeSet<String>,
    ) {
        let (Some(version), Some(observed)) =
            (change.and_then(FunctionChange::version), self.observed)
        else {
            return;
        };
        if !observed.young || live.contains(version) {
            return;
        }
        let wait = WaitForFunction {
            handler: self.desired.handler.clone(),
            name: self.desired.name.clone(),
            published: Some(self.desired.contents()),
            version: Some(version.to_owned()),
        };
        let ready = steps.add(&self.resource, wait, [], vec![Reason::NotReadyAtOnce]);
        steps.reach(&self.resource, Milestone::Usable, [ready]);
    }

    /// The version that stays, if it is not ready to run.
    fn idle(&self, change: Option<&FunctionChange>) -> Option<String> {
        let kept = change.and_then(FunctionChange::version)?;
        let mut versions = self.observed?.versions.iter();
        let kept = versions.find(|version| version.version == kept)?;
        kept.idle(&self.desired.name)
    }

    /// A tag makes a new revision, on which an update that is based on the one before would fail, so tags come last.
    fn tags(&self, steps: &mut Steps, arn: String) {
        let Some(observed) = self.observed else {
            return;
        };
        let after = steps.until(&self.resource, Milestone::Usable);
        let (old, new) = (&observed.tags, &self.desired.tags);
        tags::compare(
            steps,
            &self.resource,
            &TaggedFunction(arn),
            (old, new),
            after,
        );
    }

    /// Lambda refuses the call while another update is in progress.
    fn concurrency(&self, steps: &mut Steps, ready: Option<StepId>) -> Option<StepId> {
        let old = self
            .observed
            .and_then(|function| function.reserved_concurrency);
        let new = self.desired.reserved_concurrency;
        if old == new {
            return None;
        }
        let reason = Reason::changed(Attribute::Named("reserved concurrency"), old, new);
        let name = self.desired.name.clone();
        Some(match new {
            Some(reserved) => {
                let put = PutFunctionConcurrency { name, reserved };
                steps.add(&self.resource, put, ready, vec![reason])
            }
            None => {
                let delete = DeleteFunctionConcurrency { name };
                steps.add(&self.resource, delete, ready, vec![reason])
            }
        })
    }
}

/// Removes a function with its versions. One in a VPC leaves that first, while its role may still remove its network
/// interfaces.
pub(super) fn remove(removal: &mut Removal<'_>, name: &str) {
    let resource = Kind::Function.named(name);
    let mut unused = removal.unused.clone();
    let mut functions = removal.observed.functions.values();
    let function = functions.find(|function| function.name == name);
    if let Some(function) = function
        && function.latest.configuration.settings.vpc.is_some()
    {
        let leave = LeaveVpc {
            name: name.to_owned(),
        };
        let reasons = vec![Reason::NotWanted];
        let left = removal.steps.add(&resource, leave, unused, reasons);
        let wait = WaitForDetachment {
            name: name.to_owned(),
        };
        let reasons = vec![Reason::NotReadyAtOnce];
        unused = vec![removal.steps.add(&resource, wait, [left], reasons)];
    }
    let delete = DeleteFunction {
        name: name.to_owned(),
    };
    let deleted = removal
        .steps
        .add(&resource, delete, unused, vec![Reason::NotWanted]);
    removal.removed.push((resource, deleted));
}
