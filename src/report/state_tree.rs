//! The states of an execution as a tree of lines.

use std::collections::BTreeMap;
use std::time::Duration;

use super::lines::counted;
use super::style::{ACTION, ATTENTION, BAD, FAINT, GOOD, duration};
use crate::executions::{Cause, Failure, History, Outcome, StateRun, Status, Tree};
use crate::world::one_line;

/// How many items of a `Map` state are shown.
const ITEMS: usize = 5;

/// A line for each state, indented by what it runs inside of, and one below it for each attempt that
/// failed. `now` is in seconds since 1970: the end of the execution, where it has ended.
pub fn state_tree(history: &History, status: Status, now: f64) -> Vec<String> {
    let mut lines = Lines {
        tree: Tree::new(history, status),
        now,
        lines: Vec::new(),
    };
    lines.states(lines.tree.inside(None).to_vec(), 0);
    lines.lines
}

/// The sign of an outcome, in its colour.
pub(super) fn sign(outcome: Outcome) -> String {
    let (style, sign) = match outcome {
        Outcome::Succeeded => (GOOD, '✓'),
        Outcome::Caught => (ATTENTION, '!'),
        Outcome::Running => (ACTION, '▸'),
        Outcome::Aborted => (ATTENTION, '■'),
        Outcome::Failed => (BAD, '✗'),
    };
    format!("{style}{sign}{style:#}")
}

/// The name of an outcome that its sign alone does not tell well enough.
fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "",
        Outcome::Caught => ", caught",
        Outcome::Running => ", running",
        Outcome::Aborted => ", aborted",
        Outcome::Failed => ", failed",
    }
}

/// `, 2 retries`, or nothing.
pub fn retried(retries: usize) -> String {
    match retries {
        0 => String::new(),
        1 => ", 1 retry".to_owned(),
        retries => format!(", {retries} retries"),
    }
}

struct Lines<'a> {
    tree: Tree<'a>,
    now: f64,
    lines: Vec<String>,
}

impl Lines<'_> {
    fn states(&mut self, states: Vec<usize>, depth: usize) {
        for state in states {
            self.state(state, depth);
        }
    }

    fn state(&mut self, index: usize, depth: usize) {
        let state = self.tree.state(index);
        let outcome = self.tree.outcome(index);
        let ended = self.tree.ended(index).unwrap_or(self.now);
        let elapsed = duration(elapsed(state.entered, ended));
        let retried = retried(state.retries());
        let text = format!(
            "{} {} {FAINT}{elapsed}{retried}{}{FAINT:#}",
            sign(outcome),
            one_line(&state.name),
            word(outcome)
        );
        self.line(depth, &text);
        self.failures(state, depth + 1);
        self.inside(index, depth + 1);
    }

    fn failures(&mut self, state: &StateRun, depth: usize) {
        for (number, attempt) in (1..).zip(&state.attempts) {
            let Some(failure) = &attempt.failure else {
                continue;
            };
            let next = state.attempts.get(number);
            let text = match next.zip(attempt.ended) {
                Some((next, ended)) => {
                    let pause = duration(elapsed(ended, next.scheduled));
                    let failed = failed(failure);
                    format!("attempt {number}: {failed} {FAINT}(next after {pause}){FAINT:#}")
                }
                None if number > 1 => format!("attempt {number}: {}", failed(failure)),
                None => failed(failure),
            };
            self.line(depth, &text);
        }
        if let Some(failure) = &state.failure {
            self.line(depth, &failed(failure));
        }
    }

    /// The items of a `Map` state by their numbers, or all that a `Parallel` state entered.
    fn inside(&mut self, index: usize, depth: usize) {
        let mut items: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
        let mut others = Vec::new();
        for inner in self.tree.inside(Some(index)) {
            match self.tree.state(*inner).iteration {
                Some(iteration) => items.entry(iteration).or_default().push(*inner),
                None => others.push(*inner),
            }
        }
        self.states(others, depth);
        let items = items.into_iter();
        let items: Vec<Item> = items
            .map(|(number, states)| Item {
                number,
                outcome: self.of_item(&states),
                states,
            })
            .collect();
        self.items(items, depth);
    }

    fn items(&mut self, mut items: Vec<Item>, depth: usize) {
        // Where not all are shown, those that failed or run come first.
        items.sort_by_key(|item| (std::cmp::Reverse(item.urgency()), item.number));
        let more = items.split_off(items.len().min(ITEMS));
        items.sort_by_key(|item| item.number);
        for item in items {
            let text = format!("{} item {}", sign(item.outcome), item.number);
            self.line(depth, &text);
            self.states(item.states, depth + 1);
        }
        if !more.is_empty() {
            let text = format!("… {}", counted(more.len(), "more item"));
            self.line(depth, &format!("{text}{FAINT}{}{FAINT:#}", summary(&more)));
        }
    }

    /// That of the state in it which matters most.
    fn of_item(&self, states: &[usize]) -> Outcome {
        let outcomes = states.iter().map(|state| self.tree.outcome(*state));
        outcomes.max().unwrap_or(Outcome::Succeeded)
    }

    fn line(&mut self, depth: usize, text: &str) {
        self.lines.push(format!("{:1$}{text}", "", depth * 2));
    }
}

struct Item {
    number: i32,
    outcome: Outcome,
    states: Vec<usize>,
}

impl Item {
    fn urgency(&self) -> u8 {
        match self.outcome {
            Outcome::Failed => 2,
            Outcome::Running => 1,
            _ => 0,
        }
    }
}

/// How many of the items that are not shown did not simply succeed.
fn summary(items: &[Item]) -> String {
    [
        (Outcome::Failed, "failed"),
        (Outcome::Running, "running"),
        (Outcome::Aborted, "aborted"),
        (Outcome::Caught, "caught"),
    ]
    .into_iter()
    .map(|(outcome, word)| {
        let count = items.iter().filter(|item| item.outcome == outcome).count();
        (count, word)
    })
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!(", {count} {word}"))
    .collect()
}

/// The error with the first line of its cause.
pub(super) fn failed(failure: &Failure) -> String {
    let cause = Cause::parse(&failure.cause);
    let cause = match cause.headline() {
        "" => String::new(),
        cause => format!(": {cause}"),
    };
    format!("{BAD}{}{BAD:#}{cause}", one_line(&failure.error))
}

/// Clocks that disagree give nothing.
fn elapsed(start: f64, end: f64) -> Duration {
    Duration::try_from_secs_f64(end - start).unwrap_or_default()
}

#[cfg(test)]
mod tests;
