//! What differs between two sets of settings, attribute by attribute.

use std::collections::BTreeMap;

use crate::config::EnvironmentValue;
use crate::plan::{Attribute, Reason, Unit};

/// The attributes that differ, as reasons.
#[derive(Default)]
pub(super) struct Changes(pub Vec<Reason>);

impl Changes {
    pub fn compare<T: PartialEq + Shown>(&mut self, attribute: &'static str, old: &T, new: &T) {
        self.changed(Attribute::Named(attribute), old, new);
    }

    /// An attribute that is a number of something.
    pub fn measured(&mut self, attribute: &'static str, unit: Unit, old: &i32, new: &i32) {
        self.changed(Attribute::Measured(attribute, unit), old, new);
    }

    fn changed<T: PartialEq + Shown>(&mut self, attribute: Attribute, old: &T, new: &T) {
        if old != new {
            self.0.push(Reason::Changed {
                attribute,
                old: old.shown(),
                new: new.shown(),
            });
        }
    }

    /// Secret values are never shown, and neither is a value that AWS holds for a key that
    /// `deploy.toml` no longer names: it may have been a secret.
    pub fn environment(
        &mut self,
        old: &BTreeMap<String, EnvironmentValue>,
        new: &BTreeMap<String, EnvironmentValue>,
    ) {
        for (key, new) in new {
            let old = old.get(key);
            let (held, wanted) = (old.and_then(EnvironmentValue::value), new.value());
            if held != wanted {
                let show = |value: &str| match new.secret() {
                    Some(_) => "(secret)".to_owned(),
                    None => value.to_owned(),
                };
                self.0.push(Reason::Changed {
                    attribute: Attribute::Environment(key.clone()),
                    old: held.map(show),
                    new: wanted.map(show),
                });
            }
        }
        for key in old.keys().filter(|key| !new.contains_key(*key)) {
            self.0.push(Reason::Changed {
                attribute: Attribute::Environment(key.clone()),
                old: Some("(not shown)".to_owned()),
                new: None,
            });
        }
    }
}

/// How a plan shows a value; `None` if there is no value.
pub(super) trait Shown {
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

impl Shown for serde_json::Value {
    fn shown(&self) -> Option<String> {
        Some(self.to_string())
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

impl Shown for Vec<crate::config::FileSystemConfig> {
    fn shown(&self) -> Option<String> {
        let one = |mounted: &crate::config::FileSystemConfig| {
            format!("{} at {}", mounted.access_point, mounted.mount_path)
        };
        let mounted: Vec<String> = self.iter().map(one).collect();
        mounted.shown()
    }
}

impl Shown for crate::config::VpcConfig {
    fn shown(&self) -> Option<String> {
        let subnets = self.subnet_ids.join(", ");
        let groups = self.security_group_ids.join(", ");
        let dual = if self.dual_stack {
            "; IPv4 and IPv6"
        } else {
            ""
        };
        Some(format!("subnets {subnets}; security groups {groups}{dual}"))
    }
}
