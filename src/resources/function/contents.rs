//! What a version of a function holds: all that a deploy writes but tags and concurrency.

use aws_sdk_lambda::types::FunctionConfiguration as Reported;

use super::FunctionConfiguration;
use super::configuration as reported_configuration;
use super::settings::configuration_changes;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contents {
    pub configuration: FunctionConfiguration,
    pub code_sha256: String,
}

impl Contents {
    /// As Lambda reports them.
    pub fn of(reported: &Reported) -> Self {
        Self {
            configuration: reported_configuration(reported),
            code_sha256: reported.code_sha256().unwrap_or_default().to_owned(),
        }
    }

    /// Whether both are the same to Lambda. The architecture is part of the code.
    pub fn are(&self, others: &Self) -> bool {
        let (own, other) = (&self.configuration, &others.configuration);
        self.code_sha256 == others.code_sha256
            && own.architecture == other.architecture
            && configuration_changes(own, other).is_empty()
    }
}
