//! One execution, as data and as text.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::forked_from::ForkedFrom;
use crate::commands::context::Context;
use crate::commands::state_machine::StateMachineOption;
use crate::config::{ExecutionStatus, MachineName};
use crate::executions::{Cause, Run, Status, between};
use crate::report::style::{FAINT, STRONG, ago, date, duration, end_cut, seconds};
use crate::report::{Answer, beginning, execution_tree, outcome, times_text};
use crate::world::{columns, fitted, one_line, unbroken, wrapped};

/// What `show`, `redrive` and `start` print.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Shown {
    name: String,
    #[serde(flatten)]
    run: Run,
    /// What it is a fork of, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    forked: Option<ForkedFrom>,
    /// From its start to its end, or to now.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    #[schemars(with = "f64")]
    elapsed: Duration,
    #[serde(skip)]
    now: Timestamp,
    /// The commands that may help now.
    #[serde(skip)]
    next: Vec<String>,
    /// How wide it may be; `None` if nobody looks at it on a terminal.
    #[serde(skip)]
    columns: Option<usize>,
    /// Whether the time of waits was skipped.
    #[serde(skip)]
    is_virtual: bool,
}

/// The width of `  started   `.
const LABEL: usize = 12;

impl Shown {
    pub fn new(context: &Context, machine: &MachineName, run: Run) -> Self {
        let name = format!("{}{}", run.name(), StateMachineOption::shown(machine));
        let run = run.of(machine);
        let next = next_commands(&run, &name);
        let commands = next.iter().map(|next| context.global.same_stack(next));
        Self {
            columns: context.printer.columns(),
            ..Self::of(run, (context.world.now)(), commands.collect())
        }
    }

    /// Says what it is a fork of.
    pub(super) fn forked(self, forked: Option<ForkedFrom>) -> Self {
        Self { forked, ..self }
    }

    /// Says whether durations are those that the execution would have had.
    pub fn in_time(self, is_virtual: bool) -> Self {
        Self { is_virtual, ..self }
    }

    fn of(run: Run, now: Timestamp, next: Vec<String>) -> Self {
        Self {
            name: run.name().to_owned(),
            elapsed: run.elapsed(now),
            run,
            forked: None,
            now,
            next,
            columns: None,
            is_virtual: false,
        }
    }

    fn heading(&self) -> String {
        let status = self.run.status;
        let style = outcome::style(status.outcome());
        let word = if status.is_ended() { "in" } else { "for" };
        let elapsed = duration(self.elapsed);
        let time = if self.is_virtual { " (virtual)" } else { "" };
        format!(
            "{STRONG}{}{STRONG:#} {style}{}{style:#} {word} {elapsed}{time}\n",
            one_line(&self.name),
            status.as_str()
        )
    }

    fn tree(&self) -> Vec<String> {
        let lines = execution_tree(&self.run, self.run.stopped.unwrap_or(self.now));
        let width = self
            .columns
            .map(|columns| columns.saturating_sub("  ".len()));
        let fit = |line: String| match width {
            Some(width) => fitted(&line, width).into_owned(),
            None => line,
        };
        lines.into_iter().map(fit).collect()
    }

