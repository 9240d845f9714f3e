//! Starts an execution and watches it to its end.

use std::time::Duration;

use aws_sdk_sfn::operation::start_execution::StartExecutionError;
use aws_sdk_sfn::operation::start_sync_execution::StartSyncExecutionError;
use aws_sdk_sfn::types::SyncExecutionStatus;
use aws_smithy_async::rt::sleep::AsyncSleep;
use serde_json::Value;
use tokio::time::Instant;
use txflow_asl::Arn;

use super::answer::Answers;
use super::change::StateChange;
use super::document::json;
use super::history::History;
use super::read::{describe, read_history, run};
use super::run::{Billed, Run};
use super::status::Status;
use crate::aws::{AtMostOnce, Aws, AwsError, Class, failed, limits, timestamp};
use crate::config::{ExecutionStatus, StateMachineKind};

/// What to start.
pub struct Start<'a> {
    /// A version ARN, so that what was just deployed is what runs.
    pub state_machine_arn: &'a str,
    pub kind: StateMachineKind,
    /// Unique, so that a request that is sent twice starts one STANDARD execution. EXPRESS executions may share a name.
    pub name: &'a str,
    pub input: &'a Value,
}

impl Start<'_> {
    /// The ARN of the STANDARD execution, which does not say on what it was started.
    fn execution_arn(&self) -> Option<String> {
        let machine = Arn::parse(self.state_machine_arn)?;
        let resource = format!("execution:{}:{}", machine.name(), self.name);
        Some(machine.with_resource(&resource).to_string())
    }
}

/// Runs one execution to its end, or as far as it comes within `limit`, and gives its tasks the `answers` that they wait for.
/// Calls `on_start` with its ARN, and `on_change` with each state that changes.
///
/// # Errors
///
/// If AWS refuses a call. An execution that fails is a [`Run`], not an error.
pub async fn execute(
    aws: &Aws,
    start: &Start<'_>,
    limit: Duration,
    answers: &mut Answers,
    on_start: &dyn Fn(&str),
    on_change: &dyn Fn(StateChange),
) -> Result<Run, AwsError> {
    match start.kind {
        StateMachineKind::Standard => {
            standard(aws, start, limit, answers, on_start, on_change).await
        }
        StateMachineKind::Express => execute_sync(aws, start).await,
    }
}

async fn standard(
    aws: &Aws,
    start: &Start<'_>,
    limit: Duration,
    answers: &mut Answers,
    on_start: &dyn Fn(&str),
    on_change: &dyn Fn(StateChange),
) -> Result<Run, AwsError> {
    let arn = self::start(aws, start).await?;
    on_start(&arn);
    let limited = Watch {
        limit: Some(limit),
        answers: Some(answers),
        ..Watch::default()
    };
    watch(aws, &arn, limited, on_change).await
}

/// Starts an execution whose name nobody else knows, and gives its ARN. If the answer is lost, the request is sent again, and
/// AWS answers as it did before while the execution runs. Once that has ended AWS says that the name is taken; so it is this
/// one.
///
/// # Errors
///
/// If AWS refuses the call.
pub async fn start(aws: &Aws, start: &Start<'_>) -> Result<String, AwsError> {
    match start_named(aws, start).await {
        Err(error) if error.class == Class::AlreadyExists => start.execution_arn().ok_or(error),
        started => started,
    }
}

/// Starts an execution with a name that others may have used, and gives its ARN.
///
/// # Errors
///
/// If AWS refuses the call, such as because an execution of that name has ended, or has another input.
pub async fn start_named(aws: &Aws, start: &Start<'_>) -> Result<String, AwsError> {
    let request = aws
        .sfn
        .start_execution()
        .state_machine_arn(start.state_machine_arn)
        .name(start.name)
        .input(start.input.to_string());
    let sent = match start.kind {
        StateMachineKind::Standard => request.send().await,
        StateMachineKind::Express => {
            let once = AtMostOnce::<StartExecutionError>::default();
            let once = aws_sdk_sfn::Config::builder().retry_classifier(once);
            request.customize().config_override(once).send().await
        }
    };
    Ok(sent.map_err(failed("StartExecution"))?.execution_arn)
}

