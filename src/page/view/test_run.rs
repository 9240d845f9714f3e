//! The last test run, also while it goes on, and what it reached.

use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, html};

use super::parts::{point_in_time, with_code};
use super::source::anchor;
use crate::coverage::{Figures, Kind, Missed, StackCoverage};
use crate::executions::Outcome;
use crate::last_tests::{ExecutionFailure, LastTest, LastTests, Progress, Unmet};
use crate::page::Url;
use crate::report::outcome::sign_of;
use crate::report::style::duration;

/// How many items that were not reached are listed.
const LISTED: usize = 200;

pub struct Tests<'a> {
    /// `None` if none was run yet.
    pub last: Option<&'a LastTests>,
    pub coverage: Option<CoverageView<'a>>,
    /// The command that runs tests here, and the one that measures.
    pub command: String,
    pub watch: Option<String>,
    pub measure: String,
    /// Of the execution of a test, by the state machine's name in AWS and its own.
    pub execution: &'a dyn Fn(Option<&str>, &str) -> Url,
    /// The tests that deploy.toml has now, in its order, and the forms that start executions with their inputs.
    pub declared: Vec<(&'a str, Option<Url>)>,
    pub now: Timestamp,
}

/// What the last run that measured it reached.
pub struct CoverageView<'a> {
    pub coverage: &'a StackCoverage,
    pub measured: Timestamp,
    /// Whether a definition has changed since.
    pub is_old: bool,
    pub graph: Option<GraphView>,
    /// The workflow page of a state machine, by its name in deploy.toml.
    pub workflow: &'a dyn Fn(Option<&str>) -> Url,
}

/// One state machine, painted. A page has one picture, whose parts have names of their own.
pub struct GraphView {
    pub name: String,
    pub graph: Markup,
    /// The pages with the others.
    pub others: Vec<(String, Url)>,
}

pub fn tests(page: &Tests<'_>) -> Markup {
    html! {
        h1 { "Tests" }
        @match page.last {
            None => p.note {
                "No tests have been run yet. Run them with " code { (page.command) }
                @if let Some(watch) = &page.watch { ", or on each change with " code { (watch) } }
                ". This page shows them as they run."
            },
            Some(last) => (results(last, page)),
        }
        (not_run(page))
        (coverage(page))
    }
}

fn results(last: &LastTests, page: &Tests<'_>) -> Markup {
    let counts = [
        Progress::Passed,
        Progress::Failed,
        Progress::Running,
        Progress::Waiting,
        Progress::Interrupted,
        Progress::Skipped,
    ];
    let counts = counts.map(|progress| (progress, last.count(progress)));
    let counts: Vec<String> = { counts.iter() }
        .filter(|(_, count)| *count > 0)
        .map(|(progress, count)| format!("{count} {}", progress.word()))
        .collect();
    html! {
        p.summary {
            (badge(last.progress)) " "
            span data-said { (counts.join(", ")) }
            span.faint { " · started " (point_in_time(last.began, page.now)) }
        }
        @if let Some(problem) = &last.problem {
            div.problem role="alert" {
                p { "The tests could not be run:" }
                pre { (problem.trim()) }
            }
        }
        @if !last.tests.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="Tests" {
                table.tests {
                    thead {
                        tr {
                            th scope="col" { "Test" }
                            th scope="col" { "Result" }
                            th scope="col" { "Took" }
                            th scope="col" { "Execution" }
                            th scope="col" { span.unseen { "Start" } }
                        }
                    }
                    @for test in &last.tests { (test_rows(test, page)) }
                }
            }
        }
    }
}

/// The tests that the last run does not have.
fn not_run(page: &Tests<'_>) -> Markup {
    let is_run = |name: &str| {
        let mut tests = page.last.iter().flat_map(|last| &last.tests);
        tests.any(|test| test.name == name)
    };
    let others: Vec<&str> = { page.declared.iter() }
        .map(|(name, _)| *name)
        .filter(|name| !is_run(name))
        .collect();
    html! {
        @if !others.is_empty() {
            section {
                h2 #not-run { @if page.last.is_some() { "Not in the last run" } @else { "Tests in deploy.toml" } }
                ul { @for name in others { li { (name) " " (start(name, page)) } } }
            }
        }
    }
}

/// Leads to the form that starts an execution with the input of a test.
fn start(test: &str, page: &Tests<'_>) -> Markup {
    let mut declared = page.declared.iter();
    let url = declared.find_map(|(name, url)| url.as_ref().filter(|_| *name == test));
    html! {
        @if let Some(url) = url {
            a href=(url) { "Start with this input…" span.unseen { " (test " (test) ")" } }
        }
    }
}

