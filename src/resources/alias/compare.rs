//! The step that makes a release live.

use super::operations::{
    AliasRequest, CreateStateMachineAlias, ReleaseRef, UpdateStateMachineAlias,
};
use super::pinned::Pinned;
use super::{AliasState, ReleaseLabel, routing};
use crate::canary::{Canary, CanaryStart};
use crate::config::MachineName;
use crate::plan::{Draft, Milestone, Reason, StepId, Steps};
use crate::resources::Kind;
use crate::resources::role::needed::NeededRoles;
use crate::stack::Stack;

/// Moves `live` to the published release once everything that it uses is ready: callers see it only then.
pub(super) fn deploy(draft: &mut Draft<'_>) {
    let desired = draft.desired;
    let stack = &desired.stack;
    let main = Kind::StateMachine.named(&desired.state_machines.main.name);
    let published = draft.steps.until(&main, Milestone::Exists);
    if published.is_empty() {
        draft.notes.extend(split(draft));
        return;
    }
    let functions = desired.functions.values().flat_map(|function| {
        [
            Kind::Function.named(&function.name),
            Kind::Role.named(stack.function_role(&function.handler)),
        ]
    });
    let ready = functions.flat_map(|used| draft.steps.until(&used, Milestone::Usable));
    let after: Vec<StepId> = ready.chain(published).collect();
    let live = draft.observed.lasting_state_machine();
    let live = live.and_then(|state_machine| state_machine.alias.as_ref());
    let known = draft.state_machines.main.known_release();
    let canary = match (&desired.canary, live.and_then(AliasState::version)) {
        (Some(canary), Some(old)) => (known != Some(old)).then(|| canary.clone()),
        (Some(_), None) => {
            draft.notes.push(NOTHING_TO_COMPARE.to_owned());
            None
        }
        (None, _) => None,
    };
    let release = ReleaseRef::Published {
        origin: desired.origin.description(),
        replaces: live.cloned().unwrap_or_default(),
        not_live: draft.observed.newest_that_is_not_live(),
        canary,
    };
    let move_to = Move {
        release,
        known,
        roles: NeededRoles::new(draft),
        pinned: Some(Pinned::new(draft)),
    };
    let moved = add(&mut draft.steps, stack, live, move_to, after);
    let alias = Kind::Alias.named(stack.alias_name());
    draft.steps.reach(&alias, Milestone::Usable, [moved]);
}

/// Without a release that is live there is no canary.
const NOTHING_TO_COMPARE: &str =
    "no release is live that a canary could be compared with, so the new one gets all executions";

/// A canary, and a split that somebody made by hand, stay as they are.
fn split(draft: &Draft<'_>) -> Option<String> {
    let live = draft.observed.lasting_state_machine()?.alias.as_ref()?;
    let who = match live.canary() {
        Some(_) => "a canary splits `live`",
        None => "`live` is split",
    };
    let shown = live.shown();
    let other = live.canary().and_then(|label| label.canary);
    let other = other.zip(draft.desired.canary.as_ref());
    let other = other.map_or_else(String::new, |(began, asked)| goes_on(&began, asked));
    (live.is_split()).then(|| format!("{who} between releases, and stays so: {shown}{other}"))
}

/// What is said of options that a canary which runs already does not take over.
fn goes_on(began: &Canary, asked: &CanaryStart) -> String {
    let (kept, ignored) = match began.shares == asked.shares {
        true if began.rules == asked.rules => return String::new(),
        true => ("the times and thresholds".to_owned(), "others".to_owned()),
        false => (began.shares.words(), asked.shares.words()),
    };
    format!("; it goes on with {kept}, as it began, and not with {ignored}")
}

/// Moves `live` to an existing release, or to two, if one is tried out.
pub fn move_live(steps: &mut Steps, stack: &Stack, live: Option<&AliasState>, to: ReleaseLabel) {
    let to = Move {
        known: Some(to.release),
        release: ReleaseRef::Known(to),
        roles: NeededRoles::default(),
        pinned: None,
    };
    add(steps, stack, live, to, Vec::new());
}

/// Where `live` moves to.
struct Move {
    release: ReleaseRef,
    /// The number of the release, if it already exists.
    known: Option<u64>,
    roles: NeededRoles,
    pinned: Option<Pinned>,
}

fn add(
    steps: &mut Steps,
    stack: &Stack,
    live: Option<&AliasState>,
    to: Move,
    after: Vec<StepId>,
) -> StepId {
    let resource = Kind::Alias.named(stack.alias_name());
    let new = match &to.release {
        ReleaseRef::Known(label) => Some(routing::shown(&label.routing())),
        ReleaseRef::Published { .. } => to.known.map(|release| release.to_string()),
    };
    let tried = to.release.canary().cloned();
    let request = AliasRequest {
        state_machine_arn: stack.state_machine_arn(&MachineName::Main),
        release: to.release,
        roles: to.roles,
        pinned: to.pinned,
    };
    match live {
        Some(live) => {
            let old = Some(live.shown());
            let reasons = vec![match tried {
                Some(CanaryStart { shares, .. }) => Reason::Canary { old, new, shares },
                None => Reason::Release { old, new },
            }];
            steps.add(&resource, UpdateStateMachineAlias(request), after, reasons)
        }
        None => {
            let reasons = vec![match new {
                Some(_) => Reason::Release { old: None, new },
                None => Reason::Missing,
            }];
            steps.add(&resource, CreateStateMachineAlias(request), after, reasons)
        }
    }
}
