//! A `Map` or `Parallel` state that goes on where it stopped: what has succeeded inside of it is answered with what it put
//! out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::place::{Place, is_distributed, is_in, nearest_state};
use super::reads::remove_unreachable;
use super::start::{Names, Start};
use super::{Fork, ForkError};
use crate::replay::{Entry, History, ROOT, first_inputs};

/// What becomes of the branches and iterations that ran.
pub(super) struct Inside<'a> {
    definition: &'a Value,
    /// The states that go on inside.
    pub entered: BTreeSet<Entry>,
    /// Those that do not run again.
    pub answered: BTreeSet<usize>,
    /// Where the others go on.
    pub resumed: BTreeMap<usize, usize>,
}

/// What a branch or an iteration does in a fork.
enum Course {
    /// It has succeeded with this.
    Answered(Value),
    /// It goes on at a state with an input.
    At(String, Value, Entry),
    /// It begins anew, as it began.
    Anew(Entry),
}

impl<'a> Inside<'a> {
    pub fn new(definition: &'a Value) -> Self {
        Self {
            definition,
            entered: BTreeSet::new(),
            answered: BTreeSet::new(),
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
            let first = history.state(Entry { scope, visit: 0 });
            let mut with = branches.iter_mut();
            let branch = with.find(|branch| branch["States"].get(first).is_some());
            let branch = branch.ok_or_else(|| {
                let reason = format!("none of its branches has the state `{first}` any more");
                not_exact(history.state(at), &reason)
            })?;
            *branch = self.resume_branch(branch, history, scope, place, names)?;
        }
        Ok(state)
    }

    fn resume_branch(
        &mut self,
        branch: &Value,
        history: &History,
        scope: usize,
        place: &Place,
        names: &mut Names,
    ) -> Result<Value, ForkError> {
        let course = self.course(branch, history, scope, place)?;
        let mut branch = branch.clone();
        match course {
            Course::Answered(output) => {
                let name = names.new_name();
                let mut pass = names.literal(&output);
                pass["End"] = true.into();
                branch["StartAt"] = name.as_str().into();
                branch["States"] = json!({ name: pass });
                Ok(branch)
            }
            Course::Anew(at) => {
                self.go_inside(&mut branch, history, at, place, names)?;
                Ok(branch)
            }
            Course::At(state, input, at) => {
                self.go_inside(&mut branch, history, at, place, names)?;
                let variables = history.variables_at(at);
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
        for (scope, index) in history.inside(at) {
            if history.entries(scope) == 0 {
                continue;
            }
            let course = self.course(&processor, history, scope, place)?;
            let before = processor["StartAt"].clone();
            let first = match course {
                Course::Answered(output) => {
                    let name = names.new_name();
                    let mut pass = names.literal(&output);
                    pass["End"] = true.into();
                    processor["States"][&name] = pass;
                    name
                }
                Course::Anew(at) | Course::At(_, _, at) if !history.inside(at).is_empty() => {
                    return Err(inexact(
                        "an iteration of it stopped inside of another Map or Parallel state",
                    ));
                }
                Course::Anew(_) => continue,
                Course::At(state, input, at) => {
                    let variables = history.variables_at(at);
                    let start = Start::new(names, true, &input, &variables);
                    processor = start.put_before(processor, &state, &input, &variables);
                    processor["StartAt"].as_str().unwrap_or_default().to_owned()
                }
            };
            processor["StartAt"] = before;
            choices.push(choice(names, index.unwrap_or_default(), &first));
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

    /// What a branch or an iteration does.
    fn course(
        &mut self,
        program: &Value,
        history: &History,
        scope: usize,
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
                Ok(Course::At(next.to_owned(), output, at))
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
        if at.visit == 0 && program["StartAt"] == state {
            return Ok(Course::Anew(at));
        }
        let cut = || ForkError::Cut {
            state: state.to_owned(),
        };
        let input = history.input_of(at).ok_or_else(cut)?;
        Ok(Course::At(state.to_owned(), input, at))
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
        let state = self.resume(&branch["States"][&name], history, at, place, names)?;
        branch["States"][&name] = state;
        Ok(())
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

    /// Checks that what is answered or goes on would get the same as it got: the items may be others now.
    pub fn check_exact(
        &self,
        history: &History,
        fork: &Fork,
        definition: &Value,
    ) -> Result<(), ForkError> {
        let inexact = |reason: &str| not_exact(&fork.state, reason);
        let rest = fork.rest_of(history).unwrap_or_default();
        let mut anew = fork.definition.clone();
        anew["States"][&fork.state] = definition["States"][&fork.state].clone();
        let begun = first_inputs(&anew, rest).map_err(|reason| inexact(&reason))?;
        let (before, from) = (fork.states_before(), fork.entry.unwrap_or_default());
        let scopes = self.answered.iter().chain(self.resumed.keys());
        for scope in scopes.filter(|scope| **scope != ROOT) {
            let path = history.path_in(*scope, |visit| (visit + before).saturating_sub(from));
            if begun.get(&path) != history.first_input(*scope) {
                let reason = "what runs inside of it would not get what it got";
                return Err(inexact(reason));
            }
        }
        Ok(())
    }
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

fn not_exact(state: &str, reason: &str) -> ForkError {
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
