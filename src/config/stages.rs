//! `[stages.<name>]`: the settings of one stage, or with a pattern such as `[stages."pr-*"]` of all that match it.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::keys::Settings;
use super::names::Names;
use super::nearest::nearest;
use super::node::{Fields, Keys, Layer, Node, join};
use super::rule::Rule;
use super::rules::{Name, StageName};
use super::section::{self, Key, Map, Required, Section, refuse_unknown, section};
use super::setting::{At, Definitions, Reader, Setting, Unset};
use super::test_placeholders;
use super::text::Text;

section! {
    /// The keys that a stage cannot override.
    Root {
        /// The name of the workflow. All names in AWS start with it and the stage.
        name: Required<At<Text<Name>>>;
        /// The stages besides `dev`, which needs no declaration: a command that would deploy another is refused. A name
        /// with `*` declares all that match it, such as `"pr-*"`; a stage gets the settings of its own name, or else of
        /// the longest pattern. A stage overrides any key of this file except `name` and `stages`.
        stages: Map<StageName, Stage>;
    }
}

/// The stage of a command without `--stage`. A file with one stage need not name it.
const DEFAULT: &str = "dev";

/// The code of a finding.
pub const UNKNOWN_STAGE: &str = "unknown-stage";

/// The file as one stage sees it.
pub(super) struct File {
    pub name: Option<At<Text<Name>>>,
    pub settings: Settings,
    /// The names and patterns under `[stages]`.
    pub stages: Vec<String>,
    /// If the stage is not declared: a protected one whose name is almost the same.
    pub protected_near: Option<String>,
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
        let selected = declaration(stage, &stages);
        let over_root = |(name, table): &(&'a str, &'a DeTable<'a>), keys, reader: &mut _| {
            read_layers(&[(&join("stages", name), table), ("", root)], keys, reader)
        };

        reader.environment = None;
        if selected.is_some() {
            read_layers(&[("", root)], Keys::All, reader);
        }
        // What a stage does not override is read with the rest of the file: reading everything for each
        // stage would take too long with thousands of them.
        let chosen = selected.map(|(name, _)| *name);
        for other in stages.iter().filter(|(name, _)| Some(*name) != chosen) {
            over_root(other, Keys::OfTheTop, reader);
        }
        for overlay in &stages {
            refuse_undeclared_functions(root, overlay, reader);
        }
        let is_meant = stage == DEFAULT || selected.is_some();
        refuse_another_case(root, is_meant.then_some(stage), reader);

        reader.environment = environment;
        check_stage(stage, &stages, reader);
        let mut file = match selected {
            Some(selected) => over_root(selected, Keys::All, reader),
            None => read_layers(&[("", root)], Keys::All, reader),
        };
        for (path, table) in selected
            .iter()
            .map(|(name, table)| (join("stages", name), *table))
            .chain([(String::new(), root)])
        {
            if let Some(tests) = table
                .get("tests")
                .and_then(|tests| tests.get_ref().as_table())
            {
                test_placeholders::check(&join(&path, "tests"), tests, reader);
            }
        }
        let settings = &mut file.settings;
        // A stand-in is compared with nothing.
        settings.region.take_if(|region| region.value.is_stand_in());
        settings.account.take_if(|account| account.is_stand_in());
        file.protected_near = protected_near(stage, &stages).map(str::to_owned);
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
        protected_near: None,
    }
}

/// The table of a stage, if the file has one for it.
pub(super) fn overlay<'a>(
    root: &'a DeTable<'a>,
    stage: &str,
) -> Option<(&'a str, &'a DeTable<'a>)> {
    declaration(stage, &overlays(root)).copied()
}

/// What declares a stage: its own name, or else the longest pattern that matches it.
fn declaration<'s, 'a>(
    stage: &str,
    stages: &'s [(&'a str, &'a DeTable<'a>)],
) -> Option<&'s (&'a str, &'a DeTable<'a>)> {
    let matching = stages.iter().filter(|(name, _)| matches(name, stage));
    matching.max_by_key(|(name, _)| (*name == stage, name.len()))
}

/// Whether a name or a pattern declares a stage. `*` stands for any characters.
fn matches(pattern: &str, stage: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == stage;
    };
    let Some(mut left) = stage.strip_prefix(start) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(end)
}

/// Roles are named after stages, and IAM compares the names of roles without regard to case.
/// `stage` is the one in use, unless it may not be deployed anyway.
fn refuse_another_case(root: &DeTable<'_>, stage: Option<&str>, reader: &mut Reader<'_>) {
    const HINT: &str =
        "roles are named after stages, and IAM compares these names without regard to case";
    let stages = root.get("stages").and_then(|s| s.get_ref().as_table());
    let names = stages.into_iter().flat_map(DeTable::keys);
    let names = names.filter(|name| !name.get_ref().contains('*'));
    let mut names: Vec<(&str, Range<usize>)> = names
        .map(|name| (name.get_ref().as_ref(), name.span()))
        .collect();
    names.sort_by_key(|(_, at)| at.start);
    let mut known: HashMap<String, (&str, Range<usize>)> = HashMap::new();
    for (name, at) in names {
        let lower = name.to_ascii_lowercase();
        if let Some((first, place)) = known.get(&lower) {
            let line = reader.line(place.start);
            let message = format!(
                "the stage `{name}` and the stage `{first}` in line {line} differ only in case"
            );
            reader.error("conflict", at, message, format!("rename the stage: {HINT}"));
        } else {
            known.insert(lower, (name, at));
        }
    }
    // A pattern may declare it, and `dev` needs no declaration.
    let Some(stage) = stage else {
        return;
    };
    let like = known.remove(&stage.to_ascii_lowercase());
    let is_declared = stages.is_some_and(|stages| stages.contains_key(stage));
    if let Some((name, at)) = like.filter(|_| !is_declared) {
        let message = format!("the stage `{stage}` differs only in case from `{name}`");
        let hint = format!("pass `--stage {name}`, or rename one of them: {HINT}");
        reader.error("conflict", at, message, hint);
    }
}

