//! The child executions of distributed Maps.

use std::sync::Arc;

use super::outcome::Outcome;
use crate::history::Event;
use crate::{Payload, Timestamp};

/// An execution that a distributed Map started for an item or a batch of items.
#[derive(Debug)]
pub struct ChildExecution {
    pub arn: Arc<str>,
    pub name: String,
    pub map_run_arn: Arc<str>,
    /// Its position in the Map.
    pub index: usize,
    pub item_count: usize,
    pub input: Payload,
    pub started: Timestamp,
    /// How many times it was redriven.
    pub redrive_count: u64,
}

/// A child execution that has ended.
#[derive(Clone, Debug)]
pub struct ChildEnd {
    pub child: Arc<ChildExecution>,
    pub outcome: Outcome,
    pub stopped: Timestamp,
    /// Whether a redrive would run it again, if it did not succeed.
    pub redrivable: bool,
}

/// What happened to a child execution.
#[derive(Debug)]
pub struct ChildUpdate {
    pub child: Arc<ChildExecution>,
    pub events: Vec<Event>,
    pub end: Option<ChildEnd>,
}
