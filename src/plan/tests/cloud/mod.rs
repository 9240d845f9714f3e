//! The smallest AWS that a plan can run against. It refuses what AWS refuses, and what would break a
//! release that somebody can still start.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::apply::Outputs;
use crate::config::MachineName;
use crate::plan::{Plan, StepId, make, removal};
use crate::policy::Command;
use crate::resources::{
    AliasState, Desired, FunctionState, LogGroupState, Observed, Pin, Release, ReleaseLabel,
    RoleState, RunningExecution, StateMachineState, Usage, digest, pins, sample,
};

mod run;

#[derive(Default, Clone)]
pub(crate) struct Cloud {
    /// Everything that exists.
    pub held: Observed,
    pub running: Vec<RunningExecution>,
    /// The releases on which executions failed a moment ago.
    pub redrivable: BTreeSet<u64>,
    /// The versions of forks on which executions run or may be redriven.
    pub forks: BTreeSet<u64>,
    /// What each version of a state machine froze.
    releases: BTreeMap<(MachineName, u64), Release>,
    /// The state machines that their newest versions froze as they are.
    published: BTreeSet<MachineName>,
    next_release: BTreeMap<MachineName, u64>,
    next_version: BTreeMap<String, u64>,
    /// By handler and version, `$LATEST` among them.
    frozen: BTreeMap<(String, String), Frozen>,
    seconds: i64,
}

/// What a version froze besides what is read of it.
#[derive(Default, Clone, PartialEq, Eq)]
struct Frozen {
    description: Option<String>,
    /// Since when the role exists that may decrypt its environment variables.
    granted_to: Option<Timestamp>,
}

impl Cloud {
    /// What a deploy reads, asking for the usage if the plan needs it.
    pub fn plan(&self, desired: &Desired) -> Plan {
        let observed = self.observe(desired);
        let draft = make(desired, &observed).unwrap();
        let plan = if draft.needs_usage() {
            draft.plan_with(&self.usage())
        } else {
            draft.plan()
        };
        assert_allowed(&plan, Command::Deploy);
        plan
    }

    pub fn deploy(&mut self, desired: &Desired) -> Plan {
        let plan = self.plan(desired);
        self.apply(&plan);
        plan
    }

    /// The plan of a destroy by a `deploy.toml` with these handlers.
    pub fn removal(&self, desired: &Desired) -> Plan {
        let observed = self.observe(desired);
        let running = match self.running.len() {
            0 => BTreeMap::new(),
            running => [(MachineName::Main, running)].into(),
        };
        let plan = removal(&sample::stack(), &observed, running).unwrap();
        assert_allowed(&plan, Command::Destroy);
        plan
    }

    pub fn apply(&mut self, plan: &Plan) {
        self.apply_some(plan, |_| true);
    }

    /// Runs those steps that the test wants run and whose predecessors ran.
    pub fn apply_some(&mut self, plan: &Plan, wanted: impl Fn(usize) -> bool) {
        let mut outputs = Outputs::default();
        let mut done: BTreeSet<&StepId> = BTreeSet::new();
        for (i, step) in plan.steps.iter().enumerate() {
            if wanted(i) && step.after.iter().all(|id| done.contains(id)) {
                self.run(step.operation.as_ref(), &mut outputs);
                done.insert(&step.id);
            }
        }
    }

    /// Publishes a version that starts elsewhere, as a fork does.
    pub fn fork(&mut self) -> u64 {
        let next = self.next_release.entry(MachineName::Main).or_default();
        *next += 1;
        let version = *next;
        // What is put back is another revision.
        self.published.remove(&MachineName::Main);
        let state = self.state_machine();
        state.forked = true;
        let mut fork = state.current();
        fork.definition["StartAt"] = "Sell".into();
        state.forks.insert(version, fork);
        version
    }

    /// Moves the alias, as a rollback does.
    pub fn roll_back(&mut self, release: u64) {
        let Release {
            definition,
            settings,
            ..
        } = self.release_of(release);
        let label = ReleaseLabel {
            release,
            origin: "txflow".to_owned(),
            digest: digest(definition, settings),
            instead_of: self.live().filter(|live| *live > release),
            after: None,
            canary: None,
        };
        self.route(label);
    }