fn test_rows(test: &LastTest, page: &Tests<'_>) -> Markup {
    let took = test
        .seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    html! {
        tbody data-key=(test.name) {
            tr {
                th scope="row" { (test.name) }
                td { (badge(test.progress)) }
                td { @if let Some(took) = took { span.number { (duration(took)) } } }
                td.wide {
                    @match (&test.execution, &test.status) {
                        (Some(name), status) => {
                            a href=((page.execution)(test.state_machine.as_deref(), name)) { (name) }
                            @if let Some(status) = status { " " span.faint { (status) } }
                        },
                        (None, Some(status)) => { span.faint { (status) } },
                        (None, None) => {},
                    }
                }
                td { (start(&test.name, page)) }
            }
            @for unmet in &test.unmet { (reason(unmet)) }
            @if let Some(ExecutionFailure { error, cause }) = &test.failure {
                tr.reason {
                    td colspan="5" {
                        span.what { "error" }
                        div.text { (error) @if let Some(cause) = cause { ": " (cause) } }
                    }
                }
            }
            @if let Some(hint) = &test.hint {
                tr.reason { td colspan="5" { span.faint { "Hint: " } (with_code(hint)) } }
            }
        }
    }
}

fn reason(unmet: &Unmet) -> Markup {
    html! {
        tr.reason {
            td colspan="5" {
                span.what { (unmet.what) }
                @if let Some(line) = unmet.line { " " span.faint { "deploy.toml:" (line) } }
                @if unmet.is_diff {
                    pre.document.difference {
                        @for line in unmet.detail.lines() {
                            @match line.chars().next() {
                                Some('-') => { del.line { (line) } },
                                Some('+') => { ins.line { (line) } },
                                _ => { span.line { (line) } },
                            }
                        }
                    }
                } @else {
                    div.text { (unmet.detail) }
                }
            }
        }
    }
}

fn badge(progress: Progress) -> Markup {
    let outcome = match progress {
        Progress::Passed => Outcome::Succeeded,
        Progress::Failed => Outcome::Failed,
        Progress::Running => Outcome::Running,
        Progress::Waiting | Progress::Skipped | Progress::Interrupted => Outcome::Aborted,
    };
    let class = match progress {
        Progress::Waiting | Progress::Skipped => "quiet",
        _ => outcome.as_str(),
    };
    html! {
        span class={ "badge " (class) } {
            span.sign aria-hidden="true" { (sign_of(outcome)) } " " (progress.word())
        }
    }
}

fn coverage(page: &Tests<'_>) -> Markup {
    html! {
        section aria-labelledby="coverage" {
            h2 #coverage { "Coverage" }
            @match &page.coverage {
                None => p.note { "Coverage has not been measured yet. Measure it with " code { (page.measure) } "." },
                Some(view) => (measured(view, page)),
            }
        }
    }
}

fn measured(view: &CoverageView<'_>, page: &Tests<'_>) -> Markup {
    let missed = Missed::of(view.coverage);
    html! {
        p.summary {
            strong { (view.coverage.all.percent()) " %" } " "
            span.faint { "measured " (point_in_time(view.measured, page.now)) }
        }
        @if view.is_old {
            p.note { "A definition has changed since, so line numbers may differ. Measure again with " code { (page.measure) } "." }
        }
        div.columns {
            div {
                (figures(view.coverage))
                @if missed.is_empty() {
                    p { "The tests reach everything." }
                } @else {
                    h3 { "Not reached by any test" }
                    ul.missed {
                        @for one in missed.iter().take(LISTED) { (missed_item(one, view)) }
                    }
                    @if missed.len() > LISTED { p.faint { "and " (missed.len() - LISTED) " more" } }
                }
            }
            div {
                @if let Some(view) = &view.graph {
                    h3 { (view.name) }
                    @for (name, url) in &view.others { p { a href=(url) { (name) } } }
                    (view.graph)
                }
            }
        }
    }
}

fn figures(coverage: &StackCoverage) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Figures" {
            table {
                thead {
                    tr {
                        th scope="col" { "What" }
                        th scope="col" { "Reached" }
                        th scope="col" { "Not reached" }
                        th scope="col" { "Unknown" }
                    }
                }
                tbody { @for (kind, figures) in &coverage.kinds { (figures_of(*kind, *figures)) } }
            }
        }
    }
}

fn figures_of(kind: Kind, figures: Figures) -> Markup {
    html! {
        tr {
            th scope="row" { (kind.counted(figures.total())) }
            td.number { (figures.reached) }
            td.number { (figures.not_reached) }
            td.number { (figures.unknown) }
        }
    }
}

fn missed_item(missed: &Missed<'_>, view: &CoverageView<'_>) -> Markup {
    let machines = view.coverage.state_machines.iter();
    let mut machines = machines.filter(|machine| machine.file == missed.file);
    let machine = machines.next();
    let url = machine.map(|machine| (view.workflow)(machine.state_machine.as_deref()));
    let place = format!("{}:{}", missed.file.display(), missed.item.line);
    html! {
        li {
            @match url {
                Some(url) if !view.is_old => { a href={ (url) "#" (anchor(missed.item.line)) } { (place) } },
                _ => { span.code { (place) } },
            }
            " " (with_code(&missed.words()))
            @if !missed.is_known() { " " span.faint { "(unknown)" } }
        }
    }
}
