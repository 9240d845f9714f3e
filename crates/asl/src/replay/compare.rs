//! Follows a recording moment by moment, and finds where a replay first differs.

use std::collections::BTreeMap;

use serde_json::Value;

use super::difference::{Change, differences, same_resource, same_text};
use super::drive::Driven;
use super::reason::{ends, fails, unnumbered};
use super::recording::Recording;
use super::redacted_use::computes_with_redacted;
use super::trace::{Moment, Place, Scope, Trace};
use super::visit::Visit;
use super::{Difference, Replayed, Why};
use crate::{Outcome, Status};

pub(super) struct Comparison<'a> {
    states: &'a BTreeMap<String, Value>,
    recording: &'a Recording,
    recorded: &'a Trace,
    driven: &'a Driven,
    /// A run in which chance fell out otherwise.
    other: Option<&'a Driven>,
    renamed: BTreeMap<String, String>,
    by_chance: usize,
    /// How many moments were the same.
    reached: usize,
    /// Whether what states put out is passed over, to see whether they still lead the same way.
    only_path: bool,
}

type Found = Option<(Option<String>, Why)>;

impl<'a> Comparison<'a> {
    pub(super) fn new(
        states: &'a BTreeMap<String, Value>,
        recording: &'a Recording,
        driven: &'a Driven,
        other: Option<&'a Driven>,
    ) -> Self {
        Self {
            states,
            recording,
            recorded: &recording.trace,
            driven,
            other,
            renamed: BTreeMap::new(),
            by_chance: 0,
            reached: 0,
            only_path: false,
        }
    }

    pub(super) fn run(&mut self) -> Replayed {
        let difference = self.difference();
        let redacted = difference.as_ref().and_then(|_| self.redacted());
        Replayed {
            difference: difference.filter(|_| redacted.is_none()),
            by_chance: self.by_chance,
            redacted,
            renamed: std::mem::take(&mut self.renamed),
            decided: self.driven.decided.clone(),
        }
    }

    /// How far the two went the same way.
    pub(super) fn reached(&self) -> usize {
        self.reached
    }

    fn difference(&mut self) -> Option<Difference> {
        let (state, why) = self.first()?;
        let reached = self.reached;
        let mut same_path = false;
        if matches!(why, Why::Output { .. }) {
            self.only_path = true;
            let later = self.first();
            self.only_path = false;
            self.reached = reached;
            match later {
                // What differed was not used.
                None if self.recording.outcome.is_some() => return None,
                None | Some((_, Why::Output { .. })) => same_path = true,
                Some(_) => {}
            }
        }
        Some(Difference {
            state,
            why,
            same_path,
        })
    }

    fn first(&mut self) -> Found {
        self.by_chance = 0;
        for (number, moment) in self.recorded.moments.iter().enumerate() {
            self.reached = number;
            let found = match *moment {
                Moment::Entered(place) => self.entered(place),
                Moment::Scheduled(place, attempt) => self.scheduled(place, attempt),
                Moment::Exited(place) => self.exited(place),
            };
            if found.is_some() {
                return found;
            }
        }
        self.reached = self.recorded.moments.len();
        self.rest().or_else(|| self.end())
    }

    fn entered(&mut self, place: Place) -> Found {
        let (scope, at, recorded) = self.visited(place)?;
        let Some(index) = self.driven.trace.paths.get(&scope.path) else {
            return self.not_begun(place.scope);
        };
        let replayed = &self.driven.trace.scopes[*index];
        let Some(now) = replayed.visits.get(at) else {
            return self.not_reached(place, *index, at);
        };
        if now.state != recorded.state && !self.is_renamed(recorded, now) {
            return self.elsewhere(place.scope, at, *index);
        }
        if at > 0 || scope.parent.is_none() || self.only_path {
            return None;
        }
        let input = |visit: &Visit| Some(visit.input.value().clone());
        let changes = self.changes("$", &scope.path, at, input, recorded, now);
        let around = self.state_around(scope);
        (!changes.is_empty()).then_some((around, Why::Items { changes }))
    }

