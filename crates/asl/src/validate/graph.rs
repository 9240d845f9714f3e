//! Transitions: every target exists, every state is reachable, and the workflow can end.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::at::At;
use super::checker::Checker;
use super::finding::{Code, Finding, Severity};
use super::report::Mark;

/// Checks one machine. The order is AWS's: the targets that do not exist, then the states that nothing leads to.
/// A workflow that cannot end is told so instead of the latter; a machine inside of a state need not end. Sources: what
/// CreateStateMachine answered in <https://github.com/localstack/localstack/issues/11978> and
/// <https://github.com/aws-cloudformation/cfn-lint/issues/4074>, and the measurements of
/// <https://github.com/floci-io/floci/pull/2786>.
pub(super) fn check(
    checker: &mut Checker<'_>,
    states: &Map<String, Value>,
    start: Option<&str>,
    at: &At<'_>,
) {
    let mut graph = Graph {
        states,
        next: HashMap::new(),
    };
    let before = checker.report.count();
    if let Some(start) = start {
        graph.target(checker, start, &at.key("StartAt"));
    }
    let place = at.key("States");
    for (name, state) in states {
        graph.transitions(checker, name, state, &place.key(name));
    }
    let missing = checker.report.count();
    let is_workflow = at.pointer().is_empty();
    if is_workflow && !states.is_empty() && states.values().all(continues) {
        no_end(checker);
    } else if let Some(start) = start {
        // Without a start state, nothing is reachable, and the missing field is a finding already.
        graph.unreached(checker, start, &place);
    }
    if missing > before {
        checker.report.follow(missing);
    }
}

struct Graph<'d> {
    states: &'d Map<String, Value>,
    /// The targets of each state.
    next: HashMap<&'d str, Vec<&'d str>>,
}

impl<'d> Graph<'d> {
    fn transitions(
        &mut self,
        checker: &mut Checker<'_>,
        name: &'d str,
        state: &'d Value,
        at: &At<'_>,
    ) {
        for field in ["Next", "Default"] {
            if let Some(target) = state.get(field).and_then(Value::as_str) {
                self.target(checker, target, &at.key(field));
                self.next.entry(name).or_default().push(target);
            }
        }
        for list in ["Choices", "Catch"] {
            let place = at.key(list);
            let items = state.get(list).and_then(Value::as_array);
            for (index, item) in items.into_iter().flatten().enumerate() {
                if let Some(target) = item.get("Next").and_then(Value::as_str) {
                    self.target(checker, target, &place.index(index).key("Next"));
                    self.next.entry(name).or_default().push(target);
                }
            }
        }
    }

    fn target(&self, checker: &mut Checker<'_>, target: &str, at: &At<'_>) {
        if !self.states.contains_key(target) {
            let message = format!("Missing 'Next' target: {target}");
            let code = Code::MissingTransitionTarget;
            checker.report.error(code, at, Mark::Value, message);
            let names = self.states.keys().map(String::as_str);
            checker.report.suggest(target, names);
        }
    }

    /// AWS rejects a state that is not the target of any other state. It accepts states that are only targets of each
    /// other, although no execution reaches them, so those are a warning.
    fn unreached(&self, checker: &mut Checker<'_>, start: &str, at: &At<'_>) {
        let mut led_to = HashSet::from([start]);
        for (from, targets) in &self.next {
            led_to.extend(targets.iter().copied().filter(|target| target != from));
        }
        let reached = self.reached(start);
        for name in self.states.keys() {
            let message = format!("State \"{name}\" is not reachable.");
            let code = Code::MissingTransitionTarget;
            let at = at.key(name);
            if !led_to.contains(name.as_str()) {
                checker.report.error(code, &at, Mark::Key, message);
            } else if self.states.contains_key(start) && !reached.contains(name.as_str()) {
                checker.report.warning(code, &at, Mark::Key, message);
            }
        }
    }

    fn reached<'a>(&'a self, start: &'a str) -> HashSet<&'a str> {
        let mut reached = HashSet::new();
        let mut ahead = vec![start];
        while let Some(name) = ahead.pop() {
            if reached.insert(name) {
                ahead.extend(self.next.get(name).into_iter().flatten());
            }
        }
        reached
    }
}

/// Whether a state has a transition and is not an end. A state that is neither is a separate error.
fn continues(state: &Value) -> bool {
    state.get("Next").is_some_and(Value::is_string)
        || state.get("Choices").is_some_and(Value::is_array)
}

fn no_end(checker: &mut Checker<'_>) {
    let source = checker.report.source();
    let position = source.locate_key("/States");
    checker.report.push(Finding {
        severity: Severity::Error,
        code: Code::MissingEndState,
        message: "Workflow has no terminal state".to_owned(),
        location: None,
        position: position.unwrap_or_else(|| source.location(0..0)),
        hint: None,
        follows: false,
    });
}
