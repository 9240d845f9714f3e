//! What tasks answer: what a test mocks, else what was recorded of it, else what was recorded of another test.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::case::Case;
use super::scaled::{Scaled, scaled_answer};
use crate::replay::{self, Trace};
use crate::{Payload, TaskEnd, TaskRequest, TaskResult};

/// The answers that all cases know.
#[derive(Debug)]
pub(super) struct Answers<'a> {
    cases: Vec<Known<'a>>,
}

#[derive(Debug)]
struct Known<'a> {
    case: &'a Case,
    /// In the order in which they were given.
    recorded: Vec<Recorded>,
    by_state: BTreeMap<String, Vec<usize>>,
    /// By the state and its parameters.
    by_call: BTreeMap<(String, String), Vec<usize>>,
}

#[derive(Debug)]
struct Recorded {
    end: Recall,
    submitted: Option<Payload>,
}

#[derive(Debug)]
enum Recall {
    Ended(TaskResult),
    TimedOut,
}

/// What a task gets.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) end: TaskEnd,
    /// What the call returned, of a task that goes on after it.
    pub(super) submitted: Option<Payload>,
    /// Whether nobody knows, so that it is `{}`.
    pub(super) guessed: bool,
}

/// The answers of one execution.
#[derive(Clone, Debug)]
pub(super) struct Answering<'a> {
    answers: &'a Answers<'a>,
    case: usize,
    used: BTreeSet<usize>,
    mocked: BTreeMap<String, usize>,
    /// What is longer than it was.
    pub(super) scaled: Option<Scaled>,
}

impl<'a> Answers<'a> {
    pub(super) fn of(cases: &'a [Case]) -> Self {
        Self {
            cases: cases.iter().map(Known::of).collect(),
        }
    }

    pub(super) fn of_case(&'a self, case: usize) -> Answering<'a> {
        Answering {
            answers: self,
            case,
            used: BTreeSet::new(),
            mocked: BTreeMap::new(),
            scaled: None,
        }
    }

    /// A success that some test recorded of the same call, else of the state, else what one mocks.
    fn of_any(&self, call: &(String, String)) -> Option<Answer> {
        let success = |known: &Known<'_>, list: Option<&Vec<usize>>| {
            let recorded = list.into_iter().flatten().map(|at| &known.recorded[*at]);
            let mut successes = recorded.filter(|one| matches!(one.end, Recall::Ended(Ok(_))));
            successes.next().map(Answer::from)
        };
        let same_call = |known: &Known<'_>| success(known, known.by_call.get(call));
        let same_state = |known: &Known<'_>| success(known, known.by_state.get(&call.0));
        let mocked = |known: &Known<'_>| {
            let mocks = known.case.mocks.get(&call.0)?;
            let success = mocks.iter().find(|mock| mock.is_ok())?;
            Some(Answer::known(success.clone()))
        };
        let cases = || self.cases.iter();
        { cases().find_map(same_call) }
            .or_else(|| cases().find_map(same_state))
            .or_else(|| cases().find_map(mocked))
    }
}

impl<'a> Known<'a> {
    fn of(case: &'a Case) -> Self {
        let mut known = Self {
            case,
            recorded: Vec::new(),
            by_state: BTreeMap::new(),
            by_call: BTreeMap::new(),
        };
        for document in &case.recorded {
            let events = document["events"].as_array();
            let trace = Trace::of(events.map_or(&[][..], Vec::as_slice));
            for call in trace.calls() {
                known.add(call);
            }
        }
        known
    }

    fn add(&mut self, call: replay::Call<'_>) {
        let end = match call.timed_out {
            true => Recall::TimedOut,
            false => Recall::Ended(call.result.clone()),
        };
        let at = self.recorded.len();
        self.recorded.push(Recorded {
            end,
            submitted: call.submitted.cloned(),
        });
        let state = call.state.to_owned();
        let key = (state.clone(), key(call.parameters));
        self.by_state.entry(state).or_default().push(at);
        self.by_call.entry(key).or_default().push(at);
    }

    fn mocked(&self, state: &str, attempt: usize) -> Option<&TaskResult> {
        let mocks = self.case.mocks.get(state)?;
        mocks.get(attempt).or_else(|| mocks.last())
    }
}

/// Which version of a function is called says nothing about the answer.
fn key(parameters: &Value) -> String {
    fn unpin(value: &mut Value) {
        match value {
            Value::String(text) => *text = replay::unpinned(text),
            Value::Array(items) => items.iter_mut().for_each(unpin),
            Value::Object(fields) => fields.values_mut().for_each(unpin),
            _ => {}
        }
    }
    let mut parameters = parameters.clone();
    unpin(&mut parameters);
    parameters.to_string()
}

impl Answering<'_> {
    /// What the task gets if nothing goes wrong.
    pub(super) fn answer(&mut self, task: &TaskRequest) -> Answer {
        let mut answer = self.known(task);
        if let Some(scaled) = &self.scaled {
            answer.end = scaled_answer(answer.end, &task.state_name, scaled);
        }
        answer
    }

    fn known(&mut self, task: &TaskRequest) -> Answer {
        if let Some(result) = self.mocked(&task.state_name) {
            return Answer::known(result);
        }
        let call = (task.state_name.to_string(), key(task.parameters.value()));
        if let Some(own) = self.own(&call) {
            return Answer::from(own);
        }
        let others = self.answers.of_any(&call);
        others.unwrap_or_else(|| Answer::unknown(task))
    }

    fn mocked(&mut self, state: &str) -> Option<TaskResult> {
        let known = &self.answers.cases[self.case];
        let attempt = self.mocked.get(state).copied().unwrap_or_default();
        let result = known.mocked(state, attempt)?.clone();
        self.mocked.insert(state.to_owned(), attempt + 1);
        Some(result)
    }

    /// What this test recorded: of the same call, else of the state. A call that is made again gets the last answer again.
    fn own(&mut self, call: &(String, String)) -> Option<&Recorded> {
        let known = &self.answers.cases[self.case];
        let same_call = known.by_call.get(call).map_or(&[][..], Vec::as_slice);
        let same_state = known.by_state.get(&call.0).map_or(&[][..], Vec::as_slice);
        let unused = |list: &[usize]| list.iter().find(|at| !self.used.contains(*at)).copied();
        let at = unused(same_call)
            .or_else(|| same_call.last().copied())
            .or_else(|| unused(same_state))
            .or_else(|| same_state.last().copied())?;
        self.used.insert(at);
        known.recorded.get(at)
    }
}

impl From<&Recorded> for Answer {
    fn from(recorded: &Recorded) -> Self {
        Self {
            end: match &recorded.end {
                Recall::Ended(result) => TaskEnd::Done(result.clone()),
                Recall::TimedOut => TaskEnd::Never,
            },
            submitted: recorded.submitted.clone(),
            guessed: false,
        }
    }
}

impl Answer {
    fn known(result: TaskResult) -> Self {
        Self {
            end: TaskEnd::Done(result),
            submitted: None,
            guessed: false,
        }
    }

    fn unknown(task: &TaskRequest) -> Self {
        let nothing = Value::Object(serde_json::Map::new());
        Self {
            end: TaskEnd::Done(Ok(Payload::from(task.resource.mocked_result(nothing)))),
            submitted: None,
            guessed: true,
        }
    }
}
