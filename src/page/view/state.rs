//! One entry into a state.

use std::ops::Range;

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::execution::stack_trace;
use super::parts::{difference, document, elapsed, fact, outcome_badge, pages, point_in_time};
use super::problem::{Problem, problem};
use super::running::running;
use super::timeline::{ON_A_PAGE, Row, Timeline};
use crate::config::with_commas;
use crate::executions::{Attempt, Cause, Failure, Outcome, Run, StateRun, TaskCall, between, json};
use crate::page::Url;
use crate::page::data_flow::{DataFlow, FlowStep};
use crate::report::style::duration;

pub struct State<'a> {
    pub run: &'a Run,
    pub state: &'a StateRun,
    pub outcome: Outcome,
    pub ended: Option<Timestamp>,
    /// Where the definition of the project has it.
    pub place: Option<String>,
    /// The states that it runs inside of, from the outer one.
    pub around: Vec<(String, Url)>,
    pub flow: DataFlow,
    /// What its task called. Its attempts call the same.
    pub call: Option<TaskCall>,
    /// Why the execution failed in it, if the state itself does not say so.
    pub failure: Option<Failure>,
    /// Its attempts, and what ran inside of it.
    pub rows: Vec<Row<'a>>,
    pub timeline: Timeline<'a>,
    pub logs: Vec<AttemptLogs>,
    /// From 1, the newest lines.
    pub logs_page: usize,
    pub logs_problem: Option<Problem>,
    pub previous: Option<Url>,
    pub next: Option<Url>,
    pub fork: Option<Url>,
    /// Where the execution has the form with which its task is answered.
    pub answer: Option<String>,
    /// As the execution ran it.
    pub definition: Option<Value>,
    pub url: Url,
    pub execution: Url,
    pub now: Timestamp,
}

/// What a handler logged in one attempt.
pub struct AttemptLogs {
    /// From 1.
    pub number: usize,
    pub lines: Vec<LogLine>,
}

pub struct LogLine {
    pub time: Timestamp,
    pub text: String,
}

pub fn state(view: &State<'_>) -> Markup {
    let state = view.state;
    html! {
        p.crumbs {
            a href=(view.execution) { (view.run.name()) }
            @for (name, url) in &view.around { " / " a href=(url) { (name) } }
        }
        h1 { (state.name) " " span data-said { (outcome_badge(view.outcome, view.outcome.as_str())) } }
        dl.facts {
            (fact("Type", &html! { (state.kind.as_str()) }))
            (fact("Entered", &point_in_time(state.entered, view.now)))
            (fact("Duration", &elapsed(state.entered, (view.outcome != Outcome::Running).then_some(view.ended).flatten(), view.now)))
            @if let Some(item) = state.iteration { (fact("Item", &html! { (item) })) }
            @if state.retries() > 0 { (fact("Attempts", &html! { (state.attempts.len()) })) }
            @if let Some(place) = &view.place { (fact("Defined at", &html! { span.code { (place) } })) }
        }
        div.actions {
            @if let Some(url) = &view.fork { a.button href=(url) { "Run again from here…" } }
            @if let Some(url) = &view.previous { a.button href=(url) rel="prev" { "← Previous state" } }
            @if let Some(url) = &view.next { a.button href=(url) rel="next" { "Next state →" } }
        }
        @if let Some(waiting) = &view.flow.waiting {
            (running(waiting))
            @if let Some(url) = &view.answer { p { a href=(url) { "Answer the task…" } } }
        }
        (failures(state))
        @if let Some(failure) = &view.failure { (failed("The execution", failure, None)) }
        (inside(view))
        h2 #data { "Data" }
        (flow(&view.flow))
        (call(view))
        (logs(view))
        @if let Some(definition) = &view.definition {
            h2 { "Definition" }
            p.faint { "As this execution ran it." }
            (document("Definition of the state", definition))
        }
    }
}

