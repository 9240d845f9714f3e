//! What is in one of them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use txflow_local_aws::DirectError;

use super::kind::ServiceKind;
use super::table::Items;
use super::{ListCall, Reader, text};
use crate::config::named_resource;

/// How many items, messages or objects are shown at once.
const SHOWN: usize = 100;
/// Bytes of an object.
const LONGEST: u64 = 256 * 1024;

/// What is in a table, a queue, and so on.
#[derive(Debug, Clone, PartialEq)]
pub enum Contents {
    Table {
        /// The names of the attributes of its key.
        key: Vec<String>,
        items: Items,
    },
    Queue {
        counts: QueueCounts,
        /// The queue that gets what was received too often.
        dead_letters: Option<String>,
        is_fifo: bool,
        /// The newest first.
        messages: Vec<Message>,
        /// Where the older ones begin.
        more: Option<String>,
    },
    Topic {
        is_fifo: bool,
        subscriptions: Vec<Subscription>,
    },
    Bucket {
        objects: Vec<Object>,
        /// The key behind which there are more.
        more: Option<String>,
    },
    Bus {
        rules: Vec<Rule>,
    },
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueCounts {
    pub visible: u64,
    pub in_flight: u64,
    pub delayed: u64,
}

/// A message in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub id: String,
    pub body: String,
    /// Milliseconds since 1970.
    pub sent: Option<i64>,
    pub receives: u64,
    /// Such as `in flight`.
    pub state: String,
    /// Of a FIFO queue.
    pub group: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub protocol: String,
    /// Without what all ARNs have in common.
    pub endpoint: String,
    pub filter: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub key: String,
    pub size: u64,
}

/// A rule of an event bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub name: String,
    pub enabled: bool,
    /// An event pattern or a schedule.
    pub matches: String,
    /// The ARNs of what gets the events.
    pub targets: Vec<String>,
}

impl fmt::Display for QueueCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} visible", self.visible)?;
        if self.in_flight > 0 {
            write!(f, ", {} in flight", self.in_flight)?;
        }
        if self.delayed > 0 {
            write!(f, ", {} delayed", self.delayed)?;
        }
        Ok(())
    }
}

impl Reader {
    /// What is in the one of that name. `from` says where the page begins, as the page before has said. `None` if the kind
    /// has no contents.
    pub async fn contents(
        &self,
        kind: ServiceKind,
        name: &str,
        from: Option<&str>,
    ) -> Result<Option<Contents>, DirectError> {
        Ok(Some(match kind {
            ServiceKind::Table => self.table(name, from).await?,
            ServiceKind::Queue => self.queue(name, from).await?,
            ServiceKind::Topic => self.topic(name).await?,
            ServiceKind::Bucket => self.bucket(name, from).await?,
            ServiceKind::Bus => Contents::Bus {
                rules: self.rules_with_targets(name).await?,
            },
            ServiceKind::Secret | ServiceKind::Parameter => return Ok(None),
        }))
    }

    async fn table(&self, name: &str, from: Option<&str>) -> Result<Contents, DirectError> {
        let input = json!({ "TableName": name });
        let described = self.call("dynamodb", "DescribeTable", input).await?;
        let schema = described["Table"]["KeySchema"].as_array();
        let key = schema.into_iter().flatten();
        let from = from.and_then(|from| serde_json::from_str(from).ok());
        Ok(Contents::Table {
            key: key.map(|one| text(one, "AttributeName")).collect(),
            items: self.items_from(name, from, Some(SHOWN)).await?,
        })
    }

    /// The URL of a queue.
    pub async fn queue_url(&self, name: &str) -> Result<String, DirectError> {
        let found = self.call("sqs", "GetQueueUrl", json!({ "QueueName": name }));
        Ok(text(&found.await?, "QueueUrl"))
    }

    async fn queue_attributes(&self, url: &str) -> Result<Value, DirectError> {
        let input = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
        let mut found = self.call("sqs", "GetQueueAttributes", input).await?;
        Ok(found["Attributes"].take())
    }

    pub(super) async fn queue_counts(&self, url: &str) -> Result<QueueCounts, DirectError> {
        Ok(counts(&self.queue_attributes(url).await?))
    }

    async fn queue(&self, name: &str, from: Option<&str>) -> Result<Contents, DirectError> {
        let url = self.queue_url(name).await?;
        let attributes = self.queue_attributes(&url).await?;
        let input = json!({ "QueueUrl": url, "MaxNumberOfMessages": SHOWN, "NextToken": from });
        let peeked = self.call("sqs", "PeekMessages", input).await?;
        let messages = peeked["Messages"].as_array().into_iter().flatten();
        let policy = text(&attributes, "RedrivePolicy");
        let policy: Value = serde_json::from_str(&policy).unwrap_or_default();
        let target = policy["deadLetterTargetArn"].as_str();
        Ok(Contents::Queue {
            counts: counts(&attributes),
            dead_letters: target.map(|arn| named_resource(arn).to_owned()),
            is_fifo: name.ends_with(".fifo"),
            messages: messages.map(Message::of).collect(),
            more: peeked["NextToken"].as_str().map(str::to_owned),
        })
    }

