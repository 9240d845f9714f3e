//! The state machines of a stack: the main one, and those beside it that states start.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One of the state machines of a stack. The main one comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MachineName {
    /// `[state-machine]`, which has the alias `live`.
    Main,
    /// `[state-machines.<name>]`.
    Named(String),
}

impl MachineName {
    /// The one with this name, or the main one.
    pub fn of(name: Option<&str>) -> Self {
        name.map_or(Self::Main, |name| Self::Named(name.to_owned()))
    }

    /// The name in deploy.toml, which the main one does not have.
    pub fn given(&self) -> Option<&str> {
        match self {
            Self::Main => None,
            Self::Named(name) => Some(name),
        }
    }
}

/// The key of deploy.toml that declares it.
impl fmt::Display for MachineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Main => f.write_str("state-machine"),
            Self::Named(name) => write!(f, "state-machines.{name}"),
        }
    }
}

/// Something of each state machine of a stack.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Family<T> {
    pub main: T,
    pub named: BTreeMap<String, T>,
}

impl<T> Family<T> {
    pub fn get(&self, name: &MachineName) -> Option<&T> {
        match name {
            MachineName::Main => Some(&self.main),
            MachineName::Named(name) => self.named.get(name),
        }
    }

    /// The main one first.
    pub fn iter(&self) -> impl Iterator<Item = (MachineName, &T)> {
        let named = self.named.iter();
        let named = named.map(|(name, one)| (MachineName::Named(name.clone()), one));
        [(MachineName::Main, &self.main)].into_iter().chain(named)
    }

    pub fn names(&self) -> impl Iterator<Item = MachineName> {
        self.iter().map(|(name, _)| name)
    }

    pub fn map<U>(&self, mut convert: impl FnMut(MachineName, &T) -> U) -> Family<U> {
        Family {
            main: convert(MachineName::Main, &self.main),
            named: { self.named.iter() }
                .map(|(name, one)| (name.clone(), convert(MachineName::Named(name.clone()), one)))
                .collect(),
        }
    }
}

impl<T> Family<T> {
    /// All of them, each behind those that it names: what a state machine pins is published first. The main one, which none
    /// can name, is last.
    pub fn in_order(&self, names: impl Fn(&T) -> BTreeSet<String>) -> Vec<MachineName> {
        let named = self.walk(names).done.into_iter();
        named
            .map(MachineName::Named)
            .chain([MachineName::Main])
            .collect()
    }

    /// The names of state machines that lead from one to itself, which is first and last.
    pub fn cycle(&self, names: impl Fn(&T) -> BTreeSet<String>) -> Option<Vec<String>> {
        self.walk(names).cycle
    }

    fn walk<N: Fn(&T) -> BTreeSet<String>>(&self, names: N) -> Walk<'_, T, N> {
        let mut walk = Walk {
            family: self,
            names,
            path: Vec::new(),
            done: Vec::new(),
            cycle: None,
        };
        self.named.keys().for_each(|name| walk.visit(name));
        walk
    }
}

/// A walk along what state machines name, depth first.
struct Walk<'a, T, N> {
    family: &'a Family<T>,
    names: N,
    path: Vec<String>,
    done: Vec<String>,
    /// The first that was met.
    cycle: Option<Vec<String>>,
}

impl<T, N: Fn(&T) -> BTreeSet<String>> Walk<'_, T, N> {
    fn visit(&mut self, name: &str) {
        if let Some(start) = self.path.iter().position(|other| other == name) {
            let mut cycle = self.path[start..].to_vec();
            cycle.push(name.to_owned());
            self.cycle.get_or_insert(cycle);
            return;
        }
        let Some(machine) = self.family.named.get(name) else {
            return;
        };
        if self.done.iter().any(|other| other == name) {
            return;
        }
        self.path.push(name.to_owned());
        for next in (self.names)(machine) {
            self.visit(&next);
        }
        self.path.pop();
        self.done.push(name.to_owned());
    }
}

impl<T> Family<Option<T>> {
    /// `None` if one of them is.
    pub fn whole(self) -> Option<Family<T>> {
        let named = self.named.into_iter();
        Some(Family {
            main: self.main?,
            named: named
                .map(|(name, one)| Some((name, one?)))
                .collect::<Option<_>>()?,
        })
    }
}
