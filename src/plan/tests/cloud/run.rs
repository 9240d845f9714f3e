//! What each step does to the model.

use std::any::Any;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{Cloud, last};
use crate::apply::{Outputs, PublishedRelease};
use crate::config::MachineName;
use crate::resources::alias::operations::*;
use crate::resources::function::concurrency::*;
use crate::resources::function::deletion::*;
use crate::resources::function::interfaces::WaitForInterfaces;
use crate::resources::function::operations::*;
use crate::resources::function::ready::{WaitForDetachment, WaitForFunction};
use crate::resources::function::unused::CheckUnused;
use crate::resources::late_triggers::RemoveLateTriggers;
use crate::resources::log_group::operations::*;
use crate::resources::role::make_sure::MakeSure;
use crate::resources::role::operations::*;
use crate::resources::role::policy_operations::*;
use crate::resources::rule::operations::*;
use crate::resources::schedule::operations::*;
use crate::resources::schedule_group::operations::*;
use crate::resources::state_machine::deletion::*;
use crate::resources::state_machine::operations::*;
use crate::resources::tags::{Tag, Untag};
use crate::resources::{
    FunctionState, FunctionVersion, LogGroupState, Operation, Pin, Release, RoleState, RuleState,
    RunsOn, ScheduleGroupState, ScheduleState, StateMachineState, digest, pins, sample,
};
use crate::stack::POLICY;

/// The state machine that an ARN names.
fn named(arn: &str) -> MachineName {
    let machine = sample::stack().state_machine_named(last(arn));
    machine.unwrap()
}

/// The operation, if it is of this type.
fn is<T: Operation>(operation: &dyn Operation) -> Option<&T> {
    (operation as &dyn Any).downcast_ref()
}

impl Cloud {
    pub(super) fn run(&mut self, operation: &dyn Operation, outputs: &mut Outputs) {
        let known = self.run_iam(operation)
            || self.run_logs(operation)
            || self.run_lambda(operation, outputs)
            || self.run_states(operation, outputs)
            || self.run_scheduler(operation)
            || self.run_events(operation);
        assert!(known, "no service has {operation:?}");
    }

    fn run_iam(&mut self, operation: &dyn Operation) -> bool {
        if let Some(CreateRole(role)) = is(operation) {
            let state = RoleState {
                path: role.path.clone(),
                created: self.now(),
                trust: role.trust.clone(),
                policy: None,
                other_policies: Vec::new(),
                attached_policies: Vec::new(),
                boundary: role.boundary.clone(),
                tags: role.tags.clone(),
            };
            let before = self.held.roles.insert(role.name.clone(), state);
            assert_eq!(before, None, "there is a role of this name");
        } else if let Some(UpdateAssumeRolePolicy { role, trust }) = is(operation) {
            self.named_role(role).trust = trust.clone();
        } else if let Some(WriteRolePolicy { role, policy, .. }) = is(operation) {
            self.named_role(role).policy = written(operation, policy);
        } else if let Some(WidenRolePolicy { role, policy }) = is(operation) {
            self.named_role(role).policy = written(operation, policy);
        } else if let Some(NarrowRolePolicy { role, policy, .. }) = is(operation) {
            self.named_role(role).policy = written(operation, policy);
        } else if let Some(DeleteRolePolicy { role, policy_name }) = is(operation) {
            let role = self.named_role(role);
            if policy_name == POLICY {
                role.policy = None;
            }
            role.other_policies.retain(|other| other != policy_name);
        } else if let Some(DetachRolePolicy { role, policy_arn }) = is(operation) {
            let attached = &mut self.named_role(role).attached_policies;
            attached.retain(|other| other != policy_arn);
        } else if let Some(PutRolePermissionsBoundary { role, boundary }) = is(operation) {
            self.named_role(role).boundary = Some(boundary.clone());
        } else if let Some(DeleteRolePermissionsBoundary { role }) = is(operation) {
            self.named_role(role).boundary = None;
        } else if let Some(Tag {
            target: TaggedRole(role),
            tags,
        }) = is(operation)
        {
            self.named_role(role).tags.extend(tags.clone());
        } else if let Some(Untag {
            target: TaggedRole(role),
            keys,
        }) = is(operation)
        {
            self.named_role(role)
                .tags
                .retain(|key, _| !keys.contains(key));
        } else if let Some(MakeSure { role, .. }) = is(operation) {
            assert!(self.held.roles.contains_key(&role.name));
        } else if is::<RemoveLateTriggers>(operation).is_some() {
            assert!(self.held.rules.is_empty() && self.held.schedule_group.is_none());
        } else if let Some(DeleteRole { role }) = is(operation) {
            let gone = self.held.roles.remove(role).unwrap();
            let bare = gone.policy.is_none() && gone.other_policies.is_empty();
            assert!(bare && gone.attached_policies.is_empty(), "DeleteConflict");
        } else {
            return false;
        }
        true
    }

