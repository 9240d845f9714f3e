//! Schedules and rules: what they wait for, what changes them, and that nothing of them is left.

use serde_json::json;

use super::*;
use crate::config::{EventInput, Source, Template, TriggerConfig};
use crate::plan::{Attribute, Refusal, make};

fn trigger(source: Source) -> TriggerConfig {
    TriggerConfig {
        source,
        enabled: true,
        retries: 185,
        max_event_age: 86_400,
        dead_letter_queue: None,
    }
}

fn nightly() -> TriggerConfig {
    trigger(Source::Schedule {
        expression: "rate(1 day)".to_owned(),
        time_zone: "UTC".to_owned(),
        flexible_window: None,
        input: Some(json!({ "type": "SETTLE" }).into()),
    })
}

fn orders(bus: &str) -> TriggerConfig {
    trigger(Source::Event {
        pattern: json!({ "source": ["shop"] }).into(),
        bus: bus.into(),
        input: EventInput::Event,
    })
}

/// A schedule `nightly` and a rule `orders`.
pub(crate) fn triggered() -> Project {
    Project::new().and(|deployment| {
        let triggers = &mut deployment.triggers;
        triggers.insert("nightly".to_owned(), nightly());
        triggers.insert("orders".to_owned(), orders("default"));
    })
}

fn of_triggers(plan: &Plan) -> Vec<String> {
    let kinds = ["ScheduleGroup", "Schedule", "Rule", "Targets"];
    let mut operations = operations(plan);
    operations.retain(|operation| {
        let name = operation.split(' ').next().unwrap();
        kinds.iter().any(|kind| name.ends_with(kind)) || operation.ends_with("-triggers")
    });
    operations
}

#[test]
fn triggers_come_with_a_role_of_their_own_once_the_alias_is_there() {
    let plan = triggered().first_plan();
    assert_eq!(
        of_triggers(&plan),
        [
            "CreateRole shop-dev-triggers",
            "PutRolePolicy shop-dev-triggers",
            "CreateScheduleGroup shop-dev",
            "CreateSchedule nightly",
            "PutRule shop-dev.orders",
            "PutTargets shop-dev.orders",
            // Another deploy may have removed it meanwhile.
            "GetRole shop-dev-triggers",
        ]
    );
    let alias = plan.steps.iter();
    let mut alias = alias.filter(|step| step.resource.name == "shop-dev:live");
    let alias = alias.next().unwrap().id;
    for operation in ["CreateSchedule", "PutRule"] {
        let mut steps = plan.steps.iter();
        let step = steps.find(|step| step.operation.spec().operation == operation);
        assert!(step.unwrap().after.contains(&alias), "{operation}");
    }
    // The model refuses what does not wait.
    Cloud::default().apply(&plan);
}

#[test]
fn a_first_plan_shows_what_starts_executions() {
    let plan = triggered().first_plan();
    let shown = |name: &str| {
        let steps = plan.steps.iter().filter(|step| step.resource.name == name);
        let reasons = steps.flat_map(|step| &step.reasons);
        let shown = reasons.filter_map(|reason| match reason {
            Reason::Changed {
                attribute: Attribute::Named(name),
                new,
                ..
            } => Some((*name, new.clone().unwrap())),
            _ => None,
        });
        shown.collect::<Vec<_>>()
    };
    assert_eq!(shown("nightly"), [("schedule", "rate(1 day)".to_owned())]);
    let pattern = r#"{"source":["shop"]}"#.to_owned();
    assert_eq!(shown("shop-dev.orders"), [("event pattern", pattern)]);
}

#[test]
fn a_deploy_without_a_change_leaves_them_alone() {
    let cloud = triggered().deployed();
    assert_eq!(operations(&cloud.plan(&triggered().desired())), [""; 0]);
}