    /// Whether the role of the state machine allows what a release pins, as it does unless a deploy was
    /// interrupted.
    pub fn may_invoke(&self, release: u64) -> bool {
        self.may_call(&MachineName::Main, release)
    }

    /// The same for a version of any state machine, and for those that it starts.
    fn may_call(&self, machine: &MachineName, version: u64) -> bool {
        let stack = sample::stack();
        let own = stack.state_machine_role(machine);
        let policy = self
            .held
            .roles
            .get(&own)
            .and_then(|role| role.policy.as_ref());
        let policy = policy.map(Value::to_string).unwrap_or_default();
        let allows = |arn: String| policy.contains(&format!("\"{arn}:*\""));
        let mut pins = self.pins_of(machine, version).into_iter();
        pins.all(|pin| match pin {
            Pin::Function { handler, .. } => allows(stack.function_arn(&handler)),
            Pin::StateMachine { machine, version } => {
                allows(stack.state_machine_arn(&machine))
                    && self.releases.contains_key(&(machine.clone(), version))
                    && self.may_call(&machine, version)
            }
        })
    }

    fn release_of(&self, release: u64) -> &Release {
        &self.releases[&(MachineName::Main, release)]
    }

    fn pins_of(&self, machine: &MachineName, version: u64) -> Vec<Pin> {
        // One that was removed pins nothing.
        let frozen = self.releases.get(&(machine.clone(), version));
        frozen.map_or_else(Vec::new, |frozen| frozen.pins(&sample::stack()))
    }

    /// The versions that exist of a state machine, newest first.
    pub fn versions_of(&self, name: &str) -> Vec<u64> {
        let state = &self.held.state_machines[&MachineName::Named(name.to_owned())];
        state.versions.iter().map(|(version, _)| *version).collect()
    }

    /// Whether the roles may decrypt the environment variables of what a release pins.
    pub fn may_decrypt(&self, release: u64) -> bool {
        let usage = self.usage();
        let pins = usage.all_pins(&usage.releases[&release], &sample::stack());
        let mut pins = pins.iter().filter_map(Pin::of_function);
        pins.all(|(handler, version)| {
            let role = self.held.roles.get(&sample::stack().function_name(handler));
            let state = &self.held.functions[handler];
            let frozen = &self.frozen[&(handler.to_owned(), version.to_owned())];
            let mut versions = state.versions.iter();
            let version = versions.find(|other| other.version == version).unwrap();
            version.configuration.settings.environment.is_empty()
                || frozen.granted_to == role.map(|role| role.created)
        })
    }

    /// Somebody deletes a role and creates it again as it was.
    pub fn create_role_again(&mut self, handler: &str) {
        let created = self.now();
        self.role(handler).created = created;
    }

    /// A later time than before.
    fn now(&mut self) -> Timestamp {
        self.seconds += 1;
        Timestamp::from_second(self.seconds).unwrap()
    }

    pub fn edit_definition(&mut self, definition: Value) {
        if let Some(state) = self.held.state_machines.get_mut(&MachineName::Main) {
            state.definition = definition;
            self.published.remove(&MachineName::Main);
        }
    }

    pub fn lose_state_machine(&mut self) {
        self.held.state_machines.remove(&MachineName::Main);
        self.forget(&MachineName::Main);
        self.running.clear();
    }

    pub fn live(&self) -> Option<u64> {
        self.held.main()?.alias.as_ref()?.version()
    }

    pub fn function(&mut self, handler: &str) -> &mut FunctionState {
        self.held.functions.get_mut(handler).unwrap()
    }

    pub fn role(&mut self, handler: &str) -> &mut RoleState {
        let name = sample::stack().function_name(handler);
        self.held.roles.get_mut(&name).unwrap()
    }

    pub fn state_machine(&mut self) -> &mut StateMachineState {
        self.machine(&MachineName::Main)
    }

    fn machine(&mut self, machine: &MachineName) -> &mut StateMachineState {
        self.held.state_machines.get_mut(machine).unwrap()
    }