/// Each failure with its cause, and what came after it.
fn failures(state: &StateRun) -> Markup {
    html! {
        @if state.failures().next().is_some() {
            h2 #failures { "Failures" }
            @for (at, attempt) in state.attempts.iter().enumerate() {
                @if let Some(failure) = &attempt.failure {
                    (failed(&format!("Attempt {}", at + 1), failure, after(attempt, state.attempts.get(at + 1))))
                }
            }
            @if let Some(failure) = &state.failure { (failed("The state", failure, None)) }
        }
    }
}

fn after(attempt: &Attempt, next: Option<&Attempt>) -> Option<String> {
    let pause = between(attempt.ended?, next?.scheduled);
    Some(format!("The next attempt came after {}.", duration(pause)))
}

fn failed(what: &str, failure: &Failure, after: Option<String>) -> Markup {
    let cause = Cause::parse(&failure.cause);
    html! {
        section.problem aria-label=(what) {
            p { (what) " failed: " strong { (failure.error) } }
            @if !cause.message.is_empty() { p.text { (cause.message) } }
            (stack_trace(&cause))
            @if let Some(after) = after { p.faint { (after) } }
        }
    }
}

fn inside(view: &State<'_>) -> Markup {
    let rows = &view.rows[..view.rows.len().min(ON_A_PAGE)];
    html! {
        @if !rows.is_empty() {
            h2 #timeline { "Timeline" }
            (view.timeline.table(rows))
            @if rows.len() < view.rows.len() {
                p.faint {
                    "Only the first " (ON_A_PAGE) " rows; the page of the "
                    a href=(view.execution) { "execution" } " has all " (view.rows.len()) "."
                }
            }
        }
    }
}

fn flow(flow: &DataFlow) -> Markup {
    html! {
        @if let Some(unknown) = &flow.unknown { p.note { "Between input and output: " (unknown) "." } }
        @if flow.pending { p.note { "The work of the state has not ended, so what it becomes is not known." } }
        @for step in &flow.steps {
            section {
                h3 { (step.name) }
                (step_document(step, flow))
            }
        }
        (variables("Variables before", &flow.variables))
        (variables("Assigned", &flow.assigned))
    }
}

/// A document that is new as a whole, another as what differs.
fn step_document(step: &FlowStep, flow: &DataFlow) -> Markup {
    let before = { flow.steps.iter() }.find(|earlier| Some(earlier.name) == step.before);
    let Some(before) = before else {
        return document(step.name, &step.value);
    };
    let label = format!("{} compared with {}", step.name, before.name);
    html! {
        @match difference(&label, &before.value, &step.value) {
            None => p.faint { "The same as " (before.name) "." },
            Some(difference) => {
                p.faint { "Compared with " (before.name) ":" }
                (difference)
                details { summary { "The whole document" } (document(step.name, &step.value)) }
            }
        }
    }
}

fn variables(heading: &str, variables: &Map<String, Value>) -> Markup {
    html! {
        @if !variables.is_empty() {
            section { h3 { (heading) } (document(heading, &Value::Object(variables.clone()))) }
        }
    }
}

fn call(view: &State<'_>) -> Markup {
    html! {
        @if let Some(call) = &view.call {
            h2 { "Call" }
            p { code { (call.service) ":" (call.action) } }
            (document("Parameters of the call", &json(&call.parameters)))
        }
    }
}

/// How many log lines are on one page.
const LINES: usize = 1000;

/// A part of the log lines of all attempts.
struct LogsPage {
    /// From 1; the newest lines are on the first.
    page: usize,
    /// Of how many.
    count: usize,
    shown: Range<usize>,
    all: usize,
}

impl LogsPage {
    fn of(logs: &[AttemptLogs], page: usize) -> Self {
        let all = logs.iter().map(|attempt| attempt.lines.len()).sum();
        let count = usize::div_ceil(all, LINES).max(1);
        let page = page.clamp(1, count);
        let end = all - (page - 1) * LINES;
        Self {
            page,
            count,
            shown: end.saturating_sub(LINES)..end,
            all,
        }
    }

