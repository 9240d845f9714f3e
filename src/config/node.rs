//! What `deploy.toml` says at one key, with what lies below it.

use std::collections::HashMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One key and the values written for it, the strongest first: what a stage says lies over what
/// the file says for all stages, and what `[functions.<crate>]` says lies over `[defaults]`.
///
/// Tables are merged key by key when a section is read; anything else is taken from the top. The
/// values stay where they are in the file, so that each finding points at the text it is about.
#[derive(Clone)]
pub(super) struct Node<'a> {
    /// Never empty.
    layers: Vec<Layer<'a>>,
}

/// A value that stands in the file.
#[derive(Clone)]
pub(super) struct Layer<'a> {
    /// Such as `stages.prod.functions.purchase-handler.memory`.
    pub path: String,
    pub key: Range<usize>,
    pub value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Node<'a> {
    /// An item of a list, which has no key of its own.
    pub fn item(list: &Self, index: usize, value: &'a Spanned<DeValue<'a>>) -> Self {
        let path = format!("{}[{index}]", list.path());
        let key = value.span();
        Self {
            layers: vec![Layer { path, key, value }],
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

    /// What is wrong is underlined at the value, but for a table, whose text may be pages long.
    pub fn place(&self) -> Range<usize> {
        if self.value().is_table() {
            self.key()
        } else {
            self.span()
        }
    }

    pub fn layers(&self) -> &[Layer<'a>] {
        &self.layers
    }

    /// The same key with weaker values below.
    pub fn above(mut self, weaker: &[Layer<'a>]) -> Self {
        self.layers.extend_from_slice(weaker);
        self
    }

    /// The strongest value alone: a value such as `{ env = "NAME" }` is replaced, not merged.
    pub fn top(&self) -> Self {
        Self {
            layers: vec![self.layers[0].clone()],
        }
    }

    /// The keys of the table here, or `None` where this is no table. A weaker value that is no
    /// table is passed over: it is reported where it is read by itself.
    pub fn fields(&self) -> Option<Fields<'a>> {
        self.value().as_table()?;
        let mut fields = Fields::absent(self.path().to_owned(), self.key());
        for layer in &self.layers {
            if let Some(table) = layer.value.get_ref().as_table() {
                fields.add(&layer.path, table);
                // What is missing is missing at the bottom, whatever lies over it.
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
    /// The key of the table itself, for what is missing in it.
    pub at: Range<usize>,
    nodes: HashMap<&'a str, Node<'a>>,
    asked: Vec<String>,
}

impl<'a> Fields<'a> {
    /// A table that is not in the file.
    pub fn absent(path: String, at: Range<usize>) -> Self {
        Self {
            path,
            at,
            nodes: HashMap::new(),
            asked: Vec::new(),
        }
    }

    /// Merges in a table that is weaker than those before it.
    pub fn add(&mut self, path: &str, table: &'a DeTable<'a>) {
        for (key, value) in table.iter() {
            let name = key.get_ref().as_ref();
            let layer = Layer {
                path: join(path, name),
                key: key.span(),
                value,
            };
            let node = self.nodes.entry(name);
            let node = node.or_insert_with(|| Node { layers: Vec::new() });
            node.layers.push(layer);
        }
    }

    pub fn peek(&self, name: &str) -> Option<&Node<'a>> {
        self.nodes.get(name)
    }

    pub fn take(&mut self, name: &str) -> Option<Node<'a>> {
        self.asked.push(name.to_owned());
        self.nodes.remove(name)
    }

    /// All the keys that nobody has asked for, in the order of the file, and the names that
    /// somebody has: what may be written here.
    pub fn rest(self) -> (Vec<(&'a str, Node<'a>)>, Vec<String>) {
        let first = |node: &Node<'_>| node.layers.iter().map(|l| l.key.start).min();
        let mut nodes: Vec<_> = self.nodes.into_iter().collect();
        nodes.sort_by_key(|(_, node)| first(node));
        (nodes, self.asked)
    }
}

/// A key's path as one would write it in the file.
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
