//! The states of an execution as a tree of lines.

use jiff::Timestamp;
use txflow_asl::fork::is_own;

use super::outcome::{sign, word};
use super::style::{FAINT, duration};
use super::words::{counted, failed, redriven, retried};
use crate::executions::{
    ChildCounts, ChildRun, Failure, History, MapRun, Outcome, Run, StateRun, Status, Tree, between,
};
use crate::world::one_line;

/// How many items of a `Map` state are shown.
const ITEMS: usize = 5;

/// A line for each state, indented by what it runs inside of, and one below it for each attempt that
/// failed. `now` is the end of the execution, if it has ended.
pub fn state_tree(history: &History, status: Status, now: Timestamp) -> Vec<String> {
    lines(Tree::new(history, status), &[], &[], now)
}

/// The same of an execution that was read, with those that its states started.
pub fn execution_tree(run: &Run, now: Timestamp) -> Vec<String> {
    let tree = run.tree();
    tree.map_or_else(Vec::new, |tree| {
        lines(tree, &run.children, &run.map_runs, now)
    })
}

fn lines(
    tree: Tree<'_>,
    children: &[ChildRun],
    map_runs: &[MapRun],
    now: Timestamp,
) -> Vec<String> {
    let mut lines = TreeLines {
        tree,
        children,
        map_runs,
        now,
        lines: Vec::new(),
    };
    lines.states(lines.tree.inside(None).to_vec(), 0);
    lines.lines
}

struct TreeLines<'a> {
    tree: Tree<'a>,
    children: &'a [ChildRun],
    map_runs: &'a [MapRun],
    now: Timestamp,
    lines: Vec<String>,
}

