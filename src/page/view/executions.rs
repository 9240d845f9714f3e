//! The list of executions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use maud::{Markup, html};

use super::parts::{elapsed, pages, point_in_time, status_badge, with_code};
use super::problem::{Problem, problem};
use crate::executions::Listed;
use crate::page::Url;

/// How many are on a page.
const ON_A_PAGE: usize = 50;

/// The labels of the two filters that are times.
pub const SINCE: &str = "Started after";
pub const UNTIL: &str = "Started before";

/// What is looked for, as the query says it.
#[derive(Debug, Default, Clone)]
pub struct Filters {
    /// As AWS names it.
    pub machine: Option<String>,
    pub status: Option<String>,
    /// A part of the name.
    pub name: Option<String>,
    pub since: Option<String>,
    pub until: Option<String>,
    /// What `since` stands for.
    pub from: Option<Timestamp>,
    /// What `until` stands for.
    pub to: Option<Timestamp>,
}

pub struct Row<'a> {
    pub machine: &'a str,
    pub listed: &'a Listed,
}

pub struct List<'a> {
    /// Of all state machines, in any order.
    pub rows: Vec<Row<'a>>,
    pub machines: Vec<&'a str>,
    /// The state machines that can be started, and the forms that do.
    pub starts: Vec<(&'a str, Url)>,
    /// The command that starts an execution.
    pub start_command: String,
    /// Those of which AWS lists no executions.
    pub express: Vec<&'a str>,
    /// How many executions of a state machine were looked at, if there may be more.
    pub cut: Option<usize>,
    pub filters: Filters,
    /// The labels of the filters that could not be read, and why.
    pub wrong: Vec<(&'static str, String)>,
    /// Why there is nothing to list.
    pub missing: Option<Problem>,
    /// From 1.
    pub page: usize,
    /// Of the list without filters.
    pub url: Url,
    /// Of an execution, by the name of its state machine and its own.
    pub execution_url: &'a dyn Fn(&str, &str) -> Url,
    /// A name of an execution without secrets; only some are shown.
    pub masked: &'a dyn Fn(&str) -> String,
    pub now: Timestamp,
}

pub fn list(mut list: List<'_>) -> Markup {
    let rows = std::mem::take(&mut list.rows);
    let among: Vec<Row<'_>> = { rows.into_iter() }
        .filter(|row| list.filters.fits(row))
        .collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &among {
        *counts.entry(row.listed.status.as_str()).or_default() += 1;
    }
    let all = among.len();
    let status = list.filters.status.as_deref();
    let mut found: Vec<Row<'_>> = { among.into_iter() }
        .filter(|row| status.is_none_or(|status| row.listed.status.as_str() == status))
        .collect();
    found.sort_by_key(|row| std::cmp::Reverse(row.listed.started));
    let count = found.len().div_ceil(ON_A_PAGE).max(1);
    let page = list.page.clamp(1, count);
    let shown = found.iter().skip((page - 1) * ON_A_PAGE).take(ON_A_PAGE);
    let shown: Vec<&Row<'_>> = shown.collect();
    // Nothing can be started, and nothing can be looked for.
    if let (Some(missing), 0) = (&list.missing, all)
        && !list.filters.is_some()
    {
        return html! {
            h1 { "Executions" }
            (problem(missing))
        };
    }
    html! {
        h1 { "Executions" }
        @if let Some(missing) = &list.missing { (problem(missing)) }
        (list.starts())
        (list.form())
        @for (name, cause) in &list.wrong {
            p.problem role="alert" { (name) ": " (with_code(cause)) }
        }
        (list.counts(&counts, all))
        @if shown.is_empty() {
            (list.none(all))
        } @else {
            (list.table(&shown))
            (pages(page, count, ("← Newer", "Older →"), &|page| list.filtered(status).with("page", &page.to_string()).to_string()))
        }
        @if let Some(cut) = list.cut {
            p.faint { "Only the newest " (cut) " executions of each state machine are listed." }
        }
        @for name in &list.express {
            p.faint {
                "AWS does not list the executions of " code { (name) } ", which is an EXPRESS state machine, so only those that were "
                "started from this page since it is served are shown. " code { "txflow logs" } " shows what its handlers log."
            }
        }
    }
}

fn release(listed: &Listed) -> Markup {
    html! {
        @match (listed.release, listed.version) {
            (Some(release), _) => (release),
            (None, Some(version)) => { "version " (version) },
            (None, None) if listed.fork => "fork",
            (None, None) => "-",
        }
        @match listed.redrives {
            0 => {}
            1 => ", redriven",
            times => { ", redriven " (times) " times" }
        }
    }
}

impl List<'_> {
    /// The ways to start an execution.
    fn starts(&self) -> Markup {
        html! {
            @if !self.starts.is_empty() {
                div.actions {
                    @for (name, url) in &self.starts {
                        a.button href=(url) {
                            @if self.machines.len() > 1 { "Start " (name) "…" } @else { "Start an execution…" }
                        }
                    }
                }
            }
        }
    }

    /// `all` is how many there are without a filter for the status.
    fn none(&self, all: usize) -> Markup {
        let is_filtered = all > 0 || self.filters.is_some();
        html! {
            p.note {
                @if is_filtered { "No executions match the filters." } @else { "No executions yet." }
                @if let (false, [(_, url), ..]) = (is_filtered, self.starts.as_slice()) {
                    " " a href=(url) { "Start one" } " here or with " code { (self.start_command) } "."
                }
            }
        }
    }

    fn table(&self, rows: &[&Row<'_>]) -> Markup {
        html! {
            div.scroll tabindex="0" role="region" aria-label="Executions" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Name" }
                            th scope="col" { "Status" }
                            th scope="col" { "Started" }
                            th scope="col" { "Duration" }
                            th scope="col" { "State machine" }
                            th scope="col" { "Release" }
                        }
                    }
                    tbody {
                        @for row in rows {
                            @let listed = row.listed;
                            @let name = (self.masked)(&listed.name);
                            tr data-key={ (row.machine) ":" (name) } {
                                td.wide { a href=((self.execution_url)(row.machine, &name)) { (name) } }
                                td { (status_badge(listed.status)) }
                                td { (point_in_time(listed.started, self.now)) }
                                td { (elapsed(listed.started, listed.stopped, self.now)) }
                                td { (row.machine) }
                                td { (release(listed)) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn form(&self) -> Markup {
        let filters = &self.filters;
        html! {
            form.filters method="get" action=(self.url) role="search" {
                @if self.machines.len() > 1 {
                    label { "State machine"
                        select name="machine" {
                            option value="" { "All" }
                            @for machine in &self.machines {
                                option value=(machine) selected[filters.machine.as_deref() == Some(*machine)] { (machine) }
                            }
                        }
                    }
                }
                label { "Name contains" input type="search" name="name" value=[&filters.name]; }
                label { (SINCE) input name="since" placeholder="1h, or 2026-01-31 12:00 UTC" value=[&filters.since]; }
                label { (UNTIL) input name="until" placeholder="10m, or 2026-01-31 UTC" value=[&filters.until]; }
                @if let Some(status) = &filters.status {
                    input type="hidden" name="status" value=(status);
                }
                button { "Filter" }
                @if filters.is_some() { a href=(self.url) { "Clear" } }
            }
        }
    }

    /// How many there are of each status, which lead to them.
    fn counts(&self, counts: &BTreeMap<&str, usize>, all: usize) -> Markup {
        let status = self.filters.status.as_deref();
        // One without any is shown if it is filtered for.
        let none = status.filter(|status| !counts.contains_key(status));
        html! {
            ul.counts aria-label="By status" {
                li { a href=(self.filtered(None)) aria-current=[status.is_none().then_some("true")] { "All " span.number { (all) } } }
                @for (name, count) in counts {
                    li {
                        a href=(self.filtered(Some(name))) aria-current=[(status == Some(*name)).then_some("true")] {
                            (name) " " span.number { (count) }
                        }
                    }
                }
                @if let Some(name) = none {
                    li { a href=(self.filtered(Some(name))) aria-current="true" { (name) " " span.number { "0" } } }
                }
            }
        }
    }

    /// The list with the filters that there are, and this status.
    fn filtered(&self, status: Option<&str>) -> Url {
        let filters = &self.filters;
        { self.url.clone() }
            .with_any("machine", filters.machine.as_deref())
            .with_any("name", filters.name.as_deref())
            .with_any("since", filters.since.as_deref())
            .with_any("until", filters.until.as_deref())
            .with_any("status", status)
    }
}

impl Filters {
    fn is_some(&self) -> bool {
        let Self {
            machine,
            status,
            name,
            since,
            until,
            ..
        } = self;
        [machine, status, name, since, until]
            .iter()
            .any(|filter| filter.is_some())
    }

    /// Whatever its status.
    fn fits(&self, row: &Row<'_>) -> bool {
        let Row {
            machine, listed, ..
        } = row;
        self.machine
            .as_deref()
            .is_none_or(|wanted| wanted == *machine)
            && { self.name.as_deref() }.is_none_or(|part| listed.name.contains(part))
            && self.from.is_none_or(|from| listed.started >= from)
            && self.to.is_none_or(|to| listed.started <= to)
    }
}
