//! The status of a stack, as data and as text.

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::drift::{Difference, Drift, Drifted};
use crate::commands::executions::{Row, rows};
use crate::config::MachineName;
use crate::executions::{optional_rfc3339, rfc3339};
use crate::report::style::{
    ATTENTION, FAINT, GOOD, STRONG, cut_alike, date, middle_cut, name_width, size, wrapped,
};
use crate::report::{Answer, Console, diff_text};
use crate::resources::{
    AliasState, FunctionState, FunctionVersion, Observed, Pin, ScheduleState, StateMachineState,
    Usage,
};
use crate::stack::Stack;
use crate::world::{fitted, linked, one_line};

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
    pub fn new(
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

impl Answer for Report {
    fn text(&self) -> String {
        let mut text = format!(
            "{STRONG}{}{STRONG:#} in account {}, region {}\n  {FAINT}executions on{FAINT:#} {}\n",
            linked(
                &format!("{}-{}", self.stack, self.stage),
                self.console_url.as_deref()
            ),
            one_line(&self.account),
            one_line(&self.region),
            self.arn_text()
        );
        self.releases_text(&mut text);
        self.functions_text(&mut text);
        self.state_machines_text(&mut text);
        self.triggers_text(&mut text);
        let mut drift = String::new();
        drift_text(&mut drift, &self.drift);
        text.push_str(&match self.columns {
            Some(columns) => wrapped(&drift, columns),
            None => drift,
        });
        if !self.executions.is_empty() {
            let rows = rows(
                &self.executions,
                self.now,
                self.columns
                    .map(|columns| columns.saturating_sub("  ".len())),
            )
            .replace('\n', "\n  ");
            let _ = write!(text, "\n{STRONG}Last executions{STRONG:#}\n  {rows}\n");
        }
        text.truncate(text.trim_end().len());
        text
    }
}

impl Report {
    fn arn_text(&self) -> String {
        let arn = one_line(&self.alias_arn);
        match self.columns {
            Some(columns) => middle_cut(&arn, columns.saturating_sub("  executions on ".len())),
            None => arn.into_owned(),
        }
    }

    /// Adds a line that fits.
    fn line(&self, text: &mut String, line: &str) {
        text.push_str(&match self.columns {
            Some(columns) => fitted(line, columns),
            None => Cow::Borrowed(line),
        });
        text.push('\n');
    }

    fn releases_text(&self, text: &mut String) {
        let _ = writeln!(text, "\n{STRONG}Releases{STRONG:#}");
        if self.live.is_empty() {
            let _ = writeln!(text, "  {ATTENTION}none is live{ATTENTION:#}");
        }
        let width = self
            .releases
            .iter()
            .map(|kept| kept.release.to_string().len());
        let width = width.max().unwrap_or(0);
        for kept in &self.releases {
            let live = self.live.iter().find(|live| live.release == kept.release);
            let word = match live {
                Some(Route { weight: 100, .. }) => "live".to_owned(),
                Some(Route { weight, .. }) => format!("live for {weight} %"),
                None => String::new(),
            };
            let origin = kept.origin.as_deref();
            let origin = origin.map(|origin| format!("  {FAINT}{}{FAINT:#}", one_line(origin)));
            let line = format!(
                "  {:width$}  {GOOD}{word:4}{GOOD:#}  {}{}",
                kept.release,
                date(kept.published),
                origin.unwrap_or_default()
            );
            self.line(text, &line);
        }
    }

    fn state_machines_text(&self, text: &mut String) {
        if self.state_machines.is_empty() {
            return;
        }
        let _ = writeln!(
            text,
            "\n{STRONG}State machines that the live release starts{STRONG:#}"
        );
        let names =
            { self.state_machines.iter() }.map(|machine| one_line(&machine.name).chars().count());
        let width = names.max().unwrap_or(0);
        for machine in &self.state_machines {
            let version = match machine.version {
                Some(version) => format!("version {version}"),
                None => "not in it".to_owned(),
            };
            let when = machine.published;
            let when = when.map_or_else(String::new, |time| format!(", {}", date(time)));
            let name = one_line(&machine.name);
            let line = format!("  {name:width$}  {version}{FAINT}{when}{FAINT:#}");
            self.line(text, &line);
        }
    }

    fn triggers_text(&self, text: &mut String) {
        if self.triggers.is_empty() {
            return;
        }
        let _ = writeln!(text, "\n{STRONG}Triggers{STRONG:#}");
        let names = { self.triggers.iter() }.map(|one| one_line(&one.name).chars().count());
        let width = names.max().unwrap_or(0);
        for LiveTrigger {
            name,
            starts,
            enabled,
        } in &self.triggers
        {
            let name = one_line(name);
            let off = match enabled {
                true => String::new(),
                false => format!(", {ATTENTION}off{ATTENTION:#}"),
            };
            let line = format!("  {name:width$}  {}{off}", one_line(starts));
            self.line(text, &line);
        }
    }

    fn functions_text(&self, text: &mut String) {
        if self.functions.is_empty() {
            return;
        }
        let _ = writeln!(text, "\n{STRONG}Functions of the live release{STRONG:#}");
        let told: Vec<(String, String)> = self.functions.iter().map(function_text).collect();
        let count = |text: &str| text.chars().count();
        let names = self.functions.iter();
        let names: Vec<String> = names
            .map(|function| one_line(&function.name).into_owned())
            .collect();
        let widest = names.iter().map(|name| count(name)).max().unwrap_or(0);
        let rest = told.iter().map(|(what, when)| count(what) + count(when));
        let rest = rest.max().unwrap_or(0);
        let width = name_width(widest, "    ".len() + rest, self.columns);
        for (name, (what, when)) in cut_alike(&names, width).into_iter().zip(told) {
            let line = format!("  {name:width$}  {what}{FAINT}{when}{FAINT:#}");
            self.line(text, &line);
        }
    }
}

/// The text after a function's name: its version, and since when.
fn function_text(function: &LiveFunction) -> (String, String) {
    let version = match &function.version {
        Some(version) => format!("version {}", one_line(version)),
        None => "not in it".to_owned(),
    };
    let size = size(u64::try_from(function.code_size).unwrap_or(0));
    let (memory, architecture) = (function.memory, function.architecture);
    let what = format!("{version}, {size}, {memory} MB, {architecture}");
    let modified = function.last_modified;
    let when = modified.map_or_else(String::new, |time| format!(", {}", date(time)));
    (what, when)
}

fn drift_text(text: &mut String, drift: &Drift) {
    if !drift.compared {
        text.push_str("\nNot compared with deploy.toml, which has errors.\n");
    } else if drift.is_empty() {
        text.push_str(
            "\nNo drift: AWS holds what deploy.toml, the definition and the newest release say.\n",
        );
    } else {
        let _ = writeln!(
            text,
            "\n{STRONG}Differs from deploy.toml{STRONG:#} {FAINT}(drift, or not deployed yet){FAINT:#}"
        );
    }
    for resource in &drift.resources {
        resource_text(text, resource);
    }
    for note in &drift.notes {
        let _ = writeln!(text, "  {ATTENTION}note:{ATTENTION:#} {}", one_line(note));
    }
}

fn resource_text(text: &mut String, resource: &Drifted) {
    let Drifted {
        kind,
        name,
        differences,
    } = resource;
    let name = one_line(name);
    let _ = writeln!(text, "  {kind} {STRONG}{name}{STRONG:#}");
    let widths = differences.iter().map(|difference| match difference {
        Difference::Attribute { attribute, .. } => one_line(attribute).chars().count(),
        Difference::Code { .. } => "code".len(),
        _ => 0,
    });
    let width = widths.max().unwrap_or(0);
    for difference in differences {
        difference_text(text, difference, width);
    }
}

fn difference_text(text: &mut String, difference: &Difference, width: usize) {
    let shown = |value: &Option<String>| {
        let value = value.as_deref().map(one_line);
        value.map_or("(none)".to_owned(), Cow::into_owned)
    };
    let _ = match difference {
        Difference::Missing => writeln!(text, "    not in AWS"),
        Difference::NotWanted => writeln!(text, "    not in deploy.toml"),
        Difference::Attribute {
            attribute,
            aws,
            deploy_toml,
        } => writeln!(
            text,
            "    {:width$}  {} in AWS → {} in deploy.toml",
            one_line(attribute),
            shown(aws),
            shown(deploy_toml)
        ),
        Difference::Code { aws, release } => writeln!(
            text,
            "    {:width$}  {} in AWS → {} in the newest release",
            "code",
            short(aws),
            short(release)
        ),
        Difference::Document {
            document,
            aws,
            deploy_toml,
        } => {
            let _ = writeln!(text, "    {document}, AWS → deploy.toml");
            diff_text(text, aws, deploy_toml, 3);
            Ok(())
        }
        Difference::Failed { cause } => {
            writeln!(text, "    the last update failed: {}", one_line(cause))
        }
        Difference::RolledBack { from, to } => writeln!(
            text,
            "    rolled back  release {from} → {to}; a deploy ends the rollback"
        ),
        Difference::Unpublished => writeln!(
            text,
            "    updated, but not published: a deploy was interrupted, and the next one goes on"
        ),
        Difference::NewRole => writeln!(
            text,
            "    its role is newer than its version, which therefore cannot decrypt its environment variables"
        ),
        Difference::Moved { aws, txflow } => {
            writeln!(
                text,
                "    moved by hand  release {} → {}",
                txflow,
                one_line(aws)
            )
        }
    };
}

/// The beginning of a hash.
fn short(hash: &str) -> String {
    one_line(hash).chars().take(12).collect()
}
