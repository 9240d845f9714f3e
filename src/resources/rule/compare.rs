//! The steps that a rule needs.

use super::operations::{PutRule, PutTargets, RemoveTargets, TaggedRule, removal_of};
use super::{Input, Rule, RuleState, TARGET, Target};
use crate::plan::{Attribute, Draft, Milestone, Reason, Removal, StepId, Steps};
use crate::resources::attributes::Changes;
use crate::resources::role::make_sure::{MakeSure, Since};
use crate::resources::{Kind, tags};

/// A rule starts what is live, so it is written once that is there and the role may start it.
pub(super) fn deploy(draft: &mut Draft<'_>) {
    let stack = &draft.desired.stack;
    let role = Kind::Role.named(stack.triggers_role());
    let alias = Kind::Alias.named(stack.alias_name());
    let ready = [&role, &alias];
    let ready = ready.map(|resource| draft.steps.until(resource, Milestone::Usable));
    let after = ready.concat();
    for (name, rule) in &draft.desired.rules {
        let arn = stack.rule_arn(name);
        let named = match draft.observed.rules.get(name) {
            None => Some(create(&mut draft.steps, rule, &after)),
            Some(observed) => update(&mut draft.steps, rule, observed, arn, &after),
        };
        draft.steps.reach(&role, Milestone::Named, named);
    }
    keep_role(draft);
    let mut removal = Removal::in_deploy(draft.observed, stack, &mut draft.steps, &alias);
    for held in Kind::Rule.held(draft.observed) {
        if !draft.desired.rules.contains_key(held.name) {
            remove(&mut removal, held.name);
        }
    }
    let removed = removal.after_everything();
    draft.steps.reach(&role, Milestone::Unused, removed);
}

/// Looks for the role of the triggers once more when all of them name it. A deploy beside this one whose `deploy.toml` has no
/// triggers removes it, and EventBridge takes the name of any role.
fn keep_role(draft: &mut Draft<'_>) {
    let name = draft.desired.stack.triggers_role();
    let resource = Kind::Role.named(&name);
    let written = draft.steps.until(&resource, Milestone::Named);
    let role = draft.desired.roles.get(&name);
    let Some(role) = role.filter(|_| !written.is_empty()) else {
        return;
    };
    let sure = MakeSure {
        role: role.clone(),
        since: Since::Meanwhile,
    };
    let reasons = vec![Reason::NotReadyAtOnce];
    draft.steps.add(&resource, sure, written, reasons);
}

/// Gives the step after which the rule has its target.
fn create(steps: &mut Steps, rule: &Rule, after: &[StepId]) -> StepId {
    let resource = Kind::Rule.named(rule.qualified_name());
    let mut reasons = vec![Reason::Missing];
    let mut changes = Changes::default();
    changes.compare("event pattern", &None, &Some(rule.pattern.clone()));
    if !rule.enabled {
        changes.compare("enabled", &None, &Some(false));
    }
    reasons.extend(changes.0);
    let put = PutRule {
        rule: rule.clone(),
        exists: false,
    };
    let created = steps.add(&resource, put, after.iter().copied(), reasons);
    let target = PutTargets(rule.clone());
    steps.add(&resource, target, [created], vec![Reason::Missing])
}

/// Gives the last step that writes its target, if any does.
fn update(
    steps: &mut Steps,
    rule: &Rule,
    observed: &RuleState,
    arn: String,
    after: &[StepId],
) -> Option<StepId> {
    let resource = Kind::Rule.named(rule.qualified_name());
    let mut changes = Changes::default();
    let wanted = Some(rule.pattern.clone());
    changes.compare("event pattern", &observed.pattern, &wanted);
    changes.compare("enabled", &observed.enabled, &rule.enabled);
    let mut after = after.to_vec();
    let mut written = None;
    if !changes.0.is_empty() {
        let put = PutRule {
            rule: rule.clone(),
            exists: true,
        };
        let put = steps.add(&resource, put, after, changes.0);
        written = Some(put);
        after = vec![put];
    }
    let reasons = match observed.targets.get(TARGET) {
        None => {
            let target = Some(&rule.target.arn);
            vec![Reason::changed(
                Attribute::Named("target"),
                None::<String>,
                target,
            )]
        }
        Some(target) => target_changes(target, &rule.target),
    };
    if !reasons.is_empty() {
        let put = PutTargets(rule.clone());
        written = Some(steps.add(&resource, put, after.iter().copied(), reasons));
    }
    let others: Vec<String> = { observed.targets.keys() }
        .filter(|id| *id != TARGET)
        .cloned()
        .collect();
    if !others.is_empty() {
        let reasons = others
            .iter()
            .map(|id| Reason::changed(Attribute::Named("target"), Some(id), None::<String>));
        let reasons = reasons.collect();
        let remove = RemoveTargets {
            bus: rule.bus.clone(),
            name: rule.name.clone(),
            ids: others,
            alias: None,
        };
        steps.add(&resource, remove, [], reasons);
    }
    let (old, new) = (&observed.tags, &rule.tags);
    tags::compare(steps, &resource, &TaggedRule(arn), (old, new), Vec::new());
    written
}

fn target_changes(old: &Target, new: &Target) -> Vec<Reason> {
    let mut changes = Changes::default();
    changes.compare("target", &old.arn, &new.arn);
    changes.compare("role", &old.role, &new.role);
    changes.compare("input", &shown(&old.input), &shown(&new.input));
    changes.compare("retries", &old.retries, &new.retries);
    changes.compare("max event age", &old.max_event_age, &new.max_event_age);
    let (queue, wanted) = (&old.dead_letter_queue, &new.dead_letter_queue);
    changes.compare("dead-letter queue", queue, wanted);
    changes.0
}

/// Inputs that differ look different.
fn shown(input: &Input) -> String {
    match input {
        Input::Event => "the event".to_owned(),
        Input::Constant(value) => value.to_string(),
        Input::Transformed { paths, template } => {
            let paths = paths.iter().map(|(name, path)| format!("{name}={path}"));
            let paths: Vec<String> = paths.collect();
            format!("{template} with {}", paths.join(", "))
        }
    }
}

/// Nothing starts executions any longer before what they need goes. A rule cannot go before its targets.
pub(super) fn remove(removal: &mut Removal<'_>, name: &str) {
    // Somebody else's may have a name that begins alike.
    let own = removal.observed.rules.get(name);
    let Some(rule) = own.filter(|rule| removal.stack.owns(&rule.tags)) else {
        return;
    };
    let resource = Kind::Rule.named(name);
    let (targets, delete) = removal_of(name, rule, removal.alias());
    let start = removal.start.clone();
    let removed = removal
        .steps
        .add(&resource, targets, start, vec![Reason::NotWanted]);
    let deleted = removal
        .steps
        .add(&resource, delete, [removed], vec![Reason::NotWanted]);
    removal.unused.push(deleted);
}
