//! What starts executions of `live`.

use std::collections::BTreeMap;

use aws_sdk_eventbridge::types::{PutEventsRequestEntry, RuleState};
use aws_sdk_scheduler::types::ScheduleState;
use serde_json::{Value, json};

use super::live::permits;
use super::truth::MACHINE;
use super::wish::{Source, Trigger, Wish};
use crate::support::account::Account;

/// The group of the schedules.
const GROUP: &str = "shop-dev";

/// What the names of the rules begin with.
const RULES: &str = "shop-dev.";

/// The schedules and rules of the stack, by trigger.
#[derive(Debug)]
pub struct Triggers(BTreeMap<String, Held>);

#[derive(Debug)]
struct Held {
    trigger: Trigger,
    /// What it starts, and as whom. A rule that was made a moment ago has none.
    target: Option<(String, String)>,
}

impl Triggers {
    pub async fn read(account: &Account) -> Self {
        let mut held = schedules(account).await;
        held.extend(rules(account).await);
        Self(held)
    }

    /// Whether all that the wish asked for is there, and as it asked.
    pub fn include(&self, wish: &Wish) -> bool {
        let mut wanted = wish.triggers.iter();
        wanted.all(|(name, trigger)| {
            let held = self.0.get(*name);
            held.is_some_and(|held| held.trigger == *trigger && held.target.is_some())
        })
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Each starts `live`, under a role that permits it.
    pub async fn can_start(&self, account: &Account) {
        for (name, held) in &self.0 {
            let Some((target, role)) = &held.target else {
                continue;
            };
            assert_eq!(*target, format!("{MACHINE}:live"), "{name}");
            permits(account, role, "states:StartExecution", MACHINE).await;
        }
    }
}

/// Puts an event of this number on the bus.
pub async fn put_event(account: &Account, number: u8) {
    let entry = PutEventsRequestEntry::builder()
        .source("shop")
        .detail_type("An order")
        .detail(json!({ "number": number }).to_string())
        .build();
    let put = account.events.put_events().entries(entry).send().await;
    assert_eq!(put.unwrap().failed_entry_count(), 0);
}

async fn schedules(account: &Account) -> BTreeMap<String, Held> {
    let mut held = BTreeMap::new();
    let listed = account.scheduler.list_schedules().group_name(GROUP);
    let Ok(listed) = listed.send().await else {
        // There is no such group.
        return held;
    };
    for name in listed.schedules().iter().filter_map(|one| one.name()) {
        let schedule = account.scheduler.get_schedule().group_name(GROUP);
        let schedule = schedule.name(name).send().await.unwrap();
        let rate = schedule.schedule_expression().unwrap();
        let hours = rate
            .strip_prefix("rate(")
            .and_then(|rate| rate.split(' ').next());
        let target = schedule.target().unwrap();
        held.insert(
            name.to_owned(),
            Held {
                trigger: Trigger {
                    source: Source::Schedule {
                        hours: hours.unwrap().parse().unwrap(),
                    },
                    enabled: schedule.state() == Some(&ScheduleState::Enabled),
                },
                target: Some((target.arn().to_owned(), target.role_arn().to_owned())),
            },
        );
    }
    held
}

async fn rules(account: &Account) -> BTreeMap<String, Held> {
    let mut held = BTreeMap::new();
    let listed = account.events.list_rules().name_prefix(RULES).send().await;
    for rule in listed.unwrap().rules() {
        let name = rule.name().unwrap();
        let pattern: Value = serde_json::from_str(rule.event_pattern().unwrap()).unwrap();
        let number = pattern["detail"]["number"][0].as_u64().unwrap();
        let targets = account.events.list_targets_by_rule().rule(name);
        let targets = targets.send().await.unwrap();
        let target = targets.targets().first();
        held.insert(
            name.trim_start_matches(RULES).to_owned(),
            Held {
                trigger: Trigger {
                    source: Source::Event {
                        number: number.try_into().unwrap(),
                    },
                    enabled: rule.state() == Some(&RuleState::Enabled),
                },
                target: target.map(|target| {
                    let role = target.role_arn().unwrap_or_default();
                    (target.arn().to_owned(), role.to_owned())
                }),
            },
        );
    }
    held
}
