//! Queues, topics and event buses.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use txflow_local_aws::DirectError;

use super::made::{Obtained, Wanted};
use super::{Calls, Kind, Local, failed};
use crate::commands::error::CommandError;
use crate::config::{LocalQueue, LocalSubscription, LocalTopic, Subscriber, Template};

impl<C: Calls> Local<'_, C> {
    /// A dead-letter queue must exist before the queue that names it gets its attributes.
    pub(super) async fn make_queues(&mut self, queues: &[LocalQueue]) -> Result<(), CommandError> {
        for queue in queues {
            let name = self.name(&queue.name);
            let failed = failed("queue", &name);
            let exists = self.queue_url(&name).await.map_err(&failed)?.is_some();
            let attributes = queue.attributes.clone();
            let input = json!({ "QueueName": name, "Attributes": attributes });
            let wanted = Wanted::empty(Kind::Queue, &name);
            let obtained = self.obtain(wanted, exists, ("sqs", "CreateQueue"), input);
            if obtained.await.map_err(&failed)? == Obtained::New {
                self.new.push(format!("queue `{name}`"));
            }
        }
        for queue in queues {
            let name = self.name(&queue.name);
            let failed = failed("queue", &name);
            self.set_attributes(&name, queue).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn set_attributes(&mut self, name: &str, queue: &LocalQueue) -> Result<(), DirectError> {
        let mut wanted: BTreeMap<&str, String> = queue.attributes.clone();
        // It cannot be changed.
        wanted.remove("FifoQueue");
        if let Some((dead, most)) = &queue.dead_letter_queue {
            let arn = self.stack.account.arn("sqs", &self.name(dead));
            let policy = json!({ "deadLetterTargetArn": arn, "maxReceiveCount": most });
            wanted.insert("RedrivePolicy", policy.to_string());
        }
        let Some(url) = self.queue_url(name).await? else {
            return Ok(());
        };
        let input = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
        let found = self.calls.call("sqs", "GetQueueAttributes", input).await?;
        let found = &found["Attributes"];
        wanted.retain(|attribute, value| !same(&found[*attribute], value));
        if wanted.is_empty() {
            return Ok(());
        }
        let input = json!({ "QueueUrl": url, "Attributes": wanted });
        self.calls.call("sqs", "SetQueueAttributes", input).await?;
        Ok(())
    }

    async fn queue_url(&self, name: &str) -> Result<Option<Value>, DirectError> {
        let read = self.read("sqs", "GetQueueUrl", json!({ "QueueName": name }));
        Ok(read.await?.map(|found| found["QueueUrl"].clone()))
    }

    pub(super) async fn remove_queue(&self, name: &str) -> Result<(), DirectError> {
        let input = json!({ "QueueName": name });
        let found = self.calls.call("sqs", "GetQueueUrl", input).await?;
        let input = json!({ "QueueUrl": found["QueueUrl"] });
        self.calls.call("sqs", "DeleteQueue", input).await?;
        Ok(())
    }

    pub(super) async fn make_topic(&mut self, topic: &LocalTopic) -> Result<(), CommandError> {
        let name = self.name(&topic.name);
        let failed = failed("topic", &name);
        let arn = self.stack.account.arn("sns", &name);
        let read = self.read("sns", "GetTopicAttributes", json!({ "TopicArn": arn }));
        let exists = read.await.map_err(&failed)?.is_some();
        let input = json!({ "Name": name, "Attributes": topic.attributes });
        let wanted = Wanted::empty(Kind::Topic, &name);
        let obtained = self.obtain(wanted, exists, ("sns", "CreateTopic"), input);
        if obtained.await.map_err(&failed)? == Obtained::New {
            self.new.push(format!("topic `{name}`"));
        }
        for subscription in &topic.subscriptions {
            let subscribed = self.subscribe(&arn, subscription);
            subscribed.await.map_err(&failed)?;
        }
        Ok(())
    }

    /// A subscription that exists stays what it is, with these attributes.
    async fn subscribe(
        &self,
        topic: &str,
        subscription: &LocalSubscription,
    ) -> Result<(), DirectError> {
        let (protocol, endpoint) = match &subscription.to {
            Subscriber::Queue(name) => ("sqs", self.stack.account.arn("sqs", &self.name(name))),
            Subscriber::Function(name) => ("lambda", self.stack.function_arn(name)),
        };
        let mut attributes: BTreeMap<&str, String> = BTreeMap::new();
        if let Some(filter) = &subscription.filter {
            attributes.insert("FilterPolicy", filter.to_string());
        }
        if subscription.filter_body {
            attributes.insert("FilterPolicyScope", "MessageBody".to_owned());
        }
        if subscription.raw {
            attributes.insert("RawMessageDelivery", "true".to_owned());
        }
        let existing = self.subscriptions(topic).await?;
        let mut existing = existing.iter();
        let existing = existing.find(|one| one["Endpoint"] == endpoint);
        let Some(existing) = existing.map(|one| &one["SubscriptionArn"]) else {
            let input = json!({
                "TopicArn": topic,
                "Protocol": protocol,
                "Endpoint": endpoint,
                "Attributes": attributes,
                "ReturnSubscriptionArn": true,
            });
            self.calls.call("sns", "Subscribe", input).await?;
            return Ok(());
        };
        for (name, value) in attributes {
            let input = json!({
                "SubscriptionArn": existing,
                "AttributeName": name,
                "AttributeValue": value,
            });
            let set = self.calls.call("sns", "SetSubscriptionAttributes", input);
            set.await?;
        }
        Ok(())
    }

    pub(super) async fn remove_topic(&self, name: &str) -> Result<(), DirectError> {
        let arn = self.stack.account.arn("sns", name);
        let input = json!({ "TopicArn": arn });
        // DeleteTopic succeeds for a topic that does not exist.
        let read = self.calls.call("sns", "GetTopicAttributes", input.clone());
        read.await?;
        for subscription in self.subscriptions(&arn).await? {
            self.unsubscribe(&subscription).await?;
        }
        self.calls.call("sns", "DeleteTopic", input).await?;
        Ok(())
    }

    /// Ends the subscriptions of a topic that lead to functions of this stage.
    pub(super) async fn unsubscribe_own(&self, topic: &str) -> Result<(), DirectError> {
        let arn = self.stack.account.arn("sns", topic);
        for subscription in self.subscriptions(&arn).await? {
            let mut own = self.functions.iter();
            if own.any(|function| subscription["Endpoint"] == *function) {
                self.unsubscribe(&subscription).await?;
            }
        }
        Ok(())
    }

    async fn unsubscribe(&self, subscription: &Value) -> Result<(), DirectError> {
        let input = json!({ "SubscriptionArn": subscription["SubscriptionArn"] });
        self.calls.call("sns", "Unsubscribe", input).await?;
        Ok(())
    }

    async fn subscriptions(&self, topic: &str) -> Result<Vec<Value>, DirectError> {
        let input = json!({ "TopicArn": topic });
        let found = self.calls.call("sns", "ListSubscriptionsByTopic", input);
        let found = found.await?;
        Ok(found["Subscriptions"]
            .as_array()
            .cloned()
            .unwrap_or_default())
    }

    pub(super) async fn make_bus(&mut self, name: &Template) -> Result<(), CommandError> {
        let name = self.name(name);
        let failed = failed("event bus", &name);
        let read = self.read("events", "DescribeEventBus", json!({ "Name": name }));
        let exists = read.await.map_err(&failed)?.is_some();
        let (wanted, input) = (Wanted::empty(Kind::Bus, &name), json!({ "Name": name }));
        let obtained = self.obtain(wanted, exists, ("events", "CreateEventBus"), input);
        if obtained.await.map_err(&failed)? == Obtained::New {
            self.new.push(format!("event bus `{name}`"));
        }
        Ok(())
    }

    pub(super) async fn remove_bus(&self, name: &str) -> Result<(), DirectError> {
        let input = json!({ "Name": name });
        // DeleteEventBus succeeds for a bus that does not exist.
        let read = self.calls.call("events", "DescribeEventBus", input.clone());
        read.await?;
        self.calls.call("events", "DeleteEventBus", input).await?;
        Ok(())
    }
}

/// Whether an attribute has a value already. A policy is JSON, in which the order of members does not count.
fn same(found: &Value, wanted: &str) -> bool {
    let Some(found) = found.as_str() else {
        return false;
    };
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    found == wanted || json(found).is_some_and(|found| Some(found) == json(wanted))
}
