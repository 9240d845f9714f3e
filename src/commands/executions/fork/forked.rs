//! What a fork tells.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use txflow_asl::fork::Called;

use super::base::{Base, Ready, Source};
use crate::commands::executions::Shown;
use crate::commands::start::Started;
use crate::executions::Status;
use crate::report::Answer;
use crate::report::github::{Markdown, text};
use crate::report::style::{STRONG, end_cut};
use crate::world::{Secrets, one_line};

/// A fork, with what it is a fork of.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Forked {
    fork: Start,
    #[serde(flatten)]
    ended: Option<Ended>,
}

/// From where a fork starts, and with what.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Start {
    /// The execution that was forked, unless there was only an input.
    of: Option<String>,
    /// The state that it starts from.
    from: String,
    /// The states inside of that at which branches and iterations go on.
    inside: Vec<String>,
    /// How many branches and iterations are answered with what they put out before.
    answered: usize,
    /// The release whose definition it has; of a state machine beside the main one, its version.
    release: u64,
    /// The version that starts there.
    version: u64,
    /// What the state gets.
    input: Value,
    /// The names of the variables that are assigned before.
    variables: Vec<String>,
    /// The tasks that ran and do not run again.
    ran: Vec<Task>,
    /// The tasks that ran and run again.
    again: Vec<Task>,
    /// What states read of the execution that is not the same in another one, such as `Execution.Name`.
    differing: Vec<String>,
}

/// A task that ran.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Task {
    state: String,
    resource: String,
    times: usize,
}

/// How far the fork was followed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Ended {
    Shown(Box<Shown>),
    Started(Started),
}

impl Start {
    pub fn new<D>(base: &Base<D>, version: u64, source: &Source) -> Self {
        let fork = &source.fork;
        let tasks = |called: &[Called]| {
            let tasks = called.iter().map(|called| Task {
                state: called.state.clone(),
                resource: called.resource.clone(),
                times: called.times,
            });
            tasks.collect()
        };
        Self {
            of: source.name.clone(),
            from: fork.state.clone(),
            inside: fork.inside.clone(),
            answered: fork.answered,
            release: base.version,
            version,
            input: fork.state_input.clone(),
            variables: fork.variables.keys().cloned().collect(),
            ran: tasks(&fork.ran),
            again: tasks(&fork.again),
            differing: fork.differing.clone(),
        }
    }

    /// `Both`, or `Both › Charge`.
    pub fn place(&self) -> String {
        match self.inside.as_slice() {
            [] => self.from.clone(),
            inside => format!("{} › {}", self.from, inside.join(", ")),
        }
    }
}

impl Forked {
    pub(super) fn new<D>(base: &Base<D>, ready: &Ready, source: &Source) -> Self {
        Self {
            fork: Start::new(base, ready.version, source),
            ended: None,
        }
    }

    pub(super) fn ended(self, ended: Ended) -> Self {
        Self {
            ended: Some(ended),
            ..self
        }
    }

    /// What is worth knowing before it runs.
    pub(super) fn notes(&self, secrets: &Secrets) -> Vec<String> {
        let fork = &self.fork;
        let mut input = fork.input.clone();
        secrets.mask_json(&mut input);
        let input = input.to_string();
        let input = end_cut(&input, LONGEST);
        let of = match &fork.of {
            Some(name) => format!("forks `{name}` on release {}", fork.release),
            None => format!("starts release {}", fork.release),
        };
        let mut notes = vec![format!("{of} from `{}` with the input {input}", fork.from)];
        if !fork.inside.is_empty() || fork.answered > 0 {
            let inside = quoted(fork.inside.iter().map(String::as_str));
            let answered = fork.answered;
            notes.push(format!(
                "goes on at {inside}; branches and iterations that succeeded and do not run again: {answered}"
            ));
        }
        let tasks = |tasks: &[Task]| quoted(tasks.iter().map(|task| task.state.as_str()));
        if !fork.ran.is_empty() {
            let ran = tasks(&fork.ran);
            notes.push(format!("does not run again, whatever it did: {ran}"));
        }
        if !fork.again.is_empty() {
            let again = tasks(&fork.again);
            notes.push(format!("ran and may run again, whatever it did: {again}"));
        }
        if !fork.differing.is_empty() {
            let differing = quoted(fork.differing.iter().map(String::as_str));
            notes.push(format!(
                "states read {differing}, which is another in the fork"
            ));
        }
        notes
    }
}

