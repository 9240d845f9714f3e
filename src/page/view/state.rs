//! One entry into a state.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::execution::stack_trace;
use super::parts::{difference, document, elapsed, fact, outcome_badge, point_in_time};
use super::problem::{Problem, problem};
use super::running::running;
use super::timeline::{ON_A_PAGE, Row, Timeline};
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
    pub logs_problem: Option<Problem>,
    pub previous: Option<Url>,
    pub next: Option<Url>,
    pub fork: Option<Url>,
    /// Where the execution has the form with which its task is answered.
    pub answer: Option<String>,
    /// As the execution ran it.
    pub definition: Option<Value>,
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

fn logs(view: &State<'_>) -> Markup {
    let lines = view.logs.iter().any(|attempt| !attempt.lines.is_empty());
    html! {
        @if let Some(found) = &view.logs_problem {
            h2 { "Logs" }
            (problem(found))
        } @else if !view.logs.is_empty() {
            h2 #logs { "Logs" }
            @if !lines { p.note { "The handler logged nothing, or its lines are not available yet, which can take some seconds on AWS." } }
            @for attempt in view.logs.iter().filter(|attempt| !attempt.lines.is_empty()) {
                @if view.logs.len() > 1 { h3 { "Attempt " (attempt.number) } }
                ol.logs {
                    @for line in &attempt.lines {
                        li { span.number.faint { (line.time.strftime("%H:%M:%S%.3f").to_string()) } " " span.text { (line.text) } }
                    }
                }
            }
        }
    }
}
