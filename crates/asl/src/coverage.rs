//! What executions reach of a definition: its states, their rules, retriers and catchers, and the machines inside of them.
//!
//! [`items`] says what a definition has that can be reached. A [`Coverage`] counts how often executions reached each. The
//! history says which states were entered; which rule, retrier or catcher was used, the engine says when a [`Replay`] runs
//! the definition against the history. If that is not possible, it is not known ([`Reach::Unknown`]) rather than guessed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::decision::{Decided, Decision};
use crate::replay::{Obstacle, Recording, Replay};
use crate::source::push_token;
use crate::walk::{PlacedState, placed_states};

/// Something in a definition that an execution reaches or does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The name of the state that it is or belongs to.
    pub state: String,
    pub part: Part,
    /// A JSON pointer to its place in the definition: `/States/Choose/Choices/0`.
    pub pointer: String,
}

/// What of a state an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The state itself: it was entered.
    State,
    Decision(Decision),
    /// A branch of a Parallel, by its number: its first state was entered.
    Branch(usize),
    /// What a Map does with an item: its first state was entered.
    Processor,
}

/// Whether an item was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// So many times.
    Reached(u64),
    NotReached,
    /// It may have been reached by an execution of which not all is known.
    Unknown,
}

/// Why not all is known of what an execution reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Unclear {
    #[error(transparent)]
    NotReplayable(#[from] Obstacle),
    #[error("the execution does not run the same way again")]
    Diverged,
    #[error("the execution has no history that can be read")]
    Unread,
}

/// What executions reached of one definition.
#[derive(Clone, Debug)]
pub struct Coverage {
    items: Vec<Item>,
    /// How often each item was reached.
    hits: Vec<u64>,
    /// The first state of the machine that an item stands for, as the index of its item.
    first: Vec<Option<usize>>,
    /// How often each state was left other than by a `Catch`.
    left: BTreeMap<String, u64>,
    /// What executions may have reached of which not all is known.
    unclear: BTreeSet<usize>,
    /// Why they are not known, of so many executions.
    reasons: BTreeMap<Unclear, usize>,
}

/// All that executions can reach of a definition, in its order: each state before its parts, and those before the states
/// inside of it.
///
/// ```
/// use serde_json::json;
/// use txflow_asl::coverage::items;
///
/// let definition = json!({ "StartAt": "Choose", "States": {
///     "Choose": { "Type": "Choice", "Choices": [{ "Next": "Done" }], "Default": "Done" },
///     "Done": { "Type": "Succeed" },
/// }});
/// let pointers: Vec<String> = items(&definition).into_iter().map(|item| item.pointer).collect();
/// assert_eq!(pointers, [
///     "/States/Choose", "/States/Choose/Choices/0", "/States/Choose/Default", "/States/Done",
/// ]);
/// ```
#[must_use]
pub fn items(definition: &Value) -> Vec<Item> {
    let states = placed_states(definition);
    states.iter().flat_map(items_of).collect()
}

fn items_of(state: &PlacedState<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    let mut add = |part: Part, pointer: String| {
        items.push(Item {
            state: state.names.last().copied().unwrap_or_default().to_owned(),
            part,
            pointer,
        });
    };
    add(Part::State, state.pointer.clone());
    let kind = state.value["Type"].as_str().unwrap_or_default();
    let lists: &[(&str, fn(usize) -> Part)] = match kind {
        "Choice" => &[("Choices", |at| Part::Decision(Decision::Rule(at)))],
        "Task" => &HANDLERS,
        "Parallel" => &[("Branches", Part::Branch), HANDLERS[0], HANDLERS[1]],
        "Map" => &HANDLERS,
        _ => &[],
    };
    for (field, part) in lists {
        let entries = state.value[field].as_array().map_or(0, Vec::len);
        for at in 0..entries {
            add(part(at), format!("{}/{at}", state.pointer_to(field)));
        }
    }
    if kind == "Choice" && state.value.get("Default").is_some() {
        add(
            Part::Decision(Decision::Default),
            state.pointer_to("Default"),
        );
    }
    if kind == "Map" {
        let processor = ["ItemProcessor", "Iterator"].into_iter();
        let mut processor = processor.filter(|field| state.value.get(field).is_some());
        if let Some(field) = processor.next() {
            add(Part::Processor, state.pointer_to(field));
        }
    }
    items
}

const HANDLERS: [(&str, fn(usize) -> Part); 2] = [
    ("Retry", |at| Part::Decision(Decision::Retrier(at))),
    ("Catch", |at| Part::Decision(Decision::Catcher(at))),
];

impl Coverage {
    /// Of a definition of which nothing was reached yet.
    #[must_use]
    pub fn of(definition: &Value) -> Self {
        let items = items(definition);
        let first = items.iter().map(|item| first(definition, &items, item));
        Self {
            first: first.collect(),
            hits: vec![0; items.len()],
            items,
            left: BTreeMap::new(),
            unclear: BTreeSet::new(),
            reasons: BTreeMap::new(),
        }
    }

