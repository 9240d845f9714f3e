//! The account and the region of a call.

use txflow_asl::{Arn, is_account_id};

/// The account of callers whose access key id does not name one.
pub const DEFAULT_ACCOUNT: &str = "000000000000";

/// Who calls, and where: from the SigV4 credential scope. The signature itself is not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) account: String,
    pub(crate) region: String,
}

impl Scope {
    /// Region and account of an ARN.
    pub(crate) fn of_arn(arn: &str) -> Scope {
        let arn = Arn::parse(arn);
        let part = |part: Option<&str>| part.unwrap_or_default().to_owned();
        Scope {
            region: part(arn.map(|arn| arn.region)),
            account: part(arn.map(|arn| arn.account)),
        }
    }

    /// The ARN of a resource there.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        let arn = Arn {
            partition: "aws",
            service,
            region: &self.region,
            account: &self.account,
            resource,
        };
        arn.to_string()
    }
}

/// An access key id of twelve digits names its account; any other belongs to the default account.
pub(super) fn account(access_key: &str) -> &str {
    if is_account_id(access_key) {
        access_key
    } else {
        DEFAULT_ACCOUNT
    }
}
