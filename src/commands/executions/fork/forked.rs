//! What a fork tells.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use txflow_asl::fork::Called;

use super::base::{Base, Ready, Source};
use crate::commands::executions::Shown;
use crate::commands::start::Started;
use crate::report::Answer;
use crate::report::style::end_cut;
use crate::world::Secrets;

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
    /// Variables that states may read and that only states before assign.
    unassigned: Vec<String>,
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
        let mut input = fork.state_input.clone();
        base.redaction.mark(&mut input);
        Self {
            of: source.name.clone(),
            from: fork.state.clone(),
            inside: fork.inside.clone(),
            answered: fork.answered,
            release: base.version,
            version,
            input,
            variables: fork.variables.keys().cloned().collect(),
            ran: tasks(&fork.ran),
            again: tasks(&fork.again),
            differing: fork.differing.clone(),
            unassigned: fork.unassigned.clone(),
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
        let begins = format!("{of} from `{}` with the input {input}", fork.from);
        let mut notes = vec![begins];
        notes.extend(self.consequences());
        notes
    }

    /// What it starts, without the input: on a page that is edited beside it.
    pub(super) fn again(&self) -> String {
        let Start {
            of, release, from, ..
        } = &self.fork;
        let of = of.as_deref().unwrap_or_default();
        format!("starts `{of}` again on release {release} from `{from}`")
    }

    /// What runs again, what does not, and what is not the same.
    pub(super) fn consequences(&self) -> Vec<String> {
        let fork = &self.fork;
        let mut notes = Vec::new();
        if !fork.inside.is_empty() || fork.answered > 0 {
            let inside = quoted(fork.inside.iter().map(String::as_str));
            let answered = fork.answered;
            notes.push(match answered {
                0 => format!("goes on at {inside}"),
                _ => format!(
                    "goes on at {inside}; branches and iterations that succeeded and do not run again: {answered}"
                ),
            });
        }
        let runs_again = |task: &&Task| fork.again.iter().any(|again| again.state == task.state);
        let ran = fork.ran.iter().filter(|task| !runs_again(task));
        let ran = quoted(ran.map(|task| task.state.as_str()));
        if !ran.is_empty() {
            notes.push(format!("ran before and does not run again: {ran}"));
        }
        let again = quoted(fork.again.iter().map(|task| task.state.as_str()));
        if !again.is_empty() {
            notes.push(format!(
                "ran before and may run again, so what it did may be done twice: {again}"
            ));
        }
        if !fork.differing.is_empty() {
            let differing = quoted(fork.differing.iter().map(String::as_str));
            notes.push(format!(
                "states read {differing}, which is another in the fork"
            ));
        }
        if !fork.unassigned.is_empty() {
            let unassigned = fork.unassigned.iter().map(|name| format!("${name}"));
            let unassigned: Vec<String> = unassigned.collect();
            let unassigned = quoted(unassigned.iter().map(String::as_str));
            notes.push(format!(
                "only states before `{}` assign {unassigned}, so a state that reads it fails",
                fork.from
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