    fn run_logs(&mut self, operation: &dyn Operation) -> bool {
        if let Some(CreateLogGroup {
            name,
            tags,
            kms_key,
            ..
        }) = is(operation)
        {
            let state = LogGroupState {
                retention: None,
                kms_key: kms_key.clone(),
                tags: tags.clone(),
            };
            let before = self.held.log_groups.insert(name.clone(), state);
            assert_eq!(before, None, "there is a log group of this name");
        } else if let Some(PutRetentionPolicy { name, days }) = is(operation) {
            self.held.log_groups.get_mut(name).unwrap().retention = Some(*days);
        } else if let Some(AssociateKmsKey { name, key }) = is(operation) {
            self.held.log_groups.get_mut(name).unwrap().kms_key = Some(key.clone());
        } else if let Some(DisassociateKmsKey { name }) = is(operation) {
            self.held.log_groups.get_mut(name).unwrap().kms_key = None;
        } else if let Some(DeleteRetentionPolicy { name }) = is(operation) {
            self.held.log_groups.get_mut(name).unwrap().retention = None;
        } else if let Some(Tag {
            target: TaggedLogGroup(arn),
            tags,
        }) = is(operation)
        {
            self.log_group(arn).tags.extend(tags.clone());
        } else if let Some(Untag {
            target: TaggedLogGroup(arn),
            keys,
        }) = is(operation)
        {
            self.log_group(arn)
                .tags
                .retain(|key, _| !keys.contains(key));
        } else if let Some(DeleteLogGroup { name }) = is(operation) {
            self.held.log_groups.remove(name).unwrap();
        } else {
            return false;
        }
        true
    }

