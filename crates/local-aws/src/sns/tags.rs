//! The tags of topics.

use serde_json::{Value, json};

use super::faults::no_topic;
use super::{Request, Sns};
use crate::fault::Fault;
use crate::tags::{self, MAX_TAGS, Tags};

impl Sns {
    pub(super) async fn tag_resource(&self, request: &Request) -> Result<Value, Fault> {
        let new = read(&request.input["Tags"]);
        tags::check("InvalidParameter", &new)?;
        let arn = request.required("ResourceArn")?;
        let edited = self.edit(arn, |topic| {
            topic.tags.extend(new);
            if topic.tags.len() > MAX_TAGS {
                let message = "Could not complete request: tag quota of per resource exceeded";
                return Err(Fault::bad("TagLimitExceeded", message));
            }
            Ok(())
        });
        edited.await.map_err(no_resource)?;
        Ok(json!({}))
    }

    pub(super) async fn untag_resource(&self, request: &Request) -> Result<Value, Fault> {
        let keys = request.input["TagKeys"].as_array();
        let arn = request.required("ResourceArn")?;
        let edited = self.edit(arn, |topic| {
            topic.tags.retain(|tag, _| {
                let mut keys = keys.into_iter().flatten();
                !keys.any(|key| key == tag.as_str())
            });
            Ok(())
        });
        edited.await.map_err(no_resource)?;
        Ok(json!({}))
    }

    pub(super) fn list_tags_for_resource(&self, request: &Request) -> Result<Value, Fault> {
        let topic = self.topics.get(request.required("ResourceArn")?);
        let topic = topic.ok_or_else(|| no_resource(no_topic()))?;
        let tags = topic.tags.iter();
        let tags: Vec<Value> = tags
            .map(|(key, value)| json!({ "Key": key, "Value": value }))
            .collect();
        Ok(json!({ "Tags": tags }))
    }
}

pub(super) fn read(tags: &Value) -> Tags {
    let tags = tags.as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    tags.map(|tag| (text(&tag["Key"]), text(&tag["Value"])))
        .collect()
}

/// These operations have another code for a topic that does not exist.
fn no_resource(fault: Fault) -> Fault {
    match fault.code {
        "NotFound" => Fault::new(404, "ResourceNotFound", "Resource does not exist"),
        _ => fault,
    }
}
