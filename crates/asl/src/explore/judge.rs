//! Makes findings of what became of executions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::case::Case;
use super::ending::{Ending, OF_DEFINITION};
use super::fault::{self, Fault, TRANSIENT, What};
use super::fields::Step;
use super::finding::{Finding, Kind, Mock};
use super::handlers;
use super::run::Ran;
use super::states::States;
use super::unreached::Unreached;
use crate::states::Program;

pub(super) struct Judge<'a> {
    states: &'a States,
    cases: &'a [Case],
    found: Vec<Finding>,
    /// Failures that a test expects, by state and error.
    expected: BTreeSet<(String, String)>,
    /// States that failed on their data, and no test expects that.
    broken: BTreeSet<String>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(states: &'a States, cases: &'a [Case]) -> Self {
        Self {
            states,
            cases,
            found: Vec::new(),
            expected: BTreeSet::new(),
            broken: BTreeSet::new(),
        }
    }

    /// Takes an execution; gives whether a state failed on its data.
    pub(super) fn take(&mut self, case: usize, faults: &[Fault], ran: &Ran) -> bool {
        match &ran.ending {
            Ending::Error {
                state,
                error,
                cause,
                by_task,
            } => {
                let of_definition = !by_task && OF_DEFINITION.contains(&error.as_str());
                if faults.is_empty() && self.cases[case].expected.is(error) {
                    self.expected.insert((state.to_string(), error.clone()));
                    return of_definition;
                }
                if of_definition {
                    self.broken.insert(state.to_string());
                }
                let kind = match of_definition {
                    // Without a real answer nobody knows what fits.
                    true if !ran.guessed.is_empty() => None,
                    true => Some(of_data(faults)),
                    false => self.of_task(state, error, faults, ran),
                };
                if let Some(kind) = kind {
                    let cause = Some(cause).filter(|cause| *cause != fault::CAUSE);
                    self.add(kind, state, Some((case, faults, ran)), Some((error, cause)));
                }
                of_definition
            }
            Ending::Stuck => {
                self.stuck(case, faults, ran);
                false
            }
            Ending::Succeeded | Ending::Failed | Ending::TimedOut | Ending::Endless => false,
        }
    }

    /// A failure of a task: nobody can say that it should be caught, but for what AWS asks to be retried.
    fn of_task(&self, state: &str, error: &str, faults: &[Fault], ran: &Ran) -> Option<Kind> {
        let fault = faults.last()?;
        if fault.state != state {
            return None;
        }
        let What::Error {
            error: injected, ..
        } = &fault.what
        else {
            return Some(Kind::Uncaught);
        };
        let asked = ran.tasks.get(state)?;
        let passes = TRANSIENT.contains(&error) && injected == error;
        let not_retried = passes && !asked.retried && fault::calls_lambda(&asked.resource);
        Some(match not_retried {
            true => Kind::NotRetried,
            false => Kind::Uncaught,
        })
    }

    fn stuck(&mut self, case: usize, faults: &[Fault], ran: &Ran) {
        let Some(Fault {
            state,
            what: What::Silence,
        }) = faults.last()
        else {
            return;
        };
        let asked = ran.tasks.get(state.as_str());
        if asked.is_some_and(|asked| {
            !asked.ends_by_itself() && fault::waits_for_somebody(&asked.resource)
        }) {
            self.add(Kind::WaitsForever, state, Some((case, faults, ran)), None);
        }
    }

    fn add(
        &mut self,
        kind: Kind,
        state: &str,
        shown: Option<(usize, &[Fault], &Ran)>,
        ended: Option<(&String, Option<&String>)>,
    ) {
        let faults = shown.map_or(&[][..], |(_, faults, _)| faults);
        if let Some((error, _)) = ended
            && let Some(same) = self
                .found
                .iter_mut()
                .find(|one| is_same(one, &kind, state, faults, error))
        {
            if !same.errors.contains(error) {
                same.errors.push(error.clone());
            }
            return;
        }
        if ended.is_none()
            && self
                .found
                .iter()
                .any(|one| one.kind == kind && one.state == state)
        {
            return;
        }
        let mocks = shown.into_iter().flat_map(|(_, faults, ran)| {
            faults.iter().map(|fault| {
                let answers = fault.mocks(ran.tasks.get(fault.state.as_str()));
                let answers = answers.into_iter().map(|answer| match answer {
                    Ok(result) => Mock::Result(result),
                    Err(error) => Mock::Error(error),
                });
                (fault.state.clone(), answers.collect())
            })
        });
        let explored = self.states.get(state);
        self.found.push(Finding {
            kind,
            state: state.to_owned(),
            pointer: explored.map_or_else(String::new, |state| state.pointer.clone()),
            case: shown.map(|(case, ..)| self.cases[case].name.clone()),
            faults: faults.to_vec(),
            errors: ended.iter().map(|(error, _)| (*error).clone()).collect(),
            cause: ended.and_then(|(_, cause)| cause.cloned()),
            mocks: mocks.collect(),
        });
    }

    /// After [`handlers`](Self::handlers), which may say why.
    pub(super) fn unreached(
        &mut self,
        reached: &BTreeSet<Arc<str>>,
        left: &BTreeSet<Arc<str>>,
        asked: &BTreeSet<Arc<str>>,
    ) {
        let never_taken = { self.found.iter() }
            .filter(|one| matches!(one.kind, Kind::NeverTaken(_)))
            .map(|one| one.pointer.clone());
        let unreached = Unreached {
            states: self.states,
            reached,
            left,
            asked,
            broken: &self.broken,
            expected: { self.expected.iter() }
                .map(|(state, _)| state.clone())
                .collect(),
            never_taken: never_taken.collect(),
        };
        for (state, behind_answers) in unreached.found() {
            self.add(Kind::NotReached { behind_answers }, &state, None, None);
        }
    }

    pub(super) fn handlers(&mut self, program: &Program) {
        for state in program.states() {
            for never in handlers::never_taken(state) {
                let at = format!("/{}/{}", never.field, never.index);
                self.add(Kind::NeverTaken(never), &state.name, None, None);
                if let Some(last) = self.found.last_mut() {
                    last.pointer.push_str(&at);
                }
            }
            for branch in state.branches() {
                self.handlers(branch);
            }
        }
    }

    /// The findings and the notes, in the order of the definition.
    pub(super) fn finish(mut self) -> (Vec<Finding>, Vec<Finding>) {
        for one in &mut self.found {
            // A test that expects one of the errors that Lambda raises for a while means all of them.
            let is_passing =
                |error: &str| one.kind == Kind::NotRetried && TRANSIENT.contains(&error);
            let expected = self
                .expected
                .iter()
                .filter(|(state, _)| *state == one.state);
            let expected: BTreeSet<&str> = expected.map(|(_, error)| error.as_str()).collect();
            let passing = expected.iter().any(|error| is_passing(error));
            one.errors
                .retain(|error| !passing && !expected.contains(error.as_str()));
        }
        self.found
            .retain(|one| !one.errors.is_empty() || !fails(&one.kind));
        let wholes = wholes(&self.found);
        let mut at = 0;
        self.found.retain(|_| {
            at += 1;
            !wholes.contains(&(at - 1))
        });
        let names = self.states.names();
        let order: BTreeMap<&str, usize> = names
            .iter()
            .enumerate()
            .map(|(at, name)| (name.as_str(), at))
            .collect();
        self.found
            .sort_by_key(|one| (one.kind.clone(), order.get(one.state.as_str()).copied()));
        self.found
            .into_iter()
            .partition(|one| one.kind.is_finding())
    }
}