    fn run_lambda(&mut self, operation: &dyn Operation, outputs: &mut Outputs) -> bool {
        if let Some(new) = is::<CreateFunction>(operation) {
            assert!(self.held.roles.contains_key(&new.name), "no role to assume");
            let state = FunctionState {
                name: new.name.clone(),
                young: false,
                latest: FunctionVersion {
                    version: "$LATEST".to_owned(),
                    code_sha256: new.artifact.sha256.clone(),
                    code_size: 0,
                    last_modified: Some(self.now()),
                    inactive: false,
                    configuration: new.configuration.clone(),
                },
                revision_id: None,
                failure: None,
                creation_failed: false,
                versions: Vec::new(),
                all_versions: true,
                reserved_concurrency: None,
                tags: new.tags.clone(),
            };
            let before = self.held.functions.insert(new.handler.clone(), state);
            assert_eq!(before, None, "there is a function of this name");
            self.configured(&new.handler, None);
            self.publish(&new.handler, outputs);
        } else if let Some(update) = is::<UpdateFunctionConfiguration>(operation) {
            let function = self.function(&update.handler);
            let architecture = function.latest.configuration.architecture;
            function.latest.configuration = update.configuration.clone();
            function.latest.configuration.architecture = architecture;
            function.failure = None;
            self.configured(&update.handler, update.description.clone());
        } else if let Some(LeaveVpc { name }) = is(operation) {
            let latest = &mut self.named_function(name).latest;
            latest.configuration.settings.vpc = None;
            latest.configuration.settings.file_systems = Vec::new();
        } else if let Some(update) = is::<UpdateFunctionCode>(operation) {
            let now = self.now();
            let function = self.function(&update.handler);
            function.latest.last_modified = Some(now);
            function.latest.code_sha256 = update.artifact.sha256.clone();
            function.latest.configuration.architecture = update.architecture;
            function.failure = None;
            self.publish(&update.handler, outputs);
        } else if let Some(PublishVersion {
            handler,
            code_sha256,
            ..
        }) = is(operation)
        {
            assert_eq!(self.function(handler).latest.code_sha256, *code_sha256);
            self.publish(handler, outputs);
        } else if let Some(WaitForFunction { handler, .. }) = is(operation) {
            assert_eq!(self.function(handler).failure, None);
        } else if is::<WaitForInterfaces>(operation).is_some() {
            // Lambda has removed them.
        } else if let Some(WaitForDetachment { name }) = is(operation) {
            let latest = &self.named_function(name).latest;
            assert_eq!(latest.configuration.settings.vpc, None);
        } else if let Some(PutFunctionConcurrency { name, reserved }) = is(operation) {
            self.named_function(name).reserved_concurrency = Some(*reserved);
        } else if let Some(DeleteFunctionConcurrency { name }) = is(operation) {
            self.named_function(name).reserved_concurrency = None;
        } else if let Some(Tag {
            target: TaggedFunction(arn),
            tags,
        }) = is(operation)
        {
            let name = last(arn);
            self.named_function(name).tags.extend(tags.clone());
        } else if let Some(Untag {
            target: TaggedFunction(arn),
            keys,
        }) = is(operation)
        {
            let tags = &mut self.named_function(last(arn)).tags;
            tags.retain(|key, _| !keys.contains(key));
        } else if let Some(DeleteFunctionVersion { name, version }) = is(operation) {
            let handler = name.strip_prefix("shop-dev-").unwrap();
            let pin = Pin::function(handler, version);
            assert!(
                !self.pins_of_releases().contains(&pin),
                "a release pins {pin:?}"
            );
            let versions = &mut self.named_function(name).versions;
            versions.retain(|other| other.version != *version);
        } else if is::<CheckUnused>(operation).is_some() {
            // Nobody else deploys.
        } else if let Some(DeleteFunction { name }) = is(operation) {
            let handler = name.strip_prefix("shop-dev-").unwrap();
            let startable = self.held.lasting_state_machine().is_some();
            let used = self.pins_of_releases().into_iter().filter(|pin| {
                let pinned = pin.of_function().map(|(pinned, _)| pinned);
                startable && pinned == Some(handler)
            });
            assert_eq!(used.collect::<Vec<_>>(), [], "a release pins {handler}");
            self.held.functions.remove(handler).unwrap();
        } else {
            return false;
        }
        true
    }

