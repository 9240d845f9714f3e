//! The operations on queues as a whole.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Sqs;
use super::faults::{missing, no_queue, unfit};
use super::message;
use super::queue::{Queue, key, key_of_arn};
use super::settings::{self, NUMBERS};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::page::page;
use crate::store::Edit;
use crate::tags::{self, Tags};

/// How long after a PurgeQueue another one is refused, in milliseconds.
const PURGE_PAUSE: u64 = 60_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateQueue {
    queue_name: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, Value>,
    /// In lower case in the API's model.
    #[serde(default, rename = "tags", alias = "Tags")]
    tags: Tags,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueUrl {
    queue_name: Option<String>,
    #[serde(rename = "QueueOwnerAWSAccountId")]
    owner: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListQueues {
    queue_name_prefix: Option<String>,
    next_token: Option<String>,
    max_results: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfQueue {
    queue_url: String,
    #[serde(default)]
    attribute_names: Vec<String>,
    next_token: Option<String>,
    max_results: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SetQueueAttributes {
    queue_url: String,
    #[serde(default)]
    attributes: BTreeMap<String, Value>,
}

impl Sqs {
    pub(super) async fn create_queue(&self, call: &Call) -> Result<Answer, Fault> {
        let request: CreateQueue = call.json()?;
        let name = request.queue_name.ok_or_else(|| missing("QueueName"))?;
        check_name(&name)?;
        let fifo = name.ends_with(".fifo");
        let settings = texts(request.attributes);
        settings::check(&settings, fifo)?;
        if fifo != settings.contains_key("FifoQueue") {
            let reason = "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length; and its attribute FifoQueue is true.";
            return Err(unfit("QueueName", &name, reason));
        }
        tags::check("InvalidParameterValue", &request.tags)?;
        let key = key(&call.scope, &name);
        let now = self.conditions.now();
        let queue = Queue {
            arn: call.scope.arn("sqs", &name),
            name,
            created: now,
            modified: now,
            settings: BTreeMap::new(),
            tags: request.tags,
            purged: None,
        };
        let url = self.url(&queue);
        let created = self.queues.change(|queues| {
            if let Some(before) = queues.get(&key) {
                return before.is_the_same(&settings);
            }
            let queue = set(queue, settings, queues)?;
            queues.put(&key, queue);
            Ok(())
        });
        created.await?;
        Ok(Answer::json(json!({ "QueueUrl": url })))
    }

    pub(super) async fn delete_queue(&self, call: &Call) -> Result<Answer, Fault> {
        let request: OfQueue = call.json()?;
        let (key, _) = self.find(call, &request.queue_url)?;
        let deleted = self.queues.change(|queues| {
            queues.get(&key).ok_or_else(no_queue)?;
            queues.remove(&key);
            Ok(())
        });
        deleted.await?;
        self.empty(&key).await?;
        if let Some(line) = self.lines().remove(&key) {
            line.arrived.notify_waiters();
        }
        Ok(Answer::json(json!({})))
    }

    pub(super) async fn purge_queue(&self, call: &Call) -> Result<Answer, Fault> {
        let request: OfQueue = call.json()?;
        let (key, _) = self.find(call, &request.queue_url)?;
        let now = self.conditions.now();
        let purged = self.queues.change(|queues| {
            let mut queue = Queue::clone(queues.get(&key).ok_or_else(no_queue)?);
            if queue.purged.is_some_and(|at| at + PURGE_PAUSE > now) {
                let message = format!(
                    "Only one PurgeQueue operation on {} is allowed every 60 seconds.",
                    queue.name
                );
                return Err(Fault::new(403, "PurgeQueueInProgress", message));
            }
            queue.purged = Some(now);
            queues.put(&key, queue);
            Ok(())
        });
        purged.await?;
        self.empty(&key).await?;
        Ok(Answer::json(json!({})))
    }

    /// Deletes all messages of a queue.
    async fn empty(&self, queue: &str) -> Result<(), Fault> {
        let emptied = self.messages.change(|messages| {
            let mut lines = self.lines();
            let line = lines.of(queue);
            for sequence in line.all() {
                line.remove(sequence);
                messages.remove(&message::key(queue, sequence));
            }
            Ok(())
        });
        emptied.await
    }

    pub(super) fn get_queue_url(&self, call: &Call) -> Result<Answer, Fault> {
        let request: GetQueueUrl = call.json()?;
        let name = request.queue_name.ok_or_else(|| missing("QueueName"))?;
        let scope = Scope {
            account: request.owner.unwrap_or_else(|| call.scope.account.clone()),
            region: call.scope.region.clone(),
        };
        let queue = self.queues.seen(&key(&scope, &name), call.view);
        let queue = queue.ok_or_else(no_queue)?;
        Ok(Answer::json(json!({ "QueueUrl": self.url(&queue) })))
    }

    pub(super) fn list_queues(&self, call: &Call) -> Result<Answer, Fault> {
        let request: ListQueues = call.json()?;
        let prefix = request.queue_name_prefix.as_deref().unwrap_or_default();
        let queues = self.queues.seen_list(&key(&call.scope, prefix), call.view);
        // Without a size of the page there is no second one.
        let size = request.max_results.unwrap_or(1000).clamp(1, 1000);
        let (queues, next) = page(queues, request.next_token.as_deref(), size)
            .map_err(|_| unfit("NextToken", "", "Invalid or expired next token."))?;
        let urls: Vec<String> = queues.iter().map(|(_, queue)| self.url(queue)).collect();
        let next = next.filter(|_| request.max_results.is_some());
        Ok(Answer::json(with_token(json!({ "QueueUrls": urls }), next)))
    }

    pub(super) fn list_dead_letter_source_queues(&self, call: &Call) -> Result<Answer, Fault> {
        let request: OfQueue = call.json()?;
        let (_, target) = self.find(call, &request.queue_url)?;
        let mut queues = self.queues.list("");
        queues.retain(|(_, queue)| {
            let policy = queue.redrive_policy();
            policy.is_some_and(|policy| policy.target == target.arn)
        });
        let size = request.max_results.unwrap_or(1000).clamp(1, 1000);
        let (queues, next) = page(queues, request.next_token.as_deref(), size)
            .map_err(|_| unfit("NextToken", "", "Invalid or expired next token."))?;
        let urls: Vec<String> = queues.iter().map(|(_, queue)| self.url(queue)).collect();
        Ok(Answer::json(with_token(json!({ "queueUrls": urls }), next)))
    }

    pub(super) fn get_queue_attributes(&self, call: &Call) -> Result<Answer, Fault> {
        let request: OfQueue = call.json()?;
        let (key, queue) = self.find(call, &request.queue_url)?;
        let all = self.described(&key, &queue);
        let names = request.attribute_names;
        if let Some(unknown) = names.iter().find(|name| !is_attribute(name)) {
            let message = format!("Unknown Attribute {unknown}.");
            return Err(Fault::bad("InvalidAttributeName", message));
        }
        let wanted = |name: &String| names.contains(name) || names.iter().any(|it| it == "All");
        let attributes = all.into_iter().filter(|(name, _)| wanted(name));
        let attributes: Map<String, Value> = attributes.collect();
        if attributes.is_empty() {
            return Ok(Answer::json(json!({})));
        }
        Ok(Answer::json(json!({ "Attributes": attributes })))
    }

    fn described(&self, key: &str, queue: &Queue) -> Map<String, Value> {
        let now = self.conditions.now();
        let counts = self.lines().of(key).counts(now);
        let mut all = Map::new();
        let mut add = |name: &str, text: String| all.insert(name.to_owned(), Value::String(text));
        add("QueueArn", queue.arn.clone());
        add("ApproximateNumberOfMessages", counts.visible.to_string());
        add(
            "ApproximateNumberOfMessagesNotVisible",
            counts.in_flight.to_string(),
        );
        add(
            "ApproximateNumberOfMessagesDelayed",
            counts.delayed.to_string(),
        );
        add("CreatedTimestamp", (queue.created / 1000).to_string());
        add("LastModifiedTimestamp", (queue.modified / 1000).to_string());
        let with_key = queue.settings.contains_key("KmsMasterKeyId");
        for number in &NUMBERS {
            if with_key || number.name() != "KmsDataKeyReusePeriodSeconds" {
                add(number.name(), queue.number(number.name()).to_string());
            }
        }
        if !with_key {
            add("SqsManagedSseEnabled", "true".to_owned());
        }
        if queue.is_fifo() {
            add("ContentBasedDeduplication", "false".to_owned());
            add("DeduplicationScope", "queue".to_owned());
            add("FifoThroughputLimit", "perQueue".to_owned());
        }
        for (name, value) in &queue.settings {
            add(name, value.clone());
        }
        all
    }

    pub(super) async fn set_queue_attributes(&self, call: &Call) -> Result<Answer, Fault> {
        let request: SetQueueAttributes = call.json()?;
        let (key, queue) = self.find(call, &request.queue_url)?;
        let settings = texts(request.attributes);
        settings::check(&settings, queue.is_fifo())?;
        if settings.contains_key("FifoQueue") {
            let message = "Unknown Attribute FifoQueue.";
            return Err(Fault::bad("InvalidAttributeName", message));
        }
        let now = self.conditions.now();
        self.edit(&key, |queue, queues| {
            queue.modified = now;
            *queue = set(queue.clone(), settings, queues)?;
            Ok(())
        })
        .await?;
        Ok(Answer::json(json!({})))
    }

    pub(super) async fn edit(
        &self,
        key: &str,
        edit: impl FnOnce(&mut Queue, &Edit<'_, Queue>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let edited = self.queues.change(|queues| {
            let mut queue = Queue::clone(queues.get(key).ok_or_else(no_queue)?);
            edit(&mut queue, queues)?;
            queues.put(key, queue);
            Ok(())
        });
        edited.await
    }
}

impl Queue {
    /// CreateQueue of a queue that exists succeeds if it asks for nothing else than there is.
    fn is_the_same(&self, settings: &BTreeMap<String, String>) -> Result<(), Fault> {
        let differs = settings.iter().find(|(name, value)| {
            let own = match settings::number(name) {
                Some(_) => self.number(name).to_string(),
                None => self.settings.get(*name).cloned().unwrap_or_default(),
            };
            own != **value
        });
        match differs {
            None => Ok(()),
            Some((name, _)) => Err(Fault::bad(
                "QueueNameExists",
                format!(
                    "A queue already exists with the same name and a different value for attribute {name}"
                ),
            )),
        }
    }
}

/// The queue with these settings. An empty text takes a setting away.
fn set(
    mut queue: Queue,
    settings: BTreeMap<String, String>,
    queues: &Edit<'_, Queue>,
) -> Result<Queue, Fault> {
    queue.settings.extend(settings);
    queue.settings.retain(|_, value| !value.is_empty());
    if let Some(policy) = queue.redrive_policy() {
        let target = key_of_arn(&policy.target).and_then(|key| queues.get(&key));
        let refused = |reason| {
            Err(unfit(
                "RedrivePolicy",
                &queue.settings["RedrivePolicy"],
                reason,
            ))
        };
        match target {
            None => return refused("Dead letter target does not exist."),
            Some(target) if target.is_fifo() != queue.is_fifo() => {
                return refused("Dead-letter queue must be same type of queue as the source.");
            }
            Some(_) => {}
        }
    }
    Ok(queue)
}

fn check_name(name: &str) -> Result<(), Fault> {
    let stem = name.strip_suffix(".fifo").unwrap_or(name);
    let known = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if stem.is_empty() || name.len() > 80 || !stem.chars().all(known) {
        let message =
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
        return Err(Fault::bad("InvalidParameterValue", message));
    }
    Ok(())
}

fn is_attribute(name: &str) -> bool {
    const READ_ONLY: [&str; 7] = [
        "All",
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "CreatedTimestamp",
        "LastModifiedTimestamp",
        "QueueArn",
    ];
    READ_ONLY.contains(&name) || settings::number(name).is_some() || settings::is_text(name)
}

/// The values of attributes are texts; a task may give them as numbers or documents.
fn texts(attributes: BTreeMap<String, Value>) -> BTreeMap<String, String> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let attributes = attributes.into_iter();
    attributes
        .map(|(name, value)| (name, text(value)))
        .collect()
}

fn with_token(mut answer: Value, next: Option<String>) -> Value {
    if let Some(next) = next {
        answer["NextToken"] = json!(next);
    }
    answer
}