    /// The number of each attempt that has lines on this page, and these.
    fn lines<'a>(&self, logs: &'a [AttemptLogs]) -> Vec<(usize, &'a [LogLine])> {
        let mut before = 0;
        let of_attempt = |attempt: &'a AttemptLogs| {
            let within = |at: usize| at.saturating_sub(before).min(attempt.lines.len());
            let lines = &attempt.lines[within(self.shown.start)..within(self.shown.end)];
            before += attempt.lines.len();
            (attempt.number, lines)
        };
        let attempts = logs.iter().map(of_attempt);
        attempts.filter(|(_, lines)| !lines.is_empty()).collect()
    }

    /// What is shown, and the links to the rest.
    fn ways(&self, url: &Url) -> Markup {
        let url = |page: usize| {
            let url = url.clone().with("logs", &page.to_string());
            format!("{url}#logs")
        };
        html! {
            @if self.count > 1 {
                p.faint {
                    "Lines " (with_commas(self.shown.start + 1)) " to " (with_commas(self.shown.end)) " of " (with_commas(self.all)) "."
                }
                (pages(self.page, self.count, ("← Newer lines", "Older lines →"), &url))
            }
        }
    }
}

fn logs(view: &State<'_>) -> Markup {
    let lines = view.logs.iter().any(|attempt| !attempt.lines.is_empty());
    html! {
        @if let Some(found) = &view.logs_problem {
            h2 { "Logs" }
            (problem(found))
        } @else if !view.logs.is_empty() {
            @let page = LogsPage::of(&view.logs, view.logs_page);
            h2 #logs { "Logs" }
            (page.ways(&view.url))
            @if !lines { p.note { "The handler logged nothing, or its lines are not available yet, which can take some seconds on AWS." } }
            @for (number, lines) in page.lines(&view.logs) {
                @if view.logs.len() > 1 { h3 { "Attempt " (number) } }
                ol.logs {
                    @for line in lines {
                        li { span.number.faint { (line.time.strftime("%H:%M:%S%.3f").to_string()) } " " span.text { (line.text) } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_log_lines_are_on_the_first_page_and_each_line_is_on_one() {
        let attempt = |number, count| AttemptLogs {
            number,
            lines: (0..count)
                .map(|at| LogLine {
                    time: Timestamp::UNIX_EPOCH,
                    text: format!("{number}-{at}"),
                })
                .collect(),
        };
        let logs = [attempt(1, LINES + 200), attempt(2, 0), attempt(3, 900)];
        let shown = |page| {
            let lines = LogsPage::of(&logs, page).lines(&logs);
            let ends = lines.iter().map(|(number, lines)| {
                let text = |line: Option<&LogLine>| line.map(|line| line.text.clone());
                (*number, text(lines.first()), text(lines.last()))
            });
            ends.collect::<Vec<_>>()
        };
        let some = |text: &str| Some(text.to_owned());
        let newest = (1, some("1-1100"), some("1-1199"));
        assert_eq!(shown(1), [newest.clone(), (3, some("3-0"), some("3-899"))]);
        assert_eq!(shown(0), shown(1));
        assert_eq!(shown(2), [(1, some("1-100"), some("1-1099"))]);
        assert_eq!(shown(3), [(1, some("1-0"), some("1-99"))]);
        assert_eq!(shown(9), shown(3));
        let url = Url::of(["dev", "state"]);
        let ways = LogsPage::of(&logs, 2).ways(&url).0;
        assert!(ways.contains("Lines 101 to 1,100 of 2,100."), "{ways}");
        assert!(ways.contains("?logs=3#logs\">Older lines"), "{ways}");
        let few = [attempt(1, 3)];
        assert_eq!(LogsPage::of(&few, 1).ways(&url).0, "");
    }
}
