//! Tags of parameters.

use serde::Deserialize;
use serde_json::json;

use super::{Parameter, Ssm, key};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::tags::{self, MAX_TAGS, Tag, Tags};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tagging {
    resource_type: String,
    resource_id: String,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

impl Ssm {
    pub(super) async fn add_tags(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        let new = Tag::map(request.tags);
        tags::check("ValidationException", &new)?;
        let edit = self.edit_tags(call, &request.resource_type, &request.resource_id, |tags| {
            tags.extend(new);
        });
        edit.await
    }

    pub(super) async fn remove_tags(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        let edit = self.edit_tags(call, &request.resource_type, &request.resource_id, |tags| {
            tags.retain(|key, _| !request.tag_keys.contains(key));
        });
        edit.await
    }

    pub(super) fn list_tags(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        check_type(&request.resource_type)?;
        let key = key(&call.scope, &request.resource_id);
        let parameter = self.parameters.seen(&key, call.view);
        let parameter = parameter.ok_or_else(|| no_resource(&request.resource_id))?;
        let tags = Tag::list(&parameter.tags);
        Ok(Answer::json(json!({ "TagList": tags })))
    }

    async fn edit_tags(
        &self,
        call: &Call,
        kind: &str,
        id: &str,
        edit: impl FnOnce(&mut Tags),
    ) -> Result<Answer, Fault> {
        check_type(kind)?;
        let key = key(&call.scope, id);
        let change = self.parameters.change(|parameters| {
            let found = parameters.get(&key).ok_or_else(|| no_resource(id))?;
            let mut parameter = Parameter::clone(found);
            edit(&mut parameter.tags);
            if parameter.tags.len() > MAX_TAGS {
                let message = "The Targets parameter includes too many tags.";
                return Err(Fault::bad("TooManyTagsError", message));
            }
            parameters.put(&key, parameter);
            Ok(())
        });
        change.await?;
        Ok(Answer::json(json!({})))
    }
}

/// Only parameters are served here.
fn check_type(kind: &str) -> Result<(), Fault> {
    match kind {
        "Parameter" => Ok(()),
        kind => Err(Fault::bad(
            "InvalidResourceType",
            format!("{kind} is not a valid resource type."),
        )),
    }
}

fn no_resource(id: &str) -> Fault {
    Fault::bad("InvalidResourceId", format!("{id} does not exist."))
}
