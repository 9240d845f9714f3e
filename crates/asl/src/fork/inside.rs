//! A `Map` or `Parallel` state that goes on where it stopped: what has succeeded inside of it is answered with what it put
//! out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::ForkError;
use super::earlier::{Earlier, Planned, planned};
use super::place::{Place, is_distributed, is_in, nearest_state};
use super::reads::remove_unreachable;
use super::start::{Names, Start, is_own};
use crate::replay::{Entry, History};

/// What becomes of the branches and iterations that ran.
pub(super) struct Inside<'a> {
    definition: &'a Value,
    earlier: Earlier<'a>,
    /// The first states of the branches, by scope.
    pub(super) branches: BTreeMap<usize, String>,
    /// The states that go on inside.
    pub entered: BTreeSet<Entry>,
    /// Those that do not run again.
    pub answered: BTreeSet<usize>,
    /// How many beyond those had not begun, and are answered as they were to be.
    unbegun: usize,
    /// Where the others go on.
    pub resumed: BTreeMap<usize, usize>,
}

/// What a branch or an iteration does in a fork.
enum Course {
    /// It has succeeded with this.
    Answered(Value),
    /// It goes on at a state with an input and variables.
    At(String, Value, Map<String, Value>, Option<Entry>),
    /// It begins anew, as it began.
    Anew(Entry),
}

impl<'a> Inside<'a> {
    pub fn new(definition: &'a Value, earlier: Earlier<'a>) -> Self {
        Self {
            definition,
            earlier,
            branches: BTreeMap::new(),
            entered: BTreeSet::new(),
            answered: BTreeSet::new(),
            unbegun: 0,
            resumed: BTreeMap::new(),
        }
    }

    /// The state as it goes on where it stopped.
    pub fn resume(
        &mut self,
        state: &Value,
        history: &History,
        at: Entry,
        place: &Place,
        names: &mut Names,
    ) -> Result<Value, ForkError> {
        let inexact = |reason: &str| not_exact(history.state(at), reason);
        if state["Type"] != history.kind(at) {
            return Err(inexact("it is of another type now"));
        }
        if is_distributed(state) {
            return Err(inexact("it is a Distributed Map now"));
        }
        self.entered.insert(at);
        match history.kind(at) {
            "Parallel" => self.resume_parallel(state, history, at, place, names),
            "Map" => self.resume_map(state, history, at, place, names),
            _ => Ok(state.clone()),
        }
    }

    fn resume_parallel(
        &mut self,
        state: &Value,
        history: &History,
        at: Entry,
        place: &Place,
        names: &mut Names,
    ) -> Result<Value, ForkError> {
        let mut state = state.clone();
        let branches = state["Branches"].as_array_mut();
        let branches = branches.map_or(&mut [][..], Vec::as_mut_slice);
        for (scope, _) in history.inside(at) {
            let ran = self.ran_as(history, at, scope);
            let known = ran.as_ref().map_or("", |(known, _)| known.as_str());
            let mut with = branches.iter_mut();
            let branch = with.find(|branch| branch["States"].get(known).is_some());
            let branch = branch.ok_or_else(|| match known {
                "" => not_exact(history.state(at), NOT_KNOWN),
                known => {
                    let reason = format!("none of its branches has the state `{known}` any more");
                    not_exact(history.state(at), &reason)
                }
            })?;
            let first = branch["StartAt"].as_str().unwrap_or_default();
            self.branches.insert(scope, first.to_owned());
            let planned = ran.and_then(|(_, planned)| planned);
            *branch = self.resume_branch(branch, history, (scope, planned), place, names)?;
        }
        Ok(state)
    }

    /// A state of a branch that ran, and how it was to go on, if the execution was a fork that put states in front of it.
    fn ran_as(
        &self,
        history: &History,
        at: Entry,
        scope: usize,
    ) -> Option<(String, Option<Planned>)> {
        let first = history.state(Entry { scope, visit: 0 });
        if !is_own(first) {
            return Some((first.to_owned(), None));
        }
        let earlier = self.earlier.branch(history.state(at), first)?;
        let states = earlier["States"].as_object()?;
        let real = states.keys().find(|name| !is_own(name));
        // One that was answered says which it was.
        let known = real
            .map(String::as_str)
            .or_else(|| states[first]["Comment"].as_str())?;
        Some((known.to_owned(), planned(earlier, first)))
    }

