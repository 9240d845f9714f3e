//! What differs between AWS and deploy.toml, without a build.

use std::sync::Arc;

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;

use crate::build::Artifact;
use crate::commands::plan::{Change, PlanView};
use crate::config::{Definition, Deployment, EnvironmentValue, Placeholder};
use crate::exit::Advice as _;
use crate::plan::{self, Attribute, Document, Foreign, Plan, Reason, Refusal, Whose};
use crate::resources::{
    self, Desired, FunctionState, Kind, Observed, Pin, ReleaseLabel, Resource, StateMachine,
    StateMachineState, Usage,
};
use crate::stack::{Origin, Stack, VERSION_TAG};

/// All differences, by resource.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(in crate::commands) struct Drift {
    /// Whether AWS was compared with deploy.toml, which is not possible if that has errors.
    pub compared: bool,
    pub resources: Vec<Drifted>,
    pub notes: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(in crate::commands) struct Drifted {
    pub kind: &'static str,
    pub name: String,
    pub differences: Vec<Difference>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "difference", rename_all = "kebab-case")]
pub(in crate::commands) enum Difference {
    /// deploy.toml names it, but AWS does not have it.
    Missing,
    /// AWS has it, but deploy.toml does not name it.
    NotWanted,
    Attribute {
        attribute: String,
        aws: Option<String>,
        deploy_toml: Option<String>,
    },
    /// Only a build knows the current code, so this compares with the code that the newest release pins.
    Code { aws: String, release: String },
    /// A JSON document; both indented.
    Document {
        document: Document,
        aws: String,
        deploy_toml: String,
    },
    /// The last update failed, in AWS's words.
    Failed { cause: String },
    /// A deploy was interrupted between an update and its publication.
    Unpublished,
    /// A fork on this version was cut off before it had put back the definition.
    LeftByFork { version: u64 },
    /// The alias does not point at what txflow pointed it at.
    Moved { aws: String, txflow: u64 },
    /// A rollback moved the alias, and a deploy would move it on.
    RolledBack { from: u64, to: u64 },
    /// A deploy published a release and did not make it live: its tests failed, or it was interrupted.
    NotLive {
        release: String,
        live: Option<String>,
    },
    /// KMS does not know the role that a function has now.
    NewRole,
}

impl Drift {
    /// Compares like a deploy whose build produces what the newest release pins.
    ///
    /// # Errors
    ///
    /// If something has a name of the stack but does not belong to it.
    pub fn new(
        deployment: &Deployment,
        stack: &Stack,
        observed: &Observed,
        usage: &Usage,
    ) -> Result<Self> {
        let pins = newest_pins(observed, usage, stack);
        let desired = assumed(deployment, stack, observed, &pins)?;
        let plan = match plan::make(&desired, observed) {
            Ok(draft) => draft.plan_with(usage),
            // Then nothing else can be compared.
            Err(Refusal::TypeChanged { name, old, new }) => {
                return Ok(Self::other_type(name, old, new));
            }
            // What there is can be shown all the same.
            Err(refusal @ Refusal::OtherCase { .. }) => return Ok(Self::other_case(&refusal)),
            Err(Refusal::Foreign(untagged)) if untagged.iter().all(Foreign::is_untagged) => {
                let mut drift = Self::of(Vec::new());
                drift.add_untagged(&untagged);
                return Ok(drift);
            }
            Err(refusal) => return Err(refusal.into()),
        };
        let view = PlanView::new(&plan);
        let mut resources: Vec<Drifted> = view.changes.iter().filter_map(drifted).collect();
        for (machine, config) in deployment.state_machines.iter() {
            if let Some(state_machine) = observed.state_machines.get(&machine) {
                let definition = difference_of(&config.definition, &desired, state_machine, &pins);
                let name = state_machine.name.clone();
                add(&mut resources, Kind::StateMachine, name, definition);
            }
        }
        if let Some(state_machine) = observed.main() {
            let alias = stack.alias_name();
            let moves = plan
                .steps
                .iter()
                .any(|step| step.resource.kind == Kind::Alias);
            let moved = moved(state_machine).filter(|_| moves);
            let moved = moved.or_else(|| not_live(&plan));
            add(&mut resources, Kind::Alias, alias, moved);
        }
        Ok(Self {
            compared: true,
            resources,
            notes: plan.notes,
        })
    }