    fn run_states(&mut self, operation: &dyn Operation, outputs: &mut Outputs) -> bool {
        if let Some(CreateStateMachine(request)) = is(operation) {
            // The call waits for one that is still being deleted.
            let machine = &request.machine;
            let there = self.held.state_machines.get(machine);
            assert!(there.is_none_or(|state| state.deleting), "it is there");
            let role = sample::stack().state_machine_role(machine);
            assert!(self.held.roles.contains_key(&role), "no role to assume");
            self.forget(machine);
            self.next_release.remove(machine);
            let state = StateMachineState {
                name: request.name.clone(),
                definition: self.pinned(request, outputs),
                settings: request.settings.clone(),
                revision_id: None,
                deleting: false,
                versions: Vec::new(),
                forks: BTreeMap::new(),
                forked: false,
                left_by_fork: None,
                frozen: BTreeMap::new(),
                alias: None,
                tags: request.tags.clone(),
            };
            self.held.state_machines.insert(machine.clone(), state);
            self.published.remove(machine);
            self.release(machine, outputs);
        } else if let Some(UpdateStateMachine(request)) = is(operation) {
            let definition = self.pinned(request, outputs);
            let state = self.machine(&request.machine);
            state.definition = definition;
            state.settings = request.settings.clone();
            self.published.remove(&request.machine);
            self.release(&request.machine, outputs);
        } else if let Some(RestoreStateMachine { arn, .. }) = is(operation) {
            self.machine(&named(arn)).left_by_fork = None;
        } else if let Some(PublishStateMachineVersion { machine, known, .. }) = is(operation) {
            match known {
                Some(version) => self.found(machine, *version, outputs),
                None => self.release(machine, outputs),
            }
        } else if let Some(Tag {
            target: TaggedStateMachine(arn),
            tags,
        }) = is(operation)
        {
            self.machine(&named(arn)).tags.extend(tags.clone());
        } else if let Some(Untag {
            target: TaggedStateMachine(arn),
            keys,
        }) = is(operation)
        {
            let tags = &mut self.machine(&named(arn)).tags;
            tags.retain(|key, _| !keys.contains(key));
        } else if let Some(CreateStateMachineAlias(request)) = is(operation) {
            assert_eq!(self.state_machine().alias, None, "the alias is there");
            self.point(request, outputs);
        } else if let Some(UpdateStateMachineAlias(request)) = is(operation) {
            assert!(self.state_machine().alias.is_some(), "there is no alias");
            self.point(request, outputs);
        } else if let Some(DeleteStateMachineVersion {
            version: release,
            state_machine_arn,
        }) = is(operation)
        {
            let machine = named(state_machine_arn);
            if self.machine(&machine).forks.remove(release).is_some() {
                assert!(!self.forks.contains(release), "fork {release} is in use");
                return true;
            }
            let pin = Pin::StateMachine {
                machine: machine.clone(),
                version: *release,
            };
            assert!(
                !self.pins_of_releases().contains(&pin),
                "a release pins {pin:?}"
            );
            let alias = self.machine(&machine).alias.iter();
            let routed = alias.flat_map(|alias| &alias.routing);
            let routed = routed.filter(|(live, _)| live == release).count();
            assert_eq!(routed, 0, "ConflictException: `live` points at {release}");
            let used = self.running.iter().any(|run| match &run.runs_on {
                RunsOn::Release(used) => machine == MachineName::Main && used == release,
                RunsOn::Version(used, version) => machine == *used && version == release,
                RunsOn::StateMachine(_) => false,
            });
            assert!(!used, "an execution runs on {pin:?}");
            self.releases.remove(&(machine.clone(), *release)).unwrap();
            let versions = &mut self.machine(&machine).versions;
            versions.retain(|(n, _)| n != release);
        } else if let Some(StopExecutions { .. }) = is(operation) {
            self.running.clear();
        } else if let Some(DeleteStateMachine { arn }) = is(operation) {
            let machine = named(arn);
            let pins = self.pins_of_releases();
            let startable = self.held.lasting_state_machine().is_some();
            let mut used = pins.iter().filter(|pin| pin.of(&machine).is_some());
            assert!(
                !startable || used.next().is_none(),
                "a release pins {machine}"
            );
            self.machine(&machine).deleting = true;
        } else if let Some(WaitForDeletion { arn }) = is(operation) {
            let machine = named(arn);
            assert_eq!(self.running, [], "it goes when its executions have ended");
            assert!(self.machine(&machine).deleting);
            self.held.state_machines.remove(&machine);
            self.forget(&machine);
        } else {
            return false;
        }
        true
    }

