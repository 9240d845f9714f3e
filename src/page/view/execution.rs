//! One execution.

use jiff::Timestamp;
use maud::{Markup, html};

use super::parts::{
    document, drawing, elapsed, fact, form_token, pages, point_in_time, status_badge, with_code,
};
use super::timeline::{ON_A_PAGE, Row, Timeline};
use crate::config::ExecutionStatus;
use crate::executions::{Cause, Run, StateRun, Status};
use crate::graph::Drawing;
use crate::page::Url;
use crate::report::style::duration;
use crate::report::times_text;

pub struct Execution<'a> {
    /// Whether it is one of the main state machine, whose versions are the releases.
    pub is_main: bool,
    pub run: &'a Run,
    /// What it is a fork of, if it is one.
    pub fork: Option<ForkOf>,
    /// The execution that started it, if that is known.
    pub started_by: Option<(String, Url)>,
    pub now: Timestamp,
    /// Or why there is none.
    pub graph: Result<Drawing, String>,
    pub rows: Vec<Row<'a>>,
    /// From 1.
    pub page: usize,
    pub timeline: Timeline<'a>,
    /// The state that failed, or in which it is, and its page.
    pub failed: Option<(Url, &'a StateRun)>,
    pub actions: Actions<'a>,
    /// The forms for tasks that wait.
    pub waiting: Markup,
    /// The test that does the same; or why there is none.
    pub test: Result<String, String>,
    pub url: Url,
    pub executions: Url,
}

/// What a fork is a fork of.
pub struct ForkOf {
    /// The first execution; `None` if its name was too long to be kept.
    pub execution: Option<(String, Url)>,
    /// The state that it began with, and where the first execution has it.
    pub from: Option<(String, Option<Url>)>,
}

/// What can be done.
pub struct Actions<'a> {
    pub form: &'a str,
    /// Posts to these, if they can be done here.
    pub stop: Option<Url>,
    pub redrive: Option<Url>,
    /// Lead to forms.
    pub fork: Option<Url>,
    pub start: Option<Url>,
    /// The commands that do what this page does not.
    pub commands: Vec<String>,
}

pub fn execution(view: &Execution<'_>) -> Markup {
    let run = view.run;
    html! {
        p.crumbs { a href=(view.executions) { "Executions" } " / " (run.state_machine()) }
        h1 { (run.name()) " " span data-said { (status_badge(run.status)) } }
        (facts(view))
        (why(view))
        (view.actions.markup())
        (view.waiting)
        div.course.beside[is_narrow(view)] {
            section {
                h2 #graph { "Graph" }
                @match &view.graph {
                    Ok(graph) => (drawing(graph)),
                    Err(cause) => p.note { (with_code(cause)) },
                }
            }
            section {
                h2 #timeline { "Timeline" }
                (timeline(view))
            }
        }
        div.columns {
            @if let Some(input) = &run.input {
                section { h2 { "Input" } (document("Input", input)) }
            }
            @if let Some(output) = &run.output {
                section { h2 { "Output" } (document("Output", output)) }
            }
        }
        h2 { "As a test" }
        @match &view.test {
            Ok(block) => {
                p.faint { "Copy it to " code { "deploy.toml" } ", and adapt what it expects." }
                pre #test-block tabindex="0" role="region" aria-label="Test" { (block) }
                button type="button" data-copies="test-block" hidden { "Copy as test" }
            }
            Err(cause) => p.note { (with_code(cause)) },
        }
    }
}

impl ForkOf {
    fn markup(&self) -> Markup {
        html! {
            @match &self.execution {
                Some((name, url)) => a href=(url) { (name) },
                None => "an execution whose name was too long to keep",
            }
            @if let Some((name, url)) = &self.from {
                ", from state "
                @match url {
                    Some(url) => a href=(url) { (name) },
                    None => (name),
                }
            }
        }
    }
}

/// Whether there is room for the timeline beside the graph.
fn is_narrow(view: &Execution<'_>) -> bool {
    view.graph
        .as_ref()
        .map_or(true, |graph| graph.width <= 720.0)
}

