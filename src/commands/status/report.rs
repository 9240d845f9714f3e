//! The status of a stack, as data.

mod text;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::drift::Drift;
use crate::canary::Canary;
use crate::commands::executions::Row;
use crate::config::MachineName;
use crate::executions::{optional_rfc3339, rfc3339};
use crate::report::Console;
use crate::resources::{
    AliasState, FunctionState, FunctionVersion, Observed, Pin, ScheduleState, StateMachineState,
    Usage,
};
use crate::stack::Stack;

#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Report {
    stack: String,
    stage: String,
    account: String,
    region: String,
    state_machine_arn: String,
    alias_arn: String,
    /// Where the AWS console shows the state machine.
    console_url: Option<String>,
    /// More than one if the traffic is split; none if the alias is missing.
    live: Vec<Route>,
    /// The canary that splits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    canary: Option<RunningCanary>,
    /// The newest first.
    releases: Vec<RetainedRelease>,
    functions: Vec<LiveFunction>,
    /// Those beside the main one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    state_machines: Vec<LiveStateMachine>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    triggers: Vec<LiveTrigger>,
    drift: Drift,
    /// The newest first.
    executions: Vec<Row>,
    #[serde(skip)]
    now: Timestamp,
    #[serde(skip)]
    columns: Option<usize>,
}

/// A release that the alias routes to.
#[derive(Debug, Serialize, JsonSchema)]
struct Route {
    release: u64,
    /// In percent.
    weight: i32,
}

/// A release that gets a share of the executions.
#[derive(Debug, Serialize, JsonSchema)]
struct RunningCanary {
    release: u64,
    replaces: u64,
    /// From 1.
    step: usize,
    #[serde(flatten)]
    canary: Canary,
    /// What may be done with it.
    #[serde(skip)]
    commands: CanaryCommands,
}

/// Each acts on this stack.
#[derive(Debug)]
struct CanaryCommands {
    status: String,
    watch: String,
    promote: String,
    abort: String,
}

