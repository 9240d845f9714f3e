//! Executions as the rows of a table.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::executions::{Listed, between};
use crate::report::outcome;
use crate::report::style::{FAINT, ago, date, duration, seconds};
use crate::world::one_line;

/// An execution in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(in crate::commands) struct Row {
    #[serde(flatten)]
    listed: Listed,
    /// From its start to its end, or to now.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    elapsed: Duration,
}

impl Row {
    pub fn new(listed: Listed, now: SystemTime) -> Self {
        Self {
            elapsed: between(listed.started, listed.stopped.unwrap_or(now)),
            listed,
        }
    }
}

/// A line for each, below a heading.
pub(in crate::commands) fn rows(rows: &[Row], now: SystemTime) -> String {
    let executions = || rows.iter().map(|row| &row.listed);
    let names = executions().map(|listed| one_line(&listed.name).chars().count());
    let name_width = names.chain(["NAME".len()]).max().unwrap_or(0);
    let statuses = executions().map(|listed| listed.status.as_str().len());
    let status_width = statuses.chain(["STATUS".len()]).max().unwrap_or(0);
    let mut text = format!(
        "{FAINT}{:name_width$}  {:status_width$}  {:20}  {:>9}  {:>10}  RELEASE{FAINT:#}",
        "NAME", "STATUS", "STARTED", "", "DURATION"
    );
    for Row { listed, elapsed } in rows {
        let style = outcome::style(listed.status.outcome());
        let ago = ago(between(listed.started, now));
        let elapsed = duration(*elapsed);
        let release = listed.release.map_or("-".to_owned(), |n| n.to_string());
        let _ = write!(
            text,
            "\n{:name_width$}  {style}{:status_width$}{style:#}  {}  {FAINT}{ago:>9}{FAINT:#}  {elapsed:>10}  {release}",
            one_line(&listed.name),
            listed.status.as_str(),
            date(listed.started),
        );
    }
    text
}
