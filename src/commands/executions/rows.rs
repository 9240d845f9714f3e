//! Executions as the rows of a table.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::executions::{Listed, between};
use crate::report::outcome;
use crate::report::style::{FAINT, ago, date, duration, middle_cut, name_width, seconds};
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
    pub fn new(listed: Listed, now: Timestamp) -> Self {
        Self {
            elapsed: between(listed.started, listed.stopped.unwrap_or(now)),
            listed,
        }
    }
}

/// A line for each, below a heading, in so many columns if that matters.
pub(in crate::commands) fn rows(rows: &[Row], now: Timestamp, columns: Option<usize>) -> String {
    let widest = |heading: &str, widths: &mut dyn Iterator<Item = usize>| {
        widths.chain([heading.len()]).max().unwrap_or(0)
    };
    let agos: Vec<String> = { rows.iter() }
        .map(|row| ago(between(row.listed.started, now)))
        .collect();
    let durations: Vec<String> = rows.iter().map(|row| duration(row.elapsed)).collect();
    let executions = || rows.iter().map(|row| &row.listed);
    let names = widest(
        "NAME",
        &mut executions().map(|listed| one_line(&listed.name).chars().count()),
    );
    let status = widest(
        "STATUS",
        &mut executions().map(|listed| listed.status.as_str().len()),
    );
    let ago = widest(" 1 h ago ", &mut agos.iter().map(String::len));
    let took = widest(" DURATION ", &mut durations.iter().map(String::len));
    let others = status + DATE + ago + took + "RELEASE".len() + 5 * "  ".len();
    let name = name_width(names, others, columns);
    let mut text = format!(
        "{FAINT}{:name$}  {:status$}  {:DATE$}  {:>ago$}  {:>took$}  RELEASE{FAINT:#}",
        "NAME", "STATUS", "STARTED", "", "DURATION"
    );
    for ((listed, since), elapsed) in executions().zip(agos).zip(durations) {
        let style = outcome::style(listed.status.outcome());
        let release = listed.release.map_or("-".to_owned(), |n| n.to_string());
        let _ = write!(
            text,
            "\n{:name$}  {style}{:status$}{style:#}  {}  {FAINT}{since:>ago$}{FAINT:#}  {elapsed:>took$}  {release}",
            middle_cut(&one_line(&listed.name), name),
            listed.status.as_str(),
            date(listed.started),
        );
    }
    text
}

/// The characters of a date.
const DATE: usize = "2026-11-25 21:17 UTC".len();
