//! Deployment → the desired rules.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::qualified;
use crate::config::{Deployment, EventInput as WantedInput, Source, Template};
use crate::stack::{Account, Stack, Tags};

#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub name: String,
    /// The name of its event bus.
    pub bus: String,
    pub pattern: Value,
    pub enabled: bool,
    pub target: Target,
    pub tags: Tags,
}

/// What a rule starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    pub arn: String,
    /// The ARN of the role by which it does.
    pub role: String,
    pub input: Input,
    pub retries: i32,
    /// Seconds.
    pub max_event_age: i32,
    /// The ARN of a queue.
    pub dead_letter_queue: Option<String>,
}

/// The input of an execution that an event starts.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The event.
    Event,
    Constant(Value),
    Transformed {
        /// Paths into the event, by the name that the template has for what they lead to.
        paths: BTreeMap<String, String>,
        template: String,
    },
}

impl Input {
    fn new(wanted: &WantedInput, account: &Account) -> Self {
        match wanted {
            WantedInput::Event => Self::Event,
            WantedInput::Constant(value) => Self::Constant(account.fill_json(value)),
            WantedInput::Transformed { paths, template } => Self::Transformed {
                paths: { paths.iter() }
                    .map(|(name, path)| (name.clone(), account.fill(path)))
                    .collect(),
                template: account.fill(template),
            },
        }
    }
}

impl Rule {
    pub fn qualified_name(&self) -> String {
        qualified(&self.bus, &self.name)
    }
}

/// The names of the rules of triggers, whose event buses these are.
pub fn rule_names(buses: &BTreeMap<String, Template>, stack: &Stack) -> BTreeSet<String> {
    let names = buses.iter().map(|(trigger, bus)| {
        let bus = stack.account.fill(bus);
        qualified(&bus, &stack.rule_name(trigger))
    });
    names.collect()
}

pub fn rules(deployment: &Deployment, stack: &Stack) -> BTreeMap<String, Rule> {
    let account = &stack.account;
    let triggers = deployment.triggers.iter();
    let rules = triggers.filter_map(|(name, trigger)| {
        let Source::Event {
            pattern,
            bus,
            input,
        } = &trigger.source
        else {
            return None;
        };
        let rule = Rule {
            name: stack.rule_name(name),
            bus: account.fill(bus),
            pattern: account.fill_json(pattern),
            enabled: trigger.enabled,
            target: Target {
                arn: stack.alias_arn(),
                role: stack.role_arn(&stack.triggers_role()),
                input: Input::new(input, account),
                retries: trigger.retries,
                max_event_age: trigger.max_event_age,
                dead_letter_queue: { trigger.dead_letter_queue.as_ref() }
                    .map(|queue| account.fill(queue)),
            },
            tags: stack.tags(&deployment.tags),
        };
        Some((rule.qualified_name(), rule))
    });
    rules.collect()
}