/// Watches an execution that was started to its end. Calls `on_change` with each state that changes.
///
/// # Errors
///
/// If AWS refuses a read.
pub async fn watch_to_end(
    aws: &Aws,
    arn: &str,
    on_change: &dyn Fn(StateChange),
) -> Result<Run, AwsError> {
    watch(aws, arn, Watch::default(), on_change).await
}

/// One that was there and is not found so often in a row went with its state machine.
const GONE: u32 = 5;

/// How an execution is watched.
#[derive(Default)]
pub(super) struct Watch<'a> {
    /// What is known of it.
    pub history: History,
    /// An end before it was redriven so many times does not count.
    pub redrives: i32,
    /// How long it is watched; without one to its end.
    pub limit: Option<Duration>,
    /// What its tasks wait for.
    pub answers: Option<&'a mut Answers>,
}

/// Between two looks at first; the pauses grow.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);

/// Watches an execution to its end, or for as long as the limit.
pub(super) async fn watch(
    aws: &Aws,
    arn: &str,
    watch: Watch<'_>,
    on_change: &dyn Fn(StateChange),
) -> Result<Run, AwsError> {
    let Watch {
        mut history,
        redrives,
        limit,
        mut answers,
    } = watch;
    let began = Instant::now();
    let mut pause = SHORTEST_PAUSE;
    // How often in a row it was not there, since it was.
    let mut missing = None;
    loop {
        let last = limit.is_some_and(|limit| began.elapsed() > limit)
            || missing.is_some_and(|missing| missing >= GONE);
        // The status is read before the history: if it says that the execution has ended, the
        // history that follows is whole.
        let now = match describe(aws, arn).await {
            Err(error) if error.class == Class::NotFound && !last => None,
            now => Some(now?),
        };
        missing = match now {
            Some(_) => Some(0),
            None => missing.map(|missing| missing + 1),
        };
        read_history(aws, arn, &mut history, on_change).await?;
        if let Some(now) = now {
            let redriven = now.redrive_count().unwrap_or(0) >= redrives;
            let run = run(now, history);
            if (run.status.is_ended() && redriven) || last {
                return Ok(run);
            }
            history = run.history.unwrap_or_default();
            if let Some(answers) = &mut answers
                && answers.give(aws, &history).await?
            {
                pause = SHORTEST_PAUSE;
            }
        }
        aws.sleep.sleep(pause).await;
        pause = (pause * 3 / 2).min(Duration::from_secs(1));
    }
}

/// Runs an execution of an EXPRESS state machine to its end. Starts at most one: there is no name by which AWS would know
/// it again.
///
/// # Errors
///
/// If AWS refuses the call. An execution that fails is a [`Run`], not an error.
pub async fn execute_sync(aws: &Aws, start: &Start<'_>) -> Result<Run, AwsError> {
    let once = aws_sdk_sfn::Config::builder()
        .timeout_config(limits::of_executions())
        .retry_classifier(AtMostOnce::<StartSyncExecutionError>::default());
    let answer = aws
        .sfn
        .start_sync_execution()
        .state_machine_arn(start.state_machine_arn)
        .name(start.name)
        .input(start.input.to_string())
        .customize()
        .config_override(once)
        .send()
        .await
        .map_err(failed("StartSyncExecution"))
        .map_err(may_have_run)?;
    let status = match answer.status() {
        SyncExecutionStatus::Succeeded => ExecutionStatus::Succeeded,
        SyncExecutionStatus::TimedOut => ExecutionStatus::TimedOut,
        _ => ExecutionStatus::Failed,
    };
    let succeeded = status == ExecutionStatus::Succeeded;
    let billed = answer.billing_details().map(|billed| Billed {
        duration: Duration::from_millis(billed.billed_duration_in_milliseconds().unsigned_abs()),
        memory: billed.billed_memory_used_in_mb().unsigned_abs(),
    });
    let started = timestamp(answer.start_date());
    Ok(Run {
        input: Some(start.input.clone()),
        output: answer.output().filter(|_| succeeded).map(json),
        stopped: Some(timestamp(answer.stop_date())),
        execution_arn: answer.execution_arn,
        error: answer.error,
        cause: answer.cause,
        billed,
        ..Run::begun(Status::Ended(status), started)
    })
}

/// The message is all that is known of the execution.
fn may_have_run(mut error: AwsError) -> AwsError {
    if error.class == Class::Unreachable {
        error.message += "; the execution may have run, so it is not started again";
    }
    error
}

#[cfg(test)]
mod tests;
