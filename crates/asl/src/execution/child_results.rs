//! What became of the children of a Map Run, kept until its `ResultWriter` has written it.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::child_execution::ChildEnd;
use super::outcome::Status;
use crate::random::Random;
use crate::{Arn, Packed, Timestamp};

/// How the children of a Map Run have ended. There may be hundreds of thousands, so only what cannot be computed is kept.
#[derive(Debug)]
pub struct ChildResults {
    children: ChildNames,
    results: Vec<ChildResult>,
}

/// How a child execution has ended.
#[derive(Debug)]
pub struct ChildResult {
    pub index: usize,
    pub status: Status,
    pub started: Timestamp,
    pub stopped: Timestamp,
    pub redrive_count: u64,
    pub input: Packed,
    pub output: Option<Packed>,
    pub error: Option<Box<str>>,
    pub cause: Option<Box<str>>,
}

/// What the children of a Map Run are called.
#[derive(Clone, Debug)]
pub(super) struct ChildNames {
    pub(super) map_run_arn: Arc<str>,
    /// The `machine/label` of their ARNs.
    pub(super) machine: String,
    pub(super) express: bool,
}

impl ChildResults {
    pub(super) fn new(children: ChildNames, mut results: Vec<ChildResult>) -> Self {
        results.sort_by_key(|result| result.index);
        Self { children, results }
    }

    #[must_use]
    pub fn map_run_arn(&self) -> &str {
        &self.children.map_run_arn
    }

    /// In the order of the items.
    pub fn iter(&self) -> impl Iterator<Item = &ChildResult> {
        self.results.iter()
    }

    /// The ARN and the name of a child.
    #[must_use]
    pub fn named(&self, child: &ChildResult) -> (Arc<str>, String) {
        self.children.child(child.index)
    }
}

impl From<&ChildEnd> for ChildResult {
    fn from(end: &ChildEnd) -> Self {
        let (child, outcome) = (&end.child, &end.outcome);
        Self {
            index: child.index,
            status: outcome.status,
            started: child.started,
            stopped: end.stopped,
            redrive_count: child.redrive_count,
            input: (&child.input).into(),
            output: outcome.output.as_ref().map(Packed::from),
            error: outcome.error.as_deref().map(Box::from),
            cause: outcome.cause.as_deref().map(Box::from),
        }
    }
}

impl ChildNames {
    /// The ARN and the name of a child. A redrive finds them again, since they are made of the Map Run and the position.
    ///
    /// Those of one Map Run begin with successive numbers. Whoever stores 100,000 children by their ARNs then adds each
    /// beside the one before, which takes a fifth of the time.
    pub(super) fn child(&self, index: usize) -> (Arc<str>, String) {
        let (base, _) = seeds(&self.map_run_arn);
        let (_, seed) = seeds(&format!("{}|{index}", self.map_run_arn));
        let random = Random::new(seed);
        let number = base.wrapping_add(u32::try_from(index).unwrap_or_default());
        let name = format!("{number:08x}{}", random.uuid().get(8..).unwrap_or_default());
        let resource = match self.express {
            true => format!("express:{}:{name}:{}", self.machine, random.uuid()),
            false => format!("execution:{}:{name}", self.machine),
        };
        let arn = match Arn::parse(&self.map_run_arn) {
            Some(run) => run.with_resource(&resource).to_string(),
            None => resource,
        };
        (arn.into(), name)
    }
}

/// Numbers that a text determines.
fn seeds(text: &str) -> (u32, u64) {
    let hash = Sha256::digest(text);
    let (short, rest) = hash.split_first_chunk().unwrap_or((&[0; 4], &[]));
    let (long, _) = rest.split_first_chunk().unwrap_or((&[0; 8], &[]));
    (u32::from_be_bytes(*short), u64::from_be_bytes(*long))
}