#[test]
fn each_setting_is_compared() {
    let cloud = triggered().deployed();
    type Change = fn(&mut TriggerConfig);
    let of_both: [(Change, &str); 4] = [
        (|trigger| trigger.enabled = false, "enabled"),
        (|trigger| trigger.retries = 3, "retries"),
        (|trigger| trigger.max_event_age = 60, "max event age"),
        (
            |trigger| {
                trigger.dead_letter_queue =
                    Some(Template::from("arn:aws:sqs:eu-west-1:123456789012:q"))
            },
            "dead-letter queue",
        ),
    ];
    for (change, attribute) in of_both {
        for name in ["nightly", "orders"] {
            let project =
                triggered().and(|deployment| change(deployment.triggers.get_mut(name).unwrap()));
            let plan = cloud.plan(&project.desired());
            assert_eq!(changed(&plan, name), [attribute], "{name}");
            let mut cloud = cloud.clone();
            cloud.apply(&plan);
            assert_eq!(
                operations(&cloud.plan(&project.desired())),
                [""; 0],
                "{attribute}"
            );
        }
    }
    for attribute in ["schedule", "time zone", "flexible window", "input"] {
        let project = triggered().and(|deployment| {
            let trigger = deployment.triggers.get_mut("nightly").unwrap();
            let Source::Schedule {
                expression,
                time_zone,
                flexible_window,
                input,
            } = &mut trigger.source
            else {
                panic!("it is a schedule");
            };
            match attribute {
                "schedule" => *expression = "rate(2 days)".to_owned(),
                "time zone" => *time_zone = "Europe/Berlin".to_owned(),
                "flexible window" => *flexible_window = Some(5),
                _ => *input = None,
            }
        });
        let plan = cloud.plan(&project.desired());
        assert_eq!(changed(&plan, "nightly"), [attribute]);
    }
    let inputs = [
        EventInput::Constant(json!({}).into()),
        EventInput::Transformed {
            paths: BTreeMap::new(),
            template: "{}".into(),
        },
    ];
    for wanted in inputs {
        let project = triggered().and(|deployment| {
            if let Source::Event { input, .. } =
                &mut deployment.triggers.get_mut("orders").unwrap().source
            {
                *input = wanted;
            }
        });
        assert_eq!(
            changed(&cloud.plan(&project.desired()), "orders"),
            ["input"]
        );
    }
}

/// The attributes of a trigger that a plan changes.
fn changed(plan: &Plan, trigger: &str) -> Vec<&'static str> {
    let steps = plan.steps.iter();
    let steps = steps.filter(|step| step.resource.name.ends_with(trigger));
    let reasons = steps.flat_map(|step| &step.reasons);
    let named = reasons.filter_map(|reason| match reason {
        Reason::Changed {
            attribute: Attribute::Named(name),
            ..
        } => Some(*name),
        _ => None,
    });
    named.collect()
}

#[test]
fn what_somebody_changed_by_hand_is_drift() {
    let mut cloud = triggered().deployed();
    let schedule = cloud.held.schedules.get_mut("nightly").unwrap();
    schedule.settings.enabled = false;
    schedule.settings.period = Some("2026-01-01T00:00:00Z to …".to_owned());
    let rule = cloud.held.rules.get_mut("shop-dev.orders").unwrap();
    rule.enabled = false;
    let other = rule.targets["live"].clone();
    rule.targets.insert("other".to_owned(), other);
    let plan = cloud.plan(&triggered().desired());
    assert_eq!(
        of_triggers(&plan),
        [
            "UpdateSchedule nightly",
            "PutRule shop-dev.orders",
            "RemoveTargets shop-dev.orders",
            "GetRole shop-dev-triggers",
        ]
    );
    assert_eq!(changed(&plan, "nightly"), ["enabled", "period"]);
    cloud.apply(&plan);
    assert_eq!(operations(&cloud.plan(&triggered().desired())), [""; 0]);
}

