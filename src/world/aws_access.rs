//! How a run reaches AWS.

use std::fmt;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// What is as usual if it is not set.
#[derive(Clone, Default)]
pub struct AwsAccess {
    /// Sends the requests, instead of the network.
    pub http_client: Option<SharedHttpClient>,
    /// The id of credentials that need not be real.
    pub access_key_id: Option<String>,
    /// How long a policy that was just written may not be in force.
    pub policy_propagation: Option<Duration>,
}

impl fmt::Debug for AwsAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsAccess").finish_non_exhaustive()
    }
}