    fn run_scheduler(&mut self, operation: &dyn Operation) -> bool {
        if let Some(CreateScheduleGroup { name, tags, .. }) = is(operation) {
            let group = ScheduleGroupState {
                name: name.clone(),
                deleting: false,
                tags: tags.clone(),
            };
            assert_eq!(self.held.schedule_group.replace(group), None, "it is there");
        } else if let Some(Tag {
            target: TaggedScheduleGroup(_),
            tags,
        }) = is(operation)
        {
            self.group().tags.extend(tags.clone());
        } else if let Some(Untag {
            target: TaggedScheduleGroup(_),
            keys,
        }) = is(operation)
        {
            self.group().tags.retain(|key, _| !keys.contains(key));
        } else if let Some(CreateSchedule(schedule, _)) = is(operation) {
            self.check_trigger();
            self.group();
            let settings = schedule.settings.clone();
            let state = ScheduleState { settings };
            let before = self.held.schedules.insert(schedule.name.clone(), state);
            assert_eq!(before, None, "there is a schedule of this name");
        } else if let Some(UpdateSchedule(schedule, _)) = is(operation) {
            self.check_trigger();
            let state = self.held.schedules.get_mut(&schedule.name).unwrap();
            state.settings = schedule.settings.clone();
        } else if let Some(DeleteSchedule { name, .. }) = is(operation) {
            self.held.schedules.remove(name).unwrap();
        } else if let Some(DeleteScheduleGroup { .. }) = is(operation) {
            assert!(self.held.schedules.is_empty(), "it has schedules");
            self.held.schedule_group = None;
        } else {
            return false;
        }
        true
    }

    fn run_events(&mut self, operation: &dyn Operation) -> bool {
        let named = |bus: &str, name: &str| match bus {
            "default" => name.to_owned(),
            bus => format!("{bus}/{name}"),
        };
        if let Some(PutRule { rule, exists }) = is(operation) {
            let name = rule.qualified_name();
            assert_eq!(self.held.rules.contains_key(&name), *exists, "{name}");
            let state = self.held.rules.entry(name).or_insert_with(|| RuleState {
                pattern: None,
                enabled: false,
                targets: BTreeMap::new(),
                tags: rule.tags.clone(),
            });
            state.pattern = Some(rule.pattern.clone());
            state.enabled = rule.enabled;
        } else if let Some(PutTargets(rule)) = is(operation) {
            self.check_trigger();
            let state = self.held.rules.get_mut(&rule.qualified_name()).unwrap();
            state.targets.insert("live".to_owned(), rule.target.clone());
        } else if let Some(RemoveTargets { bus, name, ids, .. }) = is(operation) {
            let state = self.held.rules.get_mut(&named(bus, name)).unwrap();
            state.targets.retain(|id, _| !ids.contains(id));
        } else if let Some(DeleteRule { bus, name }) = is(operation) {
            let rule = self.held.rules.remove(&named(bus, name)).unwrap();
            assert!(rule.targets.is_empty(), "it has targets");
        } else if let Some(Tag {
            target: TaggedRule(arn),
            tags,
        }) = is(operation)
        {
            self.rule(arn).tags.extend(tags.clone());
        } else if let Some(Untag {
            target: TaggedRule(arn),
            keys,
        }) = is(operation)
        {
            self.rule(arn).tags.retain(|key, _| !keys.contains(key));
        } else {
            return false;
        }
        true
    }

    /// From here on executions start: on what is live, and as the role of the triggers may.
    fn check_trigger(&self) {
        assert!(self.live().is_some(), "nothing is live");
        let role = self.held.roles.get(&sample::stack().triggers_role());
        let policy = role.and_then(|role| role.policy.as_ref());
        let policy = policy.map(Value::to_string).unwrap_or_default();
        let may_start = "states:StateMachineQualifier";
        assert!(policy.contains(may_start), "{policy}");
    }

    fn group(&mut self) -> &mut ScheduleGroupState {
        self.held.schedule_group.as_mut().unwrap()
    }

