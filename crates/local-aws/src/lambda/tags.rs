//! Tags of functions. Versions and aliases have none.

use serde::Deserialize;
use serde_json::json;

use super::name::FunctionName;
use super::{Lambda, invalid};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::tags::{self, MAX_TAGS, Tags};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagResource {
    #[serde(default)]
    tags: Tags,
}

impl Lambda {
    pub(super) async fn tag_resource(&self, call: &Call, resource: &str) -> Result<Answer, Fault> {
        let request: TagResource = call.json()?;
        if request.tags.is_empty() {
            return Err(invalid(
                "An error occurred and the request cannot be processed.",
            ));
        }
        tags::check("InvalidParameterValueException", &request.tags)?;
        // AWS counts a change of the tags as a change of `$LATEST`.
        let random = &self.conditions.random;
        self.edit(&tagged(call, resource)?, |function| {
            function.latest.revise(random);
            function.tags.extend(request.tags);
            if function.tags.len() > MAX_TAGS {
                return Err(invalid("Tag quota per resource exceeded."));
            }
            Ok(())
        })
        .await?;
        Ok(Answer::no_content())
    }

    pub(super) async fn untag_resource(
        &self,
        call: &Call,
        resource: &str,
    ) -> Result<Answer, Fault> {
        let keys = call.query.all("tagKeys");
        if keys.is_empty() {
            let message = "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null";
            return Err(Fault::bad("ValidationException", message));
        }
        // AWS counts a change of the tags as a change of `$LATEST`.
        let random = &self.conditions.random;
        self.edit(&tagged(call, resource)?, |function| {
            function.latest.revise(random);
            function.tags.retain(|key, _| !keys.contains(key));
            Ok(())
        })
        .await?;
        Ok(Answer::no_content())
    }

    pub(super) fn list_tags(&self, call: &Call, resource: &str) -> Result<Answer, Fault> {
        let name = tagged(call, resource)?;
        let function = self
            .functions
            .seen(&name.arn, call.view)
            .ok_or_else(|| name.missing())?;
        Ok(Answer::json(json!({ "Tags": function.tags })))
    }
}

fn tagged(call: &Call, resource: &str) -> Result<FunctionName, Fault> {
    if !resource.starts_with("arn:") {
        let message = format!(
            "1 validation error detected: Value '{resource}' at 'resource' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*):lambda:[a-z]{{2}}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{{1}}:\\d{{12}}:(function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?)"
        );
        return Err(Fault::bad("ValidationException", message));
    }
    let name = FunctionName::parse(resource, &call.scope)?;
    if name.qualifier.is_some() {
        return Err(invalid(
            "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        ));
    }
    Ok(name)
}
