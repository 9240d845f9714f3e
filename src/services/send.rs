//! What somebody sends by hand.

use serde_json::{Value, json};
use txflow_local_aws::DirectError;

use super::Reader;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub body: String,
    /// For what is FIFO.
    pub group: Option<String>,
    pub deduplication: Option<String>,
}

impl Sent {
    fn add_to(&self, mut input: Value) -> Value {
        let optional = [
            ("MessageGroupId", &self.group),
            ("MessageDeduplicationId", &self.deduplication),
        ];
        for (member, value) in optional {
            if let Some(value) = value {
                input[member] = json!(value);
            }
        }
        input
    }
}

impl Reader {
    pub async fn send_message(&self, queue: &str, message: &Sent) -> Result<(), DirectError> {
        let url = self.queue_url(queue).await?;
        let input = json!({ "QueueUrl": url, "MessageBody": message.body });
        self.call("sqs", "SendMessage", message.add_to(input))
            .await?;
        Ok(())
    }

    pub async fn publish(&self, topic: &str, message: &Sent) -> Result<(), DirectError> {
        let arn = self.topic_arn(topic).await?;
        let input = json!({ "TopicArn": arn, "Message": message.body });
        self.call("sns", "Publish", message.add_to(input)).await?;
        Ok(())
    }

    /// With the members of an entry of `PutEvents`.
    pub async fn put_event(&self, entry: Value) -> Result<(), DirectError> {
        let answer = self.call("events", "PutEvents", json!({ "Entries": [entry] }));
        let answer = answer.await?;
        match answer["FailedEntryCount"].as_u64() {
            Some(1..) => Err(DirectError::Refused {
                code: super::text(&answer["Entries"][0], "ErrorCode"),
                message: super::text(&answer["Entries"][0], "ErrorMessage"),
            }),
            _ => Ok(()),
        }
    }
}
