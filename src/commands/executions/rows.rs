//! Executions as the rows of a table.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::executions::{Listed, between};
use crate::report::outcome;
use crate::report::style::{FAINT, ago, date, duration, end_cut, middle_cut, name_width, seconds};
use crate::world::{columns, one_line, padded};

/// An execution in a list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::commands) struct Row {
    #[serde(flatten)]
    listed: Listed,
    /// From its start to its end, or to now.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    #[schemars(with = "f64")]
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

/// A line for each, below a heading, in so many columns if that matters. If they are few, the date goes first, and then the
/// ends of names: a beginning is enough to name an execution.
pub(in crate::commands) fn rows(rows: &[Row], now: Timestamp, room: Option<usize>) -> String {
    let dates = Column::new("STARTED", rows, |row| date(row.listed.started)).left();
    let agos =
        Column::new("", rows, |row| ago(between(row.listed.started, now))).at_least(" 1 h ago ");
    let is_beside = rows.iter().any(|row| row.listed.version.is_some());
    let numbered = if is_beside { "VERSION" } else { "RELEASE" };
    let others = [
        Column::new("STATUS", rows, |row| row.listed.status.as_str().to_owned())
            .at_least("SUCCEEDED")
            .left(),
        Column::new("DURATION", rows, |row| duration(row.elapsed)).at_least(" DURATION "),
        Column::new(numbered, rows, release).left(),
    ];
    let names: Vec<String> = { rows.iter() }
        .map(|row| one_line(&row.listed.name).into_owned())
        .collect();
    let widest = names.iter().map(|name| columns(name)).max();
    let widest = widest.unwrap_or(0).max("NAME".len());
    let name_room = |dated: bool| {
        let dates = if dated { dates.width + GAP } else { 0 };
        let others: usize = others.iter().map(|column| column.width + GAP).sum();
        name_width(widest, others + agos.width + GAP + dates, room)
    };
    let dated = name_room(true) == widest;
    let width = name_room(dated);
    let [status, elapsed, release] = &others;
    let agos = match dated {
        true => agos,
        false => agos.headed("STARTED"),
    };
    let mut text = String::new();
    for line in 0..=rows.len() {
        let name = match line.checked_sub(1) {
            None => "NAME".to_owned(),
            Some(row) => shortened(&names, row, width),
        };
        let mut cells = vec![padded(&name, width), status.cell(line)];
        cells.extend(dated.then(|| dates.cell(line)));
        cells.extend([agos.cell(line), elapsed.cell(line), release.cell(line)]);
        if let Some(row) = line.checked_sub(1) {
            let style = outcome::style(rows[row].listed.status.outcome());
            cells[1] = format!("{style}{}{style:#}", cells[1]);
            let ago = cells.len() - 3;
            cells[ago] = format!("{FAINT}{}{FAINT:#}", cells[ago]);
            let _ = write!(text, "\n{}", cells.join("  ").trim_end());
        } else {
            let _ = write!(text, "{FAINT}{}{FAINT:#}", cells.join("  ").trim_end());
        }
    }
    text
}

/// The spaces between columns.
const GAP: usize = 2;

/// The release, or the version of a state machine that has none, and whether the execution was started again since.
fn release(row: &Row) -> String {
    let release = match row.listed.release.or(row.listed.version) {
        Some(release) => release.to_string(),
        None if row.listed.fork => "fork".to_owned(),
        None => "-".to_owned(),
    };
    match row.listed.redrives {
        0 => release,
        1 => format!("{release}, redriven"),
        times => format!("{release}, redriven {times} times"),
    }
}

/// The beginning of a name, if that tells it from the others; else both ends.
pub(super) fn shortened(names: &[String], row: usize, width: usize) -> String {
    let name = &names[row];
    let short = end_cut(name, width);
    let beginning = short.trim_end_matches('…');
    let mut alike = names.iter().filter(|other| other.starts_with(beginning));
    match alike.nth(1) {
        Some(_) => middle_cut(name, width),
        None => short.into_owned(),
    }
}

/// One column, with its heading.
struct Column {
    heading: &'static str,
    texts: Vec<String>,
    width: usize,
    is_left: bool,
}

