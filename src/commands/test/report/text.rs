//! The reports of tests as people read them.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value;
use txflow_asl::Arn;

use super::test_report::TestReport;
use super::{Shown, Skipped, counts};
use crate::config::ExecutionStatus;
use crate::executions::{Cause, Mismatch, Status};
use crate::logs::readable;
use crate::report::style::{ATTENTION, BAD, FAINT, GOOD, STRONG, duration, middle_cut};
use crate::report::{beginning, counted, retried};
use crate::world::{Style, fitted, linked, one_line, wrapped};

const ONCE_MORE: &str = "run once more, since a policy of the new release was not in force yet";
/// How much of an input is shown.
const INPUT_LINES: usize = 12;
const INPUT_WIDTH: usize = 160;
/// What a terminal of 80 columns shows beside a label.
const ONE_LINE: usize = 80 - LABEL;
/// The width of `     output  `.
const LABEL: usize = 13;
/// The labels of what is wrapped on a terminal. What is data stays as it is.
const PROSE: [&str; 4] = ["again", "error", "hint", "cause"];
/// How much of a line of a cause is shown: six rows of such a terminal, in which a refusal of IAM says all of it.
const CAUSE_WIDTH: usize = 6 * ONE_LINE;
/// How much of a stack trace is shown.
const TRACE_LINES: usize = 8;

/// All tests: a line for each that passed, those that failed in full below them, and a line that counts them.
pub(super) fn text(reports: &[TestReport], skipped: &[Skipped], shown: Shown) -> String {
    let mut text = String::new();
    for report in reports.iter().filter(|report| report.passed) {
        passed(&mut text, report, shown);
    }
    for Skipped { test, reason } in skipped {
        let test = one_line(test);
        let _ = writeln!(
            text,
            "{ATTENTION}SKIP{ATTENTION:#} {STRONG}{test}{STRONG:#} {FAINT}({reason}){FAINT:#}"
        );
    }
    for report in reports.iter().filter(|report| !report.passed) {
        failed(&mut text, report, shown);
    }
    let (tests, counts) = counts(reports, skipped);
    let _ = write!(text, "{tests}: {counts}");
    text
}

fn passed(text: &mut String, report: &TestReport, shown: Shown) {
    let unusual = match report.status {
        Some(Status::Ended(ExecutionStatus::Succeeded)) | None => String::new(),
        Some(status) => format!(" (execution {}, as expected)", status.as_str()),
    };
    let took = took(report, shown);
    heading(text, GOOD, "PASS", report, &format!("{took}{unusual}"));
    if report.denied_execution_arn.is_some() {
        field(text, shown, "again", ONCE_MORE);
    }
    if !shown.verbose {
        return;
    }
    if let Some(path) = report.path_text() {
        field(text, shown, "path", &one_line(&path));
    }
    if let Some(output) = &report.output {
        field(text, shown, "output", &whole(output));
    }
    failure(text, shown, report);
}

fn failed(text: &mut String, report: &TestReport, shown: Shown) {
    let what = match report.status {
        None => report.headline.to_owned(),
        Some(status) if status.is_ended() => {
            format!("{} in {}", status.as_str(), took(report, shown))
        }
        Some(status) => format!("{} after {}", status.as_str(), took(report, shown)),
    };
    heading(text, BAD, "FAIL", report, &what);
    if report.denied_execution_arn.is_some() {
        field(text, shown, "again", ONCE_MORE);
    }
    if let Some(problem) = &report.problem {
        field(text, shown, "error", problem);
        if let Some(hint) = &report.hint {
            field(text, shown, "hint", hint);
        }
        return;
    }
    for line in &report.tree {
        let line = match shown.columns {
            Some(columns) => fitted(line, columns.saturating_sub("     ".len())),
            None => Cow::Borrowed(&**line),
        };
        let _ = writeln!(text, "     {line}");
    }
    if let Some(output) = &report.output {
        field(text, shown, "output", &shortened(output));
    }
    failure(text, shown, report);
    if let Some(hint) = &report.hint {
        field(text, shown, "hint", hint);
    }
    for mismatch in &report.mismatches {
        expectation(text, mismatch);
    }
    logs(text, report);
    whereabouts(text, shown, report);
}

fn heading(text: &mut String, style: Style, word: &str, report: &TestReport, what: &str) {
    let _ = writeln!(
        text,
        "{style}{word}{style:#} {STRONG}{}{STRONG:#} {FAINT}{what}{FAINT:#}",
        one_line(&report.test)
    );
}

/// How long the execution took, and whether that is the time that it would have taken.
fn took(report: &TestReport, shown: Shown) -> String {
    let elapsed = duration(report.elapsed);
    let time = if shown.is_virtual { " (virtual)" } else { "" };
    format!("{elapsed}{time}{}", retried(report.retries))
}