    /// If there is nothing to compare with.
    pub fn unknown() -> Self {
        Self {
            compared: false,
            resources: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds the tags that somebody took away.
    pub fn add_untagged(&mut self, untagged: &[Foreign]) {
        for foreign in untagged {
            let Whose::Untagged(tags) = &foreign.whose else {
                continue;
            };
            let Resource { kind, name } = &foreign.resource;
            for (key, value) in tags {
                let difference = Difference::Attribute {
                    attribute: Attribute::Tag(key.clone()).to_string(),
                    aws: None,
                    deploy_toml: Some(value.clone()),
                };
                add(&mut self.resources, *kind, name.clone(), Some(difference));
            }
        }
        if !untagged.is_empty() {
            let note = "a deploy and a destroy are refused until these tags are put back: txflow changes only what has them";
            self.notes.insert(0, note.to_owned());
        }
    }

    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    fn other_type(name: String, old: &str, new: &str) -> Self {
        let difference = Difference::Attribute {
            attribute: "type".to_owned(),
            aws: Some(old.to_owned()),
            deploy_toml: Some(new.to_owned()),
        };
        let resources = vec![Drifted {
            kind: Kind::StateMachine.name(),
            name,
            differences: vec![difference],
        }];
        Self::of(resources)
    }

    fn other_case(refusal: &Refusal) -> Self {
        let mut resources = Vec::new();
        if let Refusal::OtherCase { wanted, .. } = refusal {
            let wanted = wanted.clone();
            add(
                &mut resources,
                Kind::Role,
                wanted,
                Some(Difference::Missing),
            );
        }
        let hint = refusal.hint().unwrap_or_default();
        Self {
            notes: vec![format!("a deploy is refused: {refusal}; {hint}")],
            ..Self::of(resources)
        }
    }

    fn of(resources: Vec<Drifted>) -> Self {
        Self {
            compared: true,
            resources,
            notes: Vec::new(),
        }
    }
}

fn add(resources: &mut Vec<Drifted>, kind: Kind, name: String, difference: Option<Difference>) {
    let Some(difference) = difference else {
        return;
    };
    let kind = kind.name();
    let known = resources
        .iter_mut()
        .find(|one| one.kind == kind && one.name == name);
    match known {
        Some(known) => known.differences.push(difference),
        None => resources.push(Drifted {
            kind,
            name,
            differences: vec![difference],
        }),
    }
}

/// What the newest release pins. After a rollback it is not the live one.
fn newest_pins(observed: &Observed, usage: &Usage, stack: &Stack) -> Vec<Pin> {
    let newest = observed.releases().next();
    let newest = newest.and_then(|newest| usage.releases.get(&newest));
    newest.map_or_else(Vec::new, |newest| usage.all_pins(newest, stack))
}

/// The version that is pinned of a function.
fn pinned<'a>(pins: &'a [Pin], handler: &str) -> Option<&'a str> {
    let mut functions = pins.iter().filter_map(Pin::of_function);
    let pin = functions.find(|(pinned, _)| *pinned == handler);
    pin.map(|(_, version)| version)
}

/// What deploy.toml asks for, with the code that the release pins, and with the values of AWS for variables
/// that are not set here.
fn assumed(
    deployment: &Deployment,
    stack: &Stack,
    observed: &Observed,
    pins: &[Pin],
) -> Result<Desired> {
    let artifacts: Vec<Artifact> = deployment
        .functions
        .keys()
        .map(|handler| Artifact {
            function: handler.clone(),
            zip: Arc::from([]),
            sha256: pinned_code(observed.functions.get(handler), pinned(pins, handler)),
        })
        .collect();
    let mut desired = resources::desired(deployment, &artifacts, stack, Origin::default())?;
    for (handler, function) in &mut desired.functions {
        let held = observed.functions.get(handler);
        let held = held.map(|held| &held.latest.configuration.settings.environment);
        let environment = &mut function.configuration.settings.environment;
        environment.retain(|key, value| {
            if !matches!(value, EnvironmentValue::Unset { .. }) {
                return true;
            }
            let held = held.and_then(|held| held.get(key));
            if let Some(held) = held {
                value.clone_from(held);
            }
            held.is_some()
        });
    }
    Ok(desired)
}

fn pinned_code(function: Option<&FunctionState>, pin: Option<&str>) -> String {
    let Some(function) = function else {
        return String::new();
    };
    let pinned = function
        .versions
        .iter()
        .find(|version| pin.is_some_and(|pin| version.version == pin));
    let version = pinned.unwrap_or(&function.latest);
    version.code_sha256.clone()
}