fn facts(view: &Execution<'_>) -> Markup {
    let (run, now) = (view.run, view.now);
    html! {
        dl.facts {
            (fact("Started", &point_in_time(run.started, now)))
            (fact("Duration", &elapsed(run.started, run.stopped, now)))
            @if let Some(number) = run.release {
                (fact(if view.is_main { "Release" } else { "Version" }, &html! { (number) }))
            }
            @if let Some((name, url)) = &view.started_by { (fact("Started by", &html! { a href=(url) { (name) } })) }
            @if let Some(fork) = &view.fork { (fact("Fork of", &fork.markup())) }
            @if let (times @ 1.., Some(at)) = (run.redrives, run.redriven) {
                (fact("Redriven", &html! { (times_text(times)) ", last " (point_in_time(at, now)) }))
            }
            @if let Some(billed) = run.billed {
                (fact("Billed", &html! { (duration(billed.duration)) ", " (billed.memory) " MB" }))
            }
            (fact("ARN", &html! { span.code { (run.execution_arn) } }))
        }
    }
}

/// Why it failed: in which state, with which error, because of what.
fn why(view: &Execution<'_>) -> Markup {
    let run = view.run;
    let is_stopped = run.status == Status::Ended(ExecutionStatus::Aborted);
    if run.error.is_none() && !is_stopped {
        return html! {};
    }
    let (class, label, word) = match is_stopped {
        true => ("note", "Why it ended", "Stopped"),
        false => ("problem", "Why it failed", "Failed"),
    };
    let cause = run.cause.as_deref().filter(|cause| !cause.is_empty());
    html! {
        section class=(class) aria-label=(label) {
            @if let Some((url, state)) = &view.failed {
                p {
                    (word) " in state " a href=(url) { (state.name) } ". Its page shows its data"
                    @if has_handler(state) { ", and what its handler logged" } "."
                }
            } @else if is_stopped {
                p { "Stopped before it entered a state." }
            }
            @if let Some(error) = &run.error { p { strong { (error) } } }
            @if let Some(cause) = cause.map(Cause::parse) {
                p.text { (cause.message) }
                (stack_trace(&cause))
            }
        }
    }
}

fn has_handler(state: &StateRun) -> bool {
    let mut attempts = state.attempts.iter();
    attempts.any(|attempt| attempt.function_arn.is_some())
}

/// What a function sent of its stack.
pub fn stack_trace(cause: &Cause) -> Markup {
    html! {
        @if !cause.stack_trace.is_empty() {
            details {
                summary { "Stack trace" }
                pre tabindex="0" { (cause.stack_trace.join("\n")) }
            }
        }
    }
}

fn timeline(view: &Execution<'_>) -> Markup {
    let count = view.rows.len().div_ceil(ON_A_PAGE).max(1);
    let page = view.page.clamp(1, count);
    let begin = (page - 1) * ON_A_PAGE;
    let end = view.rows.len().min(begin + ON_A_PAGE);
    let url = |page: usize| {
        format!(
            "{}#timeline",
            view.url.clone().with("rows", &page.to_string())
        )
    };
    html! {
        @if view.run.history.is_none() {
            p.note { "AWS keeps no history of an EXPRESS execution. When it has ended, its states are shown as far as its log group has them and can be read." }
        } @else if view.rows.is_empty() {
            p.note { "No state has been entered yet." }
        } @else {
            (view.timeline.table(&view.rows[begin..end]))
            (pages(page, count, ("← Earlier", "Later →"), &url))
        }
    }
}

impl Actions<'_> {
    fn markup(&self) -> Markup {
        let post = |url: &Option<Url>, text: &str| {
            html! {
                @if let Some(url) = url {
                    form.act method="post" action=(url) { (form_token(self.form)) button { (text) } }
                }
            }
        };
        html! {
            div.actions {
                (post(&self.stop, "Stop"))
                (post(&self.redrive, "Redrive"))
                @if let Some(url) = &self.fork { a.button href=(url) { "Run again from a state…" } }
                @if let Some(url) = &self.start { a.button href=(url) { "Start with an edited input…" } }
            }
            @if self.fork.is_some() && self.redrive.is_some() {
                p.faint {
                    "A redrive goes on in this execution, with the definition that it was started on. The others start a new one of the live release: at a state of this one, or at the beginning."
                }
            }
            @for command in &self.commands {
                p.faint { "In a terminal: " code { (command) } }
            }
        }
    }
}
