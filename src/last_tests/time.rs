//! Points in time in a file.

use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

pub(crate) use crate::executions::rfc3339 as serialize;

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(D::Error::custom)
}
