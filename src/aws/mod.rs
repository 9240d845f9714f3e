//! Clients (region, profile, endpoint) and the classification of their errors.

mod advice;
mod at_most_once;
mod connect;
mod error;
mod host_prefix;
pub mod limits;
mod retries;
mod time;

pub use at_most_once::AtMostOnce;
pub use connect::{Aws, ConnectError, ConnectOptions, check_endpoint, connect};
pub use error::{AwsError, Class, Response, ServiceError, failed, found, no_policy_allows};
pub use time::{of_millis, timestamp};
