//! The resources of a stack, with one folder for each kind.
//!
//! In each folder: `desired` (deployment → desired state), `observe` (what AWS holds, in the same types), `compare`
//! (both → steps with reasons), `operations` (the calls). Everything else works with what [`Kind`] offers.

pub(crate) mod alias;
mod attributes;
mod check;
mod contents;
mod difference;
mod doubt;
mod each;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod existing;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod existing_triggers;
pub(crate) mod function;
mod kind;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod late_triggers;
pub(crate) mod log_group;
mod masked;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod observe;
#[expect(clippy::disallowed_types, reason = "an operation makes its call")]
mod operation;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
pub(crate) mod other_releases;
mod overview;
mod partition;
mod parts;
mod qualifier;
pub(crate) mod role;
pub(crate) mod rule;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod schedule;
pub(crate) mod schedule_group;
pub(crate) mod state_machine;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod tags;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use tokio::sync::oneshot;

pub use alias::{AliasState, ReleaseLabel, Routing, digest, live, move_live};
pub use check::check;
pub use contents::{Allowed, Contents, FunctionContents, MachineContents};
pub use difference::{
    Difference, FunctionDifference, MachineDifference, PermissionDifference, Side,
};
pub use existing::{
    ExistingFunction, ExistingLogs, ExistingStateMachine, Retention, existing_function,
    existing_state_machine, existing_state_machines,
};
pub use existing_triggers::{ExistingSource, ExistingTrigger, existing_triggers};
pub use function::{
    Function, FunctionConfiguration, FunctionState, FunctionVersion, Layers, Versions,
    function_version, layers, published,
};
pub(crate) use function::{FunctionChange, RoleAge};
pub use log_group::{LogGroup, LogGroupState};
pub use observe::{observe, strays, with_all_versions};
pub use operation::{Effect, Executed, Operation, Spec, Words};
pub use overview::{LiveFunction, LiveStateMachine, LiveTrigger, Overview, RetainedRelease, Route};
pub use partition::check_partition;
pub use parts::Held;
pub use role::{
    Because, ExistingRole, LONGEST_POLICY, Role, RoleState, Statement, characters, existing_role,
    former_policy, region_of_stage, roles, roles_of_others,
};
pub(crate) use role::{
    LOG_DELIVERY, MOUNT, NETWORK, SAMPLING, TRACING, Transition, loses_permissions, narrow,
    narrow_network,
};
pub use rule::{Input, Rule, RuleState, Target, rule_names};
pub use schedule::{Schedule, ScheduleSettings, ScheduleState};
pub use schedule_group::{ScheduleGroup, ScheduleGroupState};
pub(crate) use state_machine::StateMachineChange;
#[cfg(test)]
pub(crate) use state_machine::pins;
pub use state_machine::{
    ForkLabel, Logging, NEW_VERSION, Pin, Release, RunningExecution, RunsOn, StateMachine,
    StateMachineSettings, StateMachineState, Usage, WholeRelease, all_pins_of, frozen_as_it_is,
    newest_version, pinned_by, read as read_state_machine, release, release_numbers, releases,
    running, startable, usage, whole_release,
};

use self::observe::Names;
use self::parts::Parts;
use crate::aws::AwsError;
use crate::build::Artifact;
use crate::canary::CanaryStart;
use crate::config::{Deployment, Family, MachineName};
use crate::stack::{Origin, Stack};

/// A kind of AWS resource. A kind stands behind all that it depends on; this is the order of a printed plan, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Role,
    LogGroup,
    Function,
    StateMachine,
    Alias,
    ScheduleGroup,
    Schedule,
    Rule,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Role,
        Self::LogGroup,
        Self::Function,
        Self::StateMachine,
        Self::Alias,
        Self::ScheduleGroup,
        Self::Schedule,
        Self::Rule,
    ];

    fn parts(self) -> &'static Parts {
        match self {
            Self::Role => &role::PARTS,
            Self::LogGroup => &log_group::PARTS,
            Self::Function => &function::PARTS,
            Self::StateMachine => &state_machine::PARTS,
            Self::Alias => &alias::PARTS,
            Self::ScheduleGroup => &schedule_group::PARTS,
            Self::Schedule => &schedule::PARTS,
            Self::Rule => &rule::PARTS,
        }
    }
}

/// Everything that a stack is to be.
#[derive(Debug, Clone)]
pub struct Desired {
    pub stack: Stack,
    pub roles: BTreeMap<String, Role>,
    pub log_groups: BTreeMap<String, LogGroup>,
    /// By handler.
    pub functions: BTreeMap<String, Function>,
    pub state_machines: Family<StateMachine>,
    /// If there are schedules.
    pub schedule_group: Option<ScheduleGroup>,
    /// By trigger.
    pub schedules: BTreeMap<String, Schedule>,
    /// By name, behind that of its event bus if that is not the default one.
    pub rules: BTreeMap<String, Rule>,
    /// What is to be said of the triggers as a whole.
    pub trigger_note: Option<String>,
    /// How many releases are retained.
    pub keep_versions: usize,
    pub origin: Origin,
    /// If a new release gets only a share of the executions at first.
    pub canary: Option<CanaryStart>,
}

/// A stack as AWS reports it. What does not exist is absent.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// By role name: the desired roles of the stack, and all others under its IAM path.
    pub roles: BTreeMap<String, RoleState>,
    /// By log group name.
    pub log_groups: BTreeMap<String, LogGroupState>,
    /// By handler.
    pub functions: BTreeMap<String, FunctionState>,
    /// With those that deploy.toml no longer names.
    pub state_machines: BTreeMap<MachineName, StateMachineState>,
    pub schedule_group: Option<ScheduleGroupState>,
    /// By trigger: all in the group.
    pub schedules: BTreeMap<String, ScheduleState>,
    /// All whose names begin like those of the stack, on each event bus.
    pub rules: BTreeMap<String, RuleState>,
}

