//! A plan as data: what `--json` prints and the text form is made of.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::plan::{Plan, Reason, Step};
use crate::resources::{Effect, Resource, Statement};

/// The plan, grouped by resource.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlanView<'a> {
    pub stack: &'a str,
    pub stage: &'a str,
    pub account: &'a str,
    pub region: &'a str,
    pub changes: Vec<Change<'a>>,
    pub notes: &'a [String],
    /// What is removed from the local AWS beside the plan: the kind and the name of each.
    #[serde(skip)]
    pub local: &'a [(&'static str, String)],
    /// Whether people are shown whole documents.
    #[serde(skip)]
    pub verbose: bool,
}

/// All that happens to one resource.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Change<'a> {
    pub kind: &'static str,
    pub name: &'a str,
    pub change: ChangeKind,
    pub reasons: Vec<&'a Reason>,
    /// In the order of the plan.
    pub operations: Vec<&'static str>,
    /// Versions that go.
    pub removed_versions: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    Create,
    Update,
    Delete,
}

impl<'a> PlanView<'a> {
    pub fn new(plan: &'a Plan) -> Self {
        let mut resources: BTreeMap<&Resource, Vec<&Step>> = BTreeMap::new();
        for step in &plan.steps {
            resources.entry(&step.resource).or_default().push(step);
        }
        // A look at what stays as it is changes nothing.
        let changes = |step: &&Step| step.operation.spec().effect != Effect::Wait;
        resources.retain(|_, steps| steps.iter().any(changes));
        Self {
            stack: &plan.stack.name,
            stage: &plan.stack.stage,
            account: &plan.stack.account.id,
            region: &plan.stack.account.region,
            changes: resources
                .into_iter()
                .map(|(resource, steps)| change(resource, &steps))
                .collect(),
            notes: &plan.notes,
            local: &[],
            verbose: false,
        }
    }

    pub fn without_notes(&self) -> Self {
        Self {
            notes: &[],
            changes: self.changes.clone(),
            ..*self
        }
    }

    /// The same with what is removed from the local AWS.
    pub fn with_local(self, local: &'a [(&'static str, String)]) -> Self {
        Self { local, ..self }
    }

    /// The same with whole documents.
    pub fn verbose(self, verbose: bool) -> Self {
        Self { verbose, ..self }
    }

    /// How many lines around a difference are shown.
    pub fn around(&self) -> usize {
        if self.verbose { 1_000_000 } else { 3 }
    }

    pub fn count(&self, kind: ChangeKind) -> usize {
        let changes = self.changes.iter();
        let changes = changes.filter(|change| change.change == kind).count();
        match kind {
            ChangeKind::Delete => changes + self.local.len(),
            ChangeKind::Create | ChangeKind::Update => changes,
        }
    }
}

fn change<'a>(resource: &'a Resource, steps: &[&'a Step]) -> Change<'a> {
    let versions = steps.iter();
    let versions = versions.filter_map(|step| step.operation.removed_version());
    Change {
        kind: resource.kind.name(),
        name: &resource.name,
        change: kind(steps),
        reasons: steps.iter().flat_map(|step| &step.reasons).collect(),
        operations: steps
            .iter()
            .map(|step| step.operation.spec().operation)
            .collect(),
        removed_versions: versions.collect(),
    }
}

/// What happens to the resource as a whole.
fn kind(steps: &[&Step]) -> ChangeKind {
    let has = |effect| {
        let mut steps = steps.iter();
        steps.any(|step| step.operation.spec().effect == effect)
    };
    if has(Effect::Create) {
        ChangeKind::Create
    } else if has(Effect::Delete) {
        ChangeKind::Delete
    } else {
        ChangeKind::Update
    }
}

/// Of a list that may be long: the first few, and how many more.
pub(super) fn few(items: &[String], verbose: bool) -> (&[String], Option<String>) {
    let more = items.len().saturating_sub(FEW);
    if verbose || more < 2 {
        return (items, None);
    }
    (&items[..FEW], Some(format!("and {more} more")))
}

const FEW: usize = 3;

/// What needs a statement, in one line.
pub(super) fn because(statement: &Statement, verbose: bool) -> String {
    let because = statement
        .because
        .iter()
        .filter(|why| why.explains().is_none());
    let because: Vec<String> = because.map(ToString::to_string).collect();
    let (because, more) = few(&because, verbose);
    [because, more.as_slice()].concat().join(", ")
}

/// Why the definition is put back.
pub(super) fn left_by_fork(version: u64) -> String {
    format!("a fork on version {version} was cut off: puts back the definition")
}

/// Why a statement is on `*`, or on all resources of a type: ` because the call names no resource`; empty if it is on one.
pub(super) fn why_on(statement: &Statement, resource: &str) -> String {
    let because = { statement.because.iter() }.filter(|why| why.explains() == Some(resource));
    let because: Vec<String> = because.map(ToString::to_string).collect();
    match because.is_empty() {
        true => String::new(),
        false => format!(" because {}", because.join(", or ")),
    }
}

/// Why a release is to be made although nothing else changes.
pub(super) fn not_live(live: Option<&str>, release: Option<u64>) -> String {
    match (live, release) {
        (None, _) => "no release is live".to_owned(),
        (Some(live), Some(release)) => {
            format!("`live` is at release {live}; release {release} has this state")
        }
        (Some(live), None) => {
            format!("`live` is at release {live}, which is not known to have this state")
        }
    }
}
