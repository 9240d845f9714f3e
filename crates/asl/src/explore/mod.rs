//! Tries what the tests of a workflow do not: each task fails, times out, or leaves something out of its answer.
//!
//! An [`Exploration`] runs on virtual time and calls nothing. A [`Case`] is a test: its input, and what its tasks are known to
//! answer. It runs once as it is, and then with one [`Fault`] at a time in each task that it reaches. What is reached only
//! because of a fault gets faults of its own, beside that one.

mod answers;
mod asked;
mod case;
mod ending;
mod fault;
mod fields;
mod finding;
mod forecast;
mod handlers;
mod judge;
mod lists;
mod run;
mod scaled;
mod states;
mod unreached;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use serde_json::Value;

pub use case::{Case, Expected};
pub use fault::{Fault, What};
pub use finding::{Finding, Kind, Mock};
pub use forecast::{At, Forecast, Growth, Largest, Load, Wanted};

use crate::coverage::{Item, Part, items};
use crate::definition::DefinitionError;
use crate::{Decision, ExecutionKind, Machine};
use answers::Answers;
use fault::Handled;
use judge::Judge;
use run::{Ran, Setting};
use states::States;

/// A definition that is explored.
#[derive(Debug)]
pub struct Exploration {
    machine: Machine,
    kind: ExecutionKind,
    states: States,
    items: Vec<Item>,
}

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// In the order of the definition.
    pub findings: Vec<Finding>,
    /// What the workflow relies on, which is no finding: in the order of the definition.
    pub notes: Vec<Finding>,
    /// How many executions ran.
    pub runs: usize,
    /// How many at least were left out, since there may be no more than [`MOST_RUNS`].
    pub left_out: usize,
    pub states: usize,
    pub reached: usize,
    /// How many rules of Choice states and entries of `Retry` and `Catch` there are.
    pub decisions: usize,
    /// How many of them an execution used.
    pub used: usize,
    /// Those that no execution used, of states that executions came to, unless there is a finding about it.
    pub unused: Vec<Item>,
    /// States that were answered with `{}`, since no test says what they answer.
    pub unknown: BTreeSet<String>,
}

/// The maximum number of executions of one exploration.
pub const MOST_RUNS: usize = 10_000;

/// A case, and what goes wrong in it.
type Planned = (usize, Vec<Fault>);

impl Exploration {
    /// # Errors
    ///
    /// If it is not a definition that can run.
    pub fn new(definition: &Value, kind: ExecutionKind) -> Result<Self, DefinitionError> {
        Ok(Self {
            machine: Machine::from_value(definition)?,
            kind,
            states: States::of(definition),
            items: items(definition),
        })
    }

    /// Runs each case with and without faults.
    #[must_use]
    pub fn run(&self, cases: &[Case]) -> Report {
        self.run_at_most(cases, MOST_RUNS)
    }

    /// The same with fewer executions.
    #[must_use]
    pub fn run_at_most(&self, cases: &[Case], most: usize) -> Report {
        let answers = Answers::of(cases);
        let mut ahead: VecDeque<Planned> =
            (0..cases.len()).map(|case| (case, Vec::new())).collect();
        let mut walk = Walk::new(&self.states, cases);
        let mut report = Report::default();
        while let Some((case, faults)) = ahead.pop_front() {
            if report.runs >= most {
                report.left_out = ahead.len() + 1;
                break;
            }
            report.runs += 1;
            let setting = Setting::of(&cases[case], self.kind);
            let ran = run::run(&self.machine, &setting, &answers.of_case(case), &faults);
            ahead.extend(walk.take(case, faults, &ran));
        }
        self.complete(walk, report)
    }