    /// The versions of a state machine go with it.
    fn forget(&mut self, machine: &MachineName) {
        self.releases.retain(|(other, _), _| other != machine);
    }

    /// What exists under the names of the deployment, and what the roles lead to.
    pub fn observe(&self, desired: &Desired) -> Observed {
        let stack = sample::stack();
        let mut observed = self.held.clone();
        let known = |handler: &String| {
            desired.functions.contains_key(handler)
                || self.held.roles.contains_key(&stack.function_name(handler))
        };
        observed.functions.retain(|handler, _| known(handler));
        let current = observed.state_machines.values();
        let pins: Vec<Pin> = current
            .flat_map(|state| pins(&state.definition, &stack))
            .collect();
        for (machine, state) in &mut observed.state_machines {
            if *machine == MachineName::Main {
                continue;
            }
            let pinned = pins.iter().filter_map(|pin| pin.of(machine));
            let mut versions: BTreeSet<u64> = pinned.collect();
            if versions.is_empty() {
                versions.extend(state.versions.first().map(|(newest, _)| *newest));
            }
            let frozen = versions.into_iter().map(|version| {
                let frozen = &self.releases[&(machine.clone(), version)];
                (version, frozen.clone())
            });
            state.frozen = frozen.collect();
        }
        observed
    }

    pub fn usage(&self) -> Usage {
        let releases = self.releases.iter();
        let (main, others): (Vec<_>, Vec<_>) =
            releases.partition(|((machine, _), _)| *machine == MachineName::Main);
        let main = main.into_iter();
        let main = main.map(|((_, release), frozen)| (*release, frozen.clone()));
        let others = others.into_iter();
        let others = others.map(|(version, frozen)| (version.clone(), frozen.clone()));
        Usage {
            releases: main.collect(),
            versions: others.collect(),
            running: self.running.clone(),
            redrivable: self.redrivable.clone(),
            redrivable_versions: BTreeSet::new(),
            forks: { self.forks.iter() }
                .map(|version| (MachineName::Main, *version))
                .collect(),
            aliased: BTreeSet::new(),
        }
    }

    /// What the releases pin, and what that pins in turn.
    pub fn pins_of_releases(&self) -> BTreeSet<Pin> {
        let usage = self.usage();
        let releases = usage.releases.values();
        let forks = self.held.main().into_iter().flat_map(|state| &state.forks);
        let forks = forks.filter(|(version, _)| self.forks.contains(version));
        let releases = releases.chain(forks.map(|(_, fork)| fork));
        let pins = releases.flat_map(|release| usage.all_pins(release, &sample::stack()));
        pins.collect()
    }

    /// Whoever starts an execution now must get through.
    fn route(&mut self, label: ReleaseLabel) {
        assert!(
            self.may_invoke(label.release),
            "{label} is denied its functions"
        );
        self.state_machine().alias = Some(AliasState {
            description: label.to_string(),
            routing: label.routing(),
            ..AliasState::default()
        });
    }

    fn named_role(&mut self, name: &str) -> &mut RoleState {
        self.held.roles.get_mut(name).unwrap()
    }

    fn named_function(&mut self, name: &str) -> &mut FunctionState {
        self.function(name.strip_prefix("shop-dev-").unwrap())
    }

    fn log_group(&mut self, arn: &str) -> &mut LogGroupState {
        self.held.log_groups.get_mut(last(arn)).unwrap()
    }
}

/// The policy for one command alone allows all that its plans do, but for what is left to administrators.
fn assert_allowed(plan: &Plan, command: Command) {
    for step in &plan.steps {
        let spec = step.operation.spec();
        let needed = spec.permissions.iter();
        for needed in needed.filter(|needed| !needed.commands.is_empty()) {
            let allowed = spec.permissions.iter().chain(step.resource.kind.reads());
            let mut allowed = allowed.filter(|allowed| allowed.commands.contains(&command));
            assert!(
                allowed.any(|allowed| allowed.action == needed.action),
                "the policy for `{}` lacks {}",
                command.as_str(),
                needed.action
            );
        }
    }
}

/// The part of an ARN that names the thing.
fn last(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap()
}
