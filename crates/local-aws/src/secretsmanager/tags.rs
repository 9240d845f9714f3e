//! Tags of secrets.

use serde::Deserialize;

use super::{SecretsManager, invalid_parameter};
use crate::fault::Fault;
use crate::http::answer::{Answer, Body};
use crate::http::call::Call;
use crate::tags::{self, MAX_TAGS, Tag};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tagging {
    secret_id: String,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

impl SecretsManager {
    pub(super) async fn tag_resource(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        let new = Tag::map(request.tags);
        tags::check("InvalidParameterException", &new)?;
        self.edit(call, &request.secret_id, |secret| {
            secret.tags.extend(new);
            match secret.tags.len() > MAX_TAGS {
                true => Err(invalid_parameter("A secret can have no more than 50 tags.")),
                false => Ok(()),
            }
        })
        .await?;
        Ok(Answer::with(200, Body::Empty))
    }

    pub(super) async fn untag_resource(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Tagging = call.json()?;
        self.edit(call, &request.secret_id, |secret| {
            secret.tags.retain(|key, _| !request.tag_keys.contains(key));
            Ok(())
        })
        .await?;
        Ok(Answer::with(200, Body::Empty))
    }
}