    fn complete(&self, walk: Walk<'_>, mut report: Report) -> Report {
        report.states = self.states.len();
        report.reached = walk.reached.len();
        report.unknown = walk.unknown;
        let is_used = |item: &Item| match item.part {
            Part::Decision(decision) => {
                let key = (item.state.as_str().into(), decision);
                walk.decided.contains(&key)
            }
            _ => true,
        };
        let is_decision = |item: &&Item| matches!(item.part, Part::Decision(_));
        report.decisions = self.items.iter().filter(is_decision).count();
        let unused = self.items.iter().filter(|item| !is_used(item));
        report.used = report.decisions - unused.clone().count();
        report.unused = unused.cloned().collect();
        let mut judge = walk.judge;
        judge.handlers(self.machine.program());
        if report.left_out == 0 && report.runs > 0 {
            judge.unreached(&walk.reached, &walk.left, &walk.tried_anywhere);
        }
        (report.findings, report.notes) = judge.finish();
        // What is found says more.
        let findings = &report.findings;
        report.unused.retain(|item| {
            let state = item.state.as_str();
            walk.reached.contains(state)
                && findings.iter().all(|one| one.pointer != item.pointer)
                && !self.states.is_for_engine(item)
        });
        report
    }

    /// What the execution of each case takes, and what it would take with other numbers of items in its Map states.
    #[must_use]
    pub fn forecast(&self, cases: &[Case], wanted: &[Wanted]) -> Vec<Forecast> {
        forecast::forecast(&self.machine, self.kind, cases, wanted)
    }
}

/// What has been seen, and what it leads to.
struct Walk<'a> {
    states: &'a States,
    judge: Judge<'a>,
    reached: BTreeSet<Arc<str>>,
    left: BTreeSet<Arc<str>>,
    decided: BTreeSet<(Arc<str>, Decision)>,
    unknown: BTreeSet<String>,
    /// The tasks that have got their faults, by case.
    tried: BTreeSet<(usize, Arc<str>)>,
    tried_anywhere: BTreeSet<Arc<str>>,
}

impl<'a> Walk<'a> {
    fn new(states: &'a States, cases: &'a [Case]) -> Self {
        Self {
            states,
            judge: Judge::new(states, cases),
            reached: BTreeSet::new(),
            left: BTreeSet::new(),
            decided: BTreeSet::new(),
            unknown: BTreeSet::new(),
            tried: BTreeSet::new(),
            tried_anywhere: BTreeSet::new(),
        }
    }

    /// Judges an execution, and says which come next.
    fn take(&mut self, case: usize, faults: Vec<Fault>, ran: &Ran) -> Vec<Planned> {
        self.reached.extend(ran.entered.iter().cloned());
        self.left.extend(ran.left.iter().cloned());
        self.decided.extend(ran.decided.iter().cloned());
        self.unknown
            .extend(ran.guessed.iter().map(|state| state.to_string()));
        let fails = self.judge.take(case, &faults, ran);
        let mut next = Vec::new();
        // A part of an answer is only looked for in what is missed.
        if let Some(Fault {
            state,
            what: What::Missing { path, .. },
        }) = faults.last()
        {
            if fails && let Some(asked) = ran.tasks.get(state.as_str()) {
                let before = &faults[..faults.len() - 1];
                next.extend(
                    fault::below(state, path, asked).map(|fault| with(case, before, fault)),
                );
            }
            return next;
        }
        if let Some(fault) = faults
            .last()
            .and_then(|fault| fault.once(ran.tasks.get(fault.state.as_str())))
        {
            next.push(with(case, &faults[..faults.len() - 1], fault));
        }
        if faults.len() >= MOST_FAULTS {
            return next;
        }
        for (state, asked) in &ran.tasks {
            let is_new = match faults.is_empty() {
                true => self.tried.insert((case, Arc::clone(state))),
                false => !self.tried_anywhere.contains(state),
            };
            self.tried_anywhere.insert(Arc::clone(state));
            if let Some(explored) = self.states.get(state).filter(|_| is_new) {
                let handled = Handled::of(self.states, explored);
                let all = fault::of(state, asked, &handled);
                next.extend(all.into_iter().map(|fault| with(case, &faults, fault)));
            }
        }
        next
    }
}

/// How many faults one execution has.
const MOST_FAULTS: usize = 2;

fn with(case: usize, faults: &[Fault], fault: Fault) -> Planned {
    (case, [faults, &[fault]].concat())
}
