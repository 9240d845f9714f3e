//! The operations on topics.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use txflow_asl::Arn;

use super::faults::{invalid, missing, no_topic};
use super::topic::{self, Topic};
use super::{Request, Sns};
use crate::fault::Fault;
use crate::page::page;
use crate::tags;

/// How many topics or subscriptions a page has.
pub(super) const PAGE: usize = 100;

impl Sns {
    /// A topic that exists is created with success if it is as asked for.
    pub(super) async fn create_topic(&self, request: &Request) -> Result<Value, Fault> {
        let name = request.required("Name")?;
        topic::check_name(name)?;
        let attributes = request.texts("Attributes");
        let fifo = name.ends_with(".fifo");
        if fifo && !attributes.contains_key("FifoTopic") {
            return Err(invalid("Topic Name"));
        }
        topic::check(&attributes, fifo)?;
        let tags = super::tags::read(&request.input["Tags"]);
        tags::check("InvalidParameter", &tags)?;
        let arn = request.scope.arn("sns", name);
        let answer = json!({ "TopicArn": arn });
        let created = self.topics.change(|topics| {
            let Some(before) = topics.get(&arn) else {
                let topic = Topic {
                    arn: arn.clone(),
                    attributes,
                    tags,
                };
                topics.put(&arn, topic);
                return Ok(());
            };
            let mut wanted = attributes.iter();
            if wanted.any(|(name, value)| before.attributes.get(name) != Some(value)) {
                let reason = "Attributes Reason: Topic already exists with different attributes";
                return Err(invalid(reason));
            }
            if !tags.is_empty() && before.tags != tags {
                let reason = "Tags Reason: Topic already exists with different tags";
                return Err(invalid(reason));
            }
            Ok(())
        });
        created.await?;
        Ok(answer)
    }

    /// Its subscriptions go with it. One that does not exist is deleted with success.
    pub(super) async fn delete_topic(&self, request: &Request) -> Result<Value, Fault> {
        let arn = topic_arn(request)?.to_owned();
        let deleted = self.topics.change(|topics| {
            topics.remove(&arn);
            Ok(())
        });
        deleted.await?;
        let of_topic = self.subscriptions.list(&format!("{arn}:"));
        let unsubscribed = self.subscriptions.change(|subscriptions| {
            for (arn, _) in &of_topic {
                subscriptions.remove(arn);
            }
            Ok(())
        });
        unsubscribed.await?;
        Ok(json!({}))
    }

    pub(super) fn list_topics(&self, request: &Request) -> Result<Value, Fault> {
        let topics = self.topics.list(&request.scope.arn("sns", ""));
        let (topics, next) =
            page(topics, request.text("NextToken"), PAGE).map_err(|_| invalid("NextToken"))?;
        let topics = topics.iter();
        let topics: Vec<Value> = topics.map(|(arn, _)| json!({ "TopicArn": arn })).collect();
        Ok(json!({ "Topics": topics, "NextToken": next }))
    }

    pub(super) fn get_topic_attributes(&self, request: &Request) -> Result<Value, Fault> {
        let topic = self.topics.get(topic_arn(request)?);
        let topic = topic.ok_or_else(no_topic)?;
        let subscriptions = self.subscriptions.list(&format!("{}:", topic.arn));
        Ok(json!({ "Attributes": topic.described(subscriptions.len()) }))
    }

    pub(super) async fn set_topic_attributes(&self, request: &Request) -> Result<Value, Fault> {
        let arn = topic_arn(request)?;
        let name = request.required("AttributeName")?.to_owned();
        let value = request.text("AttributeValue").unwrap_or_default();
        let attribute = BTreeMap::from([(name.clone(), value.to_owned())]);
        topic::check(&attribute, arn.ends_with(".fifo"))?;
        if name == "FifoTopic" {
            return Err(invalid("AttributeName"));
        }
        self.edit(arn, |topic| {
            topic.attributes.extend(attribute);
            Ok(())
        })
        .await?;
        Ok(json!({}))
    }

    pub(super) async fn edit(
        &self,
        arn: &str,
        edit: impl FnOnce(&mut Topic) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let edited = self.topics.change(|topics| {
            let mut topic = Topic::clone(topics.get(arn).ok_or_else(no_topic)?);
            edit(&mut topic)?;
            topics.put(arn, topic);
            Ok(())
        });
        edited.await
    }
}

/// The ARN of a topic that a call names.
pub(super) fn topic_arn(request: &Request) -> Result<&str, Fault> {
    let arn = request
        .text("TopicArn")
        .ok_or_else(|| missing("topicArn"))?;
    match Arn::parse(arn) {
        Some(parsed) if parsed.service == "sns" => Ok(arn),
        Some(_) => Err(invalid("TopicArn")),
        None => {
            let count = arn.split(':').count();
            Err(invalid(format!(
                "TopicArn Reason: An ARN must have at least 6 elements, not {count}"
            )))
        }
    }
}
