//! Sending messages.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::Sqs;
use super::attributes::{self, Attribute, Attributes};
use super::batch::{self, Batch};
use super::faults::{invalid, missing, unfit};
use super::line::Sent;
use super::message::{self, Message, sequence_number};
use super::queue::Queue;
use super::settings::LARGEST;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessage {
    queue_url: String,
    #[serde(flatten)]
    entry: Entry,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    message_body: Option<String>,
    delay_seconds: Option<i64>,
    #[serde(default)]
    message_attributes: Attributes,
    #[serde(default)]
    message_system_attributes: BTreeMap<String, Attribute>,
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
}

impl Sqs {
    pub(super) async fn send_message(&self, call: &Call) -> Result<Answer, Fault> {
        let request: SendMessage = call.json()?;
        let (key, queue) = self.find(call, &request.queue_url)?;
        let sent = self.send(call, &key, &queue, request.entry).await?;
        Ok(Answer::json(Value::Object(sent)))
    }

    pub(super) async fn send_message_batch(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Batch<Entry> = call.json()?;
        let (key, queue) = self.find(call, &request.queue_url)?;
        let entries = request.checked()?;
        let size: usize = entries.iter().map(|(_, entry)| entry.size()).sum();
        if size > LARGEST {
            let message = format!(
                "Batch requests cannot be longer than {LARGEST} bytes. You have sent {size} bytes."
            );
            return Err(Fault::bad("BatchRequestTooLong", message));
        }
        let mut outcomes = Vec::new();
        for (id, entry) in entries {
            outcomes.push((id, self.send(call, &key, &queue, entry).await));
        }
        Ok(batch::answer(outcomes))
    }

    async fn send(
        &self,
        call: &Call,
        key: &str,
        queue: &Queue,
        entry: Entry,
    ) -> Result<Map<String, Value>, Fault> {
        let body = entry.body()?;
        entry.check(queue, &body)?;
        let attributes = entry.message_attributes;
        let trace = entry.message_system_attributes.get("AWSTraceHeader");
        let fifo = queue.is_fifo();
        let deduplication = entry.message_deduplication_id;
        let deduplication = deduplication.or_else(|| fifo.then(|| content_id(&body)));
        let now = self.conditions.now();
        let delay = entry
            .delay_seconds
            .and_then(|delay| u64::try_from(delay).ok());
        let delay = delay.unwrap_or_else(|| queue.number("DelaySeconds"));
        let mut message = Message {
            id: self.conditions.random.uuid().to_string(),
            md5: attributes::md5(&body),
            body,
            attributes,
            trace_header: trace.and_then(|it| it.text().map(str::to_owned)),
            sender: call.scope.account.clone(),
            sent: now,
            group: entry.message_group_id,
            deduplication,
            sequence_number: None,
            source: None,
            visible: now + delay * 1000,
            receives: 0,
            first_received: None,
            receipt: None,
        };
        let mut answer = Map::new();
        let mut add = |name: &str, text: Option<String>| {
            answer.extend(text.map(|text| (name.to_owned(), json!(text))));
        };
        add("MD5OfMessageBody", Some(message.md5.clone()));
        add(
            "MD5OfMessageAttributes",
            attributes::md5_of(&message.attributes),
        );
        add(
            "MD5OfMessageSystemAttributes",
            attributes::md5_of(&entry.message_system_attributes),
        );
        let put = self.messages.change(|messages| {
            let mut lines = self.lines();
            let line = lines.of(key);
            let duplicate = message.deduplication.clone().filter(|_| fifo);
            let duplicate = duplicate.map(|id| within_scope(queue, &message, &id));
            if let Some(known) = &duplicate
                && let Some(sent) = line.sent.duplicate(known, now)
            {
                return Ok(sent);
            }
            let sequence = self.next.fetch_add(1, Ordering::Relaxed);
            if fifo {
                message.sequence_number = Some(sequence_number(sequence));
            }
            let sent = Sent {
                id: message.id.clone(),
                sequence,
            };
            line.put(sequence, message.standing(fifo));
            if let Some(known) = duplicate {
                line.sent.remember(known, sent.clone(), now);
            }
            line.arrived.notify_waiters();
            messages.put(&message::key(key, sequence), message);
            Ok(sent)
        });
        let sent = put.await?;
        add("MessageId", Some(sent.id));
        add(
            "SequenceNumber",
            fifo.then(|| sequence_number(sent.sequence)),
        );
        Ok(answer)
    }
}

