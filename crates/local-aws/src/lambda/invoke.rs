//! Invoke: synchronous, as an event, or dry.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;

use super::function::{Function, Version};
use super::host::{Invocation, Outcome};
use super::name::FunctionName;
use super::{Lambda, conflict};
use crate::conditions::Conditions;
use crate::fault::Fault;
use crate::http::answer::{Answer, Body};
use crate::http::call::Call;

/// Lambda's limits for the payload of a call.
const MAX_SYNC_PAYLOAD: usize = 6 * 1024 * 1024;
const MAX_EVENT_PAYLOAD: usize = 1024 * 1024;
/// How often a failed event is retried.
const EVENT_RETRIES: u32 = 2;

/// What a call carries besides its payload.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    /// The caller's X-Ray header.
    pub(crate) trace_id: Option<String>,
    pub(crate) client_context: Option<String>,
}

/// The result of a finished call.
#[derive(Debug)]
pub(crate) struct Invoked {
    pub(crate) outcome: Outcome,
    pub(crate) version: String,
    pub(crate) request_id: String,
}

impl Lambda {
    pub(super) async fn serve_invoke(
        self: &Arc<Self>,
        call: &Call,
        name: &FunctionName,
    ) -> Result<Answer, Fault> {
        let kind = match call.header("x-amz-invocation-type") {
            "" => "RequestResponse",
            kind => kind,
        };
        let origin = Origin {
            trace_id: Some(call.header("x-amzn-trace-id").to_owned()).filter(|id| !id.is_empty()),
            client_context: Some(call.header("x-amz-client-context").to_owned())
                .filter(|text| !text.is_empty()),
        };
        let payload = call.body.clone();
        match kind {
            "RequestResponse" => {
                let invoked = self.invoke(name, payload, origin).await?;
                let mut answer = Answer::with(200, Body::Bytes(invoked.outcome.payload));
                // The id that appears in the log.
                answer
                    .headers
                    .push(("x-amzn-requestid", invoked.request_id));
                answer
                    .headers
                    .push(("x-amz-executed-version", invoked.version));
                if let Some(error) = invoked.outcome.error {
                    answer
                        .headers
                        .push(("x-amz-function-error", error.to_owned()));
                }
                if call.header("x-amz-log-type") == "Tail" {
                    answer.headers.push((
                        "x-amz-log-result",
                        STANDARD.encode(invoked.outcome.log_tail),
                    ));
                }
                Ok(answer)
            }
            "Event" => {
                self.invoke_event(name, payload, origin).await?;
                Ok(Answer::with(202, Body::Empty))
            }
            "DryRun" => {
                self.find(name)?;
                Ok(Answer::no_content())
            }
            other => {
                let message = format!(
                    "1 validation error detected: Value '{other}' at 'invocationType' failed to satisfy constraint: \
                     Member must satisfy enum value set: [Event, RequestResponse, DryRun]"
                );
                Err(Fault::bad("ValidationException", message))
            }
        }
    }

    /// Sees to it that a function is invoked, and invoked again if it fails.
    pub(super) async fn invoke_event(
        self: &Arc<Self>,
        name: &FunctionName,
        payload: Bytes,
        origin: Origin,
    ) -> Result<(), Fault> {
        check_size(&payload, MAX_EVENT_PAYLOAD, "Event")?;
        self.ready(name, &payload).await?;
        tokio::spawn(serve_event(Arc::clone(self), name.clone(), payload, origin));
        Ok(())
    }

    /// Invokes a function and waits for it to finish, for the API and for Step Functions.
    pub(crate) async fn invoke(
        &self,
        name: &FunctionName,
        payload: Bytes,
        origin: Origin,
    ) -> Result<Invoked, Fault> {
        check_size(&payload, MAX_SYNC_PAYLOAD, "RequestResponse")?;
        let (function, version) = self.ready(name, &payload).await?;
        let request_id = self.conditions.random.uuid().to_string();
        let sampled = version.settings.tracing == "Active";
        let invocation = Invocation {
            request_id: request_id.clone(),
            payload: if payload.is_empty() {
                Bytes::from_static(b"{}")
            } else {
                payload
            },
            invoked_arn: name.qualified(),
            trace_id: origin
                .trace_id
                .unwrap_or_else(|| self.new_trace_id(sampled)),
            client_context: origin.client_context,
            deadline: 0,
        };
        let outcome = self.runner.invoke(&function, &version, invocation).await?;
        Ok(Invoked {
            outcome,
            version: version.version,
            request_id,
        })
    }

    /// `Root=1-<seconds>-<24 digits>;Parent=<16 digits>;Sampled=<0 or 1>`.
    pub(crate) fn new_trace_id(&self, sampled: bool) -> String {
        let Conditions { random, .. } = &*self.conditions;
        let root = random.uuid().simple().to_string();
        let parent = &random.uuid().simple().to_string()[..16];
        let seconds = self.conditions.now() / 1000;
        format!(
            "Root=1-{seconds:08x}-{};Parent={parent};Sampled={}",
            &root[..24],
            u8::from(sampled)
        )
    }

    async fn retry_event(&self, name: &FunctionName, payload: Bytes, origin: Origin) {
        for attempt in 0..=EVENT_RETRIES {
            tokio::time::sleep(self.conditions.weather().event_retry * attempt).await;
            let invoked = self.invoke(name, payload.clone(), origin.clone()).await;
            if invoked.is_ok_and(|invoked| invoked.outcome.error.is_none()) {
                return;
            }
        }
    }

    /// The function and version that a call goes to, if it can run now.
    async fn ready(
        &self,
        name: &FunctionName,
        payload: &Bytes,
    ) -> Result<(Arc<Function>, Version), Fault> {
        if !payload.is_empty()
            && let Err(error) = serde_json::from_slice::<Value>(payload)
        {
            let message = format!(
                "Could not parse request body into json: Could not parse payload into json: {error}"
            );
            return Err(Fault::bad("InvalidRequestContentException", message));
        }
        let function = self
            .functions
            .get(&name.arn)
            .ok_or_else(|| name.missing())?;
        let version = function
            .resolve(name.qualifier.as_deref(), self.conditions.random.share())?
            .clone();
        let state = version.state(self.conditions.now());
        if state == "Inactive" {
            self.wake(name, &version).await?;
        }
        if state != "Active" {
            return Err(conflict(format!(
                "The operation cannot be performed at this time. The function is currently in the following state: {state}"
            )));
        }
        self.check_grant(&version)?;
        self.keep_awake(name, &version).await?;
        Ok((function, version))
    }
}

/// Runs an event and, like Lambda, retries it if it fails, until the server is stopped.
async fn serve_event(lambda: Arc<Lambda>, name: FunctionName, payload: Bytes, origin: Origin) {
    tokio::select! {
        biased;
        () = lambda.runner.stopped() => {}
        () = lambda.retry_event(&name, payload, origin) => {}
    }
}

fn check_size(payload: &Bytes, limit: usize, kind: &str) -> Result<(), Fault> {
    if payload.len() <= limit {
        return Ok(());
    }
    let message = format!(
        "{} byte payload is too large for the {kind} invocation type (limit {limit} bytes)",
        payload.len()
    );
    Err(Fault::new(413, "RequestTooLargeException", message))
}