    fn scheduled(&mut self, place: Place, number: usize) -> Found {
        let (scope, at, recorded) = self.visited(place)?;
        let now = self.replayed(scope, at)?;
        let state = Some(recorded.state.clone());
        let before = recorded.attempts.get(number)?;
        let Some(again) = now.attempt_like(recorded, number) else {
            if self.may_be_left(place.scope) || recorded.was_cut_off(now, before.redrives) {
                return None;
            }
            if before.redrives > self.driven.trace.redrives && now.exit.is_some() {
                let replayed = self.driven.trace.paths.get(&scope.path)?;
                let next = self.driven.trace.scopes[*replayed].visits.get(at + 1);
                let by = next.map(|next| next.state.clone());
                return Some((state, Why::Caught { by }));
            }
            return Some((state, self.no_attempt(scope, at, recorded, now)?));
        };
        if !same_resource(&before.resource, &again.resource) {
            let (recorded, replayed) = (before.resource.clone(), again.resource.clone());
            return Some((state, Why::Resource { recorded, replayed }));
        }
        let parameters = |visit: &Visit| {
            let attempt = visit.attempt_like(recorded, number)?;
            Some(attempt.parameters.value().clone())
        };
        let changes = self.changes("$", &scope.path, at, parameters, recorded, now);
        (!changes.is_empty()).then_some((state, Why::Parameters { changes }))
    }

    fn exited(&mut self, place: Place) -> Found {
        let (scope, at, recorded) = self.visited(place)?;
        let now = self.replayed(scope, at)?;
        let state = Some(recorded.state.clone());
        if now.exit.is_none() {
            if self.may_be_left(place.scope) {
                return None;
            }
            return Some((state, self.no_attempt(scope, at, recorded, now)?));
        }
        if now.tries() != recorded.tries() {
            let (recorded, replayed) = (recorded.tries(), now.tries());
            return Some((state, Why::Attempts { recorded, replayed }));
        }
        if recorded.failure().is_none()
            && let Some(failure) = now.failure()
        {
            return Some((state, fails(failure)));
        }
        if self.only_path {
            return None;
        }
        let output = |visit: &Visit| Some(visit.exit.as_ref()?.output.value().clone());
        let mut changes = self.changes("$", &scope.path, at, output, recorded, now);
        let assigned = |visit: &Visit| Some(visit.exit.as_ref()?.assigned.clone());
        let variables = self.changes("$variables", &scope.path, at, assigned, recorded, now);
        changes.extend(variables);
        (!changes.is_empty()).then_some((state, Why::Output { changes }))
    }

    /// Why a state has not done what it did.
    fn no_attempt(&self, scope: &Scope, at: usize, recorded: &Visit, now: &Visit) -> Option<Why> {
        let reached = recorded.redrives().min(self.driven.trace.redrives);
        let (before, after) = (recorded.tries_after(reached), now.tries_after(reached));
        if after > before || (0 < after && after < before && !self.is_unanswered(scope, at)) {
            return Some(Why::Attempts {
                recorded: before,
                replayed: after,
            });
        }
        if self.is_unanswered(scope, at) {
            return Some(Why::NoAnswer);
        }
        if let Some(failure) = now.failure() {
            return Some(fails(failure));
        }
        // A failure without an event of its own ends the execution.
        let outcome = self.driven.outcome.as_ref()?;
        let error = match outcome.status {
            Status::TimedOut => "States.Timeout",
            _ => "",
        };
        Some(Why::Fails {
            error: { outcome.error.clone() }.unwrap_or_else(|| error.to_owned()),
            cause: outcome.cause.clone().unwrap_or_default(),
        })
    }

    /// A branch or an iteration has not begun.
    fn not_begun(&self, scope: usize) -> Found {
        if self.may_be_left(scope) {
            return None;
        }
        let scope = &self.recorded.scopes[scope];
        let (around, at) = scope.parent?;
        let around = &self.recorded.scopes[around];
        let (before, now) = (around.visits.get(at)?, self.replayed(around, at)?);
        let why = match now.failure() {
            Some(failure) if before.failure().is_none() => fails(failure),
            _ => Why::Items {
                changes: Vec::new(),
            },
        };
        Some((Some(before.state.clone()), why))
    }

    /// The program ended, or stopped, before a state.
    fn not_reached(&self, place: Place, replayed: usize, at: usize) -> Found {
        if self.may_be_left(place.scope) {
            return None;
        }
        let visits = &self.driven.trace.scopes[replayed].visits;
        let last = at.checked_sub(1).and_then(|last| visits.get(last));
        if last.is_some_and(|last| last.exit.is_some()) {
            return self.elsewhere(place.scope, at, replayed);
        }
        let last = last?;
        let scope = &self.recorded.scopes[place.scope];
        let before = scope.visits.get(at - 1)?;
        let why = self.no_attempt(scope, at - 1, before, last)?;
        Some((Some(before.state.clone()), why))
    }

