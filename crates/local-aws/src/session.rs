//! A session of a role: the credentials that a running function gets.

use crate::clock::Millis;

/// Its credentials are good for as long as this value exists.
#[derive(Debug)]
pub(crate) struct RoleSession {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) token: String,
    /// The ARN of the role.
    pub(crate) role: String,
    pub(crate) account: String,
    /// Whom AWS names as the caller.
    pub(crate) arn: String,
    /// The caller's unique id.
    pub(crate) user_id: String,
    /// The service that assumed the role.
    pub(crate) service: &'static str,
    /// When it began: policies that were not in force then do not count.
    pub(crate) began: Millis,
}