/// A label, and a value whose further lines stand below its first.
fn field(text: &mut String, shown: Shown, label: &str, value: &str) {
    let mut label = label;
    let value = match shown.columns {
        Some(columns) if PROSE.contains(&label) => {
            Cow::Owned(wrapped(value, columns.saturating_sub(LABEL).max(LABEL)))
        }
        _ => Cow::Borrowed(value),
    };
    for line in value.lines() {
        let _ = writeln!(text, "     {FAINT}{label:<7}{FAINT:#} {line}");
        label = "";
    }
}

fn failure(text: &mut String, shown: Shown, report: &TestReport) {
    if let Some(failure) = &report.failure {
        let verb = match report.status {
            Some(Status::Running) => "hangs",
            _ => "failed",
        };
        field(
            text,
            shown,
            verb,
            &format!("in state `{}`", one_line(&failure.state)),
        );
        if let Some(input) = failure.input.as_ref().filter(|_| !report.passed) {
            field(text, shown, "input", &shortened(input));
        }
    }
    if let Some(error) = &report.error {
        field(text, shown, "error", &one_line(error));
    }
    let cause = report.cause.as_deref().map(Cause::parse);
    if let Some(cause) = cause {
        let message = match report.passed {
            true => cause.message,
            // `details` is the way to the rest.
            false => cause
                .message
                .lines()
                .map(cut_text)
                .collect::<Vec<_>>()
                .join("\n"),
        };
        field(text, shown, "cause", &message);
        if !report.passed {
            let trace = cause.stack_trace.iter().take(TRACE_LINES);
            let trace: Vec<&str> = trace.map(String::as_str).collect();
            field(text, shown, "trace", &trace.join("\n"));
        }
    }
}

/// In a line if it fits, else pretty.
fn whole(value: &Value) -> String {
    let line = value.to_string();
    match line.chars().count() {
        0..=ONE_LINE => line,
        _ => format!("{value:#}"),
    }
}

/// Pretty, and no longer than what helps; the execution has it all.
fn shortened(input: &Value) -> String {
    let pretty = whole(input);
    let count = pretty.lines().count();
    let mut lines: Vec<String> = pretty.lines().take(INPUT_LINES).map(cut).collect();
    if count > INPUT_LINES {
        let more = counted(count - INPUT_LINES, "more line");
        lines.push(format!("… {more}"));
    }
    lines.join("\n")
}

fn cut(line: &str) -> String {
    cut_at(line, INPUT_WIDTH)
}

fn cut_text(line: &str) -> String {
    cut_at(line, CAUSE_WIDTH)
}

fn cut_at(line: &str, width: usize) -> String {
    match line.char_indices().nth(width) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

fn expectation(text: &mut String, mismatch: &Mismatch) {
    let Mismatch {
        what, line, detail, ..
    } = mismatch;
    let _ = writeln!(
        text,
        "     {BAD}{}{BAD:#} {FAINT}(deploy.toml:{line}){FAINT:#}",
        one_line(&what.to_string())
    );
    for line in detail.lines() {
        let style = match line.chars().next() {
            Some('-') if mismatch.is_diff => Some(BAD),
            Some('+') if mismatch.is_diff => Some(GOOD),
            _ => None,
        };
        let _ = match style {
            Some(style) => writeln!(text, "       {style}{line}{style:#}"),
            None => writeln!(text, "       {line}"),
        };
    }
}

fn logs(text: &mut String, report: &TestReport) {
    let Some(group) = &report.log_group else {
        return;
    };
    let _ = writeln!(
        text,
        "     {FAINT}last lines of {}{FAINT:#}",
        one_line(group)
    );
    for line in &report.logs {
        let line = readable(line).replace('\n', "\n         ");
        let _ = writeln!(text, "       {line}");
    }
    if report.logs.is_empty() {
        let _ = writeln!(text, "       (none)");
    }
}

fn whereabouts(text: &mut String, shown: Shown, report: &TestReport) {
    if let Some(arn) = &report.execution_arn {
        let arn = one_line(arn);
        let arn = match shown.columns {
            Some(columns) => middle_cut(&arn, columns.saturating_sub(2 + LABEL)),
            None => arn.into_owned(),
        };
        let arn = linked(&arn, report.links.console_url.as_deref());
        let _ = writeln!(text, "     {FAINT}execution{FAINT:#} {arn}");
    }
    if let Some(show) = &report.links.show {
        let name = report.execution_arn.as_deref().map(Arn::execution_name);
        let fits = |columns| show.chars().count() + 2 + LABEL <= columns;
        let show = match (name, shown.columns) {
            (Some(name), Some(columns)) if !fits(columns) => {
                show.replacen(name, beginning(name), 1)
            }
            _ => show.clone(),
        };
        let _ = writeln!(text, "     {FAINT}details{FAINT:#}   {show}");
    }
}

#[cfg(test)]
mod tests;