    /// Another state follows than before: why, and after which.
    fn elsewhere(&self, scope: usize, at: usize, replayed: usize) -> Found {
        let scope = &self.recorded.scopes[scope];
        let name = |visits: &[Visit]| visits.get(at).map(|visit| visit.state.clone());
        let recorded = name(&scope.visits);
        let visits = &self.driven.trace.scopes[replayed].visits;
        let replayed = name(visits);
        if let Some(gone) = { recorded.as_ref() }.filter(|state| !self.states.contains_key(*state))
        {
            return Some((Some(gone.clone()), Why::Removed));
        }
        let before = at.checked_sub(1).and_then(|last| scope.visits.get(last));
        // A condition has decided before anything was called.
        if let Some(choice) = before.filter(|before| before.kind == "Choice") {
            let why = Why::Condition { recorded, replayed };
            return Some((Some(choice.state.clone()), why));
        }
        let is_new = |state: &String| {
            let recorded = self.recorded.scopes.iter().flat_map(|scope| &scope.visits);
            !recorded.into_iter().any(|visit| visit.state == *state)
        };
        if let Some(new) = replayed.as_ref().filter(|state| is_new(state))
            && self.is_unanswered(scope, at)
        {
            return Some((Some(new.clone()), Why::NoAnswer));
        }
        let Some(before) = before else {
            return Some((self.state_around(scope), Why::Next { recorded, replayed }));
        };
        let why = match before.failed || before.failure().is_some() {
            true => Why::Caught { by: replayed },
            false => Why::Next { recorded, replayed },
        };
        Some((Some(before.state.clone()), why))
    }

    /// What the replay does beyond the recording.
    fn rest(&self) -> Found {
        for (index, scope) in self.recorded.scopes.iter().enumerate() {
            let Some(at) = scope.visits.len().checked_sub(1) else {
                continue;
            };
            let (recorded, Some(now)) = (&scope.visits[at], self.replayed(scope, at)) else {
                continue;
            };
            if self.may_be_left(index) {
                continue;
            }
            let state = Some(recorded.state.clone());
            if now.tries() > recorded.tries() {
                let (recorded, replayed) = (recorded.tries(), now.tries());
                return Some((state, Why::Attempts { recorded, replayed }));
            }
            let replayed = self.driven.trace.paths.get(&scope.path)?;
            let next = self.driven.trace.scopes[*replayed].visits.get(at + 1);
            match (&recorded.exit, next) {
                (None, _) if now.exit.is_some() => {
                    let by = next.map(|next| next.state.clone());
                    return Some((state, Why::Caught { by }));
                }
                (Some(_), Some(_)) => return self.elsewhere(index, at + 1, *replayed),
                _ => {}
            }
        }
        let begun = self.driven.trace.scopes.iter();
        let mut new = begun.filter(|scope| !self.recorded.paths.contains_key(&scope.path));
        new.find_map(|scope| {
            let (around, at) = scope.parent?;
            let path = &self.driven.trace.scopes[around].path;
            let around = *self.recorded.paths.get(path)?;
            let recorded = self.recorded.scopes[around].visits.get(at)?;
            let whole = recorded.exit.is_some() && !recorded.failed && recorded.kind != "Fail";
            let why = Why::Items {
                changes: Vec::new(),
            };
            whole.then(|| (Some(recorded.state.clone()), why))
        })
    }

    /// How the execution ends.
    fn end(&mut self) -> Found {
        let recorded = self.recording.outcome.as_ref()?;
        let last = self.driven.trace.scopes[0].visits.last();
        let state = last.map(|last| last.state.clone());
        // Somebody stopped it, or the time that was recorded cannot be known any more.
        let from_outside = matches!(recorded.status, Status::Aborted | Status::TimedOut);
        let Some(replayed) = &self.driven.outcome else {
            if from_outside {
                return None;
            }
            let unanswered = self.driven.unanswered.first();
            let waiting = unanswered.map(|(scope, at)| {
                let visit = &self.driven.trace.scopes[*scope].visits[*at];
                (Some(visit.state.clone()), Why::NoAnswer)
            });
            return waiting.or_else(|| Some((state, ends(recorded, None))));
        };
        if recorded.status != replayed.status {
            return (recorded.status != Status::Aborted)
                .then(|| (state, ends(recorded, Some(replayed))));
        }
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let error = [&recorded.error, &replayed.error].map(text);
        let cause = [&recorded.cause, &replayed.cause].map(|cause| unnumbered(&text(cause)));
        let other = self.other.and_then(|other| other.outcome.as_ref());
        let chance = other.is_some_and(|other| unnumbered(&text(&other.cause)) != cause[1]);
        let same = |[one, other]: &[String; 2]| {
            one.contains(super::REDACTED_TEXT) || same_text(one, other)
        };
        if !same(&error) || !(same(&cause) || chance) {
            return Some((state, ends(recorded, Some(replayed))));
        }
        let output =
            |outcome: &Outcome| outcome.output.as_ref().map(|output| output.value().clone());
        let (before, now) = (output(recorded)?, output(replayed)?);
        let changes = differences("$", &before, &now);
        let changes = self.without_chance("$", changes, &now, other.and_then(output));
        (!changes.is_empty()).then_some((state, Why::Output { changes }))
    }

