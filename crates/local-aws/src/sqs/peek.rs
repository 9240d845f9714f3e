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
}

impl Sqs {
    /// Its messages, also those that nobody can receive now, in the order in which they were sent.
    pub(super) fn peek_messages(&self, call: &Call) -> Result<Value, Fault> {
        let request: PeekMessages = call.json()?;
        let (key, _) = self.find(call, &request.queue_url)?;
        let now = self.conditions.now();
        let sequences = self.lines().of(&key).all().into_iter();
        let messages = sequences.filter_map(|sequence| {
            let found = self.messages.get(&message::key(&key, sequence));
            found.map(|message| peeked(&message, now))
        });
        let messages: Vec<Value> = messages.take(request.max_number_of_messages).collect();
        Ok(json!({ "Messages": messages }))
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
