//! An execution as a list of what happened: states, their attempts, the items of a `Map`, the executions that they started. Each
//! stands below what it runs inside of.

use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, html};
use txflow_asl::fork::is_own;

use super::parts::{bar, elapsed, outcome_badge, status_badge};
use crate::executions::{
    Attempt, Cause, Failure, MapRun, Outcome, Run, StateRun, Tree, Unread, between,
};
use crate::page::Url;
use crate::report::counted;
use crate::report::style::{duration, end_cut};

/// How many rows are on a page.
pub const ON_A_PAGE: usize = 200;
/// How much of a cause stands in a row.
const CAUSE: usize = 160;
/// The deepest indentation.
const DEEPEST: usize = 8;
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

/// What a page of the timeline needs to know.
pub struct Timeline<'a> {
    pub run: &'a Run,
    pub now: Timestamp,
    pub urls: &'a dyn Urls,
}

/// The addresses that a timeline leads to.
pub trait Urls {
    /// The page of an execution by its ARN, unless it is in another account or region.
    fn execution(&self, arn: &str) -> Option<Url>;

    /// That of a state of it, by its index.
    fn state(&self, arn: &str, index: usize) -> Option<Url>;

    /// That of the executions of a Map Run of a state.
    fn children(&self, arn: &str, index: usize) -> Option<Url>;
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
                    (linked(self.urls.state(&row.run.execution_arn, *index), &state.name))
                    " " span.faint { (state.kind.as_str()) (retries(state)) }
                };
                self.line(row, &name, *outcome, state.entered, *ended)
            }
            What::Attempt {
                number,
                attempt,
                outcome,
                next,
            } => {
                let failure = attempt.failure.as_ref();
                let unsaid = failure.filter(|failure| !self.is_said(failure));
                let name = html! {
                    "Attempt " (number)
                    @if let Some(failure) = failure { ": " strong { (failure.error) } }
                    @if let Some((pause, redriven)) = next {
                        " " span.faint { "(" (if *redriven { "redriven" } else { "next" }) " after " (duration(*pause)) ")" }
                    }
                };
                let ended = attempt.ended.or(match outcome {
                    Outcome::Running => None,
                    _ => row.run.stopped,
                });
                html! {
                    (self.line(row, &name, *outcome, attempt.scheduled, ended))
                    @if let Some(cause) = unsaid.and_then(cause) {
                        (self.note((depth + 1).min(DEEPEST), &html! { (cause) }))
                    }
                }
            }
            What::Failure(failure) if self.is_said(failure) => {
                self.note(depth, &html! { strong { (failure.error) } })
            }
            What::Failure(failure) => self.note(depth, &failed(failure)),
            What::Item {
                number,
                is_answered,
                outcome,
                from,
                to,
            } => {
                let name = html! {
                    "Item " (number)
                    @if *is_answered { " " span.faint { "answered as before" } }
                };
                self.line(row, &name, *outcome, *from, *to)
            }
            What::Child(run) => self.child(depth, run),
            What::RestOfChild(run, rows) => {
                let text = counted(*rows, "more row");
                let link = linked(self.urls.execution(&run.execution_arn), &text);
                self.note(depth, &html! { (link) " of execution " (run.name()) })
            }
            What::Unread(arn, why) => {
                let url = self.urls.execution(arn);
                let link = linked(url.filter(|_| *why != Some(Unread::Express)), arn);
                self.note(depth, &html! { "Execution " (link) (unread(*why)) })
            }
            What::MapRun(map_run) => self.map_run(row, map_run),
            What::RestOfMapRun(map_run, why) => self.rest_of_map_run(row, map_run, *why),
            What::UnreadMapRun(arn, why) => {
                self.note(depth, &html! { "Map Run " (arn) (unread(*why)) })
            }
        }
    }

    fn line(
        &self,
        row: &Row<'_>,
        name: &Markup,
        outcome: Outcome,
        from: Timestamp,
        to: Option<Timestamp>,
    ) -> Markup {
        let depth = row.depth.min(DEEPEST);
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
            (linked(self.urls.execution(&run.execution_arn), &format!("{} {}", run.state_machine(), run.name())))
            @if let Some(failed) = run.failed_state().filter(|_| run.error.is_some()) { " " span.faint { "in " code { (failed.name) } } }
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

    fn map_run(&self, row: &Row<'_>, map_run: &MapRun) -> Markup {
        let counts = &map_run.executions;
        let counts = [
            (counts.succeeded, "succeeded"),
            (counts.failed, "failed"),
            (counts.timed_out, "timed out"),
            (counts.aborted, "aborted"),
            (counts.running, "running"),
            (counts.waiting, "waiting"),
        ];
        let all = self.urls.children(&row.run.execution_arn, map_run.state);
        let text = html! {
            (status_badge(map_run.status)) " Map Run " (map_run.name()) " "
            (linked(all, &counted(number(map_run.executions.total), "execution")))
            span.faint {
                @for (count, word) in counts { @if count > 0 { ", " (count) " " (word) } }
            }
        };
        self.note(row.depth.min(DEEPEST), &text)
    }

    fn rest_of_map_run(&self, row: &Row<'_>, map_run: &MapRun, why: Option<Unread>) -> Markup {
        let all = self.urls.children(&row.run.execution_arn, map_run.state);
        let all = all.filter(|_| why.is_none());
        let rest = counted(number(map_run.unread()), "more execution");
        self.note(
            row.depth.min(DEEPEST),
            &html! { (linked(all, &rest)) (unread(why)) },
        )
    }
}

fn number(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Text that leads somewhere, if there is a page of it.
fn linked(url: Option<Url>, text: &str) -> Markup {
    html! { @match url { Some(url) => a href=(url) { (text) }, None => (text) } }
}

fn unread(why: Option<Unread>) -> Markup {
    html! { @if let Some(why) = why { " " span.faint { "(not shown: " (why) ")" } } }
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
    html! {
        strong { (failure.error) }
        @if let Some(cause) = cause(failure) { ": " (cause) }
    }
}

/// What is said of its cause in a row.
fn cause(failure: &Failure) -> Option<String> {
    let cause = Cause::parse(&failure.cause);
    let headline = Some(cause.headline()).filter(|headline| !headline.is_empty())?;
    Some(end_cut(headline, CAUSE).into_owned())
}
