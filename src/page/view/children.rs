//! All executions of a Map Run.

use jiff::Timestamp;
use maud::{Markup, html};

use super::parts::{elapsed, point_in_time, status_badge};
use crate::executions::{ChildPage, MapRun, Unread};
use crate::page::Url;

pub struct Children<'a> {
    pub map_run: &'a MapRun,
    /// The name of the state, and its page.
    pub state: (&'a str, Url),
    /// The name of the execution, and its page.
    pub execution: (&'a str, Url),
    pub shown: ChildPage,
    /// Only those with this status.
    pub status: Option<&'a str>,
    /// Why AWS lists none.
    pub unread: Option<Unread>,
    pub url: Url,
    pub child_url: &'a dyn Fn(&str) -> Option<Url>,
    pub now: Timestamp,
}

pub fn children(view: &Children<'_>) -> Markup {
    let (state, state_url) = &view.state;
    let (execution, execution_url) = &view.execution;
    html! {
        p.crumbs { a href=(execution_url) { (execution) } " / " a href=(state_url) { (state) } }
        h1 { "Map Run " (view.map_run.name()) " " span data-said { (status_badge(view.map_run.status)) } }
        (counts(view))
        @match (&view.unread, view.shown.listed.is_empty()) {
            (Some(why), _) => p.note { "The executions are not shown: " (why) "." },
            (None, true) => p.note { "No executions." },
            (None, false) => (table(view)),
        }
        @if let Some(next) = &view.shown.next {
            nav.pages aria-label="Pages" {
                a rel="next" href=(view.url.clone().with_any("status", view.status).with("from", next)) { "Older →" }
            }
        }
    }
}

/// How many there are of each status, which lead to them. Those that have not begun cannot be listed.
fn counts(view: &Children<'_>) -> Markup {
    let counts = &view.map_run.executions;
    let counts = [
        (None, "All", counts.total),
        (Some("RUNNING"), "RUNNING", counts.running),
        (Some("SUCCEEDED"), "SUCCEEDED", counts.succeeded),
        (Some("FAILED"), "FAILED", counts.failed),
        (Some("TIMED_OUT"), "TIMED_OUT", counts.timed_out),
        (Some("ABORTED"), "ABORTED", counts.aborted),
    ];
    let is_shown = |(status, _, count): &(Option<&str>, &str, u64)| {
        status.is_none() || *count > 0 || *status == view.status
    };
    html! {
        ul.counts aria-label="By status" {
            @for (status, word, count) in counts.into_iter().filter(is_shown) {
                li {
                    a href=(view.url.clone().with_any("status", status)) aria-current=[(status == view.status).then_some("true")] {
                        (word) " " span.number { (count) }
                    }
                }
            }
        }
        @if view.map_run.executions.waiting > 0 {
            p.faint { (view.map_run.executions.waiting) " of them wait to begin." }
        }
    }
}

fn table(view: &Children<'_>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Executions" {
            table {
                thead {
                    tr {
                        th scope="col" { "Name" }
                        th scope="col" { "Status" }
                        th scope="col" { "Started" }
                        th scope="col" { "Duration" }
                    }
                }
                tbody {
                    @for listed in &view.shown.listed {
                        tr data-key=(listed.execution_arn) {
                            td.wide {
                                @match (view.child_url)(&listed.execution_arn) {
                                    Some(url) => a href=(url) { (listed.name) },
                                    None => (listed.name),
                                }
                            }
                            td { (status_badge(listed.status)) }
                            td { (point_in_time(listed.started, view.now)) }
                            td { (elapsed(listed.started, listed.stopped, view.now)) }
                        }
                    }
                }
            }
        }
    }
}
