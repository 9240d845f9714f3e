//! What there is of a stack, in short: its releases, what is live of them, and what the live one consists of.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::Observed;
use super::alias::AliasState;
use super::function::{FunctionState, FunctionVersion};
use super::schedule::ScheduleState;
use super::state_machine::{Pin, StateMachineState, Usage};
use crate::config::MachineName;
use crate::executions::{optional_rfc3339, rfc3339};
use crate::stack::Stack;

// A stack in short. Not documentation, which the schema would give to what it is a part of.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Overview {
    /// More than one if the traffic is split; none if the alias is missing.
    pub live: Vec<Route>,
    /// The newest first.
    pub releases: Vec<RetainedRelease>,
    pub functions: Vec<LiveFunction>,
    /// Those beside the main one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub state_machines: Vec<LiveStateMachine>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<LiveTrigger>,
}

/// A release that the alias routes to.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Route {
    pub release: u64,
    /// In percent.
    pub weight: i32,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct RetainedRelease {
    pub release: u64,
    #[serde(serialize_with = "rfc3339")]
    #[schemars(with = "String")]
    pub published: Timestamp,
    /// Such as `txflow 0.1.0, commit 1f2e3d4`.
    pub origin: Option<String>,
}

/// A function at the version that the live release pins; at `$LATEST` if it pins none.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LiveFunction {
    pub name: String,
    pub version: Option<String>,
    /// The version that the live release pins, if AWS no longer has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_version: Option<String>,
    pub code_sha256: String,
    /// Bytes.
    pub code_size: i64,
    /// MB.
    pub memory: i32,
    pub architecture: &'static str,
    #[serde(serialize_with = "optional_rfc3339")]
    #[schemars(with = "Option<String>")]
    pub last_modified: Option<Timestamp>,
    pub failure: Option<String>,
}

/// A state machine beside the main one, at the version that the live release pins.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LiveStateMachine {
    pub name: String,
    pub version: Option<u64>,
    #[serde(serialize_with = "optional_rfc3339")]
    #[schemars(with = "Option<String>")]
    pub published: Option<Timestamp>,
}

/// What starts executions, as AWS has it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LiveTrigger {
    pub name: String,
    /// A schedule expression, or the bus whose events it sees.
    pub starts: String,
    pub enabled: bool,
}

impl Overview {
    pub fn new(stack: &Stack, observed: &Observed, usage: &Usage) -> Self {
        let state_machine = observed.main();
        let alias = state_machine.and_then(|state_machine| state_machine.alias.as_ref());
        let published = state_machine.into_iter().flat_map(|found| &found.versions);
        let functions = observed.functions.iter();
        let pins = live_pins(alias, usage, stack);
        Self {
            live: live(alias),
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
            missing_version: pin.filter(|_| pinned.is_none()).map(str::to_owned),
            code_sha256: code_sha256.clone(),
            code_size: *code_size,
            memory: configuration.settings.memory,
            architecture: configuration.architecture.as_str(),
            last_modified: *last_modified,
            failure: function.failure.clone(),
        }
    }
}
