//! What a receiver does with a message: delete it, or hide it for longer or shorter.

use serde::Deserialize;
use serde_json::{Map, json};

use super::Sqs;
use super::batch::{self, Batch};
use super::faults::{bad_handle, missing, not_in_flight, unfit};
use super::message::{self, Message, of_receipt};
use super::queue::Queue;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfMessage {
    queue_url: String,
    #[serde(flatten)]
    entry: Entry,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    receipt_handle: Option<String>,
    visibility_timeout: Option<i64>,
}

impl Sqs {
    pub(super) async fn delete_message(&self, call: &Call) -> Result<Answer, Fault> {
        let request: OfMessage = call.json()?;
        let (key, queue) = self.find(call, &request.queue_url)?;
        self.delete(&key, &queue, &request.entry).await?;
        Ok(Answer::json(json!({})))
    }

    pub(super) async fn delete_message_batch(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Batch<Entry> = call.json()?;
        let (key, queue) = self.find(call, &request.queue_url)?;
        let mut outcomes = Vec::new();
        for (id, entry) in request.checked()? {
            let deleted = self.delete(&key, &queue, &entry).await;
            outcomes.push((id, deleted.map(|()| Map::new())));
        }
        Ok(batch::answer(outcomes))
    }

    pub(super) async fn change_message_visibility(&self, call: &Call) -> Result<Answer, Fault> {
        let request: OfMessage = call.json()?;
        let (key, queue) = self.find(call, &request.queue_url)?;
        self.hide(&key, &queue, &request.entry).await?;
        Ok(Answer::json(json!({})))
    }

    pub(super) async fn change_message_visibility_batch(
        &self,
        call: &Call,
    ) -> Result<Answer, Fault> {
        let request: Batch<Entry> = call.json()?;
        let (key, queue) = self.find(call, &request.queue_url)?;
        let mut outcomes = Vec::new();
        for (id, entry) in request.checked()? {
            let hidden = self.hide(&key, &queue, &entry).await;
            outcomes.push((id, hidden.map(|()| Map::new())));
        }
        Ok(batch::answer(outcomes))
    }

    /// A message that is gone is deleted with success, and so is one that somebody else has received since, unless its
    /// queue keeps an order.
    async fn delete(&self, key: &str, queue: &Queue, entry: &Entry) -> Result<(), Fault> {
        let (handle, sequence) = entry.message()?;
        let deleted = self.messages.change(|messages| {
            let of_message = message::key(key, sequence);
            let Some(message) = messages.get(&of_message) else {
                return Ok(());
            };
            let now = self.conditions.now();
            let expired = message.receipt.as_deref() != Some(handle) || message.visible <= now;
            if queue.is_fifo() && expired {
                let reason = "The receipt handle has expired.";
                return Err(unfit("ReceiptHandle", handle, reason));
            }
            messages.remove(&of_message);
            let mut lines = self.lines();
            lines.of(key).remove(sequence);
            // The rest of a group may be received now.
            lines.of(key).arrived.notify_waiters();
            Ok(())
        });
        deleted.await
    }

    async fn hide(&self, key: &str, queue: &Queue, entry: &Entry) -> Result<(), Fault> {
        let (handle, sequence) = entry.message()?;
        let timeout = entry.visibility_timeout;
        let timeout = timeout.ok_or_else(|| missing("VisibilityTimeout"))?;
        let seconds = u64::try_from(timeout).ok().filter(|it| *it <= 43_200);
        let seconds = seconds.ok_or_else(|| {
            let reason = "VisibilityTimeout must be an integer between 0 and 43200";
            unfit("VisibilityTimeout", timeout, reason)
        })?;
        let hidden = self.messages.change(|messages| {
            let now = self.conditions.now();
            let of_message = message::key(key, sequence);
            let message = messages.get(&of_message);
            let message = message.ok_or_else(|| {
                let reason =
                    "Message does not exist or is not available for visibility timeout change.";
                unfit("ReceiptHandle", handle, reason)
            })?;
            if message.receipt.as_deref() != Some(handle) || message.visible <= now {
                return Err(not_in_flight());
            }
            let message = Message {
                visible: now + seconds * 1000,
                ..Message::clone(message)
            };
            let mut lines = self.lines();
            lines
                .of(key)
                .put(sequence, message.standing(queue.is_fifo()));
            lines.of(key).arrived.notify_waiters();
            messages.put(&of_message, message);
            Ok(())
        });
        hidden.await
    }
}

impl Entry {
    /// The receipt handle, and the sequence of its message.
    fn message(&self) -> Result<(&str, u64), Fault> {
        let handle = self.receipt_handle.as_deref();
        let handle = handle.ok_or_else(|| missing("ReceiptHandle"))?;
        Ok((handle, of_receipt(handle).ok_or_else(bad_handle)?))
    }
}
