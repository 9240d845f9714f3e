//! Tags of state machines.

use serde::Deserialize;
use serde_json::{Value, json};

use super::States;
use super::arn::MachineArn;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::tags::{self, MAX_TAGS, Tags};

/// Step Functions writes the members of a tag in lower case.
#[derive(Deserialize)]
pub(super) struct TagInput {
    key: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tagging {
    #[serde(default)]
    resource_arn: String,
    #[serde(default)]
    tags: Vec<TagInput>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

impl States {
    pub(super) async fn tag_resource(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        let tags = read(request.tags)?;
        let (arn, text) = tagged(&request.resource_arn)?;
        self.edit(
            &arn,
            || not_found(text),
            |machine| {
                machine.tags.extend(tags);
                check_count(&machine.tags)
            },
        )
        .await?;
        Ok(Answer::json(json!({})))
    }

    pub(super) async fn untag_resource(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        let (arn, text) = tagged(&request.resource_arn)?;
        self.edit(
            &arn,
            || not_found(text),
            |machine| {
                machine
                    .tags
                    .retain(|key, _| !request.tag_keys.contains(key));
                Ok(())
            },
        )
        .await?;
        Ok(Answer::json(json!({})))
    }

    pub(super) fn list_tags_for_resource(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        let (arn, text) = tagged(&request.resource_arn)?;
        let machine = self.seen(&arn, call.view).ok_or_else(|| not_found(text))?;
        let tags: Vec<Value> = machine
            .tags
            .iter()
            .map(|(key, value)| json!({ "key": key, "value": value }))
            .collect();
        Ok(Answer::json(json!({ "tags": tags })))
    }
}

pub(super) fn read(tags: Vec<TagInput>) -> Result<Tags, Fault> {
    let tags: Tags = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
    tags::check("ValidationException", &tags)?;
    check_count(&tags)?;
    Ok(tags)
}

fn check_count(tags: &Tags) -> Result<(), Fault> {
    if tags.len() > MAX_TAGS {
        return Err(Fault::bad(
            "TooManyTags",
            "Too Many Tags: 'A resource can have at most 50 tags'",
        ));
    }
    Ok(())
}

/// Only state machines have tags, not their versions and aliases.
fn tagged(text: &str) -> Result<(String, &str), Fault> {
    let arn = MachineArn::parse(text)?;
    if arn.qualifier.is_some() {
        Err(not_found(text))
    } else {
        Ok((arn.arn, text))
    }
}

fn not_found(arn: &str) -> Fault {
    Fault::bad("ResourceNotFound", format!("Resource not found: '{arn}'")).with("resourceName", arn)
}