/// The rule is there, so nobody is told that it is not.
#[test]
fn a_target_that_somebody_removed_is_a_change_of_its_rule() {
    let mut cloud = triggered().deployed();
    let rule = cloud.held.rules.get_mut("shop-dev.orders").unwrap();
    rule.targets.remove("live").unwrap();
    let plan = cloud.plan(&triggered().desired());
    assert_eq!(changed(&plan, "orders"), ["target"]);
    let mut reasons = plan.steps.iter().flat_map(|step| &step.reasons);
    assert!(!reasons.any(|reason| matches!(reason, Reason::Missing)));
    cloud.apply(&plan);
    assert_eq!(operations(&cloud.plan(&triggered().desired())), [""; 0]);
}

#[test]
fn tags_follow_deploy_toml() {
    let mut cloud = triggered().deployed();
    let project = triggered().and(|deployment| {
        deployment.tags.insert("team".to_owned(), "blue".to_owned());
    });
    cloud.deploy(&project.desired());
    let tagged = |cloud: &Cloud| {
        let group = &cloud.held.schedule_group.as_ref().unwrap().tags;
        [group, &cloud.held.rules["shop-dev.orders"].tags].map(|tags| tags.contains_key("team"))
    };
    assert_eq!(tagged(&cloud), [true, true]);
    cloud.deploy(&triggered().desired());
    assert_eq!(tagged(&cloud), [false, false]);
}

#[test]
fn a_trigger_that_deploy_toml_no_longer_names_is_removed() {
    for (left, gone) in [
        (
            "orders",
            vec!["DeleteSchedule nightly", "DeleteScheduleGroup shop-dev"],
        ),
        (
            "nightly",
            vec![
                "RemoveTargets shop-dev.orders",
                "DeleteRule shop-dev.orders",
            ],
        ),
    ] {
        let mut cloud = triggered().deployed();
        let project =
            triggered().and(|deployment| deployment.triggers.retain(|name, _| name == left));
        let plan = cloud.deploy(&project.desired());
        assert_eq!(of_triggers(&plan), gone);
        assert_eq!(operations(&cloud.plan(&project.desired())), [""; 0]);
    }
}

#[test]
fn the_role_of_the_triggers_goes_with_the_last_one() {
    let mut cloud = triggered().deployed();
    let plan = cloud.deploy(&Project::new().desired());
    let position = |operation: &str| of_triggers(&plan).iter().position(|one| one == operation);
    let role = position("DeleteRole shop-dev-triggers").unwrap();
    for before in ["DeleteScheduleGroup shop-dev", "DeleteRule shop-dev.orders"] {
        assert!(position(before).unwrap() < role);
    }
    // Every way to leave off leaves what is needed to go on.
    let steps = plan.steps.iter();
    let role = steps.filter(|step| step.resource.name == "shop-dev-triggers");
    let after: Vec<_> = role.flat_map(|step| &step.after).copied().collect();
    for step in &plan.steps {
        if step.operation.spec().operation == "DeleteRule" {
            assert!(after.contains(&step.id));
        }
    }
    assert_eq!(operations(&cloud.plan(&Project::new().desired())), [""; 0]);
    assert!(cloud.held.rules.is_empty() && cloud.held.schedule_group.is_none());
}

#[test]
fn a_rule_moves_to_another_bus() {
    let mut cloud = triggered().deployed();
    let project = triggered().and(|deployment| {
        deployment
            .triggers
            .insert("orders".to_owned(), orders("shop"));
    });
    let plan = cloud.deploy(&project.desired());
    assert_eq!(
        of_triggers(&plan),
        [
            "PutRule shop/shop-dev.orders",
            "PutTargets shop/shop-dev.orders",
            "GetRole shop-dev-triggers",
            "RemoveTargets shop-dev.orders",
            "DeleteRule shop-dev.orders",
        ]
    );
    assert_eq!(operations(&cloud.plan(&project.desired())), [""; 0]);
}