impl TreeLines<'_> {
    fn states(&mut self, states: Vec<usize>, depth: usize) {
        // What a fork has put in is told where the fork is.
        for state in states {
            if !is_own(&self.tree.state(state).name) {
                self.state(state, depth);
            }
        }
    }

    fn state(&mut self, index: usize, depth: usize) {
        let state = self.tree.state(index);
        let outcome = self.tree.outcome(index);
        let ended = self.tree.ended(index).unwrap_or(self.now);
        let elapsed = duration(between(state.entered, ended));
        let redrives = self.tree.redrives(state);
        let retried = retried(state.retries() - redrives);
        let redriven = redriven(u32::try_from(redrives).unwrap_or(u32::MAX));
        let text = format!(
            "{} {} {FAINT}{elapsed}{retried}{redriven}{}{FAINT:#}",
            sign(outcome),
            one_line(&state.name),
            word(outcome)
        );
        self.line(depth, &text);
        self.failures(state, depth + 1);
        self.children(index, depth + 1);
        self.map_runs(index, depth + 1);
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
                    let pause = duration(between(ended, next.scheduled));
                    let failed = failed(failure);
                    let why = match self.tree.is_redriven(attempt, next) {
                        true => "redriven",
                        false => "next",
                    };
                    format!("attempt {number}: {failed} {FAINT}({why} after {pause}){FAINT:#}")
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

    /// The executions that a state started, each with its own tree.
    fn children(&mut self, index: usize, depth: usize) {
        let children = self.children.iter();
        for ChildRun { run, .. } in children.filter(|child| child.state == index) {
            let outcome = run.status.outcome();
            let now = run.stopped.unwrap_or(self.now);
            let elapsed = duration(run.elapsed(now));
            let text = format!(
                "{} {} {FAINT}{} {elapsed}{}{FAINT:#}",
                sign(outcome),
                one_line(run.state_machine()),
                one_line(run.name()),
                word(outcome)
            );
            self.line(depth, &text);
            for line in execution_tree(run, now) {
                self.line(depth + 1, &line);
            }
        }
    }

    /// The Map Run of a state in numbers, and those of its executions that failed.
    fn map_runs(&mut self, index: usize, depth: usize) {
        for run in self.map_runs.iter().filter(|run| run.state == index) {
            let outcome = run.status.outcome();
            let executions = run.executions.total;
            let total = counted(
                usize::try_from(executions).unwrap_or(usize::MAX),
                "execution",
            );
            let counts = child_counts(&run.executions);
            let redriven = redriven(run.redrives);
            let text = format!(
                "{} Map Run {} {FAINT}{total}{counts}{redriven}{FAINT:#}",
                sign(outcome),
                one_line(run.name()),
            );
            self.line(depth, &text);
            let unsuccessful = run.children.iter();
            let unsuccessful: Vec<&Run> = unsuccessful
                .filter(|child| child.status.outcome() == Outcome::Failed)
                .take(ITEMS)
                .collect();
            for child in &unsuccessful {
                self.failed_child(child, depth + 1);
            }
            let failed = run.executions.failed + run.executions.timed_out;
            let failed = usize::try_from(failed).unwrap_or(usize::MAX);
            if let more @ 1.. = failed.saturating_sub(unsuccessful.len())
                && !unsuccessful.is_empty()
            {
                self.line(depth + 1, &format!("… {more} more failed"));
            }
        }
    }

    fn failed_child(&mut self, child: &Run, depth: usize) {
        let outcome = child.status.outcome();
        let state = child.failed_state();
        let state = state.map_or_else(String::new, |state| format!(" in `{}`", state.name));
        let text = format!(
            "{} {} {FAINT}{}{}{FAINT:#}",
            sign(outcome),
            one_line(child.name()),
            child.status.as_str(),
            one_line(&state),
        );
        self.line(depth, &text);
        if let Some(error) = &child.error {
            let failure = Failure {
                error: error.clone(),
                cause: child.cause.clone().unwrap_or_default(),
            };
            self.line(depth + 1, &failed(&failure));
        }
    }

    /// The items of a `Map` state by their numbers, or all that a `Parallel` state entered.
    fn inside(&mut self, index: usize, depth: usize) {
        let inside = self.tree.inside(Some(index)).iter().copied();
        let others = inside.filter(|inner| self.tree.state(*inner).iteration.is_none());
        let others: Vec<usize> = others.collect();
        self.states(others, depth);
        let items = self.tree.items(index).into_iter();
        let items: Vec<Item> = items
            .map(|(number, states)| Item {
                number,
                outcome: self.tree.outcome_of_item(&states),
                states,
            })
            .collect();
        self.items(items, depth);
    }

    fn items(&mut self, mut items: Vec<Item>, depth: usize) {
        // If not all are shown, those that failed or run come first.
        items.sort_by_key(|item| (std::cmp::Reverse(item.urgency()), item.number));
        let more = items.split_off(items.len().min(ITEMS));
        items.sort_by_key(|item| item.number);
        for item in items {
            let answered = match self.tree.is_answered(&item.states) {
                true => format!(" {FAINT}answered as before{FAINT:#}"),
                false => String::new(),
            };
            let text = format!("{} item {}{answered}", sign(item.outcome), item.number);
            self.line(depth, &text);
            self.states(item.states, depth + 1);
        }
        if !more.is_empty() {
            let text = format!("… {}", counted(more.len(), "more item"));
            self.line(depth, &format!("{text}{FAINT}{}{FAINT:#}", summary(&more)));
        }
    }

    fn line(&mut self, depth: usize, text: &str) {
        self.lines.push(format!("{:1$}{text}", "", depth * 2));
    }
}

/// `, 97 succeeded, 3 failed`
fn child_counts(counts: &ChildCounts) -> String {
    let counts = [
        (counts.succeeded, "succeeded"),
        (counts.failed, "failed"),
        (counts.timed_out, "timed out"),
        (counts.aborted, "aborted"),
        (counts.running, "running"),
        (counts.waiting, "waiting"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    counts
        .map(|(count, word)| format!(", {count} {word}"))
        .collect()
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
    let outcomes = [
        Outcome::Failed,
        Outcome::Running,
        Outcome::Aborted,
        Outcome::Caught,
    ];
    let counts = outcomes.into_iter().filter_map(|outcome| {
        let count = items.iter().filter(|item| item.outcome == outcome).count();
        (count > 0).then(|| format!(", {count} {}", outcome.as_str()))
    });
    counts.collect()
}

#[cfg(test)]
mod tests;
