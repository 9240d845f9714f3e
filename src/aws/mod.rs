//! Clients (region, profile, endpoint) and the classification of their errors.

mod advice;
mod at_most_once;
mod budget;
mod connect;
mod ec2;
mod error;
mod http_client;
pub mod limits;
mod refused;
mod request_change;
mod retries;
mod time;
mod upload;

pub use at_most_once::AtMostOnce;
pub use connect::{Aws, ConnectError, ConnectOptions, Connecting, check_endpoint, connect};
pub use ec2::{DESCRIPTION as INTERFACE_DESCRIPTION, Ec2, NetworkInterface};
pub use error::{
    AwsError, Class, Response, ServiceError, failed, found, is_not_ready, no_policy_allows,
};
pub use time::{of_millis, timestamp};
