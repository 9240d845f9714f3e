//! SQS: standard and FIFO queues, and their messages.

mod attributes;
mod batch;
mod change;
mod faults;
mod line;
mod message;
mod peek;
mod permissions;
mod queue;
mod queues;
mod receive;
mod send;
mod settings;
mod tags;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::watch;

use self::line::Lines;
use self::message::Message;
use self::queue::Queue;
use crate::conditions::Conditions;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::api::{Api, Protocol};
use crate::http::call::{Call, PeerCall};
use crate::permission::Permission;
use crate::service::{Operations, served_to_peer};
use crate::store::{Durable, Store, StoreError};

pub(crate) use self::queue::{arn_of_url, url_of_arn};

const API: Api = Api {
    name: "sqs",
    protocol: Protocol::Json {
        target: "AmazonSQS",
        content_type: "application/x-amz-json-1.0",
        error_type: |code| format!("com.amazonaws.sqs#{code}"),
    },
};

pub(crate) struct Sqs {
    conditions: Arc<Conditions>,
    endpoint_url: String,
    /// By `<account>/<region>/<name>`, which is the key of a queue.
    queues: Durable<Queue>,
    /// By `<queue>|<sequence>`.
    messages: Durable<Message>,
    /// By queue. Locked only for as long as it takes to look, also while the messages change, and never the other way
    /// round.
    lines: Mutex<Lines>,
    /// The sequence of the next message of any queue.
    next: AtomicU64,
    /// Ends the calls that wait for messages.
    stopped: watch::Sender<bool>,
}

impl Sqs {
    pub(crate) fn load(
        store: &Arc<Store>,
        conditions: &Arc<Conditions>,
        endpoint_url: &str,
    ) -> Result<Sqs, StoreError> {
        let queues: Durable<Queue> = Durable::load(store, conditions, "queue")?;
        let messages: Durable<Message> = Durable::load(store, conditions, "message")?;
        let mut lines = Lines::default();
        let mut next = 1;
        for (key, message) in messages.list("") {
            let Some((queue, sequence)) = message::of_key(&key) else {
                continue;
            };
            let fifo = queues.get(queue).is_some_and(|queue| queue.is_fifo());
            next = next.max(sequence + 1);
            lines.of(queue).put(sequence, message.standing(fifo));
        }
        Ok(Sqs {
            conditions: Arc::clone(conditions),
            endpoint_url: endpoint_url.to_owned(),
            queues,
            messages,
            lines: Mutex::new(lines),
            next: AtomicU64::new(next),
            stopped: watch::Sender::new(false),
        })
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Operations for Sqs {
    const API: &'static Api = &API;

    fn permissions(&self, call: &Call) -> Option<Vec<Permission>> {
        permissions::needed(call)
    }

    async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        match call.operation.as_str() {
            "CreateQueue" => self.create_queue(call).await,
            "DeleteQueue" => self.delete_queue(call).await,
            "GetQueueUrl" => self.get_queue_url(call),
            "ListQueues" => self.list_queues(call),
            "GetQueueAttributes" => self.get_queue_attributes(call),
            "SetQueueAttributes" => self.set_queue_attributes(call).await,
            "ListDeadLetterSourceQueues" => self.list_dead_letter_source_queues(call),
            "PurgeQueue" => self.purge_queue(call).await,
            "SendMessage" => self.send_message(call).await,
            "SendMessageBatch" => self.send_message_batch(call).await,
            "ReceiveMessage" => self.receive_message(call).await,
            "DeleteMessage" => self.delete_message(call).await,
            "DeleteMessageBatch" => self.delete_message_batch(call).await,
            "ChangeMessageVisibility" => self.change_message_visibility(call).await,
            "ChangeMessageVisibilityBatch" => self.change_message_visibility_batch(call).await,
            "TagQueue" => self.tag_queue(call).await,
            "UntagQueue" => self.untag_queue(call).await,
            "ListQueueTags" => self.list_queue_tags(call),
            operation => Err(Fault::not_implemented("sqs", operation)),
        }
    }

    async fn dispatch_peer(self: &Arc<Self>, call: PeerCall) -> Result<Value, Fault> {
        match call.operation.as_str() {
            "PeekMessages" => self.peek_messages(&Call::of_peer(&API, call)),
            _ => served_to_peer(self, call).await,
        }
    }

    fn stop(&self) {
        self.stopped.send_replace(true);
    }
}