fn drifted(change: &Change<'_>) -> Option<Drifted> {
    let mut differences: Vec<Difference> = change
        .reasons
        .iter()
        .filter_map(|reason| difference(reason))
        .collect();
    // The rest only describes what would be created.
    let whole = |one: &Difference| matches!(one, Difference::Missing | Difference::NotWanted);
    if let Some(whole) = differences.iter().position(whole) {
        differences = vec![differences.swap_remove(whole)];
    }
    (!differences.is_empty()).then(|| Drifted {
        kind: change.kind,
        name: change.name.to_owned(),
        differences,
    })
}

/// `None` for what only follows from another difference, and for what a deploy would clean up.
fn difference(reason: &Reason) -> Option<Difference> {
    Some(match reason {
        Reason::Missing => Difference::Missing,
        Reason::NotWanted => Difference::NotWanted,
        Reason::NewRole => Difference::NewRole,
        Reason::Failed { cause } => Difference::Failed {
            cause: cause.clone(),
        },
        Reason::Changed {
            attribute: Attribute::Code,
            old: Some(old),
            new: Some(new),
        } => Difference::Code {
            aws: old.clone(),
            release: new.clone(),
        },
        // Another version of txflow is no drift.
        Reason::Changed {
            attribute: Attribute::Tag(key),
            old: Some(_),
            ..
        } if key == VERSION_TAG => return None,
        Reason::Changed {
            attribute,
            old,
            new,
        } => Difference::Attribute {
            attribute: attribute.to_string(),
            aws: old.clone(),
            deploy_toml: new.clone(),
        },
        // It pins versions that do not exist yet; see `definition`.
        Reason::DocumentChanged {
            document: Document::Definition,
            ..
        } => return None,
        Reason::DocumentChanged { document, old, new } => Difference::Document {
            document: *document,
            aws: old.clone(),
            deploy_toml: new.clone(),
        },
        Reason::Unpublished => Difference::Unpublished,
        Reason::LeftByFork { version } => Difference::LeftByFork { version: *version },
        Reason::NewVersion
        | Reason::NewDocument { .. }
        | Reason::Allows(_)
        | Reason::Inactive
        | Reason::NotLive { .. }
        | Reason::Release { .. }
        | Reason::Canary { .. }
        | Reason::NotReadyAtOnce
        | Reason::Superseded
        | Reason::ForksEnded
        | Reason::Running => return None,
    })
}

/// How the definition differs with the versions that the release pins. A part that is not known here cannot be compared.
fn difference_of(
    definition: &Definition,
    desired: &Desired,
    state_machine: &StateMachineState,
    pins: &[Pin],
) -> Option<Difference> {
    if definition.incomplete {
        return None;
    }
    let stack = &desired.stack;
    let wanted = definition.resolve(|placeholder| match placeholder {
        Placeholder::Named(name) => {
            let (arn, version) = match desired.state_machines.named.get(name) {
                Some(StateMachine { machine, .. }) => {
                    let version = pins.iter().filter_map(|pin| pin.of(machine)).max();
                    let version = version.map(|version| version.to_string());
                    (stack.state_machine_arn(machine), version)
                }
                None => {
                    let version = pinned(pins, name).map(str::to_owned);
                    (stack.function_arn(name), version)
                }
            };
            match version {
                Some(version) => format!("{arn}:{version}"),
                // No release pins it, so only deploy.toml has it.
                None => format!("${{{name}}}"),
            }
        }
        other => stack.account.pseudo_parameter(other),
    });
    (wanted != state_machine.definition).then(|| Difference::Document {
        document: Document::Definition,
        aws: format!("{:#}\n", state_machine.definition),
        deploy_toml: format!("{wanted:#}\n"),
    })
}

fn not_live(plan: &Plan) -> Option<Difference> {
    let alias = plan.steps.iter();
    let mut alias = alias.filter(|step| step.resource.kind == Kind::Alias);
    alias.find_map(|step| match step.reasons.as_slice() {
        [
            Reason::Release {
                old,
                new: Some(new),
            },
        ] => Some(Difference::NotLive {
            release: new.clone(),
            live: old.clone(),
        }),
        _ => None,
    })
}

/// The alias's description says which release txflow pointed it at, and whether as a rollback.
fn moved(state_machine: &StateMachineState) -> Option<Difference> {
    let alias = state_machine.alias.as_ref()?;
    let label = ReleaseLabel::parse(&alias.description)?;
    if alias.canary().is_some() {
        return None;
    }
    if alias.version() != Some(label.release) {
        return Some(Difference::Moved {
            aws: alias.shown(),
            txflow: label.release,
        });
    }
    Some(Difference::RolledBack {
        from: label.instead_of?,
        to: label.release,
    })
}