    /// A document in a line if it fits, else pretty, with lines that are cut.
    fn document(&self, document: &Value) -> String {
        let line = document.to_string();
        let Some(width) = self.room().filter(|width| columns(&line) > *width) else {
            return line;
        };
        let pretty = format!("{document:#}");
        let lines = pretty.lines().map(|line| end_cut(line, width));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Behind a label.
    fn room(&self) -> Option<usize> {
        self.columns
            .map(|columns| columns.saturating_sub(LABEL).max(LABEL))
    }

    fn prose(&self, text: &str) -> String {
        match self.room() {
            Some(width) => wrapped(text, width),
            None => text.to_owned(),
        }
    }
}

/// The commands about an execution, by what became of it.
fn next_commands(run: &Run, name: &str) -> Vec<String> {
    // AWS keeps no history of an EXPRESS execution that other commands could read.
    if run.history.is_none() {
        return vec!["txflow logs".to_owned()];
    }
    let mut next = vec![
        format!("txflow logs --execution {name}"),
        format!("txflow graph --execution {name}"),
    ];
    if let Status::Running = run.status {
        next.push(format!("txflow executions stop {name}"));
    } else if run.status != Status::Ended(ExecutionStatus::Succeeded) {
        next.push(format!("txflow executions redrive {name}"));
    }
    next
}

impl Answer for Shown {
    fn text(&self) -> String {
        let mut text = self.heading();
        let mut field = |name: &str, value: &str| {
            let value = value.replace('\n', "\n            ");
            let _ = writeln!(text, "  {FAINT}{name:8}{FAINT:#}  {value}");
        };
        let run = &self.run;
        let since = ago(between(run.started, self.now));
        field("started", &format!("{} ({since})", date(run.started)));
        if let (times @ 1.., Some(at)) = (run.redrives, run.redriven) {
            let since = ago(between(at, self.now));
            field("redriven", &format!("{} ({since})", times_text(times)));
        }
        if let Some(forked) = &self.forked {
            field("forked", &self.prose(&one_line(&forked.text())));
        }
        if let Some(release) = run.release {
            field("release", &release.to_string());
        }
        if let Some(version) = run.version {
            field("version", &version.to_string());
        }
        if let Some(input) = &run.input {
            field("input", &self.document(input));
        }
        if let Some(output) = &run.output {
            field("output", &self.document(output));
        }
        if let Some(error) = &run.error {
            field("error", &self.prose(error));
        }
        if let Some(cause) = run.cause.as_deref().filter(|cause| !cause.is_empty()) {
            field("cause", &self.prose(&Cause::parse(cause).message));
        }
        for line in self.tree() {
            let _ = write!(text, "\n  {line}");
        }
        if !text.ends_with('\n') {
            text.push('\n');
        }
        let fits = |columns: usize| {
            let mut next = self.next.iter();
            next.all(|next| next.chars().count() + "next: ".len() <= columns)
        };
        let is_narrow = self.columns.is_some_and(|columns| !fits(columns));
        for (index, next) in self.next.iter().enumerate() {
            let word = if index == 0 { "next:" } else { "" };
            let next = match is_narrow {
                true => next.replacen(&self.name, beginning(&self.name), 1),
                false => next.clone(),
            };
            let next = unbroken(&one_line(&next));
            let _ = write!(text, "\n{FAINT}{word:5}{FAINT:#} {next}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::executions::{Attempt, Failure, History, StateKind, StateRun};
    use crate::report::style::since_1970;

    fn state(name: &str, entered: f64, exited: Option<f64>) -> StateRun {
        StateRun {
            name: name.to_owned(),
            kind: StateKind::Task,
            parent: None,
            iteration: None,
            entered: since_1970(entered),
            exited: exited.map(since_1970),
            input: None,
            output: None,
            attempts: Vec::new(),
            failure: None,
            map_run: None,
        }
    }

    fn failed() -> Run {
        let failure = Failure {
            error: "Refused".to_owned(),
            cause: r#"{"errorMessage":"no stock"}"#.to_owned(),
        };
        let attempt = |scheduled: f64| Attempt {
            submitted: false,
            execution_arn: None,
            scheduled: since_1970(scheduled),
            ended: Some(since_1970(scheduled + 0.25)),
            failure: Some(failure.clone()),
            call: None,
            function_arn: Some("arn:buy:3".to_owned()),
            request_id: None,
        };
        let start = 1_795_641_423.0;
        let mut buy = state("Buy", start + 0.5, None);
        buy.attempts = vec![attempt(start + 0.5), attempt(start + 1.75)];
        let mut history = History::default();
        history.states = vec![state("Check", start, Some(start + 0.5)), buy];
        Run {
            execution_arn: "arn:aws:states:eu-west-1:1:execution:shop-dev:one".to_owned(),
            input: Some(json!({"id": 1})),
            error: Some(failure.error.clone()),
            cause: Some("{\"errorMessage\":\"no stock\\nof it\"}".to_owned()),
            started: since_1970(start),
            stopped: Some(since_1970(start + 2.0)),
            release: Some(3),
            history: Some(history),
            ..Run::sample(Status::Ended(ExecutionStatus::Failed))
        }
    }

    #[test]
    fn a_failed_execution_is_shown_with_its_states_and_what_helps_next() {
        let now = since_1970(1_795_641_483.0);
        let next = vec!["txflow logs".to_owned(), "txflow graph".to_owned()];
        let text = Shown::of(failed(), now, next).text();
        assert_eq!(
            crate::world::plain(&text),
            r#"one FAILED in 2.00 s
  started   2026-11-25 21:17 UTC (1 min ago)
  release   3
  input     {"id":1}
  error     Refused
  cause     no stock
            of it

  ✓ Check 0.50 s
  ✗ Buy 1.50 s, 1 retry, failed
    attempt 1: Refused: no stock (next after 1.00 s)
    attempt 2: Refused: no stock

next: txflow logs
      txflow graph"#
        );
    }

    #[test]
    fn on_a_narrow_terminal_text_is_wrapped_and_all_else_is_cut() {
        let now = since_1970(1_795_641_483.0);
        let mut run = failed();
        run.input = Some(json!({ "note": "x".repeat(60) }));
        run.cause = Some("the till is empty and nobody has the key".to_owned());
        let shown = Shown {
            columns: Some(32),
            ..Shown::of(run, now, Vec::new())
        };
        assert_eq!(
            crate::world::plain(&shown.text()),
            r#"one FAILED in 2.00 s
  started   2026-11-25 21:17 UTC (1 min ago)
  release   3
  input     {
              "note": "xxxxxxxx…
            }
  error     Refused
  cause     the till is empty
            and nobody has the
            key

  ✓ Check 0.50 s
  ✗ Buy 1.50 s, 1 retry, failed
    attempt 1: Refused: no stoc…
    attempt 2: Refused: no stock
"#
        );
    }

    #[test]
    fn one_that_was_redriven_says_so() {
        let now = since_1970(1_795_641_483.0);
        for (redrives, said) in [(1, "once"), (2, "2 times")] {
            let run = Run {
                redrives,
                redriven: Some(since_1970(1_795_641_423.0)),
                ..failed()
            };
            let text = crate::world::plain(&Shown::of(run, now, Vec::new()).text());
            let line = format!("\n  redriven  {said} (1 min ago)\n");
            assert!(text.contains(&line), "{text}");
        }
    }

    #[test]
    fn data_says_when_and_why_each_attempt_ended() {
        let now = since_1970(1_795_641_483.0);
        let mut run = failed();
        for state in run
            .history
            .iter_mut()
            .flat_map(|history| &mut history.states)
        {
            state.input = Some("{\"id\":7}".to_owned());
        }
        let json = serde_json::to_value(Shown::of(run, now, Vec::new())).unwrap_or_default();
        assert_eq!(json["started"], "2026-11-25T21:17:03.000Z");
        assert_eq!(json["seconds"], 2.0);
        assert_eq!(json["release"], 3);
        assert_eq!(json["states"][1]["input"]["id"], 7);
        let attempt = &json["states"][1]["attempts"][1];
        assert_eq!(attempt["ended"], "2026-11-25T21:17:05.000Z");
        assert_eq!(attempt["failure"]["error"], "Refused");
    }
}
