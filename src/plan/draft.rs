//! A plan in the making: the changes are known, the removals are not yet.

use std::collections::{BTreeMap, BTreeSet};

use super::{Milestone, Plan, Refusal, Retained, StepId, Steps, prune};
use crate::config::Family;
use crate::resources::{
    Desired, FunctionChange, Kind, Observed, RoleAge, StateMachineChange, Transition, Usage,
    loses_permissions,
};

/// What the kinds of resources add their steps to.
pub struct Draft<'a> {
    pub desired: &'a Desired,
    pub observed: &'a Observed,
    /// By handler.
    pub(crate) functions: BTreeMap<String, FunctionChange>,
    pub(crate) state_machines: Family<StateMachineChange>,
    pub(crate) retained: Retained,
    /// Of the roles of the state machines.
    pub(crate) transitions: Vec<Transition>,
    pub steps: Steps,
    pub(crate) notes: Vec<String>,
}

/// AWS's quota of versions of a state machine.
const MOST_VERSIONS: usize = 1000;

/// With so many there is still time to do something about it.
const MANY_VERSIONS: usize = 900;

/// Executions on the bare state machine get what no release holds, and no rollback reaches them.
fn unqualified(usage: &Usage) -> Option<String> {
    let executions = match usage.unqualified() {
        0 => return None,
        1 => "1 running execution was started on the state machine itself".to_owned(),
        count => format!("{count} running executions were started on the state machine itself"),
    };
    Some(format!(
        "{executions}; start executions on the alias `live`, so that each belongs to a release"
    ))
}

/// The old releases that stay all the same.
fn kept(draft: &Draft<'_>, usage: &Usage) -> Vec<String> {
    let aliased: BTreeSet<u64> = usage.aliased_releases().collect();
    let published = usize::from(draft.state_machines.main.publishes());
    let newest = draft.desired.keep_versions.saturating_sub(published);
    let old = draft.observed.releases().skip(newest.max(1));
    let why = |release: &u64| {
        if aliased.contains(release) {
            Some("an alias that txflow did not make leads to it")
        } else if usage.redrivable.contains(release) {
            Some("an execution that failed on it in the last 14 days may be redriven")
        } else {
            None
        }
    };
    let said = old.filter_map(|release| {
        let why = why(&release)?;
        Some(format!("release {release} stays, since {why}"))
    });
    said.collect()
}

impl<'a> Draft<'a> {
    pub(super) fn new(desired: &'a Desired, observed: &'a Observed) -> Self {
        let functions = desired.functions.iter().map(|(handler, function)| {
            let found = observed.functions.get(handler);
            let role = RoleAge::new(function, desired, observed);
            let change = FunctionChange::new(function, found, role);
            (handler.clone(), change)
        });
        let functions = functions.collect();
        Self {
            state_machines: StateMachineChange::all(desired, observed, &functions),
            functions,
            desired,
            observed,
            retained: Retained::default(),
            transitions: Vec::new(),
            steps: Steps::default(),
            notes: desired.trigger_note.iter().cloned().collect(),
        }
    }

    /// Whether this may be carried out. `same_stack` makes a command act on this stack.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it would undo what somebody did by hand, or if IAM would refuse a policy.
    pub fn check(&self, same_stack: impl Fn(&str) -> String) -> Result<(), Refusal> {
        for role in self.desired.roles.values() {
            role.check()?;
        }
        let live = self.observed.lasting_state_machine();
        let live = live.and_then(|state_machine| state_machine.alias.as_ref());
        let split = live.filter(|alias| alias.is_split());
        match (split, &self.state_machines.main) {
            (None, _) | (_, StateMachineChange::Keep { .. }) => Ok(()),
            (Some(alias), _) => Err(match alias.canary() {
                Some(_) => Refusal::InCanary {
                    live: alias.shown(),
                    promote: same_stack("txflow canary promote"),
                    abort: same_stack("txflow canary abort"),
                    status: same_stack("txflow canary status"),
                },
                None => Refusal::Split {
                    live: alias.shown(),
                },
            }),
        }
    }

    /// Whether the plan needs [`Usage`]: something may have to be removed that something else still
    /// uses.
    pub fn needs_usage(&self) -> bool {
        let releases = self.observed.releases().count();
        let releases = releases + usize::from(self.state_machines.main.publishes());
        let mut states = self.observed.state_machines.values();
        let mut roles = self.observed.roles.keys();
        let mut functions = self.observed.functions.keys();
        let mut machines = self.observed.state_machines.keys();
        releases > self.desired.keep_versions
            || roles.any(|name| !self.desired.roles.contains_key(name))
            || functions.any(|handler| !self.desired.functions.contains_key(handler))
            || machines.any(|machine| self.desired.state_machines.get(machine).is_none())
            || states.any(|state| !state.forks.is_empty())
            || loses_permissions(self)
            || self.may_be_published()
    }

    /// Whether only what releases froze tells that one has the present state, since the alias never led to it.
    fn may_be_published(&self) -> bool {
        let main = &self.state_machines.main;
        main.moves_live()
            && !main.publishes()
            && main.known_release().is_none()
            && self.observed.releases().next().is_some()
    }

    /// The plan without removals.
    pub fn plan(mut self) -> Plan {
        self.deploy();
        self.into_plan()
    }

    /// The plan that also removes what is no longer in use.
    pub fn plan_with(mut self, usage: &Usage) -> Plan {
        self.retained = Retained::new(&self, usage);
        if self.may_be_published()
            && let Some(main) = self.observed.lasting_state_machine()
        {
            self.state_machines.main.find_release(main, usage);
        }
        self.notes.extend(unqualified(usage));
        self.notes.extend(kept(&self, usage));
        self.deploy();
        prune::prune(&mut self, usage);
        self.notes.extend(self.crowded());
        self.into_plan()
    }

    /// Beyond its quota AWS publishes nothing more, and all that is kept counts.
    fn crowded(&self) -> Option<String> {
        let kept = self.observed.releases();
        let kept = kept.filter(|release| self.retained.keeps(*release)).count();
        let kept = kept + usize::from(self.state_machines.main.publishes());
        (kept > MANY_VERSIONS).then(|| {
            format!(
                "the state machine keeps {kept} versions, since executions run on them or may be redriven; AWS accepts {MOST_VERSIONS}, and then no deploy can publish"
            )
        })
    }

    fn deploy(&mut self) {
        for kind in Kind::ALL {
            kind.deploy(self);
        }
    }

    fn into_plan(self) -> Plan {
        Plan {
            ready: self.ready(),
            stack: self.desired.stack.clone(),
            steps: self.steps.into_list(),
            notes: self.notes,
        }
    }

    /// All that making the release live waits for, and the versions of state machines that are in no release, since tests run
    /// on those as well.
    fn ready(&self) -> Vec<StepId> {
        let live = Kind::Alias.named(self.desired.stack.alias_name());
        let live = self.steps.until(&live, Milestone::Usable);
        if live.is_empty() {
            return Vec::new();
        }
        let machines = self.desired.state_machines.iter();
        let published = machines.flat_map(|(_, machine)| {
            let machine = Kind::StateMachine.named(&machine.name);
            self.steps.until(&machine, Milestone::Exists)
        });
        let before = live.into_iter().flat_map(|live| self.steps.before(live));
        before.chain(published).collect()
    }
}
