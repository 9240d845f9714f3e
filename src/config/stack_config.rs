//! What of `deploy.toml` names a stack and finds what it owns.
//!
//! Commands that look at what is deployed, go back or remove it need nothing else, and they are needed most while a file
//! is half edited. So this is known although other keys, or a definition, have errors. What keeps such a command from the
//! wrong stack, region or account must be valid all the same, and a misspelt key counts as the one that it resembles.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::choices::StateMachineKind;
use super::deployment::{Deployment, RolesConfig, roles};
use super::family::Family;
use super::findings::Findings;
use super::nearest::nearest;
use super::node::{Layer, join};
use super::rule::Rule as _;
use super::rules::{Name, StageName};
use super::setting::List;
use super::source::Source;
use super::stages::{File, overlay};
use super::template::Template;
use super::trigger::{self, TriggerConfig};
use super::{Diagnostic, Diagnostics, Place, Severity};

/// What a command needs that writes nothing new.
#[derive(Debug, Clone, PartialEq)]
pub struct StackConfig {
    pub name: String,
    pub stage: String,
    pub region: Option<String>,
    /// The only account that this stage may be in.
    pub account: Option<String>,
    pub protection: Protection,
    pub roles: RolesConfig,
    pub handlers: BTreeSet<String>,
    pub state_machines: Family<StateMachineKind>,
    pub has_triggers: bool,
    /// The event bus of each trigger that waits for events.
    pub event_buses: BTreeMap<String, Template>,
    pub keep_versions: usize,
    /// What is not shown of recorded executions.
    pub redact: Vec<String>,
    /// Other emulators, by the service that they serve: the URL.
    pub upstreams: BTreeMap<String, String>,
}

/// Whether `destroy` always needs `--yes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protection {
    On,
    Off,
    /// What is here may have been meant to protect the stage.
    Unknown(Place),
    /// The stage is not declared, and this one, whose name is almost the same, is protected.
    Near(String),
}

/// A file that was read as far as a [`StackConfig`] needs it.
#[derive(Debug)]
pub struct StackReading {
    pub config: StackConfig,
    /// `None` if the file or a definition has errors.
    pub deployment: Option<Deployment>,
    /// What must not be shown.
    pub secrets: BTreeSet<String>,
    /// The first error, as a warning.
    pub ignored: Option<Diagnostic>,
}

impl Deployment {
    /// The part that names the stack.
    pub fn stack_config(&self) -> StackConfig {
        StackConfig {
            name: self.name.clone(),
            stage: self.stage.clone(),
            region: self.region.clone(),
            account: self.account.clone(),
            protection: match (self.protect, &self.protected_near) {
                (true, _) => Protection::On,
                (false, Some(near)) => Protection::Near(near.clone()),
                (false, None) => Protection::Off,
            },
            roles: self.roles.clone(),
            handlers: self.functions.keys().cloned().collect(),
            state_machines: self.state_machines.map(|_, machine| machine.kind),
            has_triggers: !self.triggers.is_empty(),
            event_buses: trigger::event_buses(&self.triggers),
            keep_versions: self.keep_versions,
            redact: self.replay.redact.clone(),
            upstreams: self.local.upstreams.clone(),
        }
    }
}

