//! The operations on subscriptions.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::faults::{invalid, no_subscription, no_topic};
use super::subscription::{Subscription, check_endpoint};
use super::topics::{PAGE, topic_arn};
use super::{Request, Sns};
use crate::fault::Fault;
use crate::page::page;

impl Sns {
    /// One that exists is made again with success if it is as asked for.
    pub(super) async fn subscribe(&self, request: &Request) -> Result<Value, Fault> {
        let arn = topic_arn(request)?;
        let topic = self.topics.get(arn).ok_or_else(no_topic)?;
        let protocol = request.required("Protocol")?;
        let endpoint = request.text("Endpoint").unwrap_or_default();
        check_endpoint(protocol, endpoint, topic.is_fifo())?;
        let mut subscription = Subscription {
            arn: format!("{arn}:{}", self.conditions.random.uuid()),
            topic: arn.to_owned(),
            protocol: protocol.to_owned(),
            endpoint: endpoint.to_owned(),
            owner: request.scope.account.clone(),
            attributes: BTreeMap::new(),
        };
        subscription.set(request.texts("Attributes"))?;
        let of_topic = self.subscriptions.list(&format!("{arn}:"));
        let same = of_topic.iter().find(|(_, other)| {
            (&other.protocol, &other.endpoint) == (&subscription.protocol, &subscription.endpoint)
        });
        if let Some((arn, same)) = same {
            if subscription.attributes.is_empty() || subscription.attributes == same.attributes {
                return Ok(json!({ "SubscriptionArn": arn }));
            }
            let reason = "Attributes Reason: Subscription already exists with different attributes";
            return Err(invalid(reason));
        }
        let answer = json!({ "SubscriptionArn": subscription.arn });
        let subscribed = self.subscriptions.change(|subscriptions| {
            let arn = subscription.arn.clone();
            subscriptions.put(&arn, subscription);
            Ok(())
        });
        subscribed.await?;
        Ok(answer)
    }

    /// One that does not exist is removed with success.
    pub(super) async fn unsubscribe(&self, request: &Request) -> Result<Value, Fault> {
        let arn = request.required("SubscriptionArn")?;
        let removed = self.subscriptions.change(|subscriptions| {
            subscriptions.remove(arn);
            Ok(())
        });
        removed.await?;
        Ok(json!({}))
    }

    pub(super) fn list_subscriptions_by_topic(&self, request: &Request) -> Result<Value, Fault> {
        let arn = topic_arn(request)?;
        self.topics.get(arn).ok_or_else(no_topic)?;
        self.list_subscriptions(request, &format!("{arn}:"))
    }

    pub(super) fn list_subscriptions(
        &self,
        request: &Request,
        prefix: &str,
    ) -> Result<Value, Fault> {
        let own = request.scope.arn("sns", "");
        let mut subscriptions = self.subscriptions.list(prefix);
        subscriptions.retain(|(arn, _)| arn.starts_with(&own));
        let (subscriptions, next) = page(subscriptions, request.text("NextToken"), PAGE)
            .map_err(|_| invalid("NextToken"))?;
        let subscriptions = subscriptions.iter();
        let listed: Vec<Value> = subscriptions.map(|(_, one)| one.listed()).collect();
        Ok(json!({ "Subscriptions": listed, "NextToken": next }))
    }

    pub(super) fn get_subscription_attributes(&self, request: &Request) -> Result<Value, Fault> {
        let arn = request.required("SubscriptionArn")?;
        let subscription = self.subscriptions.get(arn).ok_or_else(no_subscription)?;
        Ok(json!({ "Attributes": subscription.described() }))
    }

    pub(super) async fn set_subscription_attributes(
        &self,
        request: &Request,
    ) -> Result<Value, Fault> {
        let arn = request.required("SubscriptionArn")?;
        let name = request.required("AttributeName")?.to_owned();
        let value = request
            .text("AttributeValue")
            .unwrap_or_default()
            .to_owned();
        let set = self.subscriptions.change(|subscriptions| {
            let before = subscriptions.get(arn).ok_or_else(no_subscription)?;
            let mut subscription = Subscription::clone(before);
            subscription.set(BTreeMap::from([(name, value)]))?;
            subscriptions.put(arn, subscription);
            Ok(())
        });
        set.await?;
        Ok(json!({}))
    }
}
