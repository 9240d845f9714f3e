//! States that no execution came to, unless something else says why.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::handlers::is_for_engine;
use super::states::{Known, States};

/// What executions did.
pub(super) struct Unreached<'a> {
    pub(super) states: &'a States,
    pub(super) reached: &'a BTreeSet<Arc<str>>,
    /// Those that were left, also by a `Catch`.
    pub(super) left: &'a BTreeSet<Arc<str>>,
    /// Those that called something.
    pub(super) asked: &'a BTreeSet<Arc<str>>,
    /// Those that failed on their data.
    pub(super) broken: &'a BTreeSet<String>,
    /// Those whose failure a test expects.
    pub(super) expected: BTreeSet<String>,
    /// Pointers of the entries of `Catch` that are known never to be used.
    pub(super) never_taken: BTreeSet<String>,
}

impl Unreached<'_> {
    /// Each with whether what a task answers may lead there.
    pub(super) fn found(&self) -> Vec<(String, bool)> {
        let excused = self.closure(self.excused(), |name| !self.reached.contains(name));
        let asked = self.asked.iter().filter_map(|name| self.states.get(name));
        let behind_answers = self.closure(asked.flat_map(|state| self.after(state)), |_| true);
        let found = self.states.names().iter().filter(|name| {
            let around = { self.states.get(name) }.map_or(&[][..], |state| &state.around);
            // Those inside of a state are not reached if it is not.
            !self.reached.contains(name.as_str())
                && !excused.contains(name.as_str())
                && around
                    .iter()
                    .all(|outer| self.reached.contains(outer.as_str()))
        });
        found
            .map(|name| (name.clone(), behind_answers.contains(name.as_str())))
            .collect()
    }

    /// What follows a state that fails, and what a `Catch` leads to that no fault comes to.
    fn excused(&self) -> Vec<&str> {
        let mut excused = Vec::new();
        let reached =
            { self.reached.iter() }.filter_map(|name| Some((name, self.states.get(name)?)));
        for (name, state) in reached {
            if self.always_fails(name, state) {
                excused.extend(self.after(state));
            }
            let entries = state.value["Catch"].as_array().into_iter().flatten();
            let unused = entries.enumerate().filter(|(index, entry)| {
                let pointer = format!("{}/Catch/{index}", state.pointer);
                is_for_engine(entry) || self.never_taken.contains(&pointer)
            });
            excused.extend(unused.filter_map(|(_, entry)| entry["Next"].as_str()));
        }
        excused
    }

    /// Whether it fails whenever something comes to it, and not since a task answers with an error.
    fn always_fails(&self, name: &Arc<str>, state: &Known) -> bool {
        if self.left.contains(name) || self.expected.contains(&**name) {
            return false;
        }
        let works = self.asked.contains(name) || starts(&state.value).next().is_some();
        self.broken.contains(&**name) || !works && state.value["Type"] != "Fail"
    }

    /// What may follow a state directly.
    fn after<'s>(&'s self, state: &'s Known) -> Vec<&'s str> {
        let value = &state.value;
        let lists = ["Choices", "Catch"].into_iter();
        let entries = lists.flat_map(|list| value[list].as_array().into_iter().flatten());
        let nexts = entries.map(|entry| &entry["Next"]);
        let own = [&value["Next"], &value["Default"]].into_iter();
        let around = { state.around.iter() }.filter_map(|name| self.states.get(name));
        let names = own
            .chain(nexts)
            .chain(around.map(|state| &state.value["Next"]));
        names
            .filter_map(Value::as_str)
            .chain(starts(value))
            .collect()
    }

    fn closure<'s>(
        &'s self,
        from: impl IntoIterator<Item = &'s str>,
        passes: impl Fn(&str) -> bool,
    ) -> BTreeSet<&'s str> {
        let mut ahead: Vec<&str> = from.into_iter().collect();
        let mut seen = BTreeSet::new();
        while let Some(name) = ahead.pop() {
            if passes(name)
                && seen.insert(name)
                && let Some(state) = self.states.get(name)
            {
                ahead.extend(self.after(state));
            }
        }
        seen
    }
}

/// Where the work inside of a state begins.
fn starts(state: &Value) -> impl Iterator<Item = &str> {
    let branches = state["Branches"].as_array().into_iter().flatten();
    let processors = [&state["ItemProcessor"], &state["Iterator"]];
    { branches.chain(processors) }.filter_map(|inner| inner["StartAt"].as_str())
}
