//! `[stages.<name>]`: the settings of one stage.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::keys::Settings;
use super::names::Names;
use super::nearest::nearest;
use super::node::{Fields, Keys, Layer, Node, join};
use super::rule::Rule;
use super::rules::Name;
use super::section::{self, Key, Map, Required, Section, refuse_unknown, section};
use super::setting::{At, Definitions, Reader, Setting};
use super::text::Text;

section! {
    /// The keys that a stage cannot override.
    Root {
        /// The name of the workflow. All names in AWS start with it and the stage.
        name: Required<At<Text<Name>>>;
        /// What a stage overrides: any key of this file except `name` and `stages`.
        stages: Map<Name, Stage>;
    }
}

/// The file as one stage sees it.
pub(super) struct File {
    pub name: Option<At<Text<Name>>>,
    pub settings: Settings,
    /// The names of all stages that have settings of their own.
    pub stages: Vec<String>,
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
                let path = join(node.path(), key.get_ref());
                let message = format!("`{path}` cannot be set: it is the same for all stages");
                reader.error("unknown-key", key.span(), message, None);
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
        let over_root = |(name, table): &(&'a str, &'a DeTable<'a>), keys, reader: &mut _| {
            read_layers(&[(&join("stages", name), table), ("", root)], keys, reader)
        };

        reader.environment = None;
        if selected.is_some() {
            read_layers(&[("", root)], Keys::All, reader);
        }
        // What a stage does not override is read with the rest of the file: reading everything for each
        // stage would take too long with thousands of them.
        for other in stages.iter().filter(|(name, _)| *name != stage) {
            over_root(other, Keys::OfTheTop, reader);
        }

        reader.environment = environment;
        check_stage(stage, &stages, reader);
        let mut file = match selected {
            Some(selected) => over_root(selected, Keys::All, reader),
            None => read_layers(&[("", root)], Keys::All, reader),
        };
        let settings = &mut file.settings;
        // A stand-in is compared with nothing.
        settings.region.take_if(|region| region.is_stand_in());
        settings.account.take_if(|account| account.is_stand_in());
        file.stages = stages.iter().map(|(name, _)| (*name).to_owned()).collect();
        file
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
    let overlay = |(name, value): (&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>)| {
        Some((name.get_ref().as_ref(), value.get_ref().as_table()?))
    };
    let stages = stages.into_iter().flat_map(DeTable::iter);
    stages.filter_map(overlay).collect()
}

/// Reads the merged layers, the strongest first, each with its path.
fn read_layers<'a>(
    layers: &[(&str, &'a DeTable<'a>)],
    keys: Keys,
    reader: &mut Reader<'a>,
) -> File {
    let defaults = layers
        .iter()
        .filter_map(|(path, table)| Layer::at(path, table, "defaults"));
    reader.defaults = defaults.collect();
    reader.names = Names::of(layers);
    let mut fields = Fields::merged(layers, keys);
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
        stages: Vec::new(),
    }
}

/// Any stage may be deployed, but a name that is one letter off a declared stage is probably a typo.
fn check_stage(stage: &str, stages: &[(&str, &DeTable<'_>)], reader: &mut Reader<'_>) {
    if !Name::allows(stage) {
        let expected = <Name as Rule>::EXPECTED;
        let message = format!("the stage must be {expected}, not `{stage}`");
        reader.error("invalid-name", None, message, None);
    }
    if stages.iter().any(|(name, _)| *name == stage) {
        return;
    }
    if let Some(near) = nearest(stage, stages.iter().map(|(name, _)| *name)) {
        let message = format!(
            "deploy.toml has no `[stages.{stage}]`, so the stage has no settings of its own"
        );
        let hint = format!("did you mean `{near}`?");
        reader.warning("unknown-stage", None, message, hint);
    }
}
