//! The workflow: its definition beside its graph, what is released of it, and what starts it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use maud::{Markup, html};

use super::parts::{point_in_time, with_code};
use super::problem::{Problem, problem};
use super::source::{LineMark, source};
use crate::page::Url;
use crate::report::style::size;
use crate::resources::{
    LiveFunction, LiveStateMachine, LiveTrigger, Overview, RetainedRelease, Route,
};

pub struct Workflow<'a> {
    /// All state machines of the stack, if there are several.
    pub machines: Vec<Tab<'a>>,
    /// The form that starts the one that is shown, if this page can.
    pub start: Option<Url>,
    /// `None` if deploy.toml cannot be read.
    pub definition: Option<DefinitionView>,
    pub deployed: Result<Deployed, Problem>,
    pub urls: Urls<'a>,
    pub now: Timestamp,
}

/// What is deployed of the stack.
pub struct Deployed {
    pub overview: Overview,
    /// How it differs from deploy.toml, in lines, as `txflow status` says it.
    pub drift: Result<String, Problem>,
    /// The command that compares the code as well.
    pub plan: String,
}

/// A state machine that can be looked at.
pub struct Tab<'a> {
    pub name: &'a str,
    pub url: Url,
    pub is_shown: bool,
}

pub struct DefinitionView {
    /// Of the file, as deploy.toml names it.
    pub path: String,
    pub text: String,
    pub marks: BTreeMap<usize, LineMark>,
    pub graph: Markup,
    /// What tests reached, in short.
    pub coverage: Option<String>,
}

/// Where other pages are.
pub struct Urls<'a> {
    pub tests: Url,
    /// Of what changed between two releases.
    pub difference: &'a dyn Fn(u64, u64) -> Url,
}

pub fn workflow(page: &Workflow<'_>) -> Markup {
    html! {
        h1 { "Workflow" }
        @if page.machines.len() > 1 { (tabs(&page.machines)) }
        @if let Some(url) = &page.start { div.actions { a.button href=(url) { "Start an execution…" } } }
        @if let Err(missing) = &page.deployed { (problem(missing)) }
        @match &page.definition {
            Some(definition) => (beside(definition, &page.urls)),
            None => p.note { code { "deploy.toml" } " has errors, so the definition is not shown. Run " code { "txflow validate" } " to see them." },
        }
        @if let Ok(deployed) = &page.deployed {
            @let overview = &deployed.overview;
            (drift(deployed))
            (releases(overview, page))
            (functions(&overview.functions, page.now))
            (state_machines(&overview.state_machines, page.now))
            (triggers(&overview.triggers))
        }
    }
}

fn tabs(machines: &[Tab<'_>]) -> Markup {
    html! {
        nav.counts aria-label="State machines" {
            @for tab in machines {
                a href=(tab.url) aria-current=[tab.is_shown.then_some("true")] { (tab.name) }
            }
        }
    }
}

fn beside(definition: &DefinitionView, urls: &Urls<'_>) -> Markup {
    html! {
        @if let Some(coverage) = &definition.coverage {
            p.faint { "The last tests reached " (coverage) ". " a href=(urls.tests) { "Tests and coverage" } }
        }
        div.columns.definition {
            section {
                h2 #definition { (definition.path) }
                (source(&definition.path, &definition.text, &definition.marks))
            }
            section {
                h2 #graph { "Graph" }
                (definition.graph)
            }
        }
    }
}

/// The first line says whether it differs, and those below it how.
fn drift(deployed: &Deployed) -> Markup {
    html! {
        section {
            h2 #drift { "Drift" }
            @match &deployed.drift {
                Err(found) => (problem(found)),
                Ok(text) => {
                    @let (said, differences) = text.split_once('\n').unwrap_or((text.as_str(), ""));
                    p { (said) }
                    @if !differences.is_empty() {
                        pre tabindex="0" role="region" aria-label="Differences" { (differences) }
                    }
                    p.faint { "Changed code is not compared, since nothing is built here: " code { (deployed.plan) } " does that." }
                },
            }
        }
    }
}

fn releases(overview: &Overview, page: &Workflow<'_>) -> Markup {
    let releases = &overview.releases;
    html! {
        section {
            h2 #releases { "Releases" }
            @if overview.live.is_empty() { p.note { "No release is live." } }
            div.scroll tabindex="0" role="region" aria-label="Releases" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Release" }
                            th scope="col" { "Live" }
                            th scope="col" { "Published" }
                            th scope="col" { "Made by" }
                            th scope="col" { "Changes" }
                        }
                    }
                    tbody {
                        @for (index, kept) in releases.iter().enumerate() {
                            (release(overview, kept, releases.get(index + 1), page))
                        }
                    }
                }
            }
        }
    }
}

