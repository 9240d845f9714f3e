//! Tags of groups. Schedules have none.

use serde::Deserialize;
use serde_json::json;

use super::route::tagged_arn;
use super::{Scheduler, group_arn, invalid, key, not_found};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::tags::{self, MAX_TAGS, Tag, Tags};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagResource {
    tags: Vec<Tag>,
}

impl Scheduler {
    pub(super) async fn tag_resource(&self, call: &Call) -> Result<Answer, Fault> {
        let request: TagResource = call.json()?;
        let new = Tag::map(request.tags);
        tags::check("ValidationException", &new)?;
        self.edit_tags(call, |tags| {
            tags.extend(new);
            if tags.len() > MAX_TAGS {
                return Err(invalid("A schedule group can have no more than 50 tags."));
            }
            Ok(())
        })
        .await
    }

    pub(super) async fn untag_resource(&self, call: &Call) -> Result<Answer, Fault> {
        let keys = call.query.all("TagKeys");
        self.edit_tags(call, |tags| {
            tags.retain(|key, _| !keys.contains(key));
            Ok(())
        })
        .await
    }

    pub(super) fn list_tags_for_resource(&self, call: &Call) -> Result<Answer, Fault> {
        let (arn, key) = tagged(call)?;
        let group = self.groups.seen(&key, call.view);
        let group = group.ok_or_else(|| not_found(&arn))?;
        Ok(Answer::json(json!({ "Tags": Tag::list(&group.tags) })))
    }

    async fn edit_tags(
        &self,
        call: &Call,
        edit: impl FnOnce(&mut Tags) -> Result<(), Fault>,
    ) -> Result<Answer, Fault> {
        let (arn, key) = tagged(call)?;
        let edited = self.groups.change(|groups| {
            let mut group = super::Group::clone(groups.get(&key).ok_or_else(|| not_found(&arn))?);
            edit(&mut group.tags)?;
            groups.put(&key, group);
            Ok(())
        });
        edited.await?;
        Ok(Answer::json(json!({})))
    }
}

/// The ARN of a group, and its key.
fn tagged(call: &Call) -> Result<(String, String), Fault> {
    let arn = tagged_arn(call);
    let name = arn.strip_prefix(&group_arn(&call.scope, ""));
    let name = name.ok_or_else(|| invalid(format!("{arn} is not the ARN of a schedule group.")))?;
    let key = key(&call.scope, name);
    Ok((arn, key))
}
