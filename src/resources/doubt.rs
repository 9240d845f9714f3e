//! Whether a reading of a stack can be whole. AWS shows what was created a moment ago late, and lists later still.

use jiff::{SignedDuration, Timestamp};

use super::{AliasState, Kind, Observed, ReleaseLabel, StateMachineState};
use crate::stack::Stack;

/// How long AWS may take to show what was created.
const LATE: SignedDuration = SignedDuration::from_secs(30);

/// For how long AWS usually shows what was before a change.
const STALE: SignedDuration = SignedDuration::from_secs(10);

impl Observed {
    /// What is worth knowing if this differs from what should be: it may be what was before the last release.
    pub fn may_be_stale(&self, now: Timestamp) -> Option<String> {
        let (release, published) = self.lasting_state_machine()?.versions.first()?;
        let since = now.duration_since(*published);
        (since < STALE).then(|| {
            format!(
                "release {release} was published {} s ago, and AWS may still show what was before; look again in a few seconds",
                since.as_secs().max(0)
            )
        })
    }

    /// Whether the alias may lead to the newest release, although it is shown as it was before.
    pub fn may_show_former_live(&self, now: Timestamp) -> bool {
        let not_live = self.newest_that_is_not_live();
        not_live.is_some_and(|published| now.duration_since(published) < STALE)
    }

    /// When the newest release was published, if the alias does not lead to it.
    pub(super) fn newest_that_is_not_live(&self) -> Option<Timestamp> {
        let main = self.lasting_state_machine()?;
        let live = main.alias.as_ref().and_then(AliasState::version);
        let (newest, published) = main.versions.first()?;
        (live != Some(*newest)).then_some(*published)
    }

    /// When a deploy that was cut off was last at work: what it has made is younger than what is live. IAM does not say when a
    /// policy was written, and that came just before.
    pub fn cut_off_at(&self) -> Option<Timestamp> {
        let live = self.lasting_state_machine().and_then(|main| {
            let live = main.alias.as_ref().and_then(AliasState::version)?;
            let mut versions = main.versions.iter();
            versions.find(|(version, _)| *version == live)
        });
        let roles = self.roles.values().map(|role| role.created);
        let functions = self.functions.values();
        let functions = functions.filter_map(|function| function.latest.last_modified);
        let machines = self.state_machines.values();
        let versions = machines.filter_map(|machine| Some(machine.versions.first()?.1));
        let latest = roles.chain(functions).chain(versions).max()?;
        live.is_none_or(|(_, published)| *published < latest)
            .then_some(latest)
    }

    /// Whether something is likely to be missing: reading again may show it.
    pub(super) fn is_doubtful(&self, stack: &Stack, now: Timestamp) -> bool {
        self.has_untagged() || self.lacks_release() || self.lacks_young(stack, now)
    }

    /// Another deploy creates it at this moment.
    fn has_untagged(&self) -> bool {
        let mut kinds = Kind::ALL.into_iter();
        kinds.any(|kind| kind.held(self).iter().any(|held| held.tags.is_empty()))
    }

    /// The alias names a release that the list of releases lacks.
    fn lacks_release(&self) -> bool {
        let state_machine = self.lasting_state_machine();
        state_machine.is_some_and(|state_machine| {
            let listed = state_machine.versions.first().map(|(newest, _)| *newest);
            named_by_alias(state_machine)
                .is_some_and(|named| listed.is_none_or(|newest| newest < named))
        })
    }

    /// A role was created a moment ago, and what it was created for is not shown.
    fn lacks_young(&self, stack: &Stack, now: Timestamp) -> bool {
        let young = self
            .roles
            .iter()
            .filter(|(_, role)| now.duration_since(role.created) < LATE);
        let mut names = young.map(|(name, _)| name);
        names.any(|name| self.lacks_user_of(name, stack))
    }

    /// Whether nothing is shown that a role is made for: it was made a moment ago, or all of it removed.
    pub(crate) fn lacks_user_of(&self, role: &str, stack: &Stack) -> bool {
        match stack.state_machine_of_role(role) {
            Some(machine) => !self.state_machines.contains_key(&machine),
            None if role == stack.triggers_role() => {
                let mut rules = self.rules.values();
                self.schedules.is_empty() && !rules.any(|rule| stack.owns(&rule.tags))
            }
            None => { stack.handler_of_role(role) }
                .is_some_and(|handler| !self.functions.contains_key(handler)),
        }
    }
}

/// The newest release that the alias leads to, or that its description says it was written for.
fn named_by_alias(state_machine: &StateMachineState) -> Option<u64> {
    let alias = state_machine.alias.as_ref()?;
    let label = ReleaseLabel::parse(&alias.description);
    let named = label.into_iter().flat_map(|label| {
        let replaced = label.instead_of.into_iter();
        replaced.chain([label.release])
    });
    let routed = alias.routing.iter().map(|(release, _)| *release);
    routed.chain(named).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::{Project, triggered};

    #[test]
    fn what_was_released_a_moment_ago_may_not_be_shown() {
        let mut cloud = Project::new().deployed();
        let now = Timestamp::constant(1_795_641_423, 0);
        let at = |seconds| now - SignedDuration::from_secs(seconds);
        let mut told = |seconds| {
            cloud.state_machine().versions = vec![(2, at(seconds)), (1, at(1000))];
            cloud.held.may_be_stale(now)
        };
        assert_eq!(told(10), None);
        let note = told(3).unwrap();
        assert!(
            note.starts_with("release 2 was published 3 s ago"),
            "{note}"
        );
        assert!(told(-1).is_some(), "the clocks differ");
    }

    #[test]
    fn triggers_that_their_young_role_was_made_for_may_not_be_shown() {
        let mut cloud = triggered().deployed();
        let stack = triggered().desired().stack;
        let created = cloud.held.roles["shop-dev-triggers"].created;
        let [young, old] = [5, 60].map(|seconds| created + SignedDuration::from_secs(seconds));
        assert!(!cloud.held.is_doubtful(&stack, young));
        cloud.held.rules.clear();
        assert!(
            !cloud.held.is_doubtful(&stack, young),
            "one of two is shown"
        );
        cloud.held.schedules.clear();
        assert!(cloud.held.is_doubtful(&stack, young));
        assert!(!cloud.held.is_doubtful(&stack, old));
    }
}