    fn resume_branch(
        &mut self,
        branch: &Value,
        history: &History,
        (scope, planned): (usize, Option<Planned>),
        place: &Place,
        names: &mut Names,
    ) -> Result<Value, ForkError> {
        let course = self.course(branch, history, (scope, planned), place)?;
        let mut branch = branch.clone();
        match course {
            Course::Answered(output) => {
                let name = names.new_name();
                let mut pass = names.literal(&output);
                pass["End"] = true.into();
                pass["Comment"] = branch["StartAt"].take();
                branch["StartAt"] = name.as_str().into();
                branch["States"] = json!({ name: pass });
                Ok(branch)
            }
            Course::Anew(at) => {
                self.go_inside(&mut branch, history, at, place, names)?;
                Ok(branch)
            }
            Course::At(state, input, variables, at) => {
                if let Some(at) = at {
                    self.go_inside(&mut branch, history, at, place, names)?;
                }
                let start = Start::new(names, true, &input, &variables);
                branch = start.put_before(branch, &state, &input, &variables);
                remove_unreachable(&mut branch);
                Ok(branch)
            }
        }
    }

    /// The iterations are told apart by their index, since all of them run the same states.
    fn resume_map(
        &mut self,
        state: &Value,
        history: &History,
        at: Entry,
        place: &Place,
        names: &mut Names,
    ) -> Result<Value, ForkError> {
        let inexact = |reason: &str| not_exact(history.state(at), reason);
        let fields = ["ItemProcessor", "Iterator"];
        let field = { fields.into_iter() }.find(|field| state.get(*field).is_some());
        let field = field.ok_or_else(|| inexact("it has no processor"))?;
        let mut state = state.clone();
        let mut processor = state[field].clone();
        let mut choices = Vec::new();
        let begun = history.inside(at).into_iter();
        let begun = begun.filter(|(scope, _)| history.entries(*scope) > 0);
        let mut ran: BTreeMap<usize, (Option<usize>, Option<Planned>)> = begun
            .map(|(scope, index)| (index.unwrap_or_default(), (Some(scope), None)))
            .collect();
        for (index, planned) in self.earlier.iterations(history.state(at)) {
            ran.entry(index).or_default().1 = Some(planned);
        }
        for (index, (scope, planned)) in ran {
            let course = match (scope, planned) {
                // It had not come further than to the choice of how to begin.
                (Some(scope), None) if self.earlier.0.is_some() && only_own(history, scope) => {
                    continue;
                }
                (Some(scope), planned) => {
                    self.course(&processor, history, (scope, planned), place)?
                }
                (None, Some(planned)) => {
                    self.check_items(&state, history.state(at))?;
                    self.unbegun += usize::from(matches!(planned, Planned::Answered(_)));
                    self.as_planned(&processor, planned)?
                }
                (None, None) => continue,
            };
            let before = processor["StartAt"].clone();
            let first = match course {
                Course::Answered(output) => {
                    let name = names.new_name();
                    let mut pass = names.literal(&output);
                    pass["End"] = true.into();
                    processor["States"][&name] = pass;
                    name
                }
                Course::Anew(at) | Course::At(_, _, _, Some(at))
                    if !history.inside(at).is_empty() =>
                {
                    return Err(inexact(
                        "an iteration of it stopped inside of another Map or Parallel state",
                    ));
                }
                Course::Anew(_) => continue,
                Course::At(state, input, variables, _) => {
                    let start = Start::new(names, true, &input, &variables);
                    processor = start.put_before(processor, &state, &input, &variables);
                    processor["StartAt"].as_str().unwrap_or_default().to_owned()
                }
            };
            processor["StartAt"] = before;
            choices.push(choice(names, index, &first));
        }
        if !choices.is_empty() {
            let name = names.new_name();
            let first = processor["StartAt"].clone();
            processor["States"][&name] =
                json!({ "Type": "Choice", "Choices": choices, "Default": first });
            processor["StartAt"] = name.into();
        }
        state[field] = processor;
        Ok(state)
    }

