//! An execution as a list of what happened: states, their attempts, the items of a `Map`, the executions that they started. Each
//! stands below what it runs inside of.

mod rows;

use jiff::Timestamp;
use maud::{Markup, html};
pub use rows::{Row, What, page_of, rows, rows_inside};

use super::parts::{bar, elapsed, outcome_badge, status_badge};
use crate::executions::{Cause, Failure, MapRun, Outcome, Run, StateRun, Unread, between};
use crate::page::Url;
use crate::report::counted;
use crate::report::style::{duration, end_cut};

/// How many rows are on a page.
pub const ON_A_PAGE: usize = 200;
/// How much of a cause stands in a row.
const CAUSE: usize = 160;
/// The deepest indentation.
const DEEPEST: usize = 8;

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
