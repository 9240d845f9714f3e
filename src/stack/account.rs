//! The AWS account and region that a stack lives in.

use crate::config::Placeholder;

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
    /// The value of a pseudo parameter of the definition. A function is not one: it stands for itself.
    pub fn pseudo_parameter(&self, placeholder: &Placeholder) -> String {
        match placeholder {
            Placeholder::AccountId => self.id.clone(),
            Placeholder::Region => self.region.clone(),
            Placeholder::Partition => self.partition.clone(),
            Placeholder::Function(handler) => format!("${{{handler}}}"),
        }
    }
}