impl Column {
    fn new(heading: &'static str, rows: &[Row], text: impl Fn(&Row) -> String) -> Self {
        let texts: Vec<String> = rows.iter().map(text).collect();
        let widest = texts.iter().map(|text| text.chars().count()).max();
        Self {
            heading,
            width: widest.unwrap_or(0).max(heading.len()),
            texts,
            is_left: false,
        }
    }

    /// As wide as this text, so that the next list has the same columns.
    fn at_least(self, text: &str) -> Self {
        Self {
            width: self.width.max(text.len()),
            ..self
        }
    }

    fn left(self) -> Self {
        Self {
            is_left: true,
            ..self
        }
    }

    fn headed(self, heading: &'static str) -> Self {
        Self {
            heading,
            width: self.width.max(heading.len()),
            ..self
        }
    }

    /// The heading in the first line, or the text of a row in one below it.
    fn cell(&self, line: usize) -> String {
        let text = match line.checked_sub(1) {
            None => self.heading,
            Some(row) => &self.texts[row],
        };
        let width = self.width;
        match self.is_left {
            true => format!("{text:width$}"),
            false => format!("{text:>width$}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ExecutionStatus;
    use crate::executions::Status;
    use crate::report::style::since_1970;

    fn row(name: &str, redrives: u32) -> Row {
        let now = since_1970(1_795_641_500.0);
        let listed = Listed {
            execution_arn: format!("arn:{name}"),
            name: name.to_owned(),
            status: Status::Ended(ExecutionStatus::Succeeded),
            started: since_1970(1_795_641_400.0),
            stopped: Some(since_1970(1_795_641_402.0)),
            release: Some(3),
            version: None,
            fork: false,
            redrives,
        };
        Row::new(listed, now)
    }

    fn shown(names: &[&str], room: usize) -> String {
        let listed: Vec<Row> = names.iter().map(|name| row(name, 0)).collect();
        let now = since_1970(1_795_641_500.0);
        let text = crate::world::plain(&rows(&listed, now, Some(room)));
        let widths = text.lines().map(columns);
        assert!(widths.max() <= Some(room), "{text}");
        text
    }

    #[test]
    fn a_narrow_list_gives_up_the_date_and_then_the_ends_of_names() {
        let long = "txflow-PURCHASE-138e5998-9cee-46f7-926c-5065ac4376e1";
        assert_eq!(
            shown(&["order-1"], 90),
            "NAME     STATUS     STARTED                            DURATION  RELEASE\n\
             order-1  SUCCEEDED  2026-11-25 21:16 UTC  1 min ago      2.00 s  3"
        );
        assert_eq!(
            shown(&[long, "order-1"], 80),
            "NAME                                   STATUS       STARTED    DURATION  RELEASE\n\
             txflow-PURCHASE-138e5998-9cee-46f7-9…  SUCCEEDED  1 min ago      2.00 s  3\n\
             order-1                                SUCCEEDED  1 min ago      2.00 s  3"
        );
        let other = "txflow-PURCHASE-138e5998-9cee-46f7-926c-5065ac4376e2";
        let text = shown(&[long, other], 80);
        assert!(text.contains("6e1  ") && text.contains("6e2  "), "{text}");
    }

    #[test]
    fn wide_characters_keep_the_columns_aligned() {
        assert_eq!(
            shown(&["注文-1", "order-17"], 90),
            "NAME      STATUS     STARTED                            DURATION  RELEASE\n\
             注文-1    SUCCEEDED  2026-11-25 21:16 UTC  1 min ago      2.00 s  3\n\
             order-17  SUCCEEDED  2026-11-25 21:16 UTC  1 min ago      2.00 s  3"
        );
    }

    #[test]
    fn what_was_redriven_is_said_to_be() {
        let now = since_1970(1_795_641_500.0);
        let text = rows(&[row("a", 1), row("b", 3)], now, None);
        assert!(text.contains("3, redriven\n"), "{text}");
        assert!(text.ends_with("3, redriven 3 times"), "{text}");
    }
}
