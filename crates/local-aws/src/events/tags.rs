//! Tags of rules.

use serde::Deserialize;
use serde_json::json;

use super::{DEFAULT, Events, invalid, no_rule, rule_key};
use crate::fault::Fault;
use crate::http::answer::{Answer, Body};
use crate::http::call::Call;
use crate::tags::{self, MAX_TAGS, Tag};

#[derive(Deserialize)]
struct Tagging {
    #[serde(rename = "ResourceARN")]
    resource_arn: String,
    #[serde(default, rename = "Tags")]
    tags: Vec<Tag>,
    #[serde(default, rename = "TagKeys")]
    keys: Vec<String>,
}

impl Events {
    pub(super) async fn tag_resource(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        let new = Tag::map(request.tags);
        tags::check("ValidationException", &new)?;
        let (bus, rule) = tagged(&request.resource_arn)?;
        self.edit_rule(call, bus, rule, |rule| {
            rule.tags.extend(new);
            if rule.tags.len() > MAX_TAGS {
                return Err(invalid("A rule can have no more than 50 tags."));
            }
            Ok(())
        })
        .await?;
        Ok(Answer::with(200, Body::Empty))
    }

    pub(super) async fn untag_resource(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        let (bus, rule) = tagged(&request.resource_arn)?;
        self.edit_rule(call, bus, rule, |rule| {
            rule.tags.retain(|key, _| !request.keys.contains(key));
            Ok(())
        })
        .await?;
        Ok(Answer::with(200, Body::Empty))
    }

    pub(super) fn list_tags_for_resource(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        let (bus, name) = tagged(&request.resource_arn)?;
        let rule = self
            .rules
            .seen(&rule_key(&call.scope, bus, name), call.view);
        let rule = rule.ok_or_else(|| no_rule(name, bus))?;
        let tags = Tag::list(&rule.tags);
        Ok(Answer::json(json!({ "Tags": tags })))
    }
}

/// The bus and the name of the rule with this ARN.
pub(super) fn tagged(arn: &str) -> Result<(&str, &str), Fault> {
    let rule = arn.split_once(":rule/").map(|(_, rule)| rule);
    let rule = rule.ok_or_else(|| invalid(format!("{arn} is not the ARN of a rule.")))?;
    Ok(rule.rsplit_once('/').unwrap_or((DEFAULT, rule)))
}
