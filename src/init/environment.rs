//! Where the values of the functions' variables come from, once a project deploys them. The values
//! themselves never leave this module: they may be secrets.

use std::collections::{BTreeMap, BTreeSet};

use super::existing::Function;
use crate::config::EnvironmentValue;

/// The variables of all functions: from the name to the shell variable that holds the value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Environment {
    /// What all functions have in common, if there are several.
    pub shared: BTreeMap<String, String>,
    /// By the name of the handler.
    pub own: BTreeMap<String, BTreeMap<String, String>>,
}

impl Environment {
    /// All variables of the shell.
    pub fn sources(&self) -> BTreeSet<String> {
        let own = self.own.values().flat_map(BTreeMap::values);
        self.shared.values().chain(own).cloned().collect()
    }
}

pub(super) fn environment(functions: &[Function]) -> Environment {
    let variables = |function: &Function| -> BTreeMap<String, EnvironmentValue> {
        let found = function.found.as_ref();
        found.map_or_else(BTreeMap::new, |found| {
            found.configuration.settings.environment.clone()
        })
    };
    let mut holders: BTreeMap<String, Vec<(&str, EnvironmentValue)>> = BTreeMap::new();
    for function in functions {
        for (name, value) in variables(function) {
            let holders = holders.entry(name).or_default();
            holders.push((&function.handler, value));
        }
    }
    let mut environment = Environment {
        shared: BTreeMap::new(),
        own: BTreeMap::new(),
    };
    let found = functions.iter().filter(|function| function.found.is_some());
    let found = found.count();
    for (name, holders) in holders {
        let is_one = holders.windows(2).all(|pair| pair[0].1 == pair[1].1);
        if is_one && found > 1 && holders.len() == found {
            environment.shared.insert(name.clone(), name);
            continue;
        }
        for (handler, _) in holders {
            let source = if is_one {
                name.clone()
            } else {
                format!("{}_{name}", handler.replace('-', "_").to_uppercase())
            };
            let own = environment.own.entry(handler.to_owned()).or_default();
            own.insert(name.clone(), source);
        }
    }
    environment
}
