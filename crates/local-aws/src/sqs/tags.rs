//! The tags of queues.

use serde::Deserialize;
use serde_json::json;

use super::Sqs;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::tags::{self, MAX_TAGS, Tags};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tagging {
    queue_url: String,
    #[serde(default)]
    tags: Tags,
    #[serde(default)]
    tag_keys: Vec<String>,
}

impl Sqs {
    pub(super) async fn tag_queue(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        tags::check("InvalidParameterValue", &request.tags)?;
        let (key, _) = self.find(call, &request.queue_url)?;
        self.edit(&key, |queue, _| {
            queue.tags.extend(request.tags);
            if queue.tags.len() > MAX_TAGS {
                let message = format!("Too many tags added for queue {}.", queue.name);
                return Err(Fault::bad("InvalidParameterValue", message));
            }
            Ok(())
        })
        .await?;
        Ok(Answer::json(json!({})))
    }

    pub(super) async fn untag_queue(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        let (key, _) = self.find(call, &request.queue_url)?;
        self.edit(&key, |queue, _| {
            queue.tags.retain(|key, _| !request.tag_keys.contains(key));
            Ok(())
        })
        .await?;
        Ok(Answer::json(json!({})))
    }

    pub(super) fn list_queue_tags(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        let (_, queue) = self.find(call, &request.queue_url)?;
        if queue.tags.is_empty() {
            return Ok(Answer::json(json!({})));
        }
        Ok(Answer::json(json!({ "Tags": queue.tags })))
    }
}