/// Whether an execution fails.
fn fails(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::BrokenData | Kind::NotRetried | Kind::NeedsField | Kind::Uncaught
    )
}

/// Of a field or of items that are missed in an answer, only the workflow knows whether they can be missing.
fn of_data(faults: &[Fault]) -> Kind {
    let is_own = |fault: &Fault| {
        matches!(
            fault.what,
            What::Missing {
                documented: false,
                ..
            } | What::Empty {
                documented: false,
                ..
            }
        )
    };
    match faults.iter().any(is_own) {
        true => Kind::NeedsField,
        false => Kind::BrokenData,
    }
}

/// Whether a finding tells of the same: of a state that fails on its data, by the fault that leads there.
fn is_same(one: &Finding, kind: &Kind, state: &str, faults: &[Fault], error: &str) -> bool {
    if one.kind != *kind || one.state != state {
        return false;
    }
    match kind {
        Kind::BrokenData => {
            one.errors.iter().any(|one| one == error) && missing(&one.faults) == missing(faults)
        }
        Kind::NeedsField => {
            is_missing(&one.faults) == is_missing(faults) && missing(&one.faults) == missing(faults)
        }
        _ => true,
    }
}

/// The field that is missed, or whose items are, and of which state.
fn missing(faults: &[Fault]) -> Option<(&str, &[Step])> {
    faults.iter().rev().find_map(|fault| match &fault.what {
        What::Missing { path, .. } | What::Empty { path, .. } => {
            Some((fault.state.as_str(), path.as_slice()))
        }
        What::Error { .. } | What::Silence | What::NoHeartbeat | What::NotWritten { .. } => None,
    })
}

/// Whether it is the field itself that is missed.
fn is_missing(faults: &[Fault]) -> bool {
    { faults.iter() }.any(|fault| matches!(fault.what, What::Missing { .. }))
}

/// Those that miss a field of which another one misses a part.
fn wholes(found: &[Finding]) -> BTreeSet<usize> {
    let missing_of = |one: &Finding| {
        let (state, path) = missing(&one.faults).filter(|_| is_missing(&one.faults))?;
        (one.kind == Kind::NeedsField).then(|| (state.to_owned(), path.to_vec()))
    };
    let all: Vec<_> = found.iter().map(missing_of).collect();
    let has_part = |one: &Option<(String, Vec<Step>)>| {
        one.as_ref().is_some_and(|(state, path)| {
            all.iter().flatten().any(|(other, part)| {
                other == state && part.len() > path.len() && part.starts_with(path)
            })
        })
    };
    let wholes = all.iter().enumerate().filter(|(_, one)| has_part(one));
    wholes.map(|(at, _)| at).collect()
}
