//! One message: what was sent, and what became of it since.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::attributes::Attributes;
use super::line::Standing;
use crate::clock::Millis;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    pub(super) md5: String,
    pub(super) attributes: Attributes,
    /// Of X-Ray.
    pub(super) trace_header: Option<String>,
    pub(super) sender: String,
    pub(super) sent: Millis,
    pub(super) group: Option<String>,
    pub(super) deduplication: Option<String>,
    pub(super) sequence_number: Option<String>,
    /// The ARN of the queue that it was a dead letter of.
    pub(super) source: Option<String>,
    /// When it can be seen, or seen again.
    pub(super) visible: Millis,
    pub(super) receives: u32,
    pub(super) first_received: Option<Millis>,
    /// The handle of the last one who received it.
    pub(super) receipt: Option<String>,
}

impl Message {
    pub(super) fn standing(&self, fifo: bool) -> Standing {
        Standing {
            sent: self.sent,
            visible: self.visible,
            received: self.receives > 0,
            group: self.group.clone().filter(|_| fifo),
        }
    }
}

pub(super) fn key(queue: &str, sequence: u64) -> String {
    format!("{queue}|{sequence:020}")
}

/// The queue and the sequence.
pub(super) fn of_key(key: &str) -> Option<(&str, u64)> {
    let (queue, sequence) = key.rsplit_once('|')?;
    Some((queue, sequence.parse().ok()?))
}

/// What a receiver names the message by.
pub(super) fn receipt(sequence: u64, receive: &str) -> String {
    STANDARD.encode(format!("{sequence} {receive}"))
}

/// The sequence in a receipt handle.
pub(super) fn of_receipt(handle: &str) -> Option<u64> {
    let text = String::from_utf8(STANDARD.decode(handle).ok()?).ok()?;
    text.split_once(' ')?.0.parse().ok()
}

/// As SQS numbers the messages of FIFO queues: 20 digits that grow.
pub(super) fn sequence_number(sequence: u64) -> String {
    const FIRST: u128 = 18_800_000_000_000_000_000;
    (FIRST + u128::from(sequence) * 256).to_string()
}
