//! A role as it is stored and shown.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use txflow_asl::Arn;

use super::Document;
use crate::clock::{self, Millis};
use crate::http::xml::Xml;
use crate::tags::Tags;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Role {
    pub(crate) arn: String,
    pub(super) name: String,
    pub(super) id: String,
    pub(super) path: String,
    pub(crate) created: Millis,
    pub(super) description: Option<String>,
    pub(super) max_session_seconds: i64,
    pub(super) permissions_boundary: Option<String>,
    /// The trust policy, as it was sent.
    pub(super) trust: String,
    /// Inline policies, as they were sent, by name.
    pub(super) inline: BTreeMap<String, String>,
    /// ARNs of managed policies.
    pub(super) attached: BTreeSet<String>,
    pub(super) tags: Tags,
}

/// IAM returns policies percent-encoded, except for what RFC 3986 leaves unencoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

impl Role {
    pub(super) fn trust(&self) -> Option<Document> {
        Document::parse(&self.trust).ok()
    }

    /// `whole` adds tags and boundary, which GetRole returns and ListRoles does not.
    pub(super) fn describe(&self, xml: &mut Xml, whole: bool) {
        xml.text("Path", &self.path)
            .text("RoleName", &self.name)
            .text("RoleId", &self.id)
            .text("Arn", &self.arn)
            .text("CreateDate", clock::iam(self.created))
            .text("AssumeRolePolicyDocument", encode(&self.trust))
            .optional("Description", self.description.as_deref())
            .text("MaxSessionDuration", self.max_session_seconds.to_string());
        if whole {
            self.describe_rest(xml);
        }
    }

    /// With its policies, as GetAccountAuthorizationDetails returns it.
    pub(super) fn describe_with_policies(&self, xml: &mut Xml) {
        xml.text("Path", &self.path)
            .text("RoleName", &self.name)
            .text("RoleId", &self.id)
            .text("Arn", &self.arn)
            .text("CreateDate", clock::iam(self.created))
            .text("AssumeRolePolicyDocument", encode(&self.trust));
        xml.element("InstanceProfileList", |_| {});
        xml.list("RolePolicyList", &self.inline, |xml, (name, document)| {
            xml.text("PolicyName", name)
                .text("PolicyDocument", encode(document));
        });
        xml.list("AttachedManagedPolicies", &self.attached, |xml, arn| {
            let name = Arn::parse(arn).map_or(arn.as_str(), |arn| arn.name());
            xml.text("PolicyName", name).text("PolicyArn", arn);
        });
        self.describe_rest(xml);
    }

    fn describe_rest(&self, xml: &mut Xml) {
        if let Some(boundary) = &self.permissions_boundary {
            xml.element("PermissionsBoundary", |xml| {
                xml.text("PermissionsBoundaryType", "Policy")
                    .text("PermissionsBoundaryArn", boundary);
            });
        }
        if !self.tags.is_empty() {
            xml.list("Tags", &self.tags, |xml, (key, value)| {
                xml.text("Key", key).text("Value", value);
            });
        }
        xml.element("RoleLastUsed", |_| {});
    }
}

pub(super) fn encode(document: &str) -> String {
    utf8_percent_encode(document, ENCODED).to_string()
}
