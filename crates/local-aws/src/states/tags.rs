//! Tags of state machines and activities.

use serde::Deserialize;
use serde_json::{Value, json};

use super::States;
use super::arn::{self, MachineArn};
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
        let new = read(request.tags)?;
        self.edit_tags(&request.resource_arn, |tags| {
            tags.extend(new);
            check_count(tags)
        })
        .await
    }

    pub(super) async fn untag_resource(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        self.edit_tags(&request.resource_arn, |tags| {
            tags.retain(|key, _| !request.tag_keys.contains(key));
            Ok(())
        })
        .await
    }

    async fn edit_tags(
        &self,
        text: &str,
        edit: impl FnOnce(&mut Tags) -> Result<(), Fault>,
    ) -> Result<Answer, Fault> {
        match tagged(text)? {
            Tagged::Machine(arn) => {
                let edited = self.edit(&arn, || not_found(text), |machine| edit(&mut machine.tags));
                edited.await?;
            }
            Tagged::Activity => {
                let edited = self.edit_activity_tags(text, || not_found(text), edit);
                edited.await?;
            }
        }
        Ok(Answer::json(json!({})))
    }

    pub(super) fn list_tags_for_resource(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        let text = request.resource_arn.as_str();
        let tags = match tagged(text)? {
            Tagged::Machine(arn) => { self.seen(&arn, call.view) }.map(|found| found.tags.clone()),
            Tagged::Activity => self.activity_tags(text, call.view),
        };
        let tags = tags.ok_or_else(|| not_found(text))?;
        let tags: Vec<Value> = tags
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

/// What has tags.
enum Tagged {
    /// Its ARN.
    Machine(String),
    Activity,
}

/// State machines have tags, but not their versions and aliases.
fn tagged(text: &str) -> Result<Tagged, Fault> {
    if arn::is_activity(&arn::parsed(text)?) {
        return Ok(Tagged::Activity);
    }
    let arn = MachineArn::parse(text)?;
    match arn.qualifier {
        Some(_) => Err(not_found(text)),
        None => Ok(Tagged::Machine(arn.arn)),
    }
}

fn not_found(arn: &str) -> Fault {
    Fault::bad("ResourceNotFound", format!("Resource not found: '{arn}'")).with("resourceName", arn)
}
