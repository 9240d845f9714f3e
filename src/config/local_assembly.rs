//! The keys of `[local]` → the resources of the local AWS.

use std::collections::BTreeMap;

use super::local::{
    LocalBucket, LocalConfig, LocalParameter, LocalQueue, LocalSecret, LocalSubscription,
    LocalTable, LocalTopic, Subscriber,
};
use super::local_keys::{Local, Queue, SubscriberKey, Subscription, Topic};
use super::resource_names::Named;
use super::template::Template;

impl LocalConfig {
    /// `None` if something could not be read, which has been reported.
    pub(super) fn new(keys: Local) -> Option<Self> {
        Some(Self {
            tables: all(keys.tables, |name, table| {
                Some(LocalTable {
                    name,
                    key: table.key,
                    indexes: table.indexes,
                    seed: table.seed,
                })
            })?,
            queues: all(keys.queues, |name, queue| {
                Some(LocalQueue::new(name, queue))
            })?,
            topics: all(keys.topics, LocalTopic::new)?,
            buckets: all(keys.buckets, |name, bucket| {
                let folder = bucket.folder.map(|folder| folder.value.0);
                Some(LocalBucket { name, folder })
            })?,
            secrets: all(keys.secrets, |name, secret| {
                let value = secret.0;
                Some(LocalSecret { name, value })
            })?,
            parameters: all(keys.parameters, |name, parameter| {
                Some(LocalParameter {
                    name,
                    value: parameter.value,
                    kind: parameter.kind,
                })
            })?,
            buses: all(keys.buses, |name, _| Some(name))?,
            upstreams: keys.upstream.by_name(|url| Some(url.value))?,
        })
    }
}

fn all<R, T, U>(named: Named<R, T>, convert: impl Fn(Template, T) -> Option<U>) -> Option<Vec<U>> {
    let entries = named.entries.into_iter();
    let converted = entries.map(|entry| convert(entry.name, entry.value?));
    converted.collect()
}

impl LocalQueue {
    fn new(name: Template, keys: Queue) -> Self {
        let numbers = [
            ("VisibilityTimeout", keys.visibility_timeout.map(|n| n.0)),
            ("DelaySeconds", keys.delay.map(|n| n.0)),
            ("MessageRetentionPeriod", keys.retention.map(|n| n.0)),
            (
                "ReceiveMessageWaitTimeSeconds",
                keys.receive_wait.map(|n| n.0),
            ),
        ];
        let numbers = numbers.into_iter();
        let mut attributes: BTreeMap<&str, String> = numbers
            .filter_map(|(attribute, number)| Some((attribute, number?.to_string())))
            .collect();
        attributes.extend(fifo(&name, keys.content_based_deduplication, "FifoQueue"));
        let most = keys.max_receives.0;
        Self {
            name,
            attributes,
            dead_letter_queue: keys.dead_letter_queue.map(|queue| (queue.value.0, most)),
        }
    }
}

impl LocalTopic {
    fn new(name: Template, keys: Topic) -> Option<Self> {
        let attributes = fifo(&name, keys.content_based_deduplication, "FifoTopic");
        let subscriptions = keys.subscriptions.into_iter().flat_map(|list| list.0);
        let subscriptions = subscriptions.map(|one| LocalSubscription::new(one.value));
        Some(Self {
            name,
            attributes: attributes.collect(),
            subscriptions: subscriptions.collect::<Option<_>>()?,
        })
    }
}

impl LocalSubscription {
    fn new(Subscription(keys): Subscription) -> Option<Self> {
        Some(Self {
            to: match keys.to.0?.value {
                SubscriberKey::Queue(name) => Subscriber::Queue(name),
                SubscriberKey::Function(name) => Subscriber::Function(name),
            },
            filter: keys.filter.map(|filter| filter.0),
            filter_body: keys.filter_body,
            raw: keys.raw,
        })
    }
}

/// The attributes of a FIFO queue or topic, which its name tells.
fn fifo(
    name: &Template,
    by_content: bool,
    attribute: &'static str,
) -> impl Iterator<Item = (&'static str, String)> + use<> {
    let is_fifo = name.example().ends_with(".fifo");
    let all = [
        (attribute, is_fifo),
        ("ContentBasedDeduplication", by_content),
    ];
    let all = all.into_iter().filter(|(_, is)| *is);
    all.map(|(attribute, _)| (attribute, "true".to_owned()))
}