impl StackConfig {
    /// What a file with errors says. `None` if one of them is about a key that is needed.
    pub(super) fn of_broken(
        file: &File,
        root: &DeTable<'_>,
        stage: &str,
        source: &Source,
        findings: &Findings,
    ) -> Option<Self> {
        if !Name::allows(stage) {
            return None;
        }
        let layers = Layers::of(root, stage, source, findings);
        if layers.needed().iter().any(|key| findings.failed_in(key)) {
            return None;
        }
        let settings = &file.settings;
        let functions = settings.functions.entries.iter();
        let machines = settings.state_machines.entries.iter();
        let machines = machines.filter(|entry| Name::allows(&entry.name));
        let named = machines.map(|entry| {
            let kind = entry.value.as_ref().map(|keys| keys.machine.r#type.value);
            (
                entry.name.clone(),
                kind.unwrap_or(StateMachineKind::Standard),
            )
        });
        let upstreams = settings.local.0.upstream.entries.iter();
        let triggers = TriggerConfig::all(settings.triggers.clone(), true);
        Some(Self {
            name: file.name.clone()?.value.value,
            stage: stage.to_owned(),
            region: settings.region.clone().map(|region| region.value.value),
            account: settings.account.clone().map(|account| account.value),
            protection: match layers.protection(|span| source.place(span, findings.hidden())) {
                Protection::Off => match &file.protected_near {
                    Some(near) => Protection::Near(near.clone()),
                    None => Protection::Off,
                },
                protection => protection,
            },
            roles: roles(settings),
            handlers: functions
                .filter(|entry| Name::allows(&entry.name))
                .map(|entry| entry.name.clone())
                .collect(),
            state_machines: Family {
                main: settings.state_machine.0.r#type.value,
                named: named.collect(),
            },
            has_triggers: layers.has_triggers(),
            event_buses: trigger::event_buses(&triggers.unwrap_or_default()),
            keep_versions: usize::try_from(settings.keep_versions.0).ok()?,
            redact: { settings.replay.0.redact.clone() }.map_or_else(Vec::new, List::into_strings),
            upstreams: upstreams
                .filter_map(|entry| Some((entry.name.clone(), entry.value.clone()?.value)))
                .collect(),
        })
    }
}

/// The first error of a file whose errors do not stop the command.
pub(super) fn ignored(found: &Diagnostics) -> Option<Diagnostic> {
    let errors = found.0.iter();
    let errors = || errors.clone().filter(|one| one.severity == Severity::Error);
    let first = errors()
        .find(|one| one.place.is_some())
        .or(errors().next())?;
    let all = match found.errors() {
        1 => "it".to_owned(),
        count => format!("all {count} errors"),
    };
    let hint = format!(
        "this command goes on, since it does not need it; `txflow validate`, with the same `--stage`, shows {all}"
    );
    Some(Diagnostic {
        severity: Severity::Warning,
        hint: Some(hint),
        ..first.clone()
    })
}

/// The tables that a stage's settings come from, the strongest first.
struct Layers<'a> {
    tables: Vec<(String, &'a DeTable<'a>)>,
    unknown: Vec<UnknownKey>,
}

/// A key that nothing reads, in any table of the file.
struct UnknownKey {
    name: String,
    span: Range<usize>,
    /// Whether it is in one of the layers, where the keys of the stage are.
    is_on_top: bool,
    /// Whether something in it looks like the key that protects a stage.
    holds_protection: bool,
}

impl UnknownKey {
    /// Whether it was meant for a key that tells which stack this is, or who may be called. A key that was added at the end
    /// of the file is in its last table.
    fn is_needed(&self) -> bool {
        let near = ["name", "stages", "region", "account", "roles"];
        match self.is_on_top {
            true => nearest(&self.name, near).is_some(),
            false => ["region", "account"].contains(&self.name.as_str()),
        }
    }

    /// Whether it may have been meant to protect the stage.
    fn may_protect(&self) -> bool {
        self.is_on_top || self.holds_protection || protects(&self.name)
    }
}

impl<'a> Layers<'a> {
    fn of(root: &'a DeTable<'a>, stage: &str, source: &Source, findings: &Findings) -> Self {
        let over = overlay(root, stage);
        let over = over.map(|(name, table)| (join("stages", name), table));
        let tables: Vec<_> = over.into_iter().chain([(String::new(), root)]).collect();
        let unknown = findings.unknown_keys().map(|span| UnknownKey {
            name: source.text()[span.clone()]
                .trim_matches(['"', '\''])
                .to_owned(),
            is_on_top: tables
                .iter()
                .any(|(_, table)| table.keys().any(|key| key.span() == span)),
            holds_protection: value_at(root, &span).is_some_and(holds_protection),
            span,
        });
        Self {
            unknown: unknown.collect(),
            tables,
        }
    }