    fn rule(&mut self, arn: &str) -> &mut RuleState {
        let (_, name) = arn.split_once(":rule/").unwrap();
        self.held.rules.get_mut(name).unwrap()
    }

    /// Lambda has set `$LATEST` up anew, and lets its role decrypt.
    fn configured(&mut self, handler: &str, description: Option<String>) {
        let now = self.now();
        let role = self.role(handler).created;
        self.function(handler).latest.last_modified = Some(now);
        let latest = (handler.to_owned(), "$LATEST".to_owned());
        let frozen = self.frozen.entry(latest).or_default();
        frozen.granted_to = Some(role);
        frozen.description = description.or(frozen.description.take());
    }

    fn publish(&mut self, handler: &str, outputs: &mut Outputs) {
        let frozen = |version: &str| (handler.to_owned(), version.to_owned());
        let latest = self.frozen[&frozen("$LATEST")].clone();
        let next = self.next_version.entry(handler.to_owned()).or_default();
        let function = self.held.functions.get_mut(handler).unwrap();
        let newest = function.versions.last();
        let same = newest.filter(|newest| {
            newest.code_sha256 == function.latest.code_sha256
                && newest.configuration == function.latest.configuration
                && self.frozen[&frozen(&newest.version)].description == latest.description
        });
        let version = same.map(|newest| newest.version.clone());
        let version = version.unwrap_or_else(|| {
            *next += 1;
            function.versions.push(FunctionVersion {
                version: next.to_string(),
                ..function.latest.clone()
            });
            self.frozen.insert(frozen(&next.to_string()), latest);
            next.to_string()
        });
        outputs.versions.insert(handler.to_owned(), version);
    }

    /// The definition with its pins, each of which must be there and allowed to the role.
    fn pinned(&self, request: &StateMachineRequest, outputs: &Outputs) -> Value {
        let definition = request.pinned(outputs).unwrap();
        for pin in pins(&definition, &sample::stack()) {
            match pin {
                Pin::Function { handler, version } => {
                    let versions = &self.held.functions[&handler].versions;
                    assert!(versions.iter().any(|other| other.version == version));
                }
                Pin::StateMachine { machine, version } => {
                    assert!(self.releases.contains_key(&(machine, version)));
                }
            }
        }
        definition
    }

    fn release(&mut self, machine: &MachineName, outputs: &mut Outputs) {
        let next = self.next_release.entry(machine.clone()).or_default();
        if self.published.insert(machine.clone()) {
            *next += 1;
            let release = *next;
            let state = self.machine(machine);
            state.versions.insert(0, (release, Timestamp::UNIX_EPOCH));
            let frozen = Release {
                definition: state.definition.clone(),
                settings: state.settings.clone(),
                description: None,
            };
            self.releases.insert((machine.clone(), release), frozen);
        }
        let version = self.next_release[machine];
        self.found(machine, version, outputs);
    }

    fn found(&self, machine: &MachineName, version: u64, outputs: &mut Outputs) {
        let frozen = &self.releases[&(machine.clone(), version)];
        let digest = digest(&frozen.definition, &frozen.settings);
        let published = PublishedRelease { version, digest };
        outputs.releases.insert(machine.clone(), published);
    }

    fn point(&mut self, request: &AliasRequest, outputs: &Outputs) {
        let published = outputs.release().cloned();
        let now = jiff::Timestamp::UNIX_EPOCH;
        self.route(request.release.label(published, None, now).unwrap());
    }
}

/// What IAM holds after a policy was written: it refuses one without statements.
fn written(operation: &dyn Operation, policy: &Value) -> Option<Value> {
    let statements = policy["Statement"].as_array().unwrap();
    match operation.spec().operation {
        "PutRolePolicy" => {
            assert!(!statements.is_empty(), "MalformedPolicyDocument");
            Some(policy.clone())
        }
        "DeleteRolePolicy" => {
            assert_eq!(statements.len(), 0);
            None
        }
        other => panic!("{other} writes no policy"),
    }
}