impl RunningCanary {
    fn new(alias: &AliasState, same_stack: &dyn Fn(&str) -> String) -> Option<Self> {
        let label = alias.canary()?;
        let canary = label.canary?;
        Some(Self {
            release: label.release,
            replaces: label.after?,
            step: canary.step + 1,
            canary,
            commands: CanaryCommands {
                status: same_stack("txflow canary status"),
                watch: same_stack("txflow canary watch"),
                promote: same_stack("txflow canary promote"),
                abort: same_stack("txflow canary abort"),
            },
        })
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct RetainedRelease {
    release: u64,
    #[serde(serialize_with = "rfc3339")]
    #[schemars(with = "String")]
    published: Timestamp,
    /// Such as `txflow 0.1.0, commit 1f2e3d4`.
    origin: Option<String>,
}

/// A function at the version that the live release pins; at `$LATEST` if it pins none.
#[derive(Debug, Serialize, JsonSchema)]
struct LiveFunction {
    name: String,
    version: Option<String>,
    code_sha256: String,
    /// Bytes.
    code_size: i64,
    /// MB.
    memory: i32,
    architecture: &'static str,
    #[serde(serialize_with = "optional_rfc3339")]
    #[schemars(with = "Option<String>")]
    last_modified: Option<Timestamp>,
    failure: Option<String>,
}

/// A state machine beside the main one, at the version that the live release pins.
#[derive(Debug, Serialize, JsonSchema)]
struct LiveStateMachine {
    name: String,
    version: Option<u64>,
    #[serde(serialize_with = "optional_rfc3339")]
    #[schemars(with = "Option<String>")]
    published: Option<Timestamp>,
}

/// What starts executions, as AWS has it.
#[derive(Debug, Serialize, JsonSchema)]
struct LiveTrigger {
    name: String,
    /// A schedule expression, or the bus whose events it sees.
    starts: String,
    enabled: bool,
}

impl Report {
    /// `same_stack` makes a command act on this stack.
    pub fn new(
        same_stack: &dyn Fn(&str) -> String,
        stack: &Stack,
        observed: &Observed,
        usage: &Usage,
        drift: Drift,
        executions: Vec<Row>,
        now: Timestamp,
    ) -> Self {
        let state_machine = observed.main();
        let alias = state_machine.and_then(|state_machine| state_machine.alias.as_ref());
        let published = state_machine.into_iter().flat_map(|found| &found.versions);
        let functions = observed.functions.iter();
        let pins = live_pins(alias, usage, stack);
        Self {
            stack: stack.name.clone(),
            stage: stack.stage.clone(),
            account: stack.account.id.clone(),
            region: stack.account.region.clone(),
            state_machine_arn: stack.state_machine_arn(&MachineName::Main),
            alias_arn: stack.alias_arn(),
            console_url: None,
            live: live(alias),
            canary: alias.and_then(|alias| RunningCanary::new(alias, same_stack)),
            releases: published
                .map(|(release, published)| retained(*release, *published, usage))
                .collect(),
            functions: functions
                .map(|(handler, function)| {
                    let mut pins = pins.iter().filter_map(Pin::of_function);
                    let pin = pins.find(|(pinned, _)| pinned == handler);
                    LiveFunction::new(function, pin.map(|(_, version)| version))
                })
                .collect(),
            state_machines: { observed.state_machines.iter() }
                .filter(|(machine, _)| **machine != MachineName::Main)
                .map(|(machine, state)| {
                    let pin = pins.iter().filter_map(|pin| pin.of(machine)).max();
                    LiveStateMachine::new(state, pin)
                })
                .collect(),
            triggers: triggers(stack, observed),
            drift,
            executions,
            now,
            columns: None,
        }
    }

    pub fn shown_in(
        self,
        console: Option<&Console>,
        stack: &Stack,
        columns: Option<usize>,
    ) -> Self {
        Self {
            columns,
            console_url: console.map(|console| console.state_machine(stack)),
            ..self
        }
    }
}

/// The schedules, then the rules. A rule of another stack, whose name begins alike, is not among them.
fn triggers(stack: &Stack, observed: &Observed) -> Vec<LiveTrigger> {
    let group = observed.schedule_group.as_ref();
    let own = group.is_some_and(|group| stack.owns(&group.tags));
    let schedules = observed.schedules.iter().filter(|_| own);
    let schedules = schedules.map(|(name, ScheduleState { settings })| LiveTrigger {
        name: name.clone(),
        starts: format!("{} {}", settings.expression, settings.time_zone),
        enabled: settings.enabled,
    });
    let rules = observed.rules.iter();
    let rules = rules.filter(|(_, rule)| stack.owns(&rule.tags));
    let rules = rules.map(|(name, rule)| {
        let (bus, name) = name.split_once('/').unwrap_or(("default", name));
        LiveTrigger {
            name: name.rsplit('.').next().unwrap_or(name).to_owned(),
            starts: format!("events on `{bus}`"),
            enabled: rule.enabled,
        }
    });
    schedules.chain(rules).collect()
}

fn live(alias: Option<&AliasState>) -> Vec<Route> {
    let routing = alias.into_iter().flat_map(|alias| &alias.routing);
    routing
        .map(|(release, weight)| Route {
            release: *release,
            weight: *weight,
        })
        .collect()
}

fn retained(release: u64, published: Timestamp, usage: &Usage) -> RetainedRelease {
    let found = usage.releases.get(&release);
    RetainedRelease {
        release,
        published,
        origin: found.and_then(|found| found.description.clone()),
    }
}

/// What the live release pins; the newest, if there are several.
fn live_pins(alias: Option<&AliasState>, usage: &Usage, stack: &Stack) -> Vec<Pin> {
    let routing = alias.into_iter().flat_map(|alias| &alias.routing);
    let live = routing.map(|(release, _)| *release).max();
    let live = live.and_then(|live| usage.releases.get(&live));
    live.map_or_else(Vec::new, |live| usage.all_pins(live, stack))
}

impl LiveStateMachine {
    fn new(state: &StateMachineState, pin: Option<u64>) -> Self {
        let mut versions = state.versions.iter();
        let published = versions.find(|(version, _)| Some(*version) == pin);
        Self {
            name: state.name.clone(),
            version: pin,
            published: published.map(|(_, published)| *published),
        }
    }
}

impl LiveFunction {
    fn new(function: &FunctionState, pin: Option<&str>) -> Self {
        let mut versions = function.versions.iter();
        let pinned = versions.find(|version| Some(version.version.as_str()) == pin);
        let FunctionVersion {
            code_sha256,
            code_size,
            last_modified,
            configuration,
            ..
        } = pinned.unwrap_or(&function.latest);
        Self {
            name: function.name.clone(),
            version: pinned.map(|version| version.version.clone()),
            code_sha256: code_sha256.clone(),
            code_size: *code_size,
            memory: configuration.settings.memory,
            architecture: configuration.architecture.as_str(),
            last_modified: *last_modified,
            failure: function.failure.clone(),
        }
    }
}