    /// The value that counts.
    fn strongest(&self, key: &str) -> Option<Layer<'a>> {
        let mut layers = self.tables.iter();
        layers.find_map(|(path, table)| Layer::at(path, table, key))
    }

    /// The places of all that tells which stack is meant, and who may be called: an error there is never ignored.
    fn needed(&self) -> Vec<Range<usize>> {
        let keys = ["name", "region", "account"];
        let keys = keys.iter().filter_map(|key| self.strongest(key));
        let mut needed: Vec<Range<usize>> = keys.map(|layer| whole(&layer)).collect();
        // What is not a table, or not the name of a stage, hides all of these in what was meant to be one.
        let hides = |name: &str, value: &DeValue<'_>| !value.is_table() || !StageName::allows(name);
        needed.extend(
            self.all("stages")
                .flat_map(|stages| entries(&stages, hides)),
        );
        let counts = |key: &str, _: &DeValue<'_>| key != "permissions-boundary";
        needed.extend(self.all("roles").flat_map(|roles| entries(&roles, counts)));
        let unknown = self.unknown.iter().filter(|key| key.is_needed());
        needed.extend(unknown.map(|key| key.span.clone()));
        needed
    }

    fn all(&self, key: &str) -> impl Iterator<Item = Layer<'a>> {
        let layers = self.tables.iter();
        layers.filter_map(move |(path, table)| Layer::at(path, table, key))
    }

    fn protection(&self, place: impl Fn(Range<usize>) -> Place) -> Protection {
        let Some(written) = self.strongest("protect") else {
            let unknown = self.unknown.iter().find(|key| key.may_protect());
            return match unknown {
                Some(key) => Protection::Unknown(place(key.span.clone())),
                None => Protection::Off,
            };
        };
        match written.value.get_ref().as_bool() {
            Some(true) => Protection::On,
            Some(false) => Protection::Off,
            None => Protection::Unknown(place(written.key)),
        }
    }

    /// A list that cannot be read may have some.
    fn has_triggers(&self) -> bool {
        let written = self.strongest("triggers");
        written.is_some_and(|layer| {
            let items = layer.value.get_ref().as_array();
            items.is_none_or(|items| !items.is_empty())
        })
    }
}

fn protects(key: &str) -> bool {
    nearest(key, ["protect"]).is_some()
}

fn holds_protection(value: &DeValue<'_>) -> bool {
    let fields = value.as_table().into_iter().flat_map(DeTable::iter);
    fields
        .into_iter()
        .any(|(key, value)| protects(key.get_ref()) || holds_protection(value.get_ref()))
}

/// The value of the key that stands there.
fn value_at<'a>(table: &'a DeTable<'a>, key: &Range<usize>) -> Option<&'a DeValue<'a>> {
    table.iter().find_map(|(name, value)| {
        if name.span() == *key {
            return Some(value.get_ref());
        }
        value_at(value.get_ref().as_table()?, key)
    })
}

/// The places of those entries of a table that count; its own place if it is not one.
fn entries(table: &Layer<'_>, counts: impl Fn(&str, &DeValue<'_>) -> bool) -> Vec<Range<usize>> {
    let Some(entries) = table.value.get_ref().as_table() else {
        return vec![whole(table)];
    };
    let counting = entries
        .iter()
        .filter(|(key, value)| counts(key.get_ref(), value.get_ref()));
    counting
        .map(|(key, value)| span(key.span(), value.span()))
        .collect()
}

fn whole(layer: &Layer<'_>) -> Range<usize> {
    span(layer.key.clone(), layer.value.span())
}

fn span(key: Range<usize>, value: Range<usize>) -> Range<usize> {
    key.start.min(value.start)..key.end.max(value.end)
}
