//! An execution as a list of what happened: states, their attempts, the items of a `Map`, the executions that they started. Each
//! stands below what it runs inside of.

use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, html};

use super::parts::{bar, elapsed, outcome_badge, status_badge};
use crate::executions::{Attempt, Cause, Failure, MapRun, Outcome, Run, StateRun, Tree, between};
use crate::page::Url;
use crate::report::counted;
use crate::report::style::{duration, end_cut};

/// How many rows are on a page.
pub const ON_A_PAGE: usize = 200;
/// How much of a cause stands in a row.
const CAUSE: usize = 160;
/// The deepest indentation.
const DEEPEST: usize = 8;

/// A row, and how deep it is.
pub struct Row<'a> {
    pub depth: usize,
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
        outcome: Outcome,
        from: Timestamp,
        to: Option<Timestamp>,
    },
    Child(&'a Run),
    /// An execution that could not be read, such as of another account.
    Unread(&'a str),
    MapRun(&'a MapRun),
}

/// All rows of an execution, in the order of its tree.
pub fn rows<'a>(run: &'a Run, tree: &Tree<'a>) -> Vec<Row<'a>> {
    let mut rows = Rows {
        run,
        tree,
        rows: Vec::new(),
    };
    rows.states(tree.inside(None), 0);
    rows.rows
}

/// The page on which a state stands, from 1.
pub fn page_of(rows: &[Row<'_>], state: usize) -> Option<usize> {
    let is_it = |row: &Row<'_>| matches!(row.what, What::State { index, .. } if index == state);
    rows.iter().position(is_it).map(|at| at / ON_A_PAGE + 1)
}

struct Rows<'r, 'a> {
    run: &'a Run,
    tree: &'r Tree<'a>,
    rows: Vec<Row<'a>>,
}

impl<'a> Rows<'_, 'a> {
    fn states(&mut self, states: &[usize], depth: usize) {
        for index in states {
            self.state(*index, depth);
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
        self.attempts(state, outcome, depth + 1);
        self.children(index, state, depth + 1);
        let inside = self.tree.inside(Some(index));
        let is_item = |inner: &&usize| self.tree.state(**inner).iteration.is_some();
        let others: Vec<usize> = inside
            .iter()
            .filter(|inner| !is_item(inner))
            .copied()
            .collect();
        self.states(&others, depth + 1);
        for (number, states) in self.tree.items(index) {
            self.item(number, &states, depth + 1);
        }
    }

    /// One that simply succeeded is its state.
    fn attempts(&mut self, state: &'a StateRun, outcome: Outcome, depth: usize) {
        let is_worth = state.attempts.len() > 1 || state.failures().next().is_some();
        for (at, attempt) in state.attempts.iter().enumerate().filter(|_| is_worth) {
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
        }
        if let Some(failure) = &state.failure {
            self.push(depth, What::Failure(failure));
        }
    }

    fn children(&mut self, index: usize, state: &'a StateRun, depth: usize) {
        for attempt in &state.attempts {
            let Some(arn) = &attempt.execution_arn else {
                continue;
            };
            let mut children = self.run.children.iter();
            let read = children.find(|child| child.run.execution_arn == *arn);
            let what = match read {
                Some(child) => What::Child(&child.run),
                None => What::Unread(arn),
            };
            self.push(depth, what);
        }
        let map_runs = self.run.map_runs.iter();
        for map_run in map_runs.filter(|map_run| map_run.state == index) {
            self.push(depth, What::MapRun(map_run));
            for child in &map_run.children {
                self.push(depth + 1, What::Child(child));
            }
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
                outcome,
                from: from.unwrap_or(self.run.started),
                to,
            },
        );
        self.states(states, depth + 1);
    }

    fn push(&mut self, depth: usize, what: What<'a>) {
        self.rows.push(Row { depth, what });
    }
}

/// What a page of the timeline needs to know.
pub struct Timeline<'a> {
    pub run: &'a Run,
    pub now: Timestamp,
    /// The address of a state.
    pub state_url: &'a dyn Fn(usize) -> Url,
    /// That of an execution, by its ARN.
    pub execution_url: &'a dyn Fn(&str) -> Option<Url>,
}

impl Timeline<'_> {
    pub fn table(&self, rows: &[Row<'_>]) -> Markup {
        html! {
            div.scroll tabindex="0" role="region" aria-label="Timeline" {
                table.timeline {
                    thead {
                        tr {
                            th scope="col" { "What" }
                            th scope="col" { "Outcome" }
                            th scope="col" { "After" }
                            th scope="col" { "Took" }
                            th scope="col" { span.unseen { "When it ran" } }
                        }
                    }
                    tbody { @for row in rows { (self.row(row)) } }
                }
            }
        }
    }

    fn row(&self, row: &Row<'_>) -> Markup {
        let depth = row.depth.min(DEEPEST);
        match &row.what {
            What::State {
                index,
                state,
                outcome,
                ended,
            } => {
                let name = html! {
                    a href=((self.state_url)(*index)) { (state.name) }
                    " " span.faint { (state.kind.as_str()) (retries(state)) }
                };
                self.line(depth, &name, *outcome, state.entered, *ended)
            }
            What::Attempt {
                number,
                attempt,
                outcome,
                next,
            } => {
                let (said, unsaid) = match &attempt.failure {
                    Some(failure) if self.is_said(failure) => (Some(failure), None),
                    failure => (None, failure.as_ref()),
                };
                let name = html! {
                    "Attempt " (number)
                    @if let Some(failure) = said { ": " strong { (failure.error) } }
                    @if let Some((pause, redriven)) = next {
                        " " span.faint { "(" (if *redriven { "redriven" } else { "next" }) " after " (duration(*pause)) ")" }
                    }
                };
                let ended = attempt.ended.or(match outcome {
                    Outcome::Running => None,
                    _ => self.run.stopped,
                });
                html! {
                    (self.line(depth, &name, *outcome, attempt.scheduled, ended))
                    @if let Some(failure) = unsaid { (self.note((depth + 1).min(DEEPEST), &failed(failure))) }
                }
            }
            What::Failure(failure) if self.is_said(failure) => {
                self.note(depth, &html! { strong { (failure.error) } })
            }
            What::Failure(failure) => self.note(depth, &failed(failure)),
            What::Item {
                number,
                outcome,
                from,
                to,
            } => self.line(depth, &html! { "Item " (number) }, *outcome, *from, *to),
            What::Child(run) => self.child(depth, run),
            What::Unread(arn) => {
                let url = (self.execution_url)(arn);
                self.note(depth, &html! { "Execution " @if let Some(url) = url { a href=(url) { (arn) } } @else { (arn) } })
            }
            What::MapRun(map_run) => self.map_run(depth, map_run),
        }
    }

    fn line(
        &self,
        depth: usize,
        name: &Markup,
        outcome: Outcome,
        from: Timestamp,
        to: Option<Timestamp>,
    ) -> Markup {
        let (started, now) = (self.run.started, self.run.stopped.unwrap_or(self.now));
        let after = between(started, from);
        let end = between(started, to.unwrap_or(now));
        html! {
            tr {
                td.name { div class={ "d" (depth) } { (name) } }
                td { (outcome_badge(outcome, outcome.as_str())) }
                td.number { (duration(after)) }
                td { (elapsed(from, to, self.now)) }
                td.span { (bar(outcome, between(started, now), after, end)) }
            }
        }
    }

    /// Whether it is why the execution failed, which the page says above with the whole cause.
    fn is_said(&self, failure: &Failure) -> bool {
        self.run.error.as_ref() == Some(&failure.error)
            && self.run.cause.as_ref() == Some(&failure.cause)
    }

    fn note(&self, depth: usize, text: &Markup) -> Markup {
        html! { tr { td.name colspan="5" { div class={ "d" (depth) } { (text) } } } }
    }

    fn child(&self, depth: usize, run: &Run) -> Markup {
        let name = html! {
            "Execution "
            @if let Some(url) = (self.execution_url)(&run.execution_arn) {
                a href=(url) { (run.state_machine()) " " (run.name()) }
            } @else { (run.state_machine()) " " (run.name()) }
            @if let Some(failed) = run.failed_state().filter(|_| run.error.is_some()) { " " span.faint { "in `" (failed.name) "`" } }
            @if let Some(error) = &run.error { ": " (error) }
        };
        html! {
            tr {
                td.name { div class={ "d" (depth) } { (name) } }
                td { (status_badge(run.status)) }
                td.number { (duration(between(self.run.started, run.started))) }
                td { (elapsed(run.started, run.stopped, self.now)) }
                td.span {}
            }
        }
    }

    fn map_run(&self, depth: usize, map_run: &MapRun) -> Markup {
        let counts = &map_run.executions;
        let counts = [
            (counts.succeeded, "succeeded"),
            (counts.failed, "failed"),
            (counts.timed_out, "timed out"),
            (counts.aborted, "aborted"),
            (counts.running, "running"),
            (counts.waiting, "waiting"),
        ];
        let total = usize::try_from(map_run.executions.total).unwrap_or(usize::MAX);
        let text = html! {
            (status_badge(map_run.status)) " Map Run " (map_run.name()) " "
            span.faint {
                (counted(total, "execution"))
                @for (count, word) in counts { @if count > 0 { ", " (count) " " (word) } }
            }
        };
        self.note(depth, &text)
    }
}

fn retries(state: &StateRun) -> Markup {
    html! {
        @match state.retries() {
            0 => {}
            1 => ", 1 retry",
            retries => { ", " (retries) " retries" }
        }
    }
}

fn failed(failure: &Failure) -> Markup {
    let cause = Cause::parse(&failure.cause);
    html! {
        strong { (failure.error) }
        @match cause.headline() {
            "" => {}
            cause => { ": " (end_cut(cause, CAUSE)) }
        }
    }
}
