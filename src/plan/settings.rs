//! What differs between two sets of settings, attribute by attribute.

use std::collections::BTreeMap;

use super::Reason;
use crate::config::EnvironmentValue;
use crate::desired::{FunctionSettings, StateMachineSettings};

/// What differs in the configuration of a function. The architecture is not part of it: Lambda
/// takes it with the code.
pub(super) fn function_changes(old: &FunctionSettings, new: &FunctionSettings) -> Vec<Reason> {
    let mut changes = Changes::default();
    changes.compare("role", &old.role_arn, &new.role_arn);
    changes.compare("runtime", &old.runtime, &new.runtime);
    changes.compare("memory", &old.memory, &new.memory);
    changes.compare("timeout", &old.timeout, &new.timeout);
    changes.compare("tracing", &old.tracing, &new.tracing);
    changes.compare(
        "ephemeral storage",
        &old.ephemeral_storage,
        &new.ephemeral_storage,
    );
    changes.compare("VPC", &old.vpc, &new.vpc);
    changes.compare("layers", &old.layers, &new.layers);
    changes.compare(
        "dead-letter target",
        &old.dead_letter_target,
        &new.dead_letter_target,
    );
    changes.environment(&old.environment, &new.environment);
    changes.0
}

/// What differs in a state machine besides its definition.
pub(super) fn state_machine_changes(
    old: &StateMachineSettings,
    new: &StateMachineSettings,
) -> Vec<Reason> {
    let mut changes = Changes::default();
    changes.compare("role", &old.role_arn, &new.role_arn);
    changes.compare(
        "log level",
        &old.logging.level.as_str(),
        &new.logging.level.as_str(),
    );
    changes.compare(
        "execution data in logs",
        &old.logging.include_execution_data,
        &new.logging.include_execution_data,
    );
    changes.compare(
        "log destination",
        &old.logging.log_group_arns,
        &new.logging.log_group_arns,
    );
    changes.compare("tracing", &old.tracing, &new.tracing);
    changes.0
}

#[derive(Default)]
struct Changes(Vec<Reason>);

impl Changes {
    fn compare<T: PartialEq + Shown>(&mut self, attribute: &str, old: &T, new: &T) {
        if old != new {
            self.0.push(Reason::Changed {
                attribute: attribute.to_owned(),
                old: old.shown(),
                new: new.shown(),
            });
        }
    }

    /// Values marked secret are never shown, and neither is a value that AWS holds for a key that
    /// `deploy.toml` no longer names: it may have been a secret.
    fn environment(
        &mut self,
        old: &BTreeMap<String, EnvironmentValue>,
        new: &BTreeMap<String, EnvironmentValue>,
    ) {
        for (key, new) in new {
            let old = old.get(key);
            if old.map(|old| &old.value) != Some(&new.value) {
                self.0.push(Reason::Changed {
                    attribute: format!("environment {key}"),
                    old: old.map(|old| show(&old.value, new.secret)),
                    new: Some(show(&new.value, new.secret)),
                });
            }
        }
        for key in old.keys().filter(|key| !new.contains_key(*key)) {
            self.0.push(Reason::Changed {
                attribute: format!("environment {key}"),
                old: Some("(not shown)".to_owned()),
                new: None,
            });
        }
    }
}

fn show(value: &str, secret: bool) -> String {
    if secret {
        "(secret)".to_owned()
    } else {
        value.to_owned()
    }
}

/// How a value stands in a plan; `None` where there is nothing.
trait Shown {
    fn shown(&self) -> Option<String>;
}

impl Shown for String {
    fn shown(&self) -> Option<String> {
        Some(self.clone())
    }
}

impl Shown for &str {
    fn shown(&self) -> Option<String> {
        Some((*self).to_owned())
    }
}

impl Shown for i32 {
    fn shown(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Shown for bool {
    fn shown(&self) -> Option<String> {
        Some(if *self { "on" } else { "off" }.to_owned())
    }
}

impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> Option<String> {
        self.as_ref().and_then(Shown::shown)
    }
}

impl Shown for Vec<String> {
    fn shown(&self) -> Option<String> {
        (!self.is_empty()).then(|| self.join(", "))
    }
}

impl Shown for std::collections::BTreeSet<String> {
    fn shown(&self) -> Option<String> {
        let items: Vec<&str> = self.iter().map(String::as_str).collect();
        (!items.is_empty()).then(|| items.join(", "))
    }
}

impl Shown for crate::config::VpcConfig {
    fn shown(&self) -> Option<String> {
        let subnets = self.subnet_ids.join(", ");
        let groups = self.security_group_ids.join(", ");
        Some(format!("subnets {subnets}; security groups {groups}"))
    }
}
