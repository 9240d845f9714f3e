use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Arc;

use super::ids::ScopeId;
use super::map_run::MapRun;
use crate::Payload;
use crate::payload::Held;
use crate::states::Batch;
use crate::variables::Variables;

/// The running branches of a Parallel or iterations of a Map.
#[derive(Debug)]
pub(super) struct Children {
    pub(super) kind: ChildrenKind,
    /// The running ones, by index.
    pub(super) running: BTreeMap<usize, ScopeId>,
    /// The outputs of the completed ones, by index.
    pub(super) outputs: Vec<Option<Held>>,
    pub(super) done: usize,
    /// Of a distributed Map.
    pub(super) map_run: Option<Box<MapRun>>,
}

#[derive(Debug)]
pub(super) enum ChildrenKind {
    Branches,
    Iterations {
        /// `$` of `ItemSelector`.
        effective: Payload,
        /// The variables that each iteration starts with.
        outer: Arc<Variables>,
        /// The items whose iterations have not started, with their index.
        waiting: VecDeque<(usize, Batch)>,
        /// How many may run at once.
        concurrency: usize,
    },
}

impl Children {
    pub(super) fn new(kind: ChildrenKind, count: usize) -> Self {
        let mut children = Self {
            kind,
            running: BTreeMap::new(),
            outputs: Vec::new(),
            done: 0,
            map_run: None,
        };
        children.expect(count);
        children
    }

    /// So many will have ended in the end.
    pub(super) fn expect(&mut self, count: usize) {
        self.outputs.clear();
        self.outputs.resize_with(count, || None);
    }

    /// A child has ended, with an output if it succeeded.
    pub(super) fn end(&mut self, index: usize, output: Option<Payload>) {
        self.outputs[index] = output.map(|output| match self.is_distributed() {
            true => Held::packed(&output),
            false => Held::Payload(output),
        });
        self.done += 1;
    }

    pub(super) fn all_done(&self) -> bool {
        self.done == self.outputs.len() && self.map_run.as_ref().is_none_or(|run| run.is_running())
    }

    pub(super) fn is_distributed(&self) -> bool {
        self.map_run.is_some()
    }

    /// Whether another iteration can start.
    pub(super) fn has_room(&self) -> bool {
        match &self.kind {
            ChildrenKind::Iterations {
                waiting,
                concurrency,
                ..
            } => !waiting.is_empty() && self.running.len() < *concurrency,
            ChildrenKind::Branches => false,
        }
    }

    /// The outputs in order. A child whose failure was tolerated has none.
    pub(super) fn take_output(&mut self) -> Payload {
        let outputs = std::mem::take(&mut self.outputs);
        let outputs = outputs.into_iter().flatten();
        Payload::array(outputs.map(Held::into_payload).collect())
    }
}
