//! The operations on a role's policies, inline and attached.

use txflow_asl::Arn;

use super::policy::Document;
use super::{Iam, list, no_such_entity, policy_name, required, role::encode};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;

/// AWS's quota for all inline policies of a role together, not counting white space.
const INLINE_QUOTA: usize = 10_240;
/// AWS's default quota of managed policies attached to a role.
const ATTACHED_QUOTA: usize = 10;

impl Iam {
    pub(super) async fn put_role_policy(&self, call: &Call) -> Result<Answer, Fault> {
        let name = policy_name(call)?.to_owned();
        let document = required(call, "PolicyDocument", "policyDocument")?.to_owned();
        Document::parse(&document)?.check_permissions()?;
        self.edit_role(call, |role| {
            role.inline.insert(name, document);
            let size = |text: &String| text.chars().filter(|c| !c.is_whitespace()).count();
            if role.inline.values().map(size).sum::<usize>() > INLINE_QUOTA {
                let message = format!(
                    "Maximum policy size of {INLINE_QUOTA} bytes exceeded for role {}",
                    role.name
                );
                return Err(Fault::new(409, "LimitExceeded", message));
            }
            Ok(())
        })
        .await?;
        Ok(Answer::xml_done())
    }

    pub(super) fn get_role_policy(&self, call: &Call) -> Result<Answer, Fault> {
        let role = self.role(call)?;
        let name = policy_name(call)?;
        let document = role.inline.get(name).ok_or_else(|| no_such_policy(name))?;
        Ok(Answer::xml(|xml| {
            xml.text("RoleName", &role.name)
                .text("PolicyName", name)
                .text("PolicyDocument", encode(document));
        }))
    }

    pub(super) async fn delete_role_policy(&self, call: &Call) -> Result<Answer, Fault> {
        let name = policy_name(call)?;
        self.edit_role(call, |role| {
            role.inline
                .remove(name)
                .map(|_| ())
                .ok_or_else(|| no_such_policy(name))
        })
        .await?;
        Ok(Answer::xml_done())
    }

    pub(super) fn list_role_policies(&self, call: &Call) -> Result<Answer, Fault> {
        let role = self.role(call)?;
        let names = role
            .inline
            .keys()
            .map(|name| (name.clone(), name))
            .collect();
        let mut listed = Ok(());
        let answer = Answer::xml(|xml| {
            listed = list(call, xml, "PolicyNames", names, |xml, name| {
                xml.raw_text(name);
            });
        });
        listed.map(|()| answer)
    }

    pub(super) async fn attach_role_policy(&self, call: &Call) -> Result<Answer, Fault> {
        let arn = required(call, "PolicyArn", "policyArn")?;
        if !self.has_policy(arn) {
            let message = format!("Policy {arn} does not exist or is not attachable.");
            return Err(no_such_entity(message));
        }
        self.edit_role(call, |role| {
            role.attached.insert(arn.to_owned());
            if role.attached.len() > ATTACHED_QUOTA {
                let message = format!("Cannot exceed quota for PoliciesPerRole: {ATTACHED_QUOTA}");
                return Err(Fault::new(409, "LimitExceeded", message));
            }
            Ok(())
        })
        .await?;
        Ok(Answer::xml_done())
    }

    pub(super) async fn detach_role_policy(&self, call: &Call) -> Result<Answer, Fault> {
        let arn = required(call, "PolicyArn", "policyArn")?;
        self.edit_role(call, |role| {
            let removed = role.attached.remove(arn);
            if removed {
                Ok(())
            } else {
                Err(no_such_entity(format!("Policy {arn} was not found.")))
            }
        })
        .await?;
        Ok(Answer::xml_done())
    }

    pub(super) fn list_attached_role_policies(&self, call: &Call) -> Result<Answer, Fault> {
        let role = self.role(call)?;
        let arns = role.attached.iter().map(|arn| (arn.clone(), arn)).collect();
        let mut listed = Ok(());
        let answer = Answer::xml(|xml| {
            listed = list(call, xml, "AttachedPolicies", arns, |xml, arn| {
                let name = Arn::parse(arn).map_or(arn.as_str(), |arn| arn.name());
                xml.text("PolicyName", name).text("PolicyArn", arn);
            });
        });
        listed.map(|()| answer)
    }
}

fn no_such_policy(name: &str) -> Fault {
    no_such_entity(format!("The role policy with name {name} cannot be found."))
}
