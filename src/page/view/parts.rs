//! What several pages show in the same way.

use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::executions::{Outcome, Status, between};
use crate::graph::Drawing;
use crate::report::outcome::sign_of;
use crate::report::style::{ago, date, duration, rfc3339};

/// An outcome by its sign, its name and its colour.
pub fn outcome_badge(outcome: Outcome, word: &str) -> Markup {
    html! {
        span class={ "badge " (outcome.as_str()) } {
            span.sign aria-hidden="true" { (sign_of(outcome)) } " " (word)
        }
    }
}

/// The status of an execution.
pub fn status_badge(status: Status) -> Markup {
    outcome_badge(status.outcome(), status.as_str())
}

/// A point in time, and how long ago that was.
/// How long ago that is, the script counts on.
pub fn point_in_time(time: Timestamp, now: Timestamp) -> Markup {
    let since = between(time, now);
    html! {
        time datetime=(rfc3339(time)) title=(rfc3339(time)) {
            (date(time)) " " span.faint { "(" span data-ago=(since.as_millis()) { (ago(since)) } ")" }
        }
    }
}

/// How long something took; if it goes on, the script counts on.
pub fn elapsed(from: Timestamp, to: Option<Timestamp>, now: Timestamp) -> Markup {
    let elapsed = between(from, to.unwrap_or(now));
    let running = to.is_none().then_some(elapsed.as_millis());
    html! { span.number data-running=[running] { (duration(elapsed)) } }
}

/// A field of a list of facts.
pub fn fact(name: &str, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// A document as it is read and copied. `label` says what it is.
pub fn document(label: &str, value: &Value) -> Markup {
    html! { pre.document tabindex="0" role="region" aria-label=(label) { (pretty(value)) } }
}

/// What a step made of a document: the lines that differ, with those around them. Nothing if none does.
pub fn difference(label: &str, before: &Value, after: &Value) -> Option<Markup> {
    if before == after {
        return None;
    }
    let (before, after) = (lines(before), lines(after));
    let diff = TextDiff::from_lines(&before, &after);
    let hunks: Vec<_> = diff.unified_diff().context_radius(3).iter_hunks().collect();
    Some(html! {
        pre.document.difference tabindex="0" role="region" aria-label=(label) {
            @for hunk in &hunks {
                @for change in hunk.iter_changes() {
                    @let line = change.value().trim_end_matches('\n');
                    @match change.tag() {
                        ChangeTag::Equal => { span.line { "  " (line) } }
                        ChangeTag::Delete => { del.line { "- " (line) } }
                        ChangeTag::Insert => { ins.line { "+ " (line) } }
                    }
                }
            }
        }
    })
}

/// Without the commas at their ends, by which the last line would differ from one that another follows.
fn lines(value: &Value) -> String {
    let text = pretty(value);
    let lines = text.lines().map(|line| line.trim_end_matches(','));
    lines.flat_map(|line| [line, "\n"]).collect()
}

pub fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

/// How long a document to edit may become by being laid out in lines: one that is nested a hundred deep becomes a hundred times as
/// long.
const LONGEST: usize = 4 * 1024 * 1024;

/// A document to edit, in lines unless that makes far more of it.
pub fn editable(value: &Value) -> String {
    let lines = pretty(value);
    match lines.len() <= LONGEST {
        true => lines,
        false => value.to_string(),
    }
}

/// A bar from one part of a span of time to another; text beside it says the same.
pub fn bar(outcome: Outcome, span: Duration, from: Duration, to: Duration) -> Markup {
    let share = |time: Duration| {
        let share = time.as_secs_f64() / span.as_secs_f64().max(0.001);
        (share * 1000.0).clamp(0.0, 1000.0)
    };
    let (from, to) = (share(from), share(to));
    // One that took no time is seen as well.
    let width = (to - from).max(4.0);
    let from = from.min(1000.0 - width);
    html! {
        svg.bar viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
            rect class=(outcome.as_str()) x=(format!("{from:.1}")) width=(format!("{width:.1}")) y="1" height="8" rx="2" {}
        }
    }
}

/// A graph that txflow drew, whose texts are escaped. It shrinks to the room that there is, as long as it can be read.
pub fn drawing(drawing: &Drawing) -> Markup {
    let least = (drawing.width * 0.75).ceil();
    html! {
        div.picture tabindex="0" role="region" aria-label="Graph of the workflow" {
            div.sheet {
                // What it holds open cannot be said in a style sheet, and styles in a page are refused.
                svg width=(least) height="0" aria-hidden="true" {}
                (PreEscaped(&drawing.svg))
            }
        }
    }
}

/// Which part of a list is shown, and the ways to those before and after it. `url` gives the address of a page, from 1.
pub fn pages(
    page: usize,
    count: usize,
    (before, after): (&str, &str),
    url: &dyn Fn(usize) -> String,
) -> Markup {
    html! {
        @if count > 1 {
            nav.pages aria-label="Pages" {
                @if page > 1 { a rel="prev" href=(url(page - 1)) { (before) } }
                span { "Page " (page) " of " (count) }
                @if page < count { a rel="next" href=(url(page + 1)) { (after) } }
            }
        }
    }
}

/// With what stands between backticks as code.
pub fn with_code(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A line of a command as a sentence of a page.
pub fn sentence(line: &str) -> String {
    let mut rest = line.chars();
    let Some(first) = rest.next() else {
        return String::new();
    };
    let end = if line.ends_with(['.', '?', '…']) {
        ""
    } else {
        "."
    };
    format!("{}{}{end}", first.to_uppercase(), rest.as_str())
}

/// The content of an area for text, which leaves out a newline at its beginning.
pub fn area(text: &str) -> String {
    format!("\n{text}")
}

/// The field that shows that a form is of this page.
pub fn form_token(token: &str) -> Markup {
    html! { input type="hidden" name="form" value=(token); }
}
