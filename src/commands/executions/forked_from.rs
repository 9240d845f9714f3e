//! What a fork is a fork of, as far as its name and AWS say.

use schemars::JsonSchema;
use serde::Serialize;
use txflow_asl::fork::is_own;

use crate::commands::context::Session;
use crate::config::MachineName;
use crate::executions::{self, Family, Run, fork_number};

/// What a fork is a fork of.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct ForkedFrom {
    /// The first execution, of which it may be a fork of a fork; `null` if its name is not known.
    pub execution: Option<String>,
    /// Which of its forks it is, from 1.
    pub number: usize,
    /// The state that it began with.
    pub from: Option<String>,
    /// The states of the first execution that do not run again.
    pub skipped: Vec<String>,
}

impl ForkedFrom {
    /// `None` if it is not a fork. What the first execution did is left out if that cannot be read.
    pub async fn of<D>(session: &Session<D>, machine: &MachineName, run: &Run) -> Option<Self> {
        fork_number(run.name())?;
        let first = match Family::of(run.name()).origin() {
            Some(name) => {
                let arn = session.stack.execution_arn(machine, name);
                executions::read(&session.aws, &arn).await.ok().flatten()
            }
            None => None,
        };
        Self::new(run, first.as_ref())
    }

    /// `None` if it is not a fork. `first` is the first execution, if that could be read.
    pub fn new(run: &Run, first: Option<&Run>) -> Option<Self> {
        let number = fork_number(run.name())?;
        let family = Family::of(run.name());
        let from = entered(run).next().map(str::to_owned);
        let skipped = match (first, &from) {
            (Some(first), Some(from)) => before(first, from),
            _ => Vec::new(),
        };
        Some(Self {
            execution: family.origin().map(str::to_owned),
            number,
            from,
            skipped,
        })
    }

    /// ``order-17, from `Charge`; not run again: `Prepare` ``
    pub fn text(&self) -> String {
        let name = self
            .execution
            .as_deref()
            .unwrap_or("an execution whose name was too long to keep");
        let mut text = match self.number {
            1 => name.to_owned(),
            number => format!("{name} (fork {number})"),
        };
        if let Some(from) = &self.from {
            text.push_str(&format!(", from `{from}`"));
        }
        if !self.skipped.is_empty() {
            let skipped: Vec<String> = { self.skipped.iter() }
                .map(|name| format!("`{name}`"))
                .collect();
            text.push_str(&format!("; not run again: {}", skipped.join(", ")));
        }
        text
    }
}

/// The states of the machine itself, without those that a fork has put in front.
fn entered(run: &Run) -> impl DoubleEndedIterator<Item = &str> {
    let states = run.history.iter().flat_map(|history| &history.states);
    let states = states.filter(|state| state.parent.is_none() && !is_own(&state.name));
    states.map(|state| state.name.as_str())
}

/// What it entered before it came to a state the last time, each once.
fn before(first: &Run, from: &str) -> Vec<String> {
    let entered: Vec<&str> = entered(first).collect();
    let last = entered.iter().rposition(|name| *name == from);
    let mut names: Vec<String> = Vec::new();
    for name in &entered[..last.unwrap_or(entered.len())] {
        if *name != from && !names.iter().any(|known| known == name) {
            names.push((*name).to_owned());
        }
    }
    names
}