fn release(
    overview: &Overview,
    kept: &RetainedRelease,
    before: Option<&RetainedRelease>,
    page: &Workflow<'_>,
) -> Markup {
    let live = overview
        .live
        .iter()
        .find(|live| live.release == kept.release);
    let differs_from_live = overview
        .live
        .iter()
        .find(|live| live.release != kept.release);
    html! {
        tr {
            td { span.number { (kept.release) } }
            td {
                @match live {
                    Some(Route { weight: 100, .. }) => { span.badge.succeeded { "live" } },
                    Some(Route { weight, .. }) => { span.badge.running { "live for " (weight) " %" } },
                    None => {},
                }
            }
            td { (point_in_time(kept.published, page.now)) }
            td.wide { (kept.origin.as_deref().unwrap_or_default()) }
            td {
                @if let Some(before) = before {
                    a href=((page.urls.difference)(before.release, kept.release)) { "since release " (before.release) }
                }
                @if live.is_none() && let Some(live) = differs_from_live && before.is_none_or(|before| before.release != live.release) {
                    @if before.is_some() { ", " }
                    a href=((page.urls.difference)(kept.release, live.release)) { "until release " (live.release) }
                }
            }
        }
    }
}

fn functions(functions: &[LiveFunction], now: Timestamp) -> Markup {
    html! {
        section {
            h2 #functions { "Functions of the live release" }
            @if functions.is_empty() { p.faint { "None." } } @else {
                div.scroll tabindex="0" role="region" aria-label="Functions" {
                    table {
                        thead {
                            tr {
                                th scope="col" { "Function" }
                                th scope="col" { "Version" }
                                th scope="col" { "Size" }
                                th scope="col" { "Memory" }
                                th scope="col" { "Changed" }
                            }
                        }
                        tbody { @for one in functions { (function(one, now)) } }
                    }
                }
            }
        }
    }
}

fn function(function: &LiveFunction, now: Timestamp) -> Markup {
    let bytes = u64::try_from(function.code_size).unwrap_or(0);
    html! {
        tr {
            td.wide {
                (function.name)
                @if let Some(failure) = &function.failure { p.problem { (failure) } }
            }
            td { (function.version.as_deref().unwrap_or("not in it")) }
            td { span.number { (size(bytes)) } " " span.faint { (function.architecture) } }
            td { span.number { (function.memory) " MB" } }
            td { @if let Some(time) = function.last_modified { (point_in_time(time, now)) } }
        }
    }
}

fn triggers(triggers: &[LiveTrigger]) -> Markup {
    html! {
        section {
            h2 #triggers { "Triggers" }
            @if triggers.is_empty() { p.faint { "None: nothing starts executions automatically." } } @else {
                div.scroll tabindex="0" role="region" aria-label="Triggers" {
                    table {
                        thead {
                            tr {
                                th scope="col" { "Trigger" }
                                th scope="col" { "Starts an execution" }
                                th scope="col" { "State" }
                            }
                        }
                        tbody {
                            @for one in triggers {
                                tr {
                                    td.wide { (one.name) }
                                    td { (with_code(&one.starts)) }
                                    td { @if one.enabled { "on" } @else { span.badge.caught { "off" } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn state_machines(machines: &[LiveStateMachine], now: Timestamp) -> Markup {
    html! {
        @if !machines.is_empty() {
            section {
                h2 #state-machines { "State machines that the live release starts" }
                div.scroll tabindex="0" role="region" aria-label="State machines" {
                    table {
                        thead {
                            tr {
                                th scope="col" { "State machine" }
                                th scope="col" { "Version" }
                                th scope="col" { "Published" }
                            }
                        }
                        tbody {
                            @for one in machines {
                                tr {
                                    td.wide { (one.name) }
                                    td {
                                        @match one.version {
                                            Some(version) => (version),
                                            None => "not in it",
                                        }
                                    }
                                    td { @if let Some(time) = one.published { (point_in_time(time, now)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
