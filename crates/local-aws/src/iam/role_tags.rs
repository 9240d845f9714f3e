//! The operations on a role's tags.

use super::{Iam, list};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::tags::{self, MAX_TAGS, Tags};

impl Iam {
    pub(super) async fn tag_role(&self, call: &Call) -> Result<Answer, Fault> {
        let tags: Tags = call.form.pairs("Tags").into_iter().collect();
        tags::check("InvalidInput", &tags)?;
        self.edit_role(call, |role| {
            role.tags.extend(tags);
            if role.tags.len() > MAX_TAGS {
                let message = "The number of tags has reached the maximum limit.";
                return Err(Fault::new(409, "LimitExceeded", message));
            }
            Ok(())
        })
        .await?;
        Ok(Answer::xml_done())
    }

    pub(super) async fn untag_role(&self, call: &Call) -> Result<Answer, Fault> {
        let keys = call.form.members("TagKeys");
        self.edit_role(call, |role| {
            role.tags.retain(|key, _| !keys.contains(key));
            Ok(())
        })
        .await?;
        Ok(Answer::xml_done())
    }

    pub(super) fn list_role_tags(&self, call: &Call) -> Result<Answer, Fault> {
        let role = self.role(call)?;
        let tags = role
            .tags
            .iter()
            .map(|(key, value)| (key.clone(), (key, value)))
            .collect();
        let mut listed = Ok(());
        let answer = Answer::xml(|xml| {
            listed = list(call, xml, "Tags", tags, |xml, (key, value)| {
                xml.text("Key", key).text("Value", value);
            });
        });
        listed.map(|()| answer)
    }
}