/// Everything that the deployment asks for. It is complete: nothing has to be looked up in AWS.
///
/// # Errors
///
/// The name of a handler that has no artifact. A function that is left out here would be removed.
pub fn desired(
    deployment: &Deployment,
    artifacts: &[Artifact],
    stack: &Stack,
    origin: Origin,
) -> Result<Desired, MissingArtifact> {
    Ok(Desired {
        stack: stack.clone(),
        roles: role::roles(deployment, stack),
        log_groups: log_group::log_groups(deployment, stack),
        functions: function::functions(deployment, artifacts, stack)?,
        state_machines: state_machine::state_machines(deployment, stack),
        schedule_group: schedule_group::schedule_group(deployment, stack),
        schedules: schedule::schedules(deployment, stack),
        rules: rule::rules(deployment, stack),
        trigger_note: trigger_note(deployment),
        keep_versions: deployment.keep_versions,
        origin,
        canary: None,
    })
}

/// Nobody wants the schedule of a pull request, so those of preview stages are off without a word in deploy.toml.
fn trigger_note(deployment: &Deployment) -> Option<String> {
    let stage = &deployment.stage;
    deployment.triggers_off_in_preview.then(|| {
        format!(
            "the triggers are off, since `{stage}` is a preview stage; `triggers-enabled = true` turns them on"
        )
    })
}

#[derive(Debug, thiserror::Error)]
#[error("the build produced no artifact for `{0}`")]
pub struct MissingArtifact(pub String);

/// Reads what AWS holds under these names, except for the roles, all of it at once.
#[expect(clippy::disallowed_types, reason = "reads AWS")]
async fn read(
    aws: &crate::aws::Aws,
    stack: &Stack,
    names: &Names,
    versions: Versions,
) -> Result<Observed, AwsError> {
    let (tell, told) = oneshot::channel();
    let state_machines = async {
        let mut read = state_machine::read_all(aws, stack, &names.members.state_machines).await?;
        let pins = state_machine::pins_of_all(&read, stack);
        // Nobody listens if the pins are not needed.
        let _ = tell.send(pins.clone());
        state_machine::read_frozen(aws, stack, &mut read, &pins).await?;
        Ok(read)
    };
    let pins = async { told.await.unwrap_or_default() };
    let (log_groups, functions, state_machines, triggers) = tokio::try_join!(
        log_group::read_all(aws, stack, &names.log_groups),
        function::read_all(aws, stack, &names.members.handlers, versions, pins),
        state_machines,
        read_triggers(aws, stack, names.triggers),
    )?;
    Ok(Observed {
        log_groups,
        functions,
        state_machines,
        ..triggers
    })
}

/// What starts executions. A stack without triggers is asked for none.
#[expect(clippy::disallowed_types, reason = "reads AWS")]
async fn read_triggers(
    aws: &crate::aws::Aws,
    stack: &Stack,
    wanted: bool,
) -> Result<Observed, AwsError> {
    if !wanted {
        return Ok(Observed::default());
    }
    let (schedule_group, schedules, rules) = tokio::try_join!(
        schedule_group::read(aws, stack),
        schedule::read_all(aws, stack),
        rule::read_all(aws, stack),
    )?;
    Ok(Observed {
        schedule_group,
        schedules,
        rules,
        ..Observed::default()
    })
}

impl Observed {
    /// Adds what is left of former functions, state machines and triggers.
    pub fn add(&mut self, former: Self) {
        self.log_groups.extend(former.log_groups);
        self.functions.extend(former.functions);
        self.state_machines.extend(former.state_machines);
        self.schedule_group = self.schedule_group.take().or(former.schedule_group);
        self.schedules.extend(former.schedules);
        self.rules.extend(former.rules);
    }

    /// Rules are looked for by how their names begin, so some may be somebody else's. Those are left alone, unless
    /// `deploy.toml` names one like them. Gives their names.
    pub fn let_go_of_foreign_rules(
        &mut self,
        stack: &Stack,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Vec<String> {
        let is_foreign = |name: &str, rule: &RuleState| !stack.owns(&rule.tags) && !is_wanted(name);
        let foreign = self
            .rules
            .extract_if(.., |name, rule| is_foreign(name, rule));
        foreign.map(|(name, _)| name).collect()
    }

    /// The main state machine.
    pub fn main(&self) -> Option<&StateMachineState> {
        self.state_machines.get(&MachineName::Main)
    }

    /// The main state machine, unless it is being deleted.
    pub fn lasting_state_machine(&self) -> Option<&StateMachineState> {
        self.lasting(&MachineName::Main)
    }

    /// A state machine, unless it is being deleted: it is created again once it is gone.
    pub fn lasting(&self, machine: &MachineName) -> Option<&StateMachineState> {
        let state = self.state_machines.get(machine);
        state.filter(|state| !state.deleting)
    }

    /// The numbers of the releases, newest first. Those of a state machine that is being deleted are
    /// deleted with it.
    pub fn releases(&self) -> impl Iterator<Item = u64> {
        let state_machine = self.lasting_state_machine().into_iter();
        state_machine.flat_map(|state| state.versions.iter().map(|(release, _)| *release))
    }
}

/// What a step works on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource {
    pub kind: Kind,
    pub name: String,
}

impl std::fmt::Display for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} `{}`", self.kind.name(), self.name)
    }
}
