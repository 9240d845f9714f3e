//! A look at the messages of a queue that changes nothing of them, for the project's own processes. SQS has no such call.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Sqs;
use super::message::{self, Message};
use crate::clock::Millis;
use crate::fault::Fault;
use crate::http::call::Call;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PeekMessages {
    queue_url: String,
    max_number_of_messages: usize,
    /// As the part before has said.
    next_token: Option<String>,
}

impl Sqs {
    /// Its messages, also those that nobody can receive now, the newest first.
    pub(super) fn peek_messages(&self, call: &Call) -> Result<Value, Fault> {
        let request: PeekMessages = call.json()?;
        let (key, _) = self.find(call, &request.queue_url)?;
        let now = self.conditions.now();
        let token = request.next_token.as_deref();
        let last = token.and_then(|token| token.parse().ok());
        let sequences = self.lines().of(&key).all().into_iter().rev();
        let sequences = sequences.filter(|sequence| last.is_none_or(|last| *sequence < last));
        let mut messages = sequences.filter_map(|sequence| {
            let found = self.messages.get(&message::key(&key, sequence));
            found.map(|message| (sequence, peeked(&message, now)))
        });
        let part: Vec<(u64, Value)> = { messages.by_ref() }
            .take(request.max_number_of_messages)
            .collect();
        let next = part.last().filter(|_| messages.next().is_some());
        let next = next.map(|(sequence, _)| sequence.to_string());
        let part: Vec<Value> = part.into_iter().map(|(_, message)| message).collect();
        Ok(json!({ "Messages": part, "NextToken": next }))
    }
}

fn peeked(message: &Message, now: Millis) -> Value {
    let state = match message.visible {
        visible if visible <= now => "visible",
        _ if message.receives > 0 => "in flight",
        _ => "delayed",
    };
    let mut attributes = json!({
        "SentTimestamp": message.sent.to_string(),
        "ApproximateReceiveCount": message.receives.to_string(),
    });
    if let Some(group) = &message.group {
        attributes["MessageGroupId"] = json!(group);
    }
    json!({
        "MessageId": message.id,
        "Body": message.body,
        "State": state,
        "Attributes": attributes,
    })
}
