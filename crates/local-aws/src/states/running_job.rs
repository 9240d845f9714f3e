//! A job of another emulator that a task has started: it is stopped if the task no longer waits for it.
//!
//! Step Functions attempts that once, and nobody learns whether it succeeded:
//! <https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-sync>

use std::sync::Arc;

use serde_json::Value;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::SERVICE;
use super::caller::Caller;
use super::executions::Parent;
use super::integrations::Integrations;
use super::jobs::Job;
use crate::fault::Fault;
use crate::http::call::PeerCall;
use crate::http::scope::Scope;
use crate::service::Service;

pub(super) struct RunningJob {
    integrations: Integrations,
    caller: Caller,
    /// The action that stops it, as IAM names it.
    action: String,
    stop: Option<Stop>,
    phase: Phase,
}

enum Phase {
    /// The call goes on if the task ends before it returns: then there is a job to stop.
    Starting(JoinHandle<Result<Value, Fault>>),
    Running(Value),
    Ended,
}

/// The call that stops a job.
struct Stop {
    service: Arc<dyn Service>,
    job: &'static Job,
    scope: Scope,
    request_id: String,
    /// What the job was started with.
    input: Value,
    reason: String,
}

impl RunningJob {
    /// Starts a job by a call of a service, whose IAM prefix is `prefix`.
    pub(super) fn start(
        (integrations, caller): (&Integrations, &Caller),
        (service, prefix): (&Arc<dyn Service>, &str),
        job: &'static Job,
        call: PeerCall,
        parent: Option<&Parent>,
    ) -> RunningJob {
        let execution = parent.map_or(&caller.execution, |parent| &parent.arn);
        RunningJob {
            integrations: integrations.clone(),
            caller: caller.clone(),
            action: format!("{prefix}:{}", job.stop),
            stop: Some(Stop {
                service: Arc::clone(service),
                job,
                scope: call.scope.clone(),
                request_id: call.request_id.clone(),
                input: call.input.clone(),
                reason: aborted(execution),
            }),
            phase: Phase::Starting(tokio::spawn(Arc::clone(service).call(call))),
        }
    }

    /// What the call that starts it returns.
    pub(super) async fn started(&mut self) -> Result<Value, Fault> {
        let Phase::Starting(call) = &mut self.phase else {
            return Err(Fault::storage("the job was started before"));
        };
        let started = call.await.map_err(Fault::storage).flatten();
        self.phase = match &started {
            Ok(output) => Phase::Running(output.clone()),
            Err(_) => Phase::Ended,
        };
        started
    }

    /// There is nothing to stop any more.
    pub(super) fn ended(mut self) {
        self.phase = Phase::Ended;
    }
}

impl Drop for RunningJob {
    fn drop(&mut self) {
        let phase = std::mem::replace(&mut self.phase, Phase::Ended);
        let (Some(stop), Ok(runtime)) = (self.stop.take(), Handle::try_current()) else {
            return;
        };
        let starting = match phase {
            Phase::Ended => return,
            Phase::Starting(call) => Ok(call),
            Phase::Running(started) => Err(started),
        };
        let role = &self.caller.role;
        let region = [("aws:RequestedRegion", self.caller.region.as_str())];
        let iam = &self.integrations.iam;
        if iam.has_role(role)
            && (iam.permits_call(SERVICE, role, (&self.action, None), &region)).is_err()
        {
            return;
        }
        runtime.spawn(async move {
            let started = match starting {
                Ok(call) => call.await.map_err(Fault::storage).flatten(),
                Err(started) => Ok(started),
            };
            if let Ok(started) = started {
                stop.call(&started).await;
            }
        });
    }
}

impl Stop {
    async fn call(self, started: &Value) {
        let called = self.service.call(PeerCall {
            operation: self.job.stop.to_owned(),
            input: (self.job.stopping)(&self.input, started, &self.reason),
            scope: self.scope,
            request_id: self.request_id,
            time: None,
        });
        let _ = called.await;
    }
}

/// Why something that a task waited for was stopped, as AWS words it.
pub(super) fn aborted(execution: &str) -> String {
    format!(
        "The Task state in AWS Step Functions execution [{execution}] which was managing this resource was aborted"
    )
}
