//! The log lines of the invocations of one execution.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_smithy_async::rt::sleep::AsyncSleep;

use super::invocations::{Invocation, invocations};
use super::matching::{Call, SKEW, assign};
use super::{LogGroup, LogLine, Window, read};
use crate::aws::{Aws, AwsError};
use crate::executions::{Attempt, Run};
use crate::stack::Stack;

/// How long an invocation may go on after its execution gave it up.
const AFTER_END: Duration = Duration::from_secs(60);

/// A line that an invocation of the execution wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionLine {
    pub line: LogLine,
    pub request_id: String,
    /// The name of the state that called the function.
    pub state: String,
    /// Counted from 1.
    pub attempt: usize,
    /// How many attempts the state made in all.
    pub attempts: usize,
}

/// The log lines of the execution's own invocations, in time order.
///
/// # Errors
///
/// If AWS refuses a read.
pub async fn of_execution(
    aws: &Aws,
    stack: &Stack,
    run: &Run,
) -> Result<Vec<ExecutionLine>, AwsError> {
    let attempts = attempts(run);
    let found = Found::read(aws, stack, run, &attempts, None).await?;
    let mut lines: Vec<(usize, ExecutionLine)> = Vec::new();
    for (attempt, invocation) in attempts.iter().zip(found.assigned()) {
        let Some(invocation) = invocation else {
            continue;
        };
        lines.extend(invocation.lines.iter().map(|index| {
            let line = ExecutionLine {
                line: found.lines[*index].clone(),
                request_id: invocation.request_id.clone(),
                state: attempt.state.to_owned(),
                attempt: attempt.number,
                attempts: attempt.of,
            };
            (*index, line)
        }));
    }
    lines.sort_by_key(|(index, _)| *index);
    Ok(lines.into_iter().map(|(_, line)| line).collect())
}

/// The lines of one invocation, Lambda's own among them, as far as the log has them.
///
/// # Errors
///
/// If AWS refuses the read.
pub async fn of_request(
    aws: &Aws,
    group: LogGroup,
    window: Window,
    request_id: &str,
) -> Result<Vec<LogLine>, AwsError> {
    let lines = read(aws, &[group], window).await?.lines;
    let mut all = invocations(&lines).into_iter();
    let found = all.find(|invocation| invocation.request_id == request_id);
    let indexes = found.map(|invocation| invocation.lines).unwrap_or_default();
    Ok(indexes.into_iter().map(|at| lines[at].clone()).collect())
}

/// The log lines of one attempt of a state, by their indexes in the history, without Lambda's own.
/// Lines become readable some time after they were written: they are waited for as long as
/// `patience` says.
///
/// # Errors
///
/// If AWS refuses a read.
pub async fn of_attempt(
    aws: &Aws,
    stack: &Stack,
    run: &Run,
    state: usize,
    attempt: usize,
    patience: Duration,
) -> Result<Vec<LogLine>, AwsError> {
    let attempts = attempts(run);
    let is_meant = |found: &AttemptOf<'_>| found.index == state && found.number == attempt + 1;
    let Some(meant) = attempts.iter().position(is_meant) else {
        return Ok(Vec::new());
    };
    let function = attempts[meant].call.function.clone();
    let pause = Duration::from_secs(1);
    let mut left = patience;
    loop {
        let found = Found::read(aws, stack, run, &attempts, Some(&function)).await?;
        let invocation = found.assigned()[meant];
        let whole = invocation.is_some_and(|invocation| invocation.ended.is_some());
        if !whole && !left.is_zero() {
            aws.sleep.sleep(pause.min(left)).await;
            left = left.saturating_sub(pause);
            continue;
        }
        return Ok(found.lines_of(invocation));
    }
}

/// The log lines of each attempt of a state, by its index in the history, without Lambda's own.
///
/// # Errors
///
/// If AWS refuses a read.
pub async fn of_state(
    aws: &Aws,
    stack: &Stack,
    run: &Run,
    state: usize,
) -> Result<Vec<Vec<LogLine>>, AwsError> {
    let attempts = attempts(run);
    let own = |attempt: &&AttemptOf<'_>| attempt.index == state;
    // All attempts of a state call the same function, but for an expression that computes its name.
    let Some(function) = attempts
        .iter()
        .find(own)
        .map(|own| own.call.function.clone())
    else {
        return Ok(Vec::new());
    };
    let found = Found::read(aws, stack, run, &attempts, Some(&function)).await?;
    let assigned = attempts.iter().zip(found.assigned());
    let assigned = assigned.filter(|(attempt, _)| own(attempt));
    Ok(assigned
        .map(|(_, invocation)| found.lines_of(invocation))
        .collect())
}

/// The log group of the function that an attempt called.
pub fn group_of(attempt: &Attempt) -> Option<String> {
    Some(group(&Call::new(attempt)?.function))
}

fn group(function: &str) -> String {
    format!("/aws/lambda/{function}")
}

/// An attempt that called a function, and its place in the history.
struct AttemptOf<'a> {
    call: Call,
    state: &'a str,
    /// Of the state in the history.
    index: usize,
    /// Counted from 1.
    number: usize,
    of: usize,
}

fn attempts(run: &Run) -> Vec<AttemptOf<'_>> {
    let states = run.history.iter().flat_map(|history| &history.states);
    let attempts = states.enumerate().flat_map(|(index, state)| {
        let attempts = (1..).zip(&state.attempts);
        attempts.filter_map(move |(number, attempt)| {
            Some(AttemptOf {
                call: Call::new(attempt)?,
                state: &state.name,
                index,
                number,
                of: state.attempts.len(),
            })
        })
    });
    attempts.collect()
}

/// The lines of the functions that the execution called, and whose they are.
struct Found {
    lines: Vec<LogLine>,
    invocations: Vec<Invocation>,
    assigned: Vec<Option<usize>>,
}

impl Found {
    async fn read(
        aws: &Aws,
        stack: &Stack,
        run: &Run,
        attempts: &[AttemptOf<'_>],
        only: Option<&str>,
    ) -> Result<Self, AwsError> {
        let functions = attempts
            .iter()
            .map(|attempt| attempt.call.function.as_str());
        let functions: BTreeSet<&str> = functions
            .filter(|function| only.is_none_or(|only| only == *function))
            .collect();
        let groups: Vec<LogGroup> = functions
            .into_iter()
            .map(|function| LogGroup {
                function: function.to_owned(),
                name: group(function),
            })
            .collect();
        let mut lines = read(aws, &groups, window(run)).await?.lines;
        let invocations = invocations(&lines);
        let calls: Vec<Call> = attempts
            .iter()
            .map(|attempt| attempt.call.clone())
            .collect();
        let assigned = assign(&calls, &invocations);
        for line in &mut lines {
            line.function = stack.handler_of_function(&line.function).to_owned();
        }
        Ok(Self {
            lines,
            invocations,
            assigned,
        })
    }

    /// Those of the function itself.
    fn lines_of(&self, invocation: Option<&Invocation>) -> Vec<LogLine> {
        let lines = invocation.into_iter().flat_map(|found| &found.lines);
        let lines = lines.map(|index| self.lines[*index].clone());
        lines.filter(|line| !line.is_platform()).collect()
    }

    /// In the order of the attempts.
    fn assigned(&self) -> Vec<Option<&Invocation>> {
        let found = self.assigned.iter();
        found
            .map(|index| index.map(|index| &self.invocations[index]))
            .collect()
    }
}

fn window(run: &Run) -> Window {
    Window {
        from: run.started - SKEW,
        until: run.stopped.map(|stopped| stopped + AFTER_END),
    }
}