#[test]
fn a_destroy_removes_them_before_it_stops_what_runs() {
    let mut cloud = triggered().deployed();
    cloud.running.push(crate::resources::RunningExecution {
        arn: "arn:running".to_owned(),
        runs_on: crate::resources::RunsOn::Release(1),
    });
    let plan = cloud.removal(&triggered().desired());
    let id = |operation: &str| {
        let mut steps = plan.steps.iter();
        steps
            .find(|step| step.operation.spec().operation == operation)
            .unwrap()
            .id
    };
    let mut steps = plan.steps.iter();
    let stop = steps
        .find(|step| step.operation.spec().operation == "StopExecution")
        .unwrap();
    for before in ["DeleteSchedule", "DeleteRule"] {
        assert!(stop.after.contains(&id(before)), "{before}");
    }
    cloud.apply(&plan);
    assert!(cloud.held.rules.is_empty() && cloud.held.schedules.is_empty());
    assert_eq!(
        (cloud.held.schedule_group.clone(), cloud.held.roles.len()),
        (None, 0)
    );
}

#[test]
fn an_interrupted_deploy_is_completed_or_destroyed() {
    let desired = triggered().desired();
    let steps = triggered().first_plan().steps.len();
    for done in 0..=steps {
        let mut cloud = Cloud::default();
        let plan = cloud.plan(&desired);
        cloud.apply_some(&plan, |step| step < done);
        let mut destroyed = cloud.clone();
        let removal = destroyed.removal(&desired);
        destroyed.apply(&removal);
        assert!(destroyed.held.roles.is_empty() && destroyed.held.rules.is_empty());
        assert!(destroyed.held.schedule_group.is_none() && destroyed.held.schedules.is_empty());
        cloud.deploy(&desired);
        assert_eq!(
            operations(&cloud.plan(&desired)),
            [""; 0],
            "after {done} steps"
        );
        assert_eq!((cloud.held.schedules.len(), cloud.held.rules.len()), (1, 1));
    }
}

#[test]
fn a_rule_of_somebody_else_whose_name_begins_alike_is_left_alone() {
    let mut cloud = triggered().deployed();
    let mut theirs = cloud.held.rules["shop-dev.orders"].clone();
    theirs.tags.clear();
    let rules = &mut cloud.held.rules;
    rules.insert("shop-dev.theirs".to_owned(), theirs);
    let plan = cloud.plan(&triggered().desired());
    assert_eq!(operations(&plan), [""; 0]);
}

#[test]
fn what_has_only_our_name_is_never_touched() {
    let mut cloud = triggered().deployed();
    cloud
        .held
        .rules
        .get_mut("shop-dev.orders")
        .unwrap()
        .tags
        .clear();
    let desired = triggered().desired();
    let Err(Refusal::Foreign(foreign)) = make(&desired, &cloud.held) else {
        panic!("a rule without tags was accepted");
    };
    assert_eq!(foreign[0].resource.to_string(), "rule `shop-dev.orders`");
    // A destroy removes the rest, and says what stays.
    let removal = cloud.removal(&desired);
    assert!(removal.notes[0].contains("rule `shop-dev.orders`"));
    let of_rules = operations(&removal).into_iter();
    assert_eq!(
        of_rules
            .filter(|name| name.contains("shop-dev.orders"))
            .count(),
        0
    );
    let mut cloud = triggered().deployed();
    cloud.held.schedule_group.as_mut().unwrap().tags.clear();
    let Err(Refusal::Foreign(foreign)) = make(&desired, &cloud.held) else {
        panic!("a group without tags was accepted");
    };
    let names: Vec<String> = foreign.iter().map(|one| one.resource.to_string()).collect();
    assert_eq!(names, ["schedule group `shop-dev`", "schedule `nightly`"]);
}

#[test]
fn triggers_of_a_preview_stage_are_off_with_a_note() {
    let project = triggered().and(|deployment| {
        deployment.triggers_off_in_preview = true;
        deployment.stage = "pr-7".to_owned();
    });
    let notes = project.first_plan().notes;
    assert_eq!(notes.len(), 1);
    assert!(notes[0].contains("`pr-7` is a preview stage"), "{notes:?}");
}
