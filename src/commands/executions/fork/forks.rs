//! What a fork of many executions tells.

use schemars::JsonSchema;
use serde::Serialize;

use super::forked::Start;
use crate::commands::executions::rows::shortened;
use crate::executions::Status;
use crate::report::github::{Markdown, text};
use crate::report::style::{FAINT, end_cut, middle_cut, name_width};
use crate::report::{Answer, counted};
use crate::world::{columns, one_line, padded};

/// Forks of many executions.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Forks {
    pub(super) forks: Vec<Row>,
    /// The executions beyond `--last`.
    pub(super) more: usize,
    /// The executions of `txflow test`, which are left out.
    pub(super) of_tests: usize,
    #[serde(skip)]
    pub(super) columns: Option<usize>,
}

/// An execution, and what became of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Row {
    pub execution: String,
    /// Why it was not forked.
    pub cause: Option<String>,
    pub fork: Option<Start>,
    /// The execution that was started.
    pub name: Option<String>,
    pub execution_arn: Option<String>,
    /// If it was waited for.
    pub status: Option<Status>,
}

impl Forks {
    /// Whether each was forked, and has succeeded if it was waited for.
    pub fn all_well(&self) -> bool {
        use crate::config::ExecutionStatus::Succeeded;
        let well = |row: &Row| {
            row.cause.is_none()
                && row
                    .status
                    .is_none_or(|status| status == Status::Ended(Succeeded))
        };
        self.forks.iter().all(well)
    }

    pub fn can_be_forked(&self) -> usize {
        self.forks.iter().filter(|row| row.fork.is_some()).count()
    }

    /// What is not in the table.
    fn left_out(&self) -> Vec<String> {
        let mut left_out = Vec::new();
        if self.more > 0 {
            left_out.push(format!("and {} more, beyond `--last`", self.more));
        }
        if self.of_tests > 0 {
            left_out.push(format!(
                "left out: {} of `txflow test`; name one to fork it",
                counted(self.of_tests, "execution")
            ));
        }
        left_out
    }

    /// Why executions were not forked, with their names.
    fn causes(&self) -> Vec<String> {
        let mut causes: Vec<(&str, Vec<String>)> = Vec::new();
        for row in &self.forks {
            let Some(cause) = row.cause.as_deref() else {
                continue;
            };
            let name = format!("`{}`", row.execution);
            match causes.iter_mut().find(|(known, _)| *known == cause) {
                Some((_, names)) => names.push(name),
                None => causes.push((cause, vec![name])),
            }
        }
        let causes = causes.into_iter();
        let causes = causes.map(|(cause, names)| format!("{}: {cause}", names.join(", ")));
        causes.collect()
    }

    /// The cells below the headings, in a terminal as narrow as it may be: a state has its beginning, and a name what tells
    /// it from the others.
    fn cells(&self) -> Vec<[String; 4]> {
        let cells = self.forks.iter().map(Row::cells);
        let cells = cells.map(|row| row.map(|cell| one_line(&cell).into_owned()));
        let mut cells: Vec<[String; 4]> = cells.collect();
        let Some(columns) = self.columns else {
            return cells;
        };
        for row in &mut cells {
            row[1] = end_cut(&row[1], LONGEST_STATE).into_owned();
        }
        let widths = widths(&cells);
        let gaps = GAP.len() * (HEADINGS.len() - 1);
        let names = columns.saturating_sub(widths[1] + widths[3] + gaps);
        // The name of a fork begins with that of the execution, and its end says which it is.
        let forks = name_width(widths[2], 0, Some(names / 2));
        let executions = name_width(widths[0], 0, Some(names.saturating_sub(forks)));
        let all: Vec<String> = cells.iter().map(|row| row[0].clone()).collect();
        for (index, row) in cells.iter_mut().enumerate() {
            row[0] = shortened(&all, index, executions);
            row[2] = middle_cut(&row[2], forks);
        }
        cells
    }
}

