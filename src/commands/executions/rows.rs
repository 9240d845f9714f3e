//! Executions as the rows of a table.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::config::ExecutionStatus;
use crate::executions::{Listed, Status};
use crate::report::style::{
    ACTION, ATTENTION, BAD, FAINT, GOOD, ago, date, duration, rfc3339, since_1970,
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

/// A line for each, below a heading.
pub(in crate::commands) fn rows(rows: &[Row], now: SystemTime) -> String {
    let names = rows.iter().map(|row| one_line(&row.name).chars().count());
    let name_width = names.chain(["NAME".len()]).max().unwrap_or(0);
    let statuses = rows.iter().map(|row| row.status.as_str().len());
    let status_width = statuses.chain(["STATUS".len()]).max().unwrap_or(0);
    let mut text = format!(
        "{FAINT}{:name_width$}  {:status_width$}  {:20}  {:>9}  {:>10}  RELEASE{FAINT:#}",
        "NAME", "STATUS", "STARTED", "", "DURATION"
    );
    for row in rows {
        let style = style(row.status);
        let ago = ago(now.duration_since(row.start).unwrap_or_default());
        let elapsed = duration(Duration::try_from_secs_f64(row.seconds).unwrap_or_default());
        let release = row.release.map_or("-".to_owned(), |n| n.to_string());
        let _ = write!(
            text,
            "\n{:name_width$}  {style}{:status_width$}{style:#}  {}  {FAINT}{ago:>9}{FAINT:#}  {elapsed:>10}  {release}",
            one_line(&row.name),
            row.status.as_str(),
            date(row.start),
        );
    }
    text
}

/// The colour of a status, which its word says as well.
pub(super) fn style(status: Status) -> Style {
    match status {
        Status::Running | Status::PendingRedrive => ACTION,
        Status::Ended(ExecutionStatus::Succeeded) => GOOD,
        Status::Ended(ExecutionStatus::Aborted) => ATTENTION,
        Status::Ended(_) => BAD,
    }
}
