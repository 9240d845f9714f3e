//! Executions as the rows of a table.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::config::ExecutionStatus;
use crate::executions::{Listed, Status};
use crate::report::style::{
    ACTION, ATTENTION, BAD, FAINT, GOOD, ago, date, duration, middle_cut, name_width, rfc3339,
    since_1970,
};
use crate::world::{Style, one_line};

/// An execution in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(in crate::commands) struct Row {
    name: String,
    execution_arn: String,
    status: Status,
    started: String,
    stopped: Option<String>,
    /// From its start to its end, or to now.
    seconds: f64,
    release: Option<u64>,
    #[serde(skip)]
    start: SystemTime,
}

impl Row {
    pub fn new(listed: Listed, now: SystemTime) -> Self {
        let start = since_1970(listed.started);
        let stop = listed.stopped.map(since_1970);
        let elapsed = stop.unwrap_or(now).duration_since(start);
        Self {
            name: listed.name,
            execution_arn: listed.execution_arn,
            status: listed.status,
            started: rfc3339(start),
            stopped: stop.map(rfc3339),
            // Clocks may disagree.
            seconds: elapsed.unwrap_or_default().as_secs_f64(),
            release: listed.release,
            start,
        }
    }
}

/// A line for each, below a heading, in so many columns if that matters.
pub(in crate::commands) fn rows(rows: &[Row], now: SystemTime, columns: Option<usize>) -> String {
    let widest = |heading: &str, widths: &mut dyn Iterator<Item = usize>| {
        widths.chain([heading.len()]).max().unwrap_or(0)
    };
    let agos: Vec<String> = { rows.iter() }
        .map(|row| ago(now.duration_since(row.start).unwrap_or_default()))
        .collect();
    let durations: Vec<String> = { rows.iter() }
        .map(|row| duration(Duration::try_from_secs_f64(row.seconds).unwrap_or_default()))
        .collect();
    let names = widest(
        "NAME",
        &mut rows.iter().map(|row| one_line(&row.name).chars().count()),
    );
    let status = widest(
        "STATUS",
        &mut rows.iter().map(|row| row.status.as_str().len()),
    );
    let ago = widest(" 1 h ago ", &mut agos.iter().map(String::len));
    let took = widest(" DURATION ", &mut durations.iter().map(String::len));
    let others = status + DATE + ago + took + "RELEASE".len() + 5 * "  ".len();
    let name = name_width(names, others, columns);
    let mut text = format!(
        "{FAINT}{:name$}  {:status$}  {:DATE$}  {:>ago$}  {:>took$}  RELEASE{FAINT:#}",
        "NAME", "STATUS", "STARTED", "", "DURATION"
    );
    for ((row, since), elapsed) in rows.iter().zip(agos).zip(durations) {
        let style = style(row.status);
        let release = row.release.map_or("-".to_owned(), |n| n.to_string());
        let _ = write!(
            text,
            "\n{:name$}  {style}{:status$}{style:#}  {}  {FAINT}{since:>ago$}{FAINT:#}  {elapsed:>took$}  {release}",
            middle_cut(&one_line(&row.name), name),
            row.status.as_str(),
            date(row.start),
        );
    }
    text
}

/// The characters of a date.
const DATE: usize = "2026-11-25 21:17 UTC".len();

/// The colour of a status, which its word says as well.
pub(super) fn style(status: Status) -> Style {
    match status {
        Status::Running | Status::PendingRedrive => ACTION,
        Status::Ended(ExecutionStatus::Succeeded) => GOOD,
        Status::Ended(ExecutionStatus::Aborted) => ATTENTION,
        Status::Ended(_) => BAD,
    }
}