impl Entry {
    fn body(&self) -> Result<String, Fault> {
        let body = self.message_body.clone().filter(|body| !body.is_empty());
        let body = body.ok_or_else(|| missing("MessageBody"))?;
        let fits = |c: char| match c {
            '\t' | '\n' | '\r' => true,
            c => c >= ' ' && c != '\u{FFFE}' && c != '\u{FFFF}',
        };
        if body.chars().all(fits) {
            return Ok(body);
        }
        Err(Fault::bad(
            "InvalidMessageContents",
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
        ))
    }

    fn size(&self) -> usize {
        let body = self.message_body.as_ref().map_or(0, String::len);
        body + attributes::size(&self.message_attributes)
    }

    fn check(&self, queue: &Queue, body: &str) -> Result<(), Fault> {
        attributes::check(&self.message_attributes)?;
        let most = queue.number("MaximumMessageSize");
        let size = body.len() + attributes::size(&self.message_attributes);
        if u64::try_from(size).is_ok_and(|size| size > most) {
            return Err(invalid(format!(
                "One or more parameters are invalid. Reason: Message must be shorter than {most} bytes."
            )));
        }
        let system = self.message_system_attributes.keys();
        if let Some(unknown) = { system }.find(|name| *name != "AWSTraceHeader") {
            return Err(unfit(
                "MessageSystemAttributes",
                unknown,
                "The only message system attribute that can be sent is AWSTraceHeader.",
            ));
        }
        if let Some(delay) = self
            .delay_seconds
            .filter(|delay| !(0..=900).contains(delay))
        {
            return Err(unfit(
                "DelaySeconds",
                delay,
                "DelaySeconds must be >= 0 and <= 900.",
            ));
        }
        let known = |c: char| c.is_ascii_graphic();
        for (name, id) in [
            ("MessageGroupId", &self.message_group_id),
            ("MessageDeduplicationId", &self.message_deduplication_id),
        ] {
            let fits = |id: &String| (1..=128).contains(&id.len()) && id.chars().all(known);
            if let Some(id) = id.as_ref().filter(|id| !fits(id)) {
                let reason = format!(
                    "{name} can only include alphanumeric and punctuation characters. 1 to 128 in length."
                );
                return Err(unfit(name, id, &reason));
            }
        }
        self.check_kind(queue)
    }

    /// What the other kind of queue has.
    fn check_kind(&self, queue: &Queue) -> Result<(), Fault> {
        const OTHER: &str = "The request include parameter that is not valid for this queue type.";
        match (
            queue.is_fifo(),
            &self.message_deduplication_id,
            self.delay_seconds,
        ) {
            (false, Some(id), _) => Err(unfit("MessageDeduplicationId", id, OTHER)),
            (true, _, Some(delay)) if delay != 0 => Err(unfit("DelaySeconds", delay, OTHER)),
            (true, ..) if self.message_group_id.is_none() => Err(missing("MessageGroupId")),
            (true, None, _) if !queue.is("ContentBasedDeduplication") => Err(invalid(
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
            )),
            _ => Ok(()),
        }
    }
}

/// The deduplication id of a message that has none.
fn content_id(body: &str) -> String {
    hex::encode(Sha256::digest(body))
}

/// What must be the same for a message to be a duplicate.
fn within_scope(queue: &Queue, message: &Message, id: &str) -> String {
    let scope = queue.settings.get("DeduplicationScope");
    match (scope.map(String::as_str), &message.group) {
        (Some("messageGroup"), Some(group)) => format!("{group} {id}"),
        _ => id.to_owned(),
    }
}
