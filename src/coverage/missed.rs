//! What no test reached: what is inside of something that was not reached belongs to it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;

use super::StackCoverage;
use super::item::{ItemCoverage, MachineCoverage};
use super::kind::Kind;

/// An item that was not reached, or of which that is not known, with all inside of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Missed<'a> {
    pub file: &'a Path,
    pub item: &'a ItemCoverage,
    inside: BTreeMap<Kind, usize>,
}

impl<'a> Missed<'a> {
    /// All of them, those with most inside first, and of those states first.
    pub fn of(coverage: &'a StackCoverage) -> Vec<Self> {
        let machines = coverage.state_machines.iter();
        let mut missed: Vec<Self> = machines.flat_map(Self::of_machine).collect();
        missed.sort_by_key(|missed| (Reverse(missed.count()), missed.item.kind));
        missed
    }

    fn of_machine(machine: &'a MachineCoverage) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for item in machine.items.iter().filter(|item| !item.is_reached()) {
            match found.iter_mut().rfind(|around| around.takes(item)) {
                Some(around) => {
                    *around.inside.entry(item.kind).or_default() += 1;
                }
                None => found.push(Self {
                    file: &machine.file,
                    item,
                    inside: BTreeMap::new(),
                }),
            }
        }
        found
    }

    /// What is known to be missed does not tell the same of what is not.
    fn takes(&self, item: &ItemCoverage) -> bool {
        self.item.contains(item) && self.is_known() == item.times.is_some()
    }

    /// Whether it is known that it was not reached.
    pub fn is_known(&self) -> bool {
        self.item.times.is_some()
    }

    /// With all that is inside.
    pub fn count(&self) -> usize {
        1 + self.inside.values().sum::<usize>()
    }

    /// Such as "state `Refund`, with 2 retriers and 1 catcher".
    pub fn words(&self) -> String {
        let inside = self.inside.iter();
        let inside: Vec<String> = inside.map(|(kind, count)| kind.counted(*count)).collect();
        let item = &self.item.item;
        match inside.as_slice() {
            [] => item.clone(),
            [one] => format!("{item}, with {one}"),
            [first @ .., last] => format!("{item}, with {} and {last}", first.join(", ")),
        }
    }
}
