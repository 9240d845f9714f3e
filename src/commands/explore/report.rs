//! What `txflow explore` answers.

use schemars::JsonSchema;
use serde::Serialize;
use txflow_asl::Decision;
use txflow_asl::coverage::{Item, Part};
use txflow_asl::explore::{Finding, Forecast, Growth, Kind, Load, Report};

use super::block::Blocks;
use super::price::{self, Price};
use crate::config::{Diagnostic, Place, Severity, StateMachineConfig, StateMachineKind};

/// What was explored, and how it is shown.
pub(super) struct Subject<'a> {
    pub state_machine: String,
    pub config: &'a StateMachineConfig,
    pub definition_bytes: u64,
    pub allow: &'a [String],
    /// Whether the tests ran once.
    pub recorded: bool,
    pub verbose: bool,
    pub columns: Option<usize>,
}

/// What an exploration found.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Explored {
    pub state_machine: String,
    /// How many executions ran on virtual time.
    pub executions: usize,
    /// How many at least were left out, since there may be no more than 10,000.
    pub left_out: usize,
    pub states: usize,
    /// How many of the states an execution came to.
    pub reached: usize,
    /// How many rules of Choice states and entries of `Retry` and `Catch` there are.
    pub decisions: usize,
    /// How many of them an execution used.
    pub used: usize,
    /// Those that no execution used, of states that executions came to, unless there is a finding about it.
    pub unused: Vec<Unused>,
    /// States that were answered with `{}`, since no test says what they answer: what fails on that is not judged.
    pub unknown: Vec<String>,
    /// What should be repaired.
    pub findings: Vec<Found>,
    /// Findings that `allow` of `[explore]` names.
    pub allowed: Vec<Found>,
    /// What the workflow relies on: fields that answers need, and errors that nothing catches.
    pub notes: Vec<Found>,
    pub forecasts: Vec<Expectation>,
    pub prices: Prices,
    #[serde(skip)]
    pub recorded: bool,
    #[serde(skip)]
    pub verbose: bool,
    #[serde(skip)]
    pub columns: Option<usize>,
}

/// A rule of a Choice state, or an entry of `Retry` or `Catch`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::commands) struct Unused {
    pub state: String,
    /// Such as `Choices[1]`.
    pub entry: String,
    pub place: Option<Place>,
}

/// A finding or a note.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::commands) struct Found {
    /// How `allow` names it.
    pub id: String,
    pub state: String,
    #[serde(flatten)]
    pub diagnostic: Diagnostic,
    /// The errors that the execution ends with.
    pub errors: Vec<String>,
    /// What the last of them says.
    pub cause: Option<String>,
    /// A test for deploy.toml that shows it, and passes as long as it is so; `null` if no execution or no mock shows it.
    pub test: Option<String>,
}

/// What the execution of a test takes.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Expectation {
    pub test: String,
    #[serde(flatten)]
    pub load: Taken,
    pub maps: Vec<Growing>,
}

/// What an execution takes.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Taken {
    /// In the history, of at most 25,000 if the state machine is STANDARD.
    pub events: u64,
    /// The most in the history of an execution of a Distributed Map.
    pub events_of_child: Option<u64>,
    /// States entered, and retries.
    pub transitions: u64,
    /// Of the largest document, of at most 262,144.
    pub largest_bytes: u64,
    /// The state that has it.
    pub largest_state: String,
    /// In US dollars.
    pub price: Price,
}

/// How an execution grows with the items of a Map state.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Growing {
    pub state: String,
    /// How many items the test has.
    pub items: u64,
    /// Why no more is known, if so.
    pub unknown: Option<&'static str>,
    pub events_per_item: f64,
    pub transitions_per_item: f64,
    /// The most items for which the history has room; `null` if there is no such number.
    pub most_for_events: Option<u64>,
    /// The most items with which no document is too large; `null` if there is no such number.
    pub most_for_payload: Option<u64>,
    /// The state whose document is too large first.
    pub too_large_first: Option<String>,
    /// What `--items` asks for.
    pub forecasts: Vec<AtSize>,
}

/// What an execution with so many items takes.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct AtSize {
    pub items: u64,
    #[serde(flatten)]
    pub load: Taken,
}

/// Where the prices come from.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Prices {
    pub kind: &'static str,
    pub region: &'static str,
    pub source: &'static str,
    /// When they were read there.
    pub read: &'static str,
}