    fn visited(&self, place: Place) -> Option<(&'a Scope, usize, &'a Visit)> {
        let scope = self.recorded.scopes.get(place.scope)?;
        let at = place.visit?;
        Some((scope, at, scope.visits.get(at)?))
    }

    fn replayed(&self, scope: &Scope, at: usize) -> Option<&'a Visit> {
        visit_at(&self.driven.trace, &scope.path, at)
    }

    fn is_unanswered(&self, scope: &Scope, at: usize) -> bool {
        let replayed = self.driven.trace.paths.get(&scope.path);
        replayed.is_some_and(|replayed| self.driven.unanswered.contains(&(*replayed, at)))
    }

    fn state_around(&self, scope: &Scope) -> Option<String> {
        let (around, at) = scope.parent?;
        Some(self.recorded.scopes[around].visits.get(at)?.state.clone())
    }

    /// Whether nobody knows how far a program would have come: the execution still ran, was ended from outside, or the
    /// program was ended because another one beside it failed.
    fn may_be_left(&self, scope: usize) -> bool {
        let ended = self
            .recording
            .outcome
            .as_ref()
            .map(|outcome| outcome.status);
        if matches!(ended, None | Some(Status::Aborted | Status::TimedOut)) {
            return true;
        }
        let this = &self.recorded.scopes[scope];
        let Some(around) = this.parent else {
            return false;
        };
        !this.failed && self.recorded.failed_inside.contains(&around) || self.may_be_left(around.0)
    }

    /// Whether a state only has another name now.
    fn is_renamed(&mut self, recorded: &Visit, now: &Visit) -> bool {
        if let Some(name) = self.renamed.get(&recorded.state) {
            return *name == now.state;
        }
        let states = self.recorded.scopes.iter().flat_map(|scope| &scope.visits);
        let known = { states.into_iter() }.any(|visit| visit.state == now.state);
        let renamed = !self.states.contains_key(&recorded.state)
            && !known
            && recorded.kind == now.kind
            && recorded.attempts.len() == now.attempts.len()
            && !self.renamed.values().any(|name| *name == now.state);
        if renamed {
            self.renamed
                .insert(recorded.state.clone(), now.state.clone());
        }
        renamed
    }

    /// What differs between two visits in one of their documents, but for what chance decides.
    fn changes(
        &mut self,
        root: &str,
        path: &str,
        at: usize,
        document: impl Fn(&Visit) -> Option<Value>,
        recorded: &Visit,
        now: &Visit,
    ) -> Vec<Change> {
        let (Some(before), Some(now)) = (document(recorded), document(now)) else {
            return Vec::new();
        };
        let changes = differences(root, &before, &now);
        let other = self
            .other
            .and_then(|other| visit_at(&other.trace, path, at));
        self.without_chance(root, changes, &now, other.and_then(document))
    }

    fn without_chance(
        &mut self,
        root: &str,
        mut changes: Vec<Change>,
        now: &Value,
        other: Option<Value>,
    ) -> Vec<Change> {
        let Some(other) = other.filter(|_| !changes.is_empty()) else {
            return changes;
        };
        let chance = differences(root, now, &other);
        let all = changes.len();
        changes.retain(|change| {
            let whole = change.recorded.is_some() && change.replayed.is_some();
            !whole || !chance.iter().any(|chance| chance.path == change.path)
        });
        self.by_chance += all - changes.len();
        changes
    }

    /// The first state on the way that decides or computes with redacted data.
    fn redacted(&self) -> Option<String> {
        let until = self.recorded.moments.iter().take(self.reached + 1);
        let mut variables = Vec::new();
        for moment in until {
            match *moment {
                Moment::Entered(place) => {
                    let (_, _, visit) = self.visited(place)?;
                    let name = self.renamed.get(&visit.state).unwrap_or(&visit.state);
                    let state = self.states.get(name);
                    let input = visit.input.value();
                    if state.is_some_and(|state| computes_with_redacted(state, input, &variables)) {
                        return Some(name.clone());
                    }
                }
                Moment::Exited(place) => {
                    let (_, _, visit) = self.visited(place)?;
                    let assigned = visit.exit.as_ref().map(|exit| exit.assigned.clone());
                    variables.extend(assigned);
                }
                Moment::Scheduled(..) => {}
            }
        }
        None
    }
}

fn visit_at<'a>(trace: &'a Trace, path: &str, at: usize) -> Option<&'a Visit> {
    trace.scopes[*trace.paths.get(path)?].visits.get(at)
}
