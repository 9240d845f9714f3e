//! As much of SQS as a dead-letter queue needs: its messages can be received, and are gone then.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::delivery::{DeadLetter, Deliveries};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::api::{Api, Protocol};
use crate::http::call::Call;
use crate::permission::Permission;
use crate::service::{Service, Work};

const API: Api = Api {
    name: "sqs",
    protocol: Protocol::Json {
        target: "AmazonSQS",
        content_type: "application/x-amz-json-1.0",
        error_type: str::to_owned,
    },
};

pub(crate) struct Sqs(Arc<Deliveries>);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReceiveMessage {
    queue_url: String,
    max_number_of_messages: Option<usize>,
}

impl Sqs {
    pub(crate) fn new(deliveries: Arc<Deliveries>) -> Sqs {
        Sqs(deliveries)
    }

    async fn receive_message(&self, call: &Call) -> Result<Answer, Fault> {
        let request: ReceiveMessage = call.json()?;
        let queue = arn(call, &request.queue_url);
        let most = request.max_number_of_messages.unwrap_or(1);
        let letters = self.0.take(&queue, most).await?;
        let messages: Vec<Value> = letters.iter().map(|letter| message(letter)).collect();
        Ok(Answer::json(json!({ "Messages": messages })))
    }
}

/// A URL of a queue ends with its name.
fn arn(call: &Call, queue_url: &str) -> String {
    let name = queue_url.rsplit('/').next().unwrap_or_default();
    call.scope.arn("sqs", name)
}

fn message(letter: &DeadLetter) -> Value {
    let attributes = letter.attributes.iter().map(|(name, value)| {
        let value = json!({ "StringValue": value, "DataType": "String" });
        (name.clone(), value)
    });
    let attributes: serde_json::Map<String, Value> = attributes.collect();
    json!({
        "MessageId": letter.id,
        "ReceiptHandle": letter.id,
        "Body": letter.body,
        "Attributes": { "SentTimestamp": letter.sent.to_string() },
        "MessageAttributes": attributes,
    })
}

impl Service for Sqs {
    fn api(&self) -> &'static Api {
        &API
    }

    fn permissions(&self, call: &Call) -> Option<Vec<Permission>> {
        let body = crate::permission::body(call);
        let queue = arn(call, body["QueueUrl"].as_str()?);
        Some(vec![Permission::of(call, queue)])
    }

    fn serve(self: Arc<Self>, call: Arc<Call>) -> Work<Result<Answer, Fault>> {
        Box::pin(async move {
            match call.operation.as_str() {
                "ReceiveMessage" => self.receive_message(&call).await,
                // What was received is gone.
                "DeleteMessage" => Ok(Answer::json(json!({}))),
                operation => Err(Fault::not_implemented("sqs", operation)),
            }
        })
    }
}
