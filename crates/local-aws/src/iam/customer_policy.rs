//! Customer managed policies, such as a permissions boundary. Each has one version: to change the document, delete the
//! policy and create it again.

use serde::{Deserialize, Serialize};
use txflow_asl::Arn;

use super::policy::Document;
use super::role_calls::checked_path;
use super::{Iam, arn, encode, managed, no_such_entity, policy_name, required};
use crate::clock::{self, Millis};
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::http::xml::Xml;

/// AWS's quota for a managed policy, not counting white space.
const DOCUMENT_QUOTA: usize = 6144;
const VERSION: &str = "v1";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CustomerPolicy {
    arn: String,
    name: String,
    path: String,
    created: Millis,
    /// As it was sent.
    document: String,
}

impl Iam {
    pub(super) async fn create_policy(&self, call: &Call) -> Result<Answer, Fault> {
        let name = policy_name(call)?;
        let path = checked_path(call.form.get("Path").unwrap_or("/"), "path")?;
        let document = required(call, "PolicyDocument", "policyDocument")?;
        let arn = arn(&call.scope.account, &format!("policy{path}{name}"));
        let policy = CustomerPolicy::new(&arn, document, self.conditions.now())?;
        let created = policy.clone();
        self.policies
            .change(|policies| {
                if policies.get(&arn).is_some() {
                    let message = format!(
                        "A policy called {name} already exists. Duplicate names are not allowed."
                    );
                    return Err(Fault::new(409, "EntityAlreadyExists", message));
                }
                policies.put(&arn, policy);
                Ok(())
            })
            .await?;
        Ok(Answer::xml(|xml| {
            xml.element("Policy", |xml| created.describe(xml));
        }))
    }

    pub(super) fn get_policy(&self, call: &Call) -> Result<Answer, Fault> {
        let policy = self.customer_policy(policy_arn(call)?)?;
        Ok(Answer::xml(|xml| {
            xml.element("Policy", |xml| policy.describe(xml));
        }))
    }

    pub(super) fn get_policy_version(&self, call: &Call) -> Result<Answer, Fault> {
        let policy = self.customer_policy(policy_arn(call)?)?;
        let version = required(call, "VersionId", "versionId")?;
        if version != VERSION {
            let message = format!(
                "Policy {} version {version} does not exist or is not attachable.",
                policy.arn
            );
            return Err(no_such_entity(message));
        }
        Ok(Answer::xml(|xml| {
            xml.element("PolicyVersion", |xml| {
                xml.text("Document", encode(&policy.document))
                    .text("VersionId", VERSION)
                    .text("IsDefaultVersion", "true")
                    .text("CreateDate", clock::iam(policy.created));
            });
        }))
    }

    pub(super) async fn delete_policy(&self, call: &Call) -> Result<Answer, Fault> {
        let arn = policy_arn(call)?;
        self.customer_policy(arn)?;
        let used = |role: &super::Role| {
            role.attached.contains(arn) || role.permissions_boundary.as_deref() == Some(arn)
        };
        let account = format!("{}/", call.scope.account);
        if self.roles.list(&account).iter().any(|(_, role)| used(role)) {
            let message = "Cannot delete a policy attached to entities.";
            return Err(Fault::new(409, "DeleteConflict", message));
        }
        self.policies
            .change(|policies| {
                policies.remove(arn);
                Ok(())
            })
            .await?;
        Ok(Answer::xml_done())
    }

    /// Creates the policy, or replaces it.
    pub(crate) async fn put_policy(&self, arn: &str, document: &str) -> Result<(), Fault> {
        let policy = CustomerPolicy::new(arn, document, self.conditions.now())?;
        self.policies
            .change(|policies| {
                policies.put(arn, policy);
                Ok(())
            })
            .await
    }

    /// Whether a policy with that ARN exists, AWS managed or customer managed.
    pub(super) fn has_policy(&self, arn: &str) -> bool {
        managed::is_policy(arn) || self.policies.get(arn).is_some()
    }

    /// The document of the policy. `None` if the policy does not exist, or if it grants nothing that matters here.
    pub(super) fn policy_document(&self, arn: &str) -> Option<Document> {
        let own = self.policies.get(arn);
        let text = match &own {
            Some(policy) => &policy.document,
            None => managed::document(arn)?,
        };
        Document::parse(text).ok()
    }

    fn customer_policy(&self, arn: &str) -> Result<std::sync::Arc<CustomerPolicy>, Fault> {
        self.policies.get(arn).ok_or_else(|| {
            no_such_entity(format!("Policy {arn} does not exist or is not attachable."))
        })
    }
}

impl CustomerPolicy {
    fn new(arn: &str, document: &str, created: Millis) -> Result<CustomerPolicy, Fault> {
        Document::parse(document)?.check_permissions()?;
        if document.chars().filter(|c| !c.is_whitespace()).count() > DOCUMENT_QUOTA {
            let message = format!("Cannot exceed quota for PolicySize: {DOCUMENT_QUOTA}");
            return Err(Fault::new(409, "LimitExceeded", message));
        }
        let (path, name) = Arn::parse(arn).map_or(("/", ""), |arn| (arn.path(), arn.name()));
        Ok(CustomerPolicy {
            arn: arn.to_owned(),
            name: name.to_owned(),
            path: path.to_owned(),
            created,
            document: document.to_owned(),
        })
    }

    fn describe(&self, xml: &mut Xml) {
        xml.text("PolicyName", &self.name)
            .text("Arn", &self.arn)
            .text("Path", &self.path)
            .text("DefaultVersionId", VERSION)
            .text("IsAttachable", "true")
            .text("CreateDate", clock::iam(self.created))
            .text("UpdateDate", clock::iam(self.created));
    }
}

fn policy_arn(call: &Call) -> Result<&str, Fault> {
    let arn = required(call, "PolicyArn", "policyArn")?;
    Constraints::default()
        .length("policyArn", arn, 20, 2048)
        .check("ValidationError")?;
    Ok(arn)
}
