//! GetActivityTask: workers ask for the tasks of an activity, and wait until there is one.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
use txflow_asl::{TaskId, TaskRequest};

use super::{Command, Executions, lock};
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::states::States;
use crate::states::activities::{check_activity, no_activity};

/// As long as AWS holds a call of a worker.
const LONGEST_POLL: Duration = Duration::from_mins(1);

/// The tasks of activities that no worker has taken.
#[derive(Default)]
pub(super) struct Scheduled {
    /// By token.
    tasks: HashMap<String, Task>,
    /// By ARN of the activity.
    queues: HashMap<String, Queue>,
}

struct Task {
    id: TaskId,
    input: String,
    execution: mpsc::WeakUnboundedSender<Command>,
}

#[derive(Default)]
struct Queue {
    /// Oldest first. Those of tasks that have ended meanwhile are skipped.
    tokens: VecDeque<String>,
    /// Wakes one of the workers that wait.
    filled: Arc<Notify>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetActivityTask {
    #[serde(default)]
    activity_arn: String,
    worker_name: Option<String>,
}

impl Scheduled {
    fn queue(&mut self, activity: &str) -> &mut Queue {
        self.queues.entry(activity.to_owned()).or_default()
    }

    fn take(&mut self, activity: &str) -> Option<(String, Task)> {
        while let Some(token) = self.queue(activity).tokens.pop_front() {
            if let Some(task) = self.tasks.remove(&token) {
                return Some((token, task));
            }
        }
        None
    }
}

impl Executions {
    /// Queues the task of an activity for its workers.
    pub(super) fn schedule(
        &self,
        request: &TaskRequest,
        token: &str,
        execution: &mpsc::WeakUnboundedSender<Command>,
    ) {
        let mut scheduled = lock(&self.scheduled);
        let task = Task {
            id: request.id,
            input: request.parameters.text().to_owned(),
            execution: execution.clone(),
        };
        scheduled.tasks.insert(token.to_owned(), task);
        let queue = scheduled.queue(&request.resource.arn);
        queue.tokens.push_back(token.to_owned());
        queue.filled.notify_one();
    }

    /// The task has ended, so no worker may take it.
    pub(super) fn withdraw(&self, token: &str) {
        lock(&self.scheduled).tasks.remove(token);
    }
}

impl Task {
    /// Tells the execution that a worker has taken the task. `false` if it has ended meanwhile.
    async fn started(&self, worker: Option<String>) -> bool {
        let (accepted, was_accepted) = oneshot::channel();
        let command = Command::Started {
            task: self.id,
            worker,
            accepted,
        };
        let Some(execution) = self.execution.upgrade() else {
            return false;
        };
        // Nothing may keep the execution reachable while this waits for it.
        let sent = execution.send(command);
        drop(execution);
        sent.is_ok() && was_accepted.await.unwrap_or_default()
    }
}

impl States {
    /// Hands out the oldest task, or waits for one. Without one, the answer is empty.
    pub(in crate::states) async fn get_activity_task(&self, call: &Call) -> Result<Answer, Fault> {
        let request: GetActivityTask = call.json()?;
        let arn = check_activity(&request.activity_arn)?;
        if let Some(worker) = &request.worker_name {
            Constraints::default()
                .length("workerName", worker, 1, 80)
                .check("ValidationException")?;
        }
        let until = Instant::now() + LONGEST_POLL;
        let filled = Arc::clone(&lock(&self.executions.scheduled).queue(arn).filled);
        loop {
            if self.activities.get(arn).is_none() {
                return Err(no_activity(arn));
            }
            let taken = lock(&self.executions.scheduled).take(arn);
            let Some((token, task)) = taken else {
                match timeout_at(until, filled.notified()).await {
                    Ok(()) => continue,
                    Err(_) => return Ok(Answer::json(json!({}))),
                }
            };
            if task.started(request.worker_name.clone()).await {
                return Ok(Answer::json(
                    json!({ "taskToken": token, "input": task.input }),
                ));
            }
        }
    }
}