/// A misspelt stage would be another copy of everything, without the settings and the protection of the one that was
/// meant. What was deployed before can still be looked at and removed.
fn check_stage(stage: &str, stages: &[(&str, &DeTable<'_>)], reader: &mut Reader<'_>) {
    if !Name::allows(stage) {
        let expected = <Name as Rule>::EXPECTED;
        let message = format!("the stage must be {expected}, not `{stage}`");
        reader.error("invalid-name", None, message, None);
        return;
    }
    if stage == DEFAULT || declaration(stage, stages).is_some() {
        return;
    }
    let message = format!("deploy.toml does not declare the stage `{stage}`");
    let hint = how_to_declare(stage, stages);
    match reader.unset {
        Unset::Ignored => reader.warning(UNKNOWN_STAGE, None, message, hint),
        Unset::Refused | Unset::Warned => reader.error(UNKNOWN_STAGE, None, message, hint),
    }
}

/// What to do if a stage is not declared.
fn how_to_declare(stage: &str, stages: &[(&str, &DeTable<'_>)]) -> String {
    let lower = stage.to_ascii_lowercase();
    let names = stages.iter().map(|(name, _)| *name).chain([DEFAULT]);
    let (patterns, names): (Vec<&str>, Vec<&str>) = names.partition(|name| name.contains('*'));
    // Another one could not be declared beside it.
    if let Some(same) = names.iter().find(|name| name.eq_ignore_ascii_case(stage)) {
        return format!("did you mean `{same}`?");
    }
    if let Some((pattern, _)) = declaration(&lower, stages) {
        return format!("did you mean `{lower}`? `[stages.\"{pattern}\"]` declares it");
    }
    let pattern = match patterns.is_empty() {
        true => ", or a pattern such as `[stages.\"pr-*\"]`",
        false => "",
    };
    let add = format!("add `[stages.{stage}]`{pattern}");
    match nearest(stage, names) {
        Some(near) => format!("did you mean `{near}`? For a stage of its own, {add}"),
        None => add,
    }
}

fn protected_near<'a>(stage: &str, stages: &[(&'a str, &DeTable<'_>)]) -> Option<&'a str> {
    if stage == DEFAULT || declaration(stage, stages).is_some() {
        return None;
    }
    // Any other value than `false` may have been meant to protect it.
    let protects = |table: &DeTable<'_>| {
        let key = table.get("protect");
        key.is_some_and(|key| key.get_ref().as_bool() != Some(false))
    };
    let protected = stages.iter().filter(|(_, table)| protects(table));
    nearest(stage, protected.map(|(name, _)| *name))
}

/// A stage overrides functions and does not declare any: the definition of all stages cannot name one that only some
/// have. With a definition of its own it may.
fn refuse_undeclared_functions(
    root: &DeTable<'_>,
    (stage, overlay): &(&str, &DeTable<'_>),
    reader: &mut Reader<'_>,
) {
    fn functions<'t, 'a>(table: &'t DeTable<'a>) -> Option<&'t DeTable<'a>> {
        table.get("functions")?.get_ref().as_table()
    }
    if overlay.get("definition").is_some() {
        return;
    }
    let declared = functions(root);
    for key in functions(overlay).into_iter().flat_map(DeTable::keys) {
        let name: &str = key.get_ref();
        if declared.is_some_and(|declared| declared.get(name).is_some()) {
            continue;
        }
        let path = join(&join(&join("stages", stage), "functions"), name);
        let message = format!("`{path}` overrides a function that is not declared");
        let known = declared.into_iter().flat_map(DeTable::keys);
        let known = known.map(|known| known.get_ref().as_ref());
        let near = (!reader.findings.are_many())
            .then(|| nearest(name, known))
            .flatten();
        let hint = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("declare it for all stages with `[functions.{name}]`"),
        };
        reader.error("unknown-function", key.span(), message, hint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_declares_what_it_matches() {
        for (pattern, stage, expected) in [
            ("prod", "prod", true),
            ("prod", "prod-2", false),
            ("pr-*", "pr-7", true),
            ("pr-*", "pr-", true),
            ("pr-*", "prod", false),
            ("*", "anything", true),
            ("*-eu", "prod-eu", true),
            ("*-eu", "prod-eu-2", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "ac", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, stage), expected, "{pattern} {stage}");
        }
    }
}
