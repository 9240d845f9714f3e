//! What schedules and rules send to their targets: as their role allows, again if it fails, and to a queue in the end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::task::JoinSet;
use txflow_asl::Arn;

use crate::clock::Millis;
use crate::conditions::Conditions;
use crate::fault::Fault;
use crate::http::call::Scope;
use crate::iam::{Assumption, Iam};
use crate::states::States;
use crate::store::{Durable, Store, StoreError};

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
    pub(crate) role: String,
    /// The name of the execution.
    pub(crate) name: String,
    pub(crate) input: String,
    pub(crate) retries: u32,
    pub(crate) max_age: Duration,
    pub(crate) dead_letter_queue: Option<String>,
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

/// A message in a dead-letter queue.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeadLetter {
    pub(crate) id: String,
    pub(crate) sent: Millis,
    pub(crate) body: String,
    /// Names and values.
    pub(crate) attributes: Vec<(String, String)>,
}

pub(crate) struct Deliveries {
    iam: Arc<Iam>,
    states: Arc<States>,
    conditions: Arc<Conditions>,
    /// By `<queue ARN>|<instant>|<id>`.
    dead_letters: Durable<DeadLetter>,
    under_way: Mutex<JoinSet<()>>,
}

impl Deliveries {
    pub(crate) fn load(
        store: &Arc<Store>,
        conditions: &Arc<Conditions>,
        iam: &Arc<Iam>,
        states: &Arc<States>,
    ) -> Result<Deliveries, StoreError> {
        Ok(Deliveries {
            iam: Arc::clone(iam),
            states: Arc::clone(states),
            conditions: Arc::clone(conditions),
            dead_letters: Durable::load(store, conditions, "dead-letter")?,
            under_way: Mutex::default(),
        })
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
        self.give_up(delivery, &fault, retries).await;
    }

    async fn attempt(&self, delivery: &Delivery) -> Result<(), Fault> {
        let account = Scope::of_arn(&delivery.source_arn).account;
        let assumable = self.iam.assumable(
            &delivery.role,
            &Assumption {
                service: delivery.service,
                account: &account,
                source_arn: &delivery.source_arn,
            },
        );
        if !assumable {
            let role = &delivery.role;
            let message = format!("{} may not assume the role {role}", delivery.service);
            return Err(denied(message));
        }
        let action = "states:StartExecution";
        let (service, role, target) = (delivery.service, &delivery.role, &delivery.target);
        // A call on an alias is authorized by the ARN of the state machine.
        let arn = Arn::parse(target);
        let state_machine = match arn {
            Some(arn) => arn.without_qualifier().to_string(),
            None => target.clone(),
        };
        let qualifier = arn.and_then(|arn| arn.qualifier());
        let qualifier = qualifier.map(|qualifier| ("states:StateMachineQualifier", qualifier));
        let context = Vec::from_iter(qualifier);
        self.iam
            .permits_call(service, role, (action, Some(&state_machine)), &context)
            .map_err(|why| {
                let message = format!(
                    "User: {role} is not authorized to perform: {action} on resource: {state_machine} {why}"
                );
                denied(message)
            })?;
        let start =
            self.states
                .start_for_service(target, delivery.name.clone(), delivery.input.clone());
        start.await
    }

    /// Sends it to the queue, if the role may.
    async fn give_up(&self, delivery: &Delivery, fault: &Fault, retries: u32) {
        let Some(queue) = &delivery.dead_letter_queue else {
            return;
        };
        let (service, role) = (delivery.service, &delivery.role);
        let may_send = self.iam.permits(service, role, "sqs:SendMessage", queue);
        if may_send.is_err() {
            return;
        }
        let sent = self.conditions.now();
        let id = self.conditions.random.uuid().to_string();
        let attribute = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let sender = match service {
            "events.amazonaws.com" => "RULE_ARN",
            _ => "SCHEDULE_ARN",
        };
        let letter = DeadLetter {
            id: id.clone(),
            sent,
            body: delivery.input.clone(),
            attributes: vec![
                attribute("ERROR_CODE", fault.code),
                attribute("ERROR_MESSAGE", &fault.message),
                attribute("RETRY_ATTEMPTS", &retries.to_string()),
                attribute(sender, &delivery.sender),
                attribute("TARGET_ARN", &delivery.target),
            ],
        };
        let key = format!("{queue}|{sent:015}|{id}");
        let put = self.dead_letters.change(|letters| {
            letters.put(&key, letter);
            Ok(())
        });
        // A store that fails refuses all further calls by itself.
        let _ = put.await;
    }

    /// Takes the oldest messages out of a queue.
    pub(crate) async fn take(
        &self,
        queue_arn: &str,
        most: usize,
    ) -> Result<Vec<Arc<DeadLetter>>, Fault> {
        let mut letters = self.dead_letters.list(&format!("{queue_arn}|"));
        letters.truncate(most);
        let keys: Vec<String> = letters.iter().map(|(key, _)| key.clone()).collect();
        let taken = self.dead_letters.change(|edit| {
            keys.iter().for_each(|key| edit.remove(key));
            Ok(())
        });
        taken.await?;
        Ok(letters.into_iter().map(|(_, letter)| letter).collect())
    }
}

fn denied(message: String) -> Fault {
    Fault::bad("AccessDeniedException", message)
}

/// Whether trying again would not help: AWS does not retry what was refused.
fn is_final(fault: &Fault) -> bool {
    let passes = ["StateMachineDeleting", "ThrottlingException"];
    fault.status < 500 && !passes.contains(&fault.code)
}