    /// Checks that the iterations of a fork that had not begun would get the items that they were to get.
    fn check_items(&self, state: &Value, name: &str) -> Result<(), ForkError> {
        let earlier = self.earlier.state(name).unwrap_or(&Value::Null);
        match OF_ITEMS
            .iter()
            .all(|field| state.get(field) == earlier.get(field))
        {
            true => Ok(()),
            false => Err(not_exact(name, OTHER_INPUT)),
        }
    }

    /// What the fork was to do with a branch or an iteration that it had not come to.
    fn as_planned(&self, program: &Value, planned: Planned) -> Result<Course, ForkError> {
        match planned {
            Planned::Answered(output) => Ok(Course::Answered(output)),
            Planned::At { state, .. } if program["States"].get(&state).is_none() => {
                Err(removed(self.definition, &state))
            }
            Planned::At {
                state,
                input,
                variables,
            } => Ok(Course::At(state, input, variables, None)),
        }
    }

    /// What a branch or an iteration does.
    fn course(
        &mut self,
        program: &Value,
        history: &History,
        (scope, planned): (usize, Option<Planned>),
        place: &Place,
    ) -> Result<Course, ForkError> {
        let target = place.target.as_deref();
        let entries = (0..history.entries(scope)).map(|visit| Entry { scope, visit });
        let meant = entries.rev().find(|at| {
            target.is_some_and(|target| history.state(*at) == target || is_in(history, *at, target))
        });
        let last = Entry {
            scope,
            visit: history.entries(scope).saturating_sub(1),
        };
        // Of the iterations that came so far, those are meant that failed.
        let others_failed = || {
            let around = history.around(scope);
            let others = around.map_or_else(Vec::new, |around| history.inside(around));
            let failed = |(other, _): &(usize, _)| history.scope_failed(*other);
            others.iter().any(failed) && !history.scope_failed(scope)
        };
        if let Some(meant) = meant.filter(|_| !others_failed()) {
            return self.course_at(program, history, meant);
        }
        if is_own(history.state(last)) && !history.scope_failed(scope) {
            let planned = planned.ok_or_else(|| not_exact(&place.state, NOT_KNOWN))?;
            match planned {
                Planned::Answered(_) => self.answered.insert(scope),
                Planned::At { .. } => self.resumed.insert(scope, last.visit + 1).is_none(),
            };
            return self.as_planned(program, planned);
        }
        let Some(output) = history
            .output_of(last)
            .filter(|_| !history.scope_failed(scope))
        else {
            return self.course_at(program, history, last);
        };
        let cut = || ForkError::Cut {
            state: history.state(last).to_owned(),
        };
        let output = output.ok_or_else(cut)?;
        let state = &program["States"][history.state(last)];
        if state.is_null() {
            return Err(removed(self.definition, history.state(last)));
        }
        match state["Next"].as_str() {
            _ if state["End"] == true || state["Type"] == "Succeed" => {
                self.answered.insert(scope);
                Ok(Course::Answered(output))
            }
            // It was stopped between two states.
            Some(next) if !history.failed(last) => {
                let at = Entry {
                    scope,
                    visit: last.visit + 1,
                };
                self.resumed.insert(scope, at.visit);
                let variables = history.variables_at(at);
                Ok(Course::At(next.to_owned(), output, variables, Some(at)))
            }
            _ => self.course_at(program, history, last),
        }
    }

