//! The AWS account and region that a stack lives in.

use serde_json::Value;
use txflow_asl::Arn;

use crate::config::{JsonTemplate, Placeholder, Template};

/// The account that the credentials belong to, and the region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// Twelve digits.
    pub id: String,
    pub region: String,
}

impl Account {
    /// The ARN of a resource of a service that has regions.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        self.arn_in(&self.region, service, resource)
    }

    /// The ARN of a resource of IAM, which has no regions.
    pub fn iam_arn(&self, resource: &str) -> String {
        self.arn_in("", "iam", resource)
    }

    fn arn_in(&self, region: &str, service: &str, resource: &str) -> String {
        let arn = Arn {
            partition: &self.partition,
            service,
            region,
            account: &self.id,
            resource,
        };
        arn.to_string()
    }

    /// A text of deploy.toml with its pseudo parameters in place.
    pub fn fill(&self, text: &Template) -> String {
        text.resolve(|pseudo| self.pseudo_parameter(pseudo))
    }

    /// The same of a document.
    pub fn fill_json(&self, document: &JsonTemplate) -> Value {
        document.resolve(|pseudo| self.pseudo_parameter(pseudo))
    }

    /// The value of a pseudo parameter of the definition. A name of the stack is not one: it stands for itself.
    pub fn pseudo_parameter(&self, placeholder: &Placeholder) -> String {
        match placeholder {
            Placeholder::AccountId => self.id.clone(),
            Placeholder::Region => self.region.clone(),
            Placeholder::Partition => self.partition.clone(),
            Placeholder::Named(name) => format!("${{{name}}}"),
        }
    }
}
