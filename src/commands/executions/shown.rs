//! One execution, as data and as text.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde_json::Value;

use super::rows::style;
use crate::commands::session::Ui;
use crate::config::ExecutionStatus;
use crate::executions::{Attempt, Cause, Failure, Run, StateRun, Status, json};
use crate::report::style::{FAINT, STRONG, ago, date, duration, rfc3339, since_1970};
use crate::report::{Answer, state_tree};
use crate::world::one_line;

/// What `show` and `redrive` print.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    name: String,
    execution_arn: String,
    pub status: Status,
    started: String,
    stopped: Option<String>,
    /// From its start to its end, or to now.
    seconds: f64,
    release: Option<u64>,
    input: Option<Value>,
    output: Option<Value>,
    error: Option<String>,
    cause: Option<String>,
    states: Vec<State>,
    #[serde(skip)]
    run: Run,
    #[serde(skip)]
    now: SystemTime,
    /// The commands that may help now.
    #[serde(skip)]
    next: Vec<String>,
}

/// One entry into a state.
#[derive(Debug, Serialize)]
struct State {
    name: String,
    kind: String,
    /// The index of the state that it runs inside of.
    parent: Option<usize>,
    /// Which item of the `Map` state around it, from 0.
    iteration: Option<i32>,
    entered: String,
    exited: Option<String>,
    input: Option<Value>,
    output: Option<Value>,
    attempts: Vec<Try>,
    failure: Option<Failure>,
}

#[derive(Debug, Serialize)]
struct Try {
    scheduled: String,
    ended: Option<String>,
    function_arn: Option<String>,
    request_id: Option<String>,
    failure: Option<Failure>,
}

impl Shown {
    pub fn new(ui: &Ui, run: Run) -> Self {
        let name = run.name().to_owned();
        let mut next = vec![format!("txflow logs --execution {name}")];
        next.push(format!("txflow graph --execution {name}"));
        if let Status::Running = run.status {
            next.push(format!("txflow executions stop {name}"));
        } else if run.status != Status::Ended(ExecutionStatus::Succeeded) {
            next.push(format!("txflow executions redrive {name}"));
        }
        let next = next.iter().map(|next| ui.global.same_stack(next));
        Self::of(run, (ui.world.now)(), next.collect())
    }

    fn of(run: Run, now: SystemTime, next: Vec<String>) -> Self {
        let start = since_1970(run.started);
        let stop = run.stopped.map(since_1970);
        let elapsed = stop.unwrap_or(now).duration_since(start);
        let version = run.version_arn.as_deref();
        let states = run.history.iter().flat_map(|history| &history.states);
        Self {
            name: run.name().to_owned(),
            execution_arn: run.execution_arn.clone(),
            status: run.status,
            started: rfc3339(start),
            stopped: stop.map(rfc3339),
            // Clocks may disagree.
            seconds: elapsed.unwrap_or_default().as_secs_f64(),
            release: version.and_then(|arn| arn.rsplit(':').next()?.parse().ok()),
            input: run.input.clone(),
            output: run.output.clone(),
            error: run.error.clone(),
            cause: run.cause.clone(),
            states: states.map(State::from).collect(),
            run,
            now,
            next,
        }
    }

    fn heading(&self) -> String {
        let style = style(self.status);
        let word = if self.status.is_ended() { "in" } else { "for" };
        let elapsed = duration(Duration::try_from_secs_f64(self.seconds).unwrap_or_default());
        format!(
            "{STRONG}{}{STRONG:#} {style}{}{style:#} {word} {elapsed}\n",
            one_line(&self.name),
            self.status.as_str()
        )
    }

    fn tree(&self) -> Vec<String> {
        let now = self.now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let end = self.run.stopped.unwrap_or(now.as_secs_f64());
        let history = self.run.history.as_ref();
        history.map_or_else(Vec::new, |history| state_tree(history, self.status, end))
    }
}

impl Answer for Shown {
    fn text(&self) -> String {
        let mut text = self.heading();
        let mut field = |name: &str, value: &str| {
            let value = value.replace('\n', "\n            ");
            let _ = writeln!(text, "  {FAINT}{name:8}{FAINT:#}  {value}");
        };
        let start = since_1970(self.run.started);
        let since = ago(self.now.duration_since(start).unwrap_or_default());
        field("started", &format!("{} ({since})", date(start)));
        if let Some(release) = self.release {
            field("release", &release.to_string());
        }
        if let Some(input) = &self.input {
            field("input", &input.to_string());
        }
        if let Some(output) = &self.output {
            field("output", &output.to_string());
        }
        if let Some(error) = &self.error {
            field("error", error);
        }
        if let Some(cause) = self.cause.as_deref().filter(|cause| !cause.is_empty()) {
            field("cause", &Cause::parse(cause).message);
        }
        for line in self.tree() {
            let _ = write!(text, "\n  {line}");
        }
        text.push('\n');
        for (index, next) in self.next.iter().enumerate() {
            let word = if index == 0 { "next:" } else { "" };
            let next = one_line(next);
            let _ = write!(text, "\n{FAINT}{word:5}{FAINT:#} {next}");
        }
        text
    }
}

impl From<&StateRun> for State {
    fn from(state: &StateRun) -> Self {
        Self {
            name: state.name.clone(),
            kind: state.kind.clone(),
            parent: state.parent,
            iteration: state.iteration,
            entered: shown(state.entered),
            exited: state.exited.map(shown),
            input: state.input.as_deref().map(json),
            output: state.output.as_deref().map(json),
            attempts: state.attempts.iter().map(Try::from).collect(),
            failure: state.failure.clone(),
        }
    }
}

impl From<&Attempt> for Try {
    fn from(attempt: &Attempt) -> Self {
        Self {
            scheduled: shown(attempt.scheduled),
            ended: attempt.ended.map(shown),
            function_arn: attempt.function_arn.clone(),
            request_id: attempt.request_id.clone(),
            failure: attempt.failure.clone(),
        }
    }
}

fn shown(seconds: f64) -> String {
    rfc3339(since_1970(seconds))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::executions::History;

    fn state(name: &str, entered: f64, exited: Option<f64>) -> StateRun {
        StateRun {
            name: name.to_owned(),
            kind: "Task".to_owned(),
            parent: None,
            iteration: None,
            entered,
            exited,
            input: None,
            output: None,
            attempts: Vec::new(),
            failure: None,
        }
    }

    fn failed() -> Run {
        let failure = Failure {
            error: "Refused".to_owned(),
            cause: r#"{"errorMessage":"no stock"}"#.to_owned(),
        };
        let attempt = |scheduled: f64| Attempt {
            scheduled,
            ended: Some(scheduled + 0.25),
            failure: Some(failure.clone()),
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
            status: Status::Ended(ExecutionStatus::Failed),
            input: Some(json!({"id": 1})),
            output: None,
            error: Some(failure.error.clone()),
            cause: Some("{\"errorMessage\":\"no stock\\nof it\"}".to_owned()),
            started: start,
            stopped: Some(start + 2.0),
            version_arn: Some("arn:aws:states:eu-west-1:1:stateMachine:shop-dev:3".to_owned()),
            history: Some(history),
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
