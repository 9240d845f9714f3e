//! The rows of a timeline, in the order of the tree of an execution.

use std::time::Duration;

use jiff::Timestamp;
use txflow_asl::fork::is_own;

use super::ON_A_PAGE;
use crate::executions::{Attempt, Failure, MapRun, Outcome, Run, StateRun, Tree, Unread, between};

/// How many rows of an execution inside of another one are shown there.
const OF_A_CHILD: usize = 50;

/// A row, and how deep it is.
pub struct Row<'a> {
    pub depth: usize,
    /// What it is of: the execution that is shown, or one inside of it.
    pub run: &'a Run,
    pub what: What<'a>,
}

pub enum What<'a> {
    State {
        index: usize,
        state: &'a StateRun,
        outcome: Outcome,
        ended: Option<Timestamp>,
    },
    Attempt {
        number: usize,
        attempt: &'a Attempt,
        outcome: Outcome,
        /// Until the next one, and whether a redrive led to that.
        next: Option<(Duration, bool)>,
    },
    /// Outside of any attempt.
    Failure(&'a Failure),
    Item {
        number: i32,
        /// With what it had put out before, by a fork.
        is_answered: bool,
        outcome: Outcome,
        from: Timestamp,
        to: Option<Timestamp>,
    },
    Child(&'a Run),
    /// So many rows of it that are not here.
    RestOfChild(&'a Run, usize),
    /// An execution that was not read.
    Unread(&'a str, Option<Unread>),
    MapRun(&'a MapRun),
    /// Its executions that were not read.
    RestOfMapRun(&'a MapRun, Option<Unread>),
    UnreadMapRun(&'a str, Option<Unread>),
}

/// All rows of an execution, in the order of its tree.
pub fn rows<'a>(run: &'a Run, tree: &Tree<'a>) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    let mut all = Rows {
        run,
        tree,
        rows: &mut rows,
    };
    all.states(tree.inside(None), 0);
    rows
}

/// The rows below one of its states.
pub fn rows_inside<'a>(run: &'a Run, tree: &Tree<'a>, state: usize) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    let mut all = Rows {
        run,
        tree,
        rows: &mut rows,
    };
    all.inside(state, 0);
    rows
}

/// The page on which a state of the execution stands, from 1.
pub fn page_of(rows: &[Row<'_>], run: &Run, state: usize) -> Option<usize> {
    let is_it = |row: &Row<'_>| {
        matches!(row.what, What::State { index, .. } if index == state)
            && std::ptr::eq(row.run, run)
    };
    rows.iter().position(is_it).map(|at| at / ON_A_PAGE + 1)
}

struct Rows<'r, 'a> {
    run: &'a Run,
    tree: &'r Tree<'a>,
    rows: &'r mut Vec<Row<'a>>,
}

impl<'a> Rows<'_, 'a> {
    fn states(&mut self, states: &[usize], depth: usize) {
        // What a fork has put in is told where the fork is.
        let is_of_workflow = |index: &&usize| !is_own(&self.tree.state(**index).name);
        let states: Vec<usize> = states.iter().filter(is_of_workflow).copied().collect();
        for index in states {
            self.state(index, depth);
        }
    }

    fn state(&mut self, index: usize, depth: usize) {
        let state = self.tree.state(index);
        let outcome = self.tree.outcome(index);
        let ended = match outcome {
            Outcome::Running => None,
            _ => self.tree.ended(index).or(self.run.stopped),
        };
        self.push(
            depth,
            What::State {
                index,
                state,
                outcome,
                ended,
            },
        );
        self.inside(index, depth + 1);
    }

    fn inside(&mut self, index: usize, depth: usize) {
        let state = self.tree.state(index);
        self.attempts(state, self.tree.outcome(index), depth);
        self.map_runs(index, state, depth);
        let inside = self.tree.inside(Some(index));
        let is_item = |inner: &&usize| self.tree.state(**inner).iteration.is_some();
        let others: Vec<usize> = inside
            .iter()
            .filter(|inner| !is_item(inner))
            .copied()
            .collect();
        self.states(&others, depth);
        for (number, states) in self.tree.items(index) {
            self.item(number, &states, depth);
        }
    }

    /// Each with the execution that it started. One that simply succeeded is its state.
    fn attempts(&mut self, state: &'a StateRun, outcome: Outcome, depth: usize) {
        let is_worth = state.attempts.len() > 1 || state.failures().next().is_some();
        for (at, attempt) in state.attempts.iter().enumerate() {
            if !is_worth {
                self.started(attempt, depth);
                continue;
            }
            let next = state.attempts.get(at + 1);
            let next = next.zip(attempt.ended).map(|(next, ended)| {
                let redriven = self.tree.is_redriven(attempt, next);
                (between(ended, next.scheduled), redriven)
            });
            let outcome = match (&attempt.failure, attempt.ended) {
                (Some(_), _) => Outcome::Failed,
                (None, Some(_)) => Outcome::Succeeded,
                // What cut off the state, or its running.
                (None, None) => outcome,
            };
            let number = at + 1;
            self.push(
                depth,
                What::Attempt {
                    number,
                    attempt,
                    outcome,
                    next,
                },
            );
            self.started(attempt, depth + 1);
        }
        if let Some(failure) = &state.failure {
            self.push(depth, What::Failure(failure));
        }
    }

    fn started(&mut self, attempt: &'a Attempt, depth: usize) {
        let Some(arn) = &attempt.execution_arn else {
            return;
        };
        let mut children = self.run.children.iter();
        let read = children.find(|child| child.run.execution_arn == *arn);
        match read {
            Some(child) => self.child(&child.run, depth),
            None => self.push(depth, What::Unread(arn, self.why(arn))),
        }
    }

    fn map_runs(&mut self, index: usize, state: &'a StateRun, depth: usize) {
        let mut map_runs = self.run.map_runs.iter();
        match (
            map_runs.find(|map_run| map_run.state == index),
            &state.map_run,
        ) {
            (Some(map_run), _) => self.map_run(map_run, depth),
            (None, Some(arn)) => self.push(depth, What::UnreadMapRun(arn, self.why(arn))),
            (None, None) => {}
        }
    }

    fn why(&self, arn: &str) -> Option<Unread> {
        self.run.unread.get(arn).copied()
    }

    /// With its own states.
    fn child(&mut self, run: &'a Run, depth: usize) {
        self.push(depth, What::Child(run));
        let Some(tree) = run.tree() else {
            return;
        };
        let begin = self.rows.len();
        let mut inside = Rows {
            run,
            tree: &tree,
            rows: self.rows,
        };
        inside.states(tree.inside(None), depth + 1);
        let count = self.rows.len() - begin;
        if count > OF_A_CHILD {
            self.rows.truncate(begin + OF_A_CHILD);
            self.push(depth + 1, What::RestOfChild(run, count - OF_A_CHILD));
        }
    }

    fn map_run(&mut self, map_run: &'a MapRun, depth: usize) {
        self.push(depth, What::MapRun(map_run));
        for child in &map_run.children {
            self.child(child, depth + 1);
        }
        if map_run.unread() > 0 {
            let why = self.why(&map_run.map_run_arn);
            self.push(depth + 1, What::RestOfMapRun(map_run, why));
        }
    }

    fn item(&mut self, number: i32, states: &[usize], depth: usize) {
        let ends = || states.iter().map(|state| self.tree.ended(*state));
        let from = states.first().map(|first| self.tree.state(*first).entered);
        let outcome = self.tree.outcome_of_item(states);
        let to = match outcome {
            Outcome::Running => None,
            _ => ends().flatten().max().or(self.run.stopped),
        };
        self.push(
            depth,
            What::Item {
                number,
                is_answered: self.tree.is_answered(states),
                outcome,
                from: from.unwrap_or(self.run.started),
                to,
            },
        );
        self.states(states, depth + 1);
    }

    fn push(&mut self, depth: usize, what: What<'a>) {
        let run = self.run;
        self.rows.push(Row { depth, run, what });
    }
}
