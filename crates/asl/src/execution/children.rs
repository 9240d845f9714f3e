use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Arc;

use super::ids::ScopeId;
use crate::Payload;
use crate::states::Tolerance;
use crate::variables::Variables;

/// The running branches of a Parallel or iterations of a Map.
#[derive(Debug)]
pub(super) struct Children {
    pub(super) kind: ChildrenKind,
    /// The running ones, by index.
    pub(super) running: BTreeMap<usize, ScopeId>,
    /// The outputs of the completed ones, by index.
    pub(super) outputs: Vec<Option<Payload>>,
    pub(super) done: usize,
}

#[derive(Debug)]
pub(super) enum ChildrenKind {
    Branches,
    Iterations {
        /// `$` of `ItemSelector`.
        effective: Payload,
        /// The variables that each iteration starts with.
        outer: Arc<Variables>,
        /// The items whose iterations have not started.
        waiting: VecDeque<Payload>,
        distributed: bool,
        tolerance: Tolerance,
        failures: usize,
    },
}

impl Children {
    pub(super) fn new(kind: ChildrenKind, count: usize) -> Self {
        Self {
            kind,
            running: BTreeMap::new(),
            outputs: vec![None; count],
            done: 0,
        }
    }

    pub(super) fn all_done(&self) -> bool {
        self.done == self.outputs.len()
    }

    pub(super) fn is_distributed(&self) -> bool {
        matches!(
            self.kind,
            ChildrenKind::Iterations {
                distributed: true,
                ..
            }
        )
    }

    /// The outputs in order. A child whose failure was tolerated has none.
    pub(super) fn take_output(&mut self) -> Payload {
        let outputs = std::mem::take(&mut self.outputs);
        Payload::array(outputs.into_iter().flatten().collect())
    }
}