/// How much of an input is told.
const LONGEST: usize = 200;

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut known = Vec::new();
    for name in names {
        let name = format!("`{name}`");
        if !known.contains(&name) {
            known.push(name);
        }
    }
    known.join(", ")
}

impl Answer for Forked {
    fn text(&self) -> String {
        match &self.ended {
            Some(Ended::Shown(shown)) => shown.text(),
            Some(Ended::Started(started)) => started.text(),
            None => String::new(),
        }
    }

    fn step_outputs(&self) -> Vec<(&'static str, String)> {
        match &self.ended {
            Some(Ended::Started(started)) => started.step_outputs(),
            Some(Ended::Shown(shown)) => shown.step_outputs(),
            None => Vec::new(),
        }
    }
}

/// Forks of many executions.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Forks {
    pub(super) forks: Vec<Row>,
    /// The executions beyond `--last`.
    pub(super) more: usize,
}

/// An execution, and what became of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Row {
    pub execution: String,
    /// Why it was not forked.
    pub cause: Option<String>,
    pub fork: Option<Start>,
    /// The execution that was started.
    pub name: Option<String>,
    pub execution_arn: Option<String>,
    /// If it was waited for.
    pub status: Option<Status>,
}

impl Forks {
    /// Whether each was forked, and has succeeded if it was waited for.
    pub fn all_well(&self) -> bool {
        use crate::config::ExecutionStatus::Succeeded;
        let well = |row: &Row| {
            row.cause.is_none()
                && row
                    .status
                    .is_none_or(|status| status == Status::Ended(Succeeded))
        };
        self.forks.iter().all(well)
    }

    pub fn can_be_forked(&self) -> usize {
        self.forks.iter().filter(|row| row.fork.is_some()).count()
    }
}

const HEADINGS: [&str; 4] = ["EXECUTION", "FROM", "FORK", "RESULT"];

impl Row {
    fn cells(&self) -> [String; 4] {
        let none = || "-".to_owned();
        let result = match (&self.cause, self.status) {
            (Some(cause), _) => format!("not forked: {cause}"),
            (None, Some(status)) => status.as_str().to_owned(),
            (None, None) if self.name.is_some() => "started".to_owned(),
            (None, None) => "can be forked".to_owned(),
        };
        [
            self.execution.clone(),
            self.fork.as_ref().map_or_else(none, Start::place),
            self.name.clone().unwrap_or_else(none),
            result,
        ]
    }
}

impl Answer for Forks {
    fn text(&self) -> String {
        if self.forks.is_empty() {
            return "No executions to fork.".to_owned();
        }
        let cells: Vec<[String; 4]> = { self.forks.iter() }
            .map(|row| row.cells().map(|cell| one_line(&cell).into_owned()))
            .collect();
        let headings = HEADINGS.map(str::to_owned);
        let all = || std::iter::once(&headings).chain(&cells);
        let width = |column: usize| all().map(|row| row[column].chars().count()).max();
        let widths: Vec<usize> = (0..4).map(|column| width(column).unwrap_or(0)).collect();
        let lines = all().map(|row| {
            let row = row.iter().zip(&widths);
            let row: Vec<String> = row.map(|(cell, width)| format!("{cell:width$}")).collect();
            row.join("  ").trim_end().to_owned()
        });
        let mut lines: Vec<String> = lines.collect();
        if let Some(heading) = lines.first_mut() {
            *heading = format!("{STRONG}{heading}{STRONG:#}");
        }
        if self.more > 0 {
            lines.push(format!("and {} more, beyond `--last`", self.more));
        }
        lines.join("\n")
    }

    fn summary(&self) -> Option<String> {
        let rows: Vec<[String; 4]> = { self.forks.iter() }
            .map(|row| row.cells().map(|cell| text(&cell)))
            .collect();
        let mut markdown = Markdown::default();
        markdown.heading(2, "Forked executions");
        markdown.table(HEADINGS, &rows);
        Some(markdown.to_string())
    }
}