impl Explored {
    pub(super) fn new(
        subject: &Subject<'_>,
        report: &Report,
        forecasts: Vec<Forecast>,
        mut blocks: Blocks<'_>,
    ) -> Self {
        let mut found = |finding: &Finding| Found::new(finding, subject, blocks.of(finding));
        let all: Vec<Found> = report.findings.iter().map(&mut found).collect();
        let notes = report.notes.iter().map(&mut found).collect();
        let (allowed, findings) = all
            .into_iter()
            .partition(|one| subject.allow.contains(&one.id));
        let forecasts = forecasts.into_iter().map(|forecast| Expectation {
            test: forecast.case,
            load: Taken::new(forecast.load, subject),
            maps: { forecast.growth.into_iter() }
                .map(|growth| Growing::new(growth, subject))
                .collect(),
        });
        Self {
            state_machine: subject.state_machine.clone(),
            executions: report.runs,
            left_out: report.left_out,
            states: report.states,
            reached: report.reached,
            decisions: report.decisions,
            used: report.used,
            unused: { report.unused.iter() }
                .map(|item| Unused::new(item, subject))
                .collect(),
            unknown: report.unknown.iter().cloned().collect(),
            findings,
            allowed,
            notes,
            forecasts: forecasts.collect(),
            prices: Prices {
                kind: match subject.config.kind {
                    StateMachineKind::Standard => "STANDARD",
                    StateMachineKind::Express => "EXPRESS",
                },
                region: "us-east-1",
                source: price::SOURCE,
                read: price::READ,
            },
            recorded: subject.recorded,
            verbose: subject.verbose,
            columns: subject.columns,
        }
    }

    /// Whether there is something to repair.
    pub fn has_findings(&self) -> bool {
        !self.findings.is_empty()
    }

    /// What is allowed and was not found.
    pub fn allowed_in_vain<'a>(&self, allow: &'a [String]) -> Vec<&'a str> {
        let is_found = |id: &&String| self.allowed.iter().any(|one| one.id == **id);
        let vain = allow.iter().filter(|id| !is_found(id));
        vain.map(String::as_str).collect()
    }
}

impl Unused {
    fn new(item: &Item, subject: &Subject<'_>) -> Self {
        let entry = match item.part {
            Part::Decision(Decision::Rule(at)) => format!("Choices[{at}]"),
            Part::Decision(Decision::Retrier(at)) => format!("Retry[{at}]"),
            Part::Decision(Decision::Catcher(at)) => format!("Catch[{at}]"),
            _ => "Default".to_owned(),
        };
        Self {
            state: item.state.clone(),
            entry,
            place: subject.config.definition.text.place(&item.pointer),
        }
    }
}

impl Found {
    fn new(finding: &Finding, subject: &Subject<'_>, test: Option<String>) -> Self {
        Self {
            id: finding.id(),
            state: finding.state.clone(),
            diagnostic: Diagnostic {
                severity: match finding.kind.is_finding() {
                    true => Severity::Error,
                    false => Severity::Warning,
                },
                code: finding.kind.name().to_owned(),
                message: finding.message(),
                place: subject.config.definition.text.place(&finding.pointer),
                hint: finding.hint().map(str::to_owned),
            },
            errors: finding.errors.clone(),
            cause: finding.cause.clone(),
            test,
        }
    }

    /// Whether it is about a field that is missed in an answer.
    pub(super) fn needs_field(&self) -> bool {
        self.diagnostic.code == Kind::NeedsField.name()
    }
}

impl Taken {
    fn new(load: Load, subject: &Subject<'_>) -> Self {
        let price = Price::of(&load, subject.config.kind, subject.definition_bytes);
        Self {
            events: load.events,
            events_of_child: load.events_of_child,
            transitions: load.transitions,
            largest_bytes: load.largest.bytes,
            largest_state: load.largest.state,
            price,
        }
    }
}

impl Growing {
    fn new(growth: Growth, subject: &Subject<'_>) -> Self {
        let (most_for_payload, too_large_first) = growth.most_for_payload.unzip();
        let forecasts = growth.at.into_iter().map(|at| AtSize {
            items: at.items,
            load: Taken::new(at.load, subject),
        });
        Self {
            state: growth.map,
            items: growth.items,
            unknown: growth.unknown,
            events_per_item: growth.events_per_item,
            transitions_per_item: growth.transitions_per_item,
            most_for_events: growth.most_for_events,
            most_for_payload,
            too_large_first,
            forecasts: forecasts.collect(),
        }
    }
}
