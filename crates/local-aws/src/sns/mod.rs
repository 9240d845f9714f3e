//! SNS: topics, and subscriptions of queues and functions to them.

mod faults;
mod filter;
mod notification;
mod permissions;
mod publish;
mod subscription;
mod subscriptions;
mod tags;
mod topic;
mod topics;
mod wire;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use self::subscription::Subscription;
use self::topic::Topic;
use crate::conditions::Conditions;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::api::{Api, Dialect, Protocol};
use crate::http::call::Call;
use crate::http::call::PeerCall;
use crate::http::scope::Scope;
use crate::logs::Logs;
use crate::peers::Peers;
use crate::permission::Permission;
use crate::recent::Recent;
use crate::service::Operations;
use crate::store::{Durable, Store, StoreError};

const API: Api = Api {
    name: "sns",
    protocol: Protocol::Query {
        version: "2010-03-31",
        namespace: "http://sns.amazonaws.com/doc/2010-03-31/",
        dialect: Dialect::Common,
    },
};

pub(crate) struct Sns {
    conditions: Arc<Conditions>,
    peers: Arc<Peers>,
    logs: Arc<Logs>,
    endpoint_url: String,
    /// By ARN.
    topics: Durable<Topic>,
    /// By ARN, which begins with that of the topic.
    subscriptions: Durable<Subscription>,
    /// What was published to each FIFO topic: the answers, by what tells duplicates.
    published: Mutex<BTreeMap<String, Recent<Value>>>,
    /// The number of the next message of any FIFO topic.
    next: AtomicU64,
}

/// What SNS is made from.
pub(crate) struct Parts<'a> {
    pub(crate) store: &'a Arc<Store>,
    pub(crate) conditions: &'a Arc<Conditions>,
    /// Has the queues and functions.
    pub(crate) peers: &'a Arc<Peers>,
    /// Takes what would go to phones.
    pub(crate) logs: &'a Arc<Logs>,
    pub(crate) endpoint_url: &'a str,
}

/// An operation with its members as in the API's model, in which any scalar may be a text.
struct Request {
    scope: Scope,
    input: Value,
}

impl Sns {
    pub(crate) fn load(parts: Parts<'_>) -> Result<Sns, StoreError> {
        let (store, conditions) = (parts.store, parts.conditions);
        Ok(Sns {
            conditions: Arc::clone(conditions),
            peers: Arc::clone(parts.peers),
            logs: Arc::clone(parts.logs),
            endpoint_url: parts.endpoint_url.to_owned(),
            topics: Durable::load(store, conditions, "topic")?,
            subscriptions: Durable::load(store, conditions, "subscription")?,
            published: Mutex::default(),
            // Numbers grow also from one server to the next.
            next: AtomicU64::new(conditions.now()),
        })
    }

    async fn answer(&self, operation: &str, request: Request) -> Result<Value, Fault> {
        match operation {
            "CreateTopic" => self.create_topic(&request).await,
            "DeleteTopic" => self.delete_topic(&request).await,
            "ListTopics" => self.list_topics(&request),
            "GetTopicAttributes" => self.get_topic_attributes(&request),
            "SetTopicAttributes" => self.set_topic_attributes(&request).await,
            "Subscribe" => self.subscribe(&request).await,
            "Unsubscribe" => self.unsubscribe(&request).await,
            "ListSubscriptions" => self.list_subscriptions(&request, ""),
            "ListSubscriptionsByTopic" => self.list_subscriptions_by_topic(&request),
            "GetSubscriptionAttributes" => self.get_subscription_attributes(&request),
            "SetSubscriptionAttributes" => self.set_subscription_attributes(&request).await,
            "Publish" => self.publish(&request).await,
            "PublishBatch" => self.publish_batch(&request).await,
            "TagResource" => self.tag_resource(&request).await,
            "UntagResource" => self.untag_resource(&request).await,
            "ListTagsForResource" => self.list_tags_for_resource(&request),
            operation => Err(Fault::not_implemented("sns", operation)),
        }
    }
}

impl Request {
    fn text(&self, member: &str) -> Option<&str> {
        self.input[member].as_str()
    }

    /// The member, which must be there.
    fn required(&self, member: &str) -> Result<&str, Fault> {
        self.text(member).ok_or_else(|| faults::missing(member))
    }

    /// The map of texts; a task may give them as numbers or documents.
    fn texts(&self, member: &str) -> BTreeMap<String, String> {
        let members = self.input[member].as_object().into_iter().flatten();
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        members
            .map(|(name, value)| (name.clone(), text(value)))
            .collect()
    }
}

impl Operations for Sns {
    const API: &'static Api = &API;

    fn permissions(&self, call: &Call) -> Option<Vec<Permission>> {
        permissions::needed(call)
    }

    async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        let request = Request {
            scope: call.scope.clone(),
            input: wire::input(&call.form),
        };
        let output = self.answer(&call.operation, request).await?;
        Ok(Answer::xml(|xml| wire::output(&output, xml)))
    }

    async fn dispatch_peer(self: &Arc<Self>, call: PeerCall) -> Result<Value, Fault> {
        let request = Request {
            scope: call.scope,
            input: call.input,
        };
        self.answer(&call.operation, request).await
    }
}
