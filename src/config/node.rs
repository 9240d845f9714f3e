//! The value of one key in `deploy.toml`, with everything below it.

use std::collections::HashMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// One key and the values written for it, the strongest first: a stage overrides what the file says for all
/// stages, and `[functions.<crate>]` overrides `[defaults]`.
///
/// Tables are merged key by key when a section is read; of anything else the strongest value counts. Values
/// keep their place in the file, so that each finding points at its text.
#[derive(Clone)]
pub(super) struct Node<'a> {
    /// Never empty.
    layers: Vec<Layer<'a>>,
    read: Keys,
}

/// Selects which keys of merged tables are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    All,
    /// Those of the strongest table, each with the weaker values below. The other keys have been read on their
    /// own; only whether they exist still counts.
    OfTheTop,
}

/// A value in the file.
#[derive(Clone)]
pub(super) struct Layer<'a> {
    /// Such as `stages.prod.functions.purchase-handler.memory`.
    pub path: String,
    pub key: Range<usize>,
    pub value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Layer<'a> {
    /// The entry of a table at `path` with this name.
    pub fn at(path: &str, table: &'a DeTable<'a>, name: &str) -> Option<Self> {
        let (key, value) = table.get_key_value(name)?;
        Some(Self::new(path, key, value))
    }

    fn new(path: &str, key: &Spanned<DeString<'a>>, value: &'a Spanned<DeValue<'a>>) -> Self {
        Self {
            path: join(path, key.get_ref()),
            key: key.span(),
            value,
        }
    }
}

impl<'a> Node<'a> {
    /// An item of a list, which has no key of its own.
    pub fn item(list: &Self, index: usize, value: &'a Spanned<DeValue<'a>>) -> Self {
        let path = format!("{}[{index}]", list.path());
        let key = value.span();
        Self::of(Layer { path, key, value })
    }

    /// One value, which nothing overrides and which overrides nothing.
    pub fn of(layer: Layer<'a>) -> Self {
        Self {
            layers: vec![layer],
            read: Keys::All,
        }
    }

    pub fn path(&self) -> &str {
        &self.layers[0].path
    }

    pub fn key(&self) -> Range<usize> {
        self.layers[0].key.clone()
    }

    pub fn span(&self) -> Range<usize> {
        self.layers[0].value.span()
    }

    pub fn value(&self) -> &'a DeValue<'a> {
        self.layers[0].value.get_ref()
    }

    /// An error is underlined at the value, except for a table, whose text may be pages long.
    pub fn place(&self) -> Range<usize> {
        if self.value().is_table() {
            self.key()
        } else {
            self.span()
        }
    }

    /// The same key with weaker values below.
    pub fn above(mut self, weaker: &[Layer<'a>]) -> Self {
        self.layers.extend_from_slice(weaker);
        self
    }

    /// The strongest value alone: a value such as `{ env = "NAME" }` is replaced, not merged.
    pub fn top(&self) -> Self {
        Self::of(self.layers[0].clone())
    }

    /// The keys of the table here, or `None` if this is not a table. A weaker value that is not a table is
    /// skipped: it is reported when it is read on its own.
    pub fn fields(&self) -> Option<Fields<'a>> {
        self.value().as_table()?;
        let mut fields = Fields::absent(self.path().to_owned(), self.key());
        fields.read = self.read;
        for layer in &self.layers {
            if let Some(table) = layer.value.get_ref().as_table() {
                fields.add(&layer.path, table);
                // A missing key is missing in the weakest table, whatever overrides it.
                fields.path.clone_from(&layer.path);
                fields.at = layer.key.clone();
            }
        }
        Some(fields)
    }
}

/// The keys of one table, handed out by name.
pub(super) struct Fields<'a> {
    pub path: String,
    /// The key of the table itself, to report missing keys.
    pub at: Range<usize>,
    tables: Vec<&'a DeTable<'a>>,
    nodes: HashMap<&'a str, Node<'a>>,
    read: Keys,
    asked: Vec<String>,
}

impl<'a> Fields<'a> {
    /// A table that is not in the file.
    pub fn absent(path: String, at: Range<usize>) -> Self {
        Self {
            path,
            at,
            tables: Vec::new(),
            nodes: HashMap::new(),
            read: Keys::All,
            asked: Vec::new(),
        }
    }

    /// Merged tables, the strongest first, each with its path.
    pub fn merged(layers: &[(&str, &'a DeTable<'a>)], read: Keys) -> Self {
        let mut fields = Self::absent(String::new(), 0..0);
        fields.read = read;
        for (path, table) in layers {
            fields.add(path, table);
        }
        fields
    }

    /// Merges in a table that is weaker than those before it.
    fn add(&mut self, path: &str, table: &'a DeTable<'a>) {
        if self.read == Keys::All || self.tables.is_empty() {
            for (key, value) in table.iter() {
                let name = key.get_ref().as_ref();
                let node = self.nodes.entry(name).or_insert_with(|| Node {
                    layers: Vec::new(),
                    read: self.read,
                });
                node.layers.push(Layer::new(path, key, value));
            }
        } else {
            for (name, node) in &mut self.nodes {
                node.layers.extend(Layer::at(path, table, name));
            }
        }
        self.tables.push(table);
    }

    /// Whether the key is written in any of the tables, read or not.
    pub fn has(&self, name: &str) -> bool {
        self.tables.iter().any(|table| table.contains_key(name))
    }

    pub fn take(&mut self, name: &str) -> Option<Node<'a>> {
        self.asked.push(name.to_owned());
        self.nodes.remove(name)
    }

    /// All the keys that were not asked for, in the order of the file, and the names that were: the keys
    /// that are allowed here.
    pub fn rest(self) -> (Vec<(&'a str, Node<'a>)>, Vec<String>) {
        let first = |node: &Node<'_>| node.layers.iter().map(|l| l.key.start).min();
        let mut nodes: Vec<_> = self.nodes.into_iter().collect();
        nodes.sort_by_key(|(_, node)| first(node));
        (nodes, self.asked)
    }
}

/// A key's path, as it would be written in the file.
pub(super) fn join(path: &str, name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let quoted = if !name.is_empty() && name.chars().all(is_bare) {
        name.to_owned()
    } else {
        format!("{name:?}")
    };
    if path.is_empty() {
        quoted
    } else {
        format!("{path}.{quoted}")
    }
}
