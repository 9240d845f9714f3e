//! What subscribers get of a message.

use serde_json::{Map, Value, json};

use super::Sns;
use super::publish::Message;
use super::subscription::Subscription;
use crate::clock;

/// Nothing here has a key that SNS signs with: "not signed", in base64 as a signature would be.
const SIGNATURE: &str = "bm90IHNpZ25lZA==";

impl Sns {
    /// The JSON that a queue gets, unless its subscription is raw.
    pub(super) fn notification(&self, message: &Message, subscription: &Subscription) -> Value {
        let mut all = json!({ "Type": "Notification", "MessageId": message.id });
        if let Some(number) = &message.sequence_number {
            all["SequenceNumber"] = json!(number);
        }
        all["TopicArn"] = json!(message.topic);
        if let Some(subject) = &message.subject {
            all["Subject"] = json!(subject);
        }
        all["Message"] = json!(message.body(&subscription.protocol));
        all["Timestamp"] = json!(clock::iso(message.sent));
        if message.sequence_number.is_none() {
            all["SignatureVersion"] = json!("1");
            all["Signature"] = json!(SIGNATURE);
            all["SigningCertURL"] = json!(self.certificate());
        }
        all["UnsubscribeURL"] = json!(self.unsubscribe_url(subscription));
        if !message.attributes.is_empty() {
            all["MessageAttributes"] = Value::Object(shown(&message.attributes));
        }
        all
    }

    /// The event that a function gets.
    pub(super) fn event(&self, message: &Message, subscription: &Subscription) -> Value {
        json!({ "Records": [{
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription.arn,
            "Sns": {
                "Type": "Notification",
                "MessageId": message.id,
                "TopicArn": message.topic,
                "Subject": message.subject,
                "Message": message.body(&subscription.protocol),
                "Timestamp": clock::iso(message.sent),
                "SignatureVersion": "1",
                "Signature": SIGNATURE,
                "SigningCertUrl": self.certificate(),
                "UnsubscribeUrl": self.unsubscribe_url(subscription),
                "MessageAttributes": shown(&message.attributes),
            },
        }] })
    }

    fn certificate(&self) -> String {
        format!("{}/SimpleNotificationService.pem", self.endpoint_url)
    }

    fn unsubscribe_url(&self, subscription: &Subscription) -> String {
        format!(
            "{}/?Action=Unsubscribe&SubscriptionArn={}",
            self.endpoint_url, subscription.arn
        )
    }
}

fn shown(attributes: &Map<String, Value>) -> Map<String, Value> {
    let shown = attributes.iter().map(|(name, attribute)| {
        let value = match &attribute["BinaryValue"] {
            Value::Null => &attribute["StringValue"],
            binary => binary,
        };
        let value = json!({ "Type": attribute["DataType"], "Value": value });
        (name.clone(), value)
    });
    shown.collect()
}