    async fn topic(&self, name: &str) -> Result<Contents, DirectError> {
        let arn = self.topic_arn(name).await?;
        let input = json!({ "TopicArn": arn });
        let listing = ListCall::new("sns", "ListSubscriptionsByTopic", input, "Subscriptions");
        let mut subscriptions = Vec::new();
        for one in self.all(listing).await? {
            let input = json!({ "SubscriptionArn": one["SubscriptionArn"] });
            let read = self.call("sns", "GetSubscriptionAttributes", input).await?;
            let filter = read["Attributes"]["FilterPolicy"].as_str();
            subscriptions.push(Subscription {
                protocol: text(&one, "Protocol"),
                endpoint: named_resource(&text(&one, "Endpoint")).to_owned(),
                filter: filter.map(str::to_owned),
            });
        }
        Ok(Contents::Topic {
            is_fifo: name.ends_with(".fifo"),
            subscriptions,
        })
    }

    /// The ARN of a topic that exists.
    pub async fn topic_arn(&self, name: &str) -> Result<String, DirectError> {
        let listing = ListCall::new("sns", "ListTopics", json!({}), "Topics");
        let topics = self.all(listing).await?;
        let arns = topics.iter().map(|topic| text(topic, "TopicArn"));
        let mut arns = arns.filter(|arn| named_resource(arn) == name);
        arns.next().ok_or_else(|| DirectError::Refused {
            code: "NotFound".to_owned(),
            message: "Topic does not exist".to_owned(),
        })
    }

    async fn bucket(&self, name: &str, from: Option<&str>) -> Result<Contents, DirectError> {
        let mut input = json!({ "Bucket": name, "MaxKeys": SHOWN });
        if let Some(from) = from {
            input["StartAfter"] = from.into();
        }
        let listed = self.call("s3", "ListObjectsV2", input).await?;
        let objects = listed["Contents"].as_array().into_iter().flatten();
        let objects: Vec<Object> = { objects }
            .map(|object| Object {
                key: text(object, "Key"),
                size: object["Size"].as_u64().unwrap_or_default(),
            })
            .collect();
        let last = objects.last().map(|object| object.key.clone());
        Ok(Contents::Bucket {
            more: last.filter(|_| listed["IsTruncated"] == true),
            objects,
        })
    }

    /// The text of an object, or why it is not shown.
    pub async fn object(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<Result<String, &'static str>, DirectError> {
        let input = json!({ "Bucket": bucket, "Key": key });
        let head = self.call("s3", "HeadObject", input.clone()).await?;
        if head["ContentLength"].as_u64().unwrap_or_default() > LONGEST {
            return Ok(Err("It is too large to be shown here."));
        }
        let read = self.call("s3", "GetObject", input).await?;
        let bytes = STANDARD.decode(text(&read, "Body")).unwrap_or_default();
        Ok(String::from_utf8(bytes).map_err(|_| "It is not text."))
    }

    pub(super) async fn rules(&self, bus: &str) -> Result<Vec<Value>, DirectError> {
        let input = json!({ "EventBusName": bus });
        self.all(ListCall::new("events", "ListRules", input, "Rules"))
            .await
    }

    async fn rules_with_targets(&self, bus: &str) -> Result<Vec<Rule>, DirectError> {
        let mut rules = Vec::new();
        for rule in self.rules(bus).await? {
            let input = json!({ "Rule": rule["Name"], "EventBusName": bus });
            let listing = ListCall::new("events", "ListTargetsByRule", input, "Targets");
            let targets = self.all(listing).await?;
            let matches = ["EventPattern", "ScheduleExpression"];
            let matches = matches.iter().find_map(|member| rule[*member].as_str());
            rules.push(Rule {
                name: text(&rule, "Name"),
                enabled: rule["State"] == "ENABLED",
                matches: matches.unwrap_or_default().to_owned(),
                targets: targets.iter().map(|target| text(target, "Arn")).collect(),
            });
        }
        Ok(rules)
    }
}

impl Message {
    fn of(message: &Value) -> Self {
        let attributes = &message["Attributes"];
        let number = |name: &str| attributes[name].as_str()?.parse().ok();
        Self {
            id: text(message, "MessageId"),
            body: text(message, "Body"),
            sent: number("SentTimestamp"),
            receives: number("ApproximateReceiveCount").map_or(0, i64::unsigned_abs),
            state: text(message, "State"),
            group: attributes["MessageGroupId"].as_str().map(str::to_owned),
        }
    }
}

fn counts(attributes: &Value) -> QueueCounts {
    let number = |name: &str| text(attributes, name).parse().unwrap_or_default();
    QueueCounts {
        visible: number("ApproximateNumberOfMessages"),
        in_flight: number("ApproximateNumberOfMessagesNotVisible"),
        delayed: number("ApproximateNumberOfMessagesDelayed"),
    }
}