const HEADINGS: [&str; 4] = ["EXECUTION", "FROM", "FORK", "RESULT"];

const GAP: &str = "  ";

const LONGEST_STATE: usize = 20;

fn widths(cells: &[[String; 4]]) -> [usize; 4] {
    std::array::from_fn(|column| {
        let cells = cells.iter().map(|row| columns(&row[column]));
        cells.chain([HEADINGS[column].len()]).max().unwrap_or(0)
    })
}

impl Row {
    fn cells(&self) -> [String; 4] {
        let none = || "-".to_owned();
        let result = match (&self.cause, self.status) {
            (Some(_), _) => "not forked".to_owned(),
            (None, Some(status)) => status.as_str().to_owned(),
            (None, None) if self.name.is_some() => "started".to_owned(),
            (None, None) => "can be forked".to_owned(),
        };
        [
            self.execution.clone(),
            self.fork.as_ref().map_or_else(none, Start::place),
            self.name.clone().unwrap_or_else(none),
            result,
        ]
    }
}

impl Answer for Forks {
    fn text(&self) -> String {
        let mut lines = Vec::new();
        if self.forks.is_empty() {
            lines.push("No executions to fork.".to_owned());
        } else {
            let cells = self.cells();
            let widths = widths(&cells);
            let line = |row: [&str; 4]| {
                let row = row.iter().zip(&widths);
                let row: Vec<String> = row.map(|(cell, width)| padded(cell, *width)).collect();
                row.join(GAP).trim_end().to_owned()
            };
            lines.push(format!("{FAINT}{}{FAINT:#}", line(HEADINGS)));
            lines.extend(
                cells
                    .iter()
                    .map(|row| line(row.each_ref().map(String::as_str))),
            );
        }
        let below = self.causes().into_iter().chain(self.left_out());
        lines.extend(below.map(|line| one_line(&line).into_owned()));
        lines.join("\n")
    }

    fn summary(&self) -> Option<String> {
        let rows: Vec<[String; 4]> = { self.forks.iter() }
            .map(|row| row.cells().map(|cell| text(&cell)))
            .collect();
        let mut markdown = Markdown::default();
        markdown.heading(2, "Forked executions");
        markdown.table(HEADINGS, &rows);
        for line in self.causes().into_iter().chain(self.left_out()) {
            markdown.paragraph(&text(&line));
        }
        Some(markdown.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forks(names: &[&str], columns: usize) -> Forks {
        let forks = names.iter().map(|name| Row {
            execution: (*name).to_owned(),
            cause: None,
            fork: None,
            name: Some(format!("{name}_fork-72a90ea3-1")),
            execution_arn: None,
            status: None,
        });
        Forks {
            forks: forks.collect(),
            more: 0,
            of_tests: 0,
            columns: Some(columns),
        }
    }

    #[test]
    fn a_narrow_table_shortens_names_and_says_below_what_does_not_fit() {
        let long = ["138e5998", "52c1f0aa"].map(|id| format!("{id}-9cee-46f7-926c-5065ac4376e1"));
        let mut forks = forks(&[&long[0], &long[1], "order-1"], 80);
        forks.forks[2].cause =
            Some("the execution ended between two states, so no state of it failed".to_owned());
        forks.forks[2].name = None;
        forks.more = 2;
        forks.of_tests = 1;
        let text = crate::world::plain(&forks.text());
        assert_eq!(
            text,
            "EXECUTION                       FROM  FORK                            RESULT\n\
             138e5998-9cee-46f7-926c-5065a…  -     138e5998-9cee-…fork-72a90ea3-1  started\n\
             52c1f0aa-9cee-46f7-926c-5065a…  -     52c1f0aa-9cee-…fork-72a90ea3-1  started\n\
             order-1                         -     -                               not forked\n\
             `order-1`: the execution ended between two states, so no state of it failed\n\
             and 2 more, beyond `--last`\n\
             left out: 1 execution of `txflow test`; name one to fork it"
        );
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }
}
