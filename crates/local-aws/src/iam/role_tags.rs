//! The operations on a role's tags.

use super::{Iam, list};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::tags::{self, MAX_TAGS, Tags};

/// The tags of a request. For IAM, keys that differ only in case are the same key.
pub(super) fn read_tags(call: &Call) -> Result<Tags, Fault> {
    let pairs = call.form.pairs("Tags");
    let repeated = |(index, (key, _)): (usize, &(String, String))| {
        pairs[..index].iter().any(|(other, _)| same(key, other))
    };
    if pairs.iter().enumerate().any(repeated) {
        let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
        return Err(Fault::bad("InvalidInput", message));
    }
    let tags: Tags = pairs.into_iter().collect();
    tags::check("InvalidInput", &tags)?;
    Ok(tags)
}

fn same(key: &str, other: &str) -> bool {
    key.to_lowercase() == other.to_lowercase()
}

impl Iam {
    pub(super) async fn tag_role(&self, call: &Call) -> Result<Answer, Fault> {
        let tags = read_tags(call)?;
        self.edit_role(call, |role| {
            // A tag replaces one whose key differs only in case.
            role.tags
                .retain(|key, _| !tags.keys().any(|new| same(key, new)));
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
