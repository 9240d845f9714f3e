//! The reports of tests as people read them.

use std::fmt::Write as _;

use serde_json::Value;

use super::test_report::TestReport;
use super::{Skipped, counts};
use crate::executions::{Cause, Mismatch, Status};
use crate::logs::readable;
use crate::report::style::{ATTENTION, BAD, FAINT, GOOD, STRONG, duration};
use crate::report::{counted, retried};
use crate::world::{linked, one_line};

const ONCE_MORE: &str = "run once more, since a policy of the new release was not in force yet";
/// How much of an input is shown.
const INPUT_LINES: usize = 12;
const INPUT_WIDTH: usize = 160;
/// How much of a stack trace is shown.
const TRACE_LINES: usize = 8;

/// All tests, and a line that counts them.
pub(super) fn text(reports: &[TestReport], skipped: &[Skipped]) -> String {
    let mut text = String::new();
    for report in reports {
        test(&mut text, report);
    }
    for Skipped { test, reason } in skipped {
        let test = one_line(test);
        let _ = writeln!(
            text,
            "{ATTENTION}SKIP{ATTENTION:#} {STRONG}{test}{STRONG:#} {FAINT}{reason}{FAINT:#}"
        );
    }
    let (tests, counts) = counts(reports, skipped);
    let _ = write!(text, "{tests}: {counts}");
    text
}

fn test(text: &mut String, report: &TestReport) {
    heading(text, report);
    if report.denied_execution_arn.is_some() {
        field(text, "again", ONCE_MORE);
    }
    if let Some(problem) = &report.problem {
        field(text, "error", problem);
        if let Some(hint) = &report.hint {
            field(text, "hint", hint);
        }
        return;
    }
    if report.passed {
        if let Some(path) = report.path_text() {
            field(text, "path", &one_line(&path));
        }
    } else {
        for line in &report.tree {
            let _ = writeln!(text, "     {line}");
        }
    }
    if let Some(output) = &report.output {
        field(text, "output", &output.to_string());
    }
    failure(text, report);
    for mismatch in &report.mismatches {
        expectation(text, mismatch);
    }
    if !report.passed {
        logs(text, report);
        whereabouts(text, report);
    }
}

fn heading(text: &mut String, report: &TestReport) {
    let (style, word) = if report.passed {
        (GOOD, "PASS")
    } else {
        (BAD, "FAIL")
    };
    let elapsed = duration(report.elapsed);
    let what = match report.status {
        None => "could not be run".to_owned(),
        Some(status) if status.is_ended() => format!("{} in {elapsed}", status.as_str()),
        Some(status) => format!("{} after {elapsed}", status.as_str()),
    };
    let retried = retried(report.retries);
    let _ = writeln!(
        text,
        "{style}{word}{style:#} {STRONG}{}{STRONG:#} {FAINT}{what}{retried}{FAINT:#}",
        one_line(&report.test)
    );
}

/// A label, and a value whose further lines stand below its first.
fn field(text: &mut String, label: &str, value: &str) {
    let mut label = label;
    for line in value.lines() {
        let _ = writeln!(text, "     {FAINT}{label:<7}{FAINT:#} {line}");
        label = "";
    }
}

fn failure(text: &mut String, report: &TestReport) {
    if let Some(failure) = &report.failure {
        let verb = match report.status {
            Some(Status::Running) => "hangs",
            _ => "failed",
        };
        field(
            text,
            verb,
            &format!("in state `{}`", one_line(&failure.state)),
        );
        if let Some(input) = failure.input.as_ref().filter(|_| !report.passed) {
            field(text, "input", &shortened(input));
        }
    }
    if let Some(error) = &report.error {
        field(text, "error", &one_line(error));
    }
    let cause = report.cause.as_deref().map(Cause::parse);
    if let Some(cause) = cause {
        field(text, "cause", &cause.message);
        if !report.passed {
            let trace = cause.stack_trace.iter().take(TRACE_LINES);
            let trace: Vec<&str> = trace.map(String::as_str).collect();
            field(text, "trace", &trace.join("\n"));
        }
    }
}

/// Pretty, and no longer than what helps; the execution has it all.
fn shortened(input: &Value) -> String {
    let pretty = format!("{input:#}");
    let count = pretty.lines().count();
    let mut lines: Vec<String> = pretty.lines().take(INPUT_LINES).map(cut).collect();
    if count > INPUT_LINES {
        let more = counted(count - INPUT_LINES, "more line");
        lines.push(format!("… {more}"));
    }
    lines.join("\n")
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(INPUT_WIDTH) {
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

fn whereabouts(text: &mut String, report: &TestReport) {
    if let Some(arn) = &report.execution_arn {
        let arn = linked(&one_line(arn), report.links.console_url.as_deref());
        let _ = writeln!(text, "     {FAINT}execution{FAINT:#} {arn}");
    }
    if let Some(show) = &report.links.show {
        let _ = writeln!(text, "     {FAINT}details{FAINT:#}   {show}");
    }
}

#[cfg(test)]
mod tests;