    fn course_at(
        &mut self,
        program: &Value,
        history: &History,
        at: Entry,
    ) -> Result<Course, ForkError> {
        let state = history.state(at);
        if program["States"].get(state).is_none() {
            return Err(removed(self.definition, state));
        }
        self.resumed.insert(at.scope, at.visit);
        // A fork chooses by the index whether an iteration begins anew.
        let before = |visit| Entry { visit, ..at };
        let is_first = (0..at.visit).all(|visit| {
            let before = before(visit);
            is_own(history.state(before)) && history.kind(before) == "Choice"
        });
        if is_first && program["StartAt"] == state {
            return Ok(Course::Anew(at));
        }
        let cut = || ForkError::Cut {
            state: state.to_owned(),
        };
        let input = history.input_of(at).ok_or_else(cut)?;
        let variables = history.variables_at(at);
        Ok(Course::At(state.to_owned(), input, variables, Some(at)))
    }

    /// A state inside of a branch may be a `Map` or `Parallel` state that goes on, too.
    fn go_inside(
        &mut self,
        branch: &mut Value,
        history: &History,
        at: Entry,
        place: &Place,
        names: &mut Names,
    ) -> Result<(), ForkError> {
        if at.visit >= history.entries(at.scope) || history.inside(at).is_empty() {
            return Ok(());
        }
        // What is meant is the state itself, with all that it does.
        if place.target.as_deref() == Some(history.state(at)) {
            return Ok(());
        }
        let name = history.state(at).to_owned();
        if (0..at.visit).any(|visit| is_own(history.state(Entry { visit, ..at }))) {
            let reason = "a fork had gone on there already, and what ran inside of it before is not in its history";
            return Err(not_exact(&name, reason));
        }
        let state = self.resume(&branch["States"][&name], history, at, place, names)?;
        branch["States"][&name] = state;
        Ok(())
    }

    /// How many branches and iterations do not run again.
    pub fn answered(&self) -> usize {
        self.answered.len() + self.unbegun
    }

    /// Whether a branch or an iteration goes on at this state, or at one around it.
    pub fn goes_on_at(&self, history: &History, state: &str) -> bool {
        { self.resumed.iter() }
            .map(|(&scope, &visit)| Entry { scope, visit })
            .any(|at| history.state(at) == state || is_in(history, at, state))
    }

    /// The states at which branches and iterations go on, each once.
    pub fn resumed_at(&self, history: Option<&History>) -> Vec<String> {
        let Some(history) = history else {
            return Vec::new();
        };
        let resumed = self.resumed.iter();
        let resumed = resumed.map(|(scope, visit)| Entry {
            scope: *scope,
            visit: *visit,
        });
        let innermost =
            resumed.filter(|at| at.visit < history.entries(at.scope) && !self.entered.contains(at));
        let names: BTreeSet<&str> = innermost.map(|at| history.state(at)).collect();
        names.into_iter().map(str::to_owned).collect()
    }
}

/// The fields of a Map state that say what its iterations get.
const OF_ITEMS: [&str; 6] = [
    "QueryLanguage",
    "InputPath",
    "ItemsPath",
    "Items",
    "ItemSelector",
    "Parameters",
];

pub(super) const OTHER_INPUT: &str = "what runs inside of it would not get what it got";

const NOT_KNOWN: &str = "the execution is a fork, and what its branches and iterations were to do is not known any more";

/// Whether a branch or an iteration has entered no state but those that a fork has put in.
fn only_own(history: &History, scope: usize) -> bool {
    (0..history.entries(scope)).all(|visit| is_own(history.state(Entry { scope, visit })))
}

fn choice(names: &Names, index: usize, next: &str) -> Value {
    let mut choice: Map<String, Value> = Map::new();
    if names.is_jsonata() {
        let condition = format!("{{% $states.context.Map.Item.Index = {index} %}}");
        choice.insert("Condition".to_owned(), condition.into());
    } else {
        choice.insert("Variable".to_owned(), "$$.Map.Item.Index".into());
        choice.insert("NumericEquals".to_owned(), index.into());
    }
    choice.insert("Next".to_owned(), next.into());
    choice.into()
}

pub(super) fn not_exact(state: &str, reason: &str) -> ForkError {
    ForkError::NotExact {
        state: state.to_owned(),
        reason: reason.to_owned(),
    }
}

fn removed(definition: &Value, state: &str) -> ForkError {
    ForkError::Removed {
        state: state.to_owned(),
        nearest_to: nearest_state(definition, state),
    }
}
