//! The names that placeholders can have. Functions, state machines and values share them.

use toml::de::DeTable;

use super::node::{Layer, Node, join};
use super::placeholder::Placeholder;

/// The table of the values.
pub(super) const SUBSTITUTIONS: &str = "substitutions";

pub(super) const STATE_MACHINE: &str = "state machine";

/// The tables whose entries a definition can name, with what an entry is called.
pub(super) const CALLABLE: [(&str, &str); 2] =
    [("functions", "function"), ("state-machines", STATE_MACHINE)];

/// The names of one stage. They are looked up in the file as it stands: collecting them for each stage would take too
/// long with thousands of stages.
#[derive(Clone, Default)]
pub(super) struct Names<'a> {
    /// The strongest first, each with its path.
    layers: Vec<(String, &'a DeTable<'a>)>,
}

/// What a name stands for.
pub(super) enum Meaning<'a> {
    /// What the release pins: such as `function`.
    Callable(&'static str),
    Value(Node<'a>),
}

impl<'a> Names<'a> {
    pub fn of(layers: &[(&str, &'a DeTable<'a>)]) -> Self {
        let layers = layers.iter();
        Self {
            layers: layers
                .map(|(path, table)| ((*path).to_owned(), *table))
                .collect(),
        }
    }

    pub fn meaning(&self, name: &str) -> Option<Meaning<'a>> {
        if let Some(value) = self.entry(SUBSTITUTIONS, name) {
            return Some(Meaning::Value(Node::of(value)));
        }
        let mut callable = CALLABLE.iter();
        let (_, what) = callable.find(|(table, _)| self.entry(table, name).is_some())?;
        Some(Meaning::Callable(what))
    }

    /// Every name that a placeholder may have in a definition.
    pub fn all(&self) -> impl Iterator<Item = &'a str> + Clone {
        let callable = CALLABLE.iter().flat_map(|(table, _)| self.entries(table));
        callable
            .chain(self.values())
            .chain(Placeholder::PSEUDO)
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// The names of the values.
    pub fn values(&self) -> impl Iterator<Item = &'a str> {
        self.entries(SUBSTITUTIONS)
    }

    fn entry(&self, table: &str, name: &str) -> Option<Layer<'a>> {
        let mut tables = self.tables(table);
        tables.find_map(|(path, table)| Layer::at(&path, table, name))
    }

    fn entries(&self, table: &str) -> impl Iterator<Item = &'a str> {
        let tables = self.tables(table);
        tables.flat_map(|(_, table)| table.keys().map(|name| name.get_ref().as_ref()))
    }

    fn tables(&self, name: &str) -> impl Iterator<Item = (String, &'a DeTable<'a>)> {
        self.layers.iter().filter_map(move |(path, layer)| {
            let table = layer.get(name)?.get_ref().as_table()?;
            Some((join(path, name), table))
        })
    }
}
