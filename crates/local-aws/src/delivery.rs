//! What schedules and rules send to their targets: as their role allows, again if it fails, and to a queue in the end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::call_log::{OnUndelivered, Undelivered};
use crate::conditions::Conditions;
use crate::fault::Fault;
use crate::http::call::PeerCall;
use crate::http::scope::Scope;
use crate::iam::{Assumption, Iam};
use crate::peers::Peers;
use crate::sqs::url_of_arn;
use crate::target_call::TargetCall;
use crate::timing::Time;

/// The pause before the second attempt; each one after doubles it, up to the longest.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Something to deliver.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    /// Such as `events.amazonaws.com`.
    pub(crate) service: &'static str,
    /// What the role is assumed for.
    pub(crate) source_arn: String,
    /// The rule or the schedule.
    pub(crate) sender: String,
    pub(crate) target: String,
    /// `None` if the target's own policy would have to allow it, which is not evaluated here.
    pub(crate) role: Option<String>,
    /// `None` if there is no way to the target here.
    pub(crate) call: Option<TargetCall>,
    pub(crate) input: String,
    pub(crate) retries: u32,
    pub(crate) max_age: Duration,
    pub(crate) dead_letter_queue: Option<String>,
    /// How the execution waits that it starts, if whoever caused it says so.
    pub(crate) time: Option<Time>,
}

impl Delivery {
    /// How AWS retries if nothing else is said.
    const RETRIES: u64 = 185;
    const MAX_AGE: u64 = 86_400;

    /// Reads the members of a target that say what becomes of a delivery that fails.
    pub(crate) fn with_policies(mut self, target: &Value) -> Delivery {
        let retry = &target["RetryPolicy"];
        let retries = retry["MaximumRetryAttempts"].as_u64();
        let age = retry["MaximumEventAgeInSeconds"].as_u64();
        self.retries = u32::try_from(retries.unwrap_or(Delivery::RETRIES)).unwrap_or(u32::MAX);
        self.max_age = Duration::from_secs(age.unwrap_or(Delivery::MAX_AGE));
        let queue = target["DeadLetterConfig"]["Arn"].as_str();
        self.dead_letter_queue = queue.map(str::to_owned);
        self
    }
}

pub(crate) struct Deliveries {
    iam: Arc<Iam>,
    peers: Arc<Peers>,
    conditions: Arc<Conditions>,
    on_undelivered: Option<OnUndelivered>,
    under_way: Mutex<JoinSet<()>>,
}

impl Deliveries {
    pub(crate) fn new(
        conditions: &Arc<Conditions>,
        iam: &Arc<Iam>,
        peers: &Arc<Peers>,
        on_undelivered: Option<OnUndelivered>,
    ) -> Deliveries {
        Deliveries {
            iam: Arc::clone(iam),
            peers: Arc::clone(peers),
            conditions: Arc::clone(conditions),
            on_undelivered,
            under_way: Mutex::default(),
        }
    }

    /// Delivers in the background.
    pub(crate) fn send(self: &Arc<Self>, delivery: Delivery) {
        let deliveries = Arc::clone(self);
        let mut under_way = self.lock();
        // Those that have ended make room.
        while under_way.try_join_next().is_some() {}
        under_way.spawn(async move { deliveries.deliver(&delivery).await });
    }

