//! The smallest AWS that a plan can run against. It refuses what AWS refuses, and what would break a
//! release that somebody can still start.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::plan::{Plan, StepId, make, removal};
use crate::resources::{
    AliasState, Desired, FunctionState, LogGroupState, Observed, Release, ReleaseLabel, RoleState,
    RunningExecution, StateMachineState, Usage, digest, sample,
};

mod run;

#[derive(Default, Clone)]
pub(crate) struct Cloud {
    /// Everything that exists.
    pub held: Observed,
    pub running: Vec<RunningExecution>,
    /// The releases on which executions failed a moment ago.
    pub redrivable: BTreeSet<u64>,
    /// What each release froze.
    releases: BTreeMap<u64, Release>,
    /// Whether the newest release froze the state machine as it is.
    published: bool,
    next_release: u64,
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

/// The outputs of the steps of one plan.
#[derive(Default)]
struct Outputs {
    versions: BTreeMap<String, String>,
    release: Option<u64>,
}

impl Cloud {
    /// What a deploy reads, asking for the usage if the plan needs it.
    pub fn plan(&self, desired: &Desired) -> Plan {
        let observed = self.observe(desired);
        let draft = make(desired, &observed).unwrap();
        if draft.needs_usage() {
            draft.plan_with(&self.usage())
        } else {
            draft.plan()
        }
    }

    pub fn deploy(&mut self, desired: &Desired) -> Plan {
        let plan = self.plan(desired);
        self.apply(&plan);
        plan
    }

    /// The plan of a destroy by a `deploy.toml` with these handlers.
    pub fn removal(&self, desired: &Desired) -> Plan {
        let observed = self.observe(desired);
        removal(&sample::stack(), &observed, self.running.len()).unwrap()
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

    /// Moves the alias, as a rollback does.
    pub fn roll_back(&mut self, release: u64) {
        let frozen = &self.releases[&release];
        let label = ReleaseLabel {
            release,
            origin: "txflow".to_owned(),
            digest: digest(&frozen.definition, &frozen.settings),
            instead_of: self.live().filter(|live| *live > release),
            after: None,
        };
        self.route(label);
    }

    /// Whether the role of the state machine allows what a release pins, as it does unless a deploy was
    /// interrupted.
    pub fn may_invoke(&self, release: u64) -> bool {
        let own = sample::stack().state_machine_role();
        let policy = self
            .held
            .roles
            .get(&own)
            .and_then(|role| role.policy.as_ref());
        let policy = policy.map(Value::to_string).unwrap_or_default();
        let mut pins = pins(&self.releases[&release].definition).into_iter();
        pins.all(|(handler, _)| {
            let function = sample::stack().function_arn(&handler);
            policy.contains(&format!("\"{function}:*\""))
        })
    }

    /// Whether the roles may decrypt the environment variables of what a release pins.
    pub fn may_decrypt(&self, release: u64) -> bool {
        let mut pins = pins(&self.releases[&release].definition).into_iter();
        pins.all(|(handler, version)| {
            let role = self
                .held
                .roles
                .get(&sample::stack().function_name(&handler));
            let state = &self.held.functions[&handler];
            let frozen = &self.frozen[&(handler, version.clone())];
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
        if let Some(state) = &mut self.held.state_machine {
            state.definition = definition;
            self.published = false;
        }
    }

    pub fn lose_state_machine(&mut self) {
        self.held.state_machine = None;
        self.releases.clear();
        self.running.clear();
    }

    pub fn live(&self) -> Option<u64> {
        self.held.state_machine.as_ref()?.alias.as_ref()?.version()
    }

    pub fn function(&mut self, handler: &str) -> &mut FunctionState {
        self.held.functions.get_mut(handler).unwrap()
    }

    pub fn role(&mut self, handler: &str) -> &mut RoleState {
        let name = sample::stack().function_name(handler);
        self.held.roles.get_mut(&name).unwrap()
    }

    pub fn state_machine(&mut self) -> &mut StateMachineState {
        self.held.state_machine.as_mut().unwrap()
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
        observed
    }

    pub fn usage(&self) -> Usage {
        Usage {
            releases: self.releases.clone(),
            running: self.running.clone(),
            redrivable: self.redrivable.clone(),
        }
    }

    /// Whoever starts an execution now must get through.
    fn route(&mut self, label: ReleaseLabel) {
        assert!(
            self.may_invoke(label.release),
            "{label} is denied its functions"
        );
        self.state_machine().alias = Some(AliasState {
            description: label.to_string(),
            routing: vec![(label.release, 100)],
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

/// The part of an ARN that names the thing.
fn last(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap()
}

fn pins(definition: &Value) -> Vec<(String, String)> {
    let states = definition["States"].as_object().unwrap().values();
    states
        .map(|state| {
            let arn = state["Parameters"]["FunctionName"].as_str().unwrap();
            let (function, version) = arn.rsplit_once(':').unwrap();
            let handler = last(function).strip_prefix("shop-dev-").unwrap();
            (handler.to_owned(), version.to_owned())
        })
        .collect()
}
