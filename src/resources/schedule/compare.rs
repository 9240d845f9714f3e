//! The steps that a schedule needs.

use super::ScheduleSettings;
use super::operations::{CreateSchedule, DeleteSchedule, UpdateSchedule};
use crate::plan::{Draft, Milestone, Reason, Removal};
use crate::resources::attributes::Changes;
use crate::resources::{Kind, schedule_group};

/// A schedule starts what is live, so it is written once that is there and the role may start it.
pub(super) fn deploy(draft: &mut Draft<'_>) {
    let stack = &draft.desired.stack;
    let group = Kind::ScheduleGroup.named(stack.schedule_group());
    let role = Kind::Role.named(stack.triggers_role());
    let alias = Kind::Alias.named(stack.alias_name());
    let ready = [
        (&group, Milestone::Exists),
        (&role, Milestone::Usable),
        (&alias, Milestone::Usable),
    ];
    let ready = ready.map(|(resource, milestone)| draft.steps.until(resource, milestone));
    let after = ready.concat();
    let there = draft.observed.schedule_group.as_ref();
    let there = there.is_some_and(|group| !group.deleting);
    let creation = schedule_group::creation(draft.desired);
    for schedule in draft.desired.schedules.values() {
        let Some(create_group) = creation.clone() else {
            // No schedule is without a group.
            break;
        };
        let observed = draft.observed.schedules.get(&schedule.name);
        let resource = Kind::Schedule.named(&schedule.name);
        let schedule = schedule.clone();
        match observed.filter(|_| there) {
            None => {
                let mut reasons = vec![Reason::Missing];
                reasons.extend(first(&schedule.settings));
                let create = CreateSchedule(schedule, create_group);
                let created = draft.steps.add(&resource, create, after.clone(), reasons);
                draft.steps.reach(&role, Milestone::Named, [created]);
            }
            Some(observed) => {
                let reasons = changes(&observed.settings, &schedule.settings);
                if !reasons.is_empty() {
                    let update = UpdateSchedule(schedule, create_group);
                    let updated = draft.steps.add(&resource, update, after.clone(), reasons);
                    draft.steps.reach(&role, Milestone::Named, [updated]);
                }
            }
        }
    }
    let mut removal = Removal::in_deploy(draft.observed, stack, &mut draft.steps, &alias);
    for held in Kind::Schedule.held(draft.observed) {
        if !draft.desired.schedules.contains_key(held.name) {
            remove(&mut removal, held.name);
        }
    }
    if draft.desired.schedule_group.is_none() {
        for held in Kind::ScheduleGroup.held(draft.observed) {
            Kind::ScheduleGroup.remove(&mut removal, held.name);
        }
    }
    let removed = removal.after_everything();
    draft.steps.reach(&role, Milestone::Unused, removed);
}

/// What a plan shows of a schedule that is to be created.
fn first(settings: &ScheduleSettings) -> Vec<Reason> {
    let mut changes = Changes::default();
    let none: Option<String> = None;
    changes.compare("schedule", &none, &Some(settings.expression.clone()));
    if settings.time_zone != "UTC" {
        changes.compare("time zone", &none, &Some(settings.time_zone.clone()));
    }
    if !settings.enabled {
        changes.compare("enabled", &None, &Some(false));
    }
    changes.0
}

fn changes(old: &ScheduleSettings, new: &ScheduleSettings) -> Vec<Reason> {
    let mut changes = Changes::default();
    changes.compare("schedule", &old.expression, &new.expression);
    changes.compare("time zone", &old.time_zone, &new.time_zone);
    let (window, wanted) = (&old.flexible_window, &new.flexible_window);
    changes.compare("flexible window", window, wanted);
    changes.compare("enabled", &old.enabled, &new.enabled);
    changes.compare("target", &old.target, &new.target);
    changes.compare("role", &old.role, &new.role);
    changes.compare("input", &old.input, &new.input);
    changes.compare("retries", &old.retries, &new.retries);
    changes.compare("max event age", &old.max_event_age, &new.max_event_age);
    let (queue, wanted) = (&old.dead_letter_queue, &new.dead_letter_queue);
    changes.compare("dead-letter queue", queue, wanted);
    changes.compare("period", &old.period, &new.period);
    changes.0
}

/// Nothing starts executions any longer before what they need goes.
pub(super) fn remove(removal: &mut Removal<'_>, name: &str) {
    let resource = Kind::Schedule.named(name);
    let delete = DeleteSchedule {
        group: removal.stack.schedule_group(),
        name: name.to_owned(),
        alias: removal.alias(),
    };
    let after = removal.start.clone();
    let deleted = removal
        .steps
        .add(&resource, delete, after, vec![Reason::NotWanted]);
    removal.unused.push(deleted);
}