    /// Abandons what is under way.
    pub(crate) fn stop(&self) {
        self.lock().abort_all();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    async fn deliver(&self, delivery: &Delivery) {
        let began = self.conditions.now();
        let mut pause = PAUSE;
        let mut retries = 0;
        let fault = loop {
            let fault = match self.attempt(delivery).await {
                Ok(()) => return,
                Err(fault) => fault,
            };
            let age = Duration::from_millis(self.conditions.now() - began) + pause;
            if is_final(&fault) || retries == delivery.retries || age > delivery.max_age {
                break fault;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            retries += 1;
        };
        let kept = self.give_up(delivery, &fault, retries).await;
        if let Some(tell) = &self.on_undelivered {
            tell(&Undelivered {
                sender: delivery.sender.clone(),
                target: delivery.target.clone(),
                error: format!("{}: {}", fault.code, fault.message),
                kept,
            });
        }
    }

    async fn attempt(&self, delivery: &Delivery) -> Result<(), Fault> {
        let Some(call) = &delivery.call else {
            let target = &delivery.target;
            let message = format!("The local AWS delivers nothing to {target}.");
            return Err(Fault::new(501, "NotImplemented", message));
        };
        if let Some(role) = &delivery.role {
            self.check_role(delivery, role, call)?;
        }
        let scope = Scope::of_arn(&delivery.source_arn);
        self.call(
            call.service,
            call.operation.clone(),
            call.input.clone(),
            scope,
            delivery.time,
        )
        .await
    }

    fn check_role(&self, delivery: &Delivery, role: &str, call: &TargetCall) -> Result<(), Fault> {
        let service = delivery.service;
        let scope = Scope::of_arn(&delivery.source_arn);
        let assumption = Assumption {
            service,
            account: &scope.account,
            source_arn: &delivery.source_arn,
        };
        if !self.iam.assumable(role, &assumption) {
            let message = format!("{service} may not assume the role {role}");
            return Err(denied(message));
        }
        let mut context: Vec<(&str, &str)> = { call.context.iter() }
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        context.push(("aws:RequestedRegion", &scope.region));
        let (action, resource) = (call.action.as_str(), call.resource.as_deref());
        let permitted = self
            .iam
            .permits_call(service, role, (action, resource), &context);
        permitted.map_err(|why| {
            let on = resource.map(|resource| format!(" on resource: {resource}"));
            let on = on.unwrap_or_default();
            denied(format!(
                "User: {role} is not authorized to perform: {action}{on} {why}"
            ))
        })
    }

    async fn call(
        &self,
        service: &str,
        operation: String,
        input: Value,
        scope: Scope,
        time: Option<Time>,
    ) -> Result<(), Fault> {
        let peer = self.peers.get(service);
        let peer = peer.ok_or_else(|| Fault::not_implemented(service, &operation))?;
        let call = PeerCall {
            operation,
            input,
            scope,
            request_id: self.conditions.random.uuid().to_string(),
            time,
        };
        peer.call(call).await.map(drop)
    }

    /// Sends it to the queue, if the role may. A queue that does not exist gets nothing. Returns whether the queue has it.
    async fn give_up(&self, delivery: &Delivery, fault: &Fault, retries: u32) -> bool {
        let Some(queue) = &delivery.dead_letter_queue else {
            return false;
        };
        let service = delivery.service;
        let may_send = { delivery.role.as_ref() }.is_none_or(|role| {
            self.iam
                .permits(service, role, "sqs:SendMessage", queue)
                .is_ok()
        });
        if !may_send {
            return false;
        }
        let sender = match service {
            "events.amazonaws.com" => "RULE_ARN",
            _ => "SCHEDULE_ARN",
        };
        let text = |value: &str| json!({ "DataType": "String", "StringValue": value });
        let input = json!({
            "QueueUrl": url_of_arn(queue),
            "MessageBody": delivery.input,
            "MessageAttributes": {
                "ERROR_CODE": text(fault.code),
                "ERROR_MESSAGE": text(&fault.message),
                "RETRY_ATTEMPTS": text(&retries.to_string()),
                sender: text(&delivery.sender),
                "TARGET_ARN": text(&delivery.target),
            },
        });
        let scope = Scope::of_arn(&delivery.source_arn);
        let sent = self.call("sqs", "SendMessage".to_owned(), input, scope, None);
        sent.await.is_ok()
    }
}

fn denied(message: String) -> Fault {
    Fault::bad("AccessDeniedException", message)
}

/// Whether trying again would not help: AWS does not retry what was refused.
fn is_final(fault: &Fault) -> bool {
    let passes = [
        "StateMachineDeleting",
        "ThrottlingException",
        "TooManyRequestsException",
    ];
    let refused = fault.status < 500 || fault.status == 501;
    refused && !passes.contains(&fault.code)
}
