//! Coverage by the lines of a file, as editors and pipelines know it.

use std::collections::BTreeMap;

use super::StackCoverage;
use super::item::{ItemCoverage, MachineCoverage};
use super::kind::Kind;

/// What was reached in one file.
#[derive(Debug, Default)]
pub(super) struct FileLines {
    /// How often each line was reached on which an item begins. A line with several was reached if all were.
    pub hits: BTreeMap<usize, u64>,
    /// Where a state leads on: its rules, its retriers, its catchers.
    pub blocks: Vec<Block>,
}

/// The alternatives of a state.
#[derive(Debug)]
pub(super) struct Block {
    /// That of the state.
    pub line: usize,
    /// Whether the state was entered.
    pub entered: bool,
    /// How often each alternative was used.
    pub taken: Vec<u64>,
}

impl FileLines {
    pub fn reached(&self) -> usize {
        self.hits.values().filter(|hits| **hits > 0).count()
    }

    pub fn branches(&self) -> usize {
        self.blocks.iter().map(|block| block.taken.len()).sum()
    }

    pub fn taken(&self) -> usize {
        self.blocks.iter().map(Block::reached).sum()
    }

    /// The blocks of each line.
    pub fn blocks_at(&self, line: usize) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(move |block| block.line == line)
    }

    fn add(&mut self, machine: &MachineCoverage) {
        // What is not known counts as not reached.
        let times = |item: &ItemCoverage| item.times.unwrap_or_default();
        let mut state: Option<&ItemCoverage> = None;
        let mut last = None;
        for item in &machine.items {
            let hits = self.hits.entry(item.line).or_insert(u64::MAX);
            *hits = (*hits).min(times(item));
            match (item.kind, state) {
                (Kind::State, _) => (state, last) = (Some(item), None),
                (Kind::Branch, _) | (_, None) => {}
                (kind, Some(state)) => {
                    if last != Some(kind) {
                        self.blocks.push(Block {
                            line: state.line,
                            entered: state.is_reached(),
                            taken: Vec::new(),
                        });
                        last = Some(kind);
                    }
                    if let Some(block) = self.blocks.last_mut() {
                        block.taken.push(times(item));
                    }
                }
            }
        }
    }
}

impl Block {
    pub fn reached(&self) -> usize {
        self.taken.iter().filter(|taken| **taken > 0).count()
    }
}

/// Each file once, even if several state machines have the same.
pub(super) fn files(coverage: &StackCoverage) -> Vec<(String, FileLines)> {
    let mut files: Vec<(String, FileLines)> = Vec::new();
    for machine in &coverage.state_machines {
        let path = path(machine);
        let at = files.iter().position(|(known, _)| *known == path);
        let at = at.unwrap_or_else(|| {
            files.push((path, FileLines::default()));
            files.len() - 1
        });
        files[at].1.add(machine);
    }
    files
}

/// With slashes on every system.
fn path(machine: &MachineCoverage) -> String {
    let parts = machine.file.components();
    let parts: Vec<_> = parts
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/").replace("//", "/")
}