    /// All items, whether or not they were reached.
    pub fn items(&self) -> impl ExactSizeIterator<Item = (&Item, Reach)> {
        { self.items.iter().enumerate() }.map(|(index, item)| (item, self.reach(index)))
    }

    /// Why not all is known of executions, and of how many.
    #[must_use]
    pub fn reasons(&self) -> &BTreeMap<Unclear, usize> {
        &self.reasons
    }

    /// How often a state was left other than by a `Catch`, as far as that is known.
    #[must_use]
    pub fn left(&self, state: &str) -> u64 {
        self.left.get(state).copied().unwrap_or_default()
    }

    /// Counts what an execution reached, which is given as [`Recording::read`] takes it. `replay` is of the definition that
    /// it ran: of this one, or of what a distributed Map of it does with an item.
    pub fn add(&mut self, replay: &Replay, recording: Value) {
        let entered = named(&recording, "stateEnteredEventDetails");
        let left = named(&recording, "stateExitedEventDetails");
        match decided(replay, recording) {
            Ok(decided) => {
                self.count(&entered, &decided);
                self.count_left(left, &decided);
            }
            Err(unclear) => {
                self.count(&entered, &[]);
                let is_decision = |item: &Item| matches!(item.part, Part::Decision(_));
                self.lose(unclear, |item| {
                    is_decision(item) && entered.contains_key(&item.state)
                });
            }
        }
    }

    /// Notes an execution of which nothing can be read: what is inside of a distributed Map, or all of the definition.
    pub fn add_unread(&mut self, map: Option<&str>) {
        let is_processor = |item: &&Item| Some(&*item.state) == map && item.part == Part::Processor;
        let inside = self.items.iter().find(is_processor);
        let inside = inside.map(|item| item.pointer.clone()).unwrap_or_default();
        self.lose(Unclear::Unread, |item| item.pointer.starts_with(&inside));
    }

    fn lose(&mut self, why: Unclear, lost: impl Fn(&Item) -> bool) {
        let items = self.items.iter().enumerate();
        let lost = items.filter(|(_, item)| lost(item)).map(|(index, _)| index);
        self.unclear.extend(lost);
        *self.reasons.entry(why).or_default() += 1;
    }

    fn count(&mut self, entered: &BTreeMap<String, u64>, decided: &[Decided]) {
        let mut made: BTreeMap<(&str, Decision), u64> = BTreeMap::new();
        for Decided { state, decision } in decided {
            *made.entry((&**state, *decision)).or_default() += 1;
        }
        for (item, hits) in self.items.iter().zip(&mut self.hits) {
            let state = item.state.as_str();
            let times = match item.part {
                Part::State => entered.get(state),
                Part::Decision(decision) => made.get(&(state, decision)),
                // Counted with its first state.
                Part::Branch(_) | Part::Processor => None,
            };
            *hits += times.copied().unwrap_or_default();
        }
    }

    fn count_left(&mut self, mut left: BTreeMap<String, u64>, decided: &[Decided]) {
        for Decided { state, decision } in decided {
            if matches!(decision, Decision::Catcher(_))
                && let Some(times) = left.get_mut(&**state)
            {
                *times = times.saturating_sub(1);
            }
        }
        for (state, times) in left {
            *self.left.entry(state).or_default() += times;
        }
    }

    fn reach(&self, index: usize) -> Reach {
        let counted = match self.items[index].part {
            Part::Branch(_) | Part::Processor => self.first[index],
            Part::State | Part::Decision(_) => Some(index),
        };
        match counted.map_or(0, |counted| self.hits[counted]) {
            0 if self.unclear.contains(&index) => Reach::Unknown,
            0 => Reach::NotReached,
            times => Reach::Reached(times),
        }
    }
}

/// The item of the state with which the machine at an item starts.
fn first(definition: &Value, items: &[Item], item: &Item) -> Option<usize> {
    let machine = match item.part {
        Part::Branch(_) | Part::Processor => definition.pointer(&item.pointer)?,
        Part::State | Part::Decision(_) => return None,
    };
    let mut state = format!("{}/States", item.pointer);
    push_token(&mut state, machine["StartAt"].as_str()?);
    let mut items = items.iter();
    items.position(|item| item.part == Part::State && item.pointer == state)
}

/// How often events with such details name each state.
fn named(recording: &Value, details: &str) -> BTreeMap<String, u64> {
    let mut named = BTreeMap::new();
    for event in recording["events"].as_array().into_iter().flatten() {
        if let Some(name) = event[details]["name"].as_str() {
            *named.entry(name.to_owned()).or_default() += 1;
        }
    }
    named
}

fn decided(replay: &Replay, recording: Value) -> Result<Vec<Decided>, Unclear> {
    let recording = Recording::read(recording)?;
    let replayed = replay.run(&recording);
    match (replayed.difference, replayed.redacted) {
        (None, None) => Ok(replayed.decided),
        _ => Err(Unclear::Diverged),
    }
}
