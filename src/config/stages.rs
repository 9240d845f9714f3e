//! `[stages.<name>]`: the settings as one stage has them.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::Settings;
use super::nearest::nearest;
use super::node::{Fields, Node};
use super::rules::Name;
use super::section::{self, Key, Map, Required, Section, refuse_unknown, section};
use super::setting::{At, Definitions, Reader, Setting};
use super::text::{Text, matches};

section! {
    /// The keys that no stage can change.
    Root {
        /// The name of the workflow. The names of all that is deployed start with it and the stage.
        name: Required<At<Text<Name>>>;
        /// What a stage says differently: any key of this file but `name` and `stages`, merged over the others.
        stages: Map<Name, Stage>;
    }
}

/// The file as one stage sees it.
pub(super) struct File {
    pub name: Option<At<Text<Name>>>,
    pub settings: Settings,
}

/// One stage's own settings. They are read together with those below them.
#[derive(Debug, Clone)]
pub(super) struct Stage;

impl Setting for Stage {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(table) = node.value().as_table() else {
            reader.wrong_type(node, "a table");
            return None;
        };
        for (key, _) in table.iter() {
            if matches!(key.get_ref().as_ref(), "name" | "stages") {
                let message = format!("`{}` cannot be different in a stage", key.get_ref());
                (reader.findings).error("unknown-key", key.span(), message, None);
            }
        }
        Some(Self)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let outer = std::mem::replace(&mut definitions.overlay, true);
        let schema = section::part::<Settings>(definitions);
        definitions.overlay = outer;
        schema
    }
}

impl File {
    /// Reads the file for one stage, and checks it for all the others: a mistake in
    /// `[stages.prod]` is found while `dev` is deployed.
    pub fn read<'a>(root: &'a DeTable<'a>, stage: &str, reader: &mut Reader<'a>) -> Self {
        let environment = reader.environment;
        let stages = overlays(root);
        let selected = stages.iter().find(|(name, _)| *name == stage);

        reader.environment = None;
        if selected.is_some() {
            read_layers(&[root], reader);
        }
        for (name, overlay) in &stages {
            if *name != stage {
                read_layers(&[overlay, root], reader);
            }
        }

        reader.environment = environment;
        check_stage(stage, &stages, reader);
        match selected {
            Some((_, overlay)) => read_layers(&[overlay, root], reader),
            None => read_layers(&[root], reader),
        }
    }

    /// All keys of the file, for its schema.
    pub fn keys(definitions: &mut Definitions) -> Vec<Key> {
        let mut keys = Root::keys(definitions);
        keys.extend(Settings::keys(definitions));
        keys
    }
}

/// The tables under `[stages]`.
fn overlays<'a>(root: &'a DeTable<'a>) -> Vec<(&'a str, &'a DeTable<'a>)> {
    let stages = root.get("stages").and_then(|s| s.get_ref().as_table());
    let overlay = |(name, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
        let name: &std::borrow::Cow<'a, str> = name.get_ref();
        Some((name.as_ref(), value.get_ref().as_table()?))
    };
    let stages = stages.into_iter().flat_map(DeTable::iter);
    stages.filter_map(overlay).collect()
}

fn read_layers<'a>(layers: &[&'a DeTable<'a>], reader: &mut Reader<'a>) -> File {
    let mut fields = Fields::new(String::new(), 0..0, layers.iter().copied());
    let defaults = fields.peek("defaults");
    reader.defaults = defaults.map_or_else(Vec::new, |node| node.layers().to_vec());
    // The stages are read here to be checked; their values come in as layers.
    let Root {
        name,
        stages: _checked,
    } = Root::read_fields(&mut fields, reader);
    let settings = Settings::read_fields(&mut fields, reader);
    refuse_unknown(fields, reader);
    File {
        name: name.0,
        settings,
    }
}

/// Any stage may be deployed, but one letter off a declared stage is likely to be a slip.
fn check_stage(stage: &str, stages: &[(&str, &DeTable<'_>)], reader: &mut Reader<'_>) {
    if !matches(<Name as super::text::Rule>::PATTERN, stage) {
        let expected = <Name as super::text::Rule>::EXPECTED;
        let message = format!("the stage must be {expected}, not `{stage}`");
        reader.findings.error("invalid-name", None, message, None);
    }
    if stages.iter().any(|(name, _)| *name == stage) {
        return;
    }
    if let Some(near) = nearest(stage, stages.iter().map(|(name, _)| *name)) {
        let message =
            format!("there is no `[stages.{stage}]`, so the stage has no settings of its own");
        let hint = format!("did you mean `{near}`?");
        (reader.findings).warning("unknown-stage", None, message, hint);
    }
}
