//! What has a name of the stack and is not its own, and whose it is.

use crate::resources::{Held, Kind, Observed, Resource, StateMachineState};
use crate::stack::{Stack, Tags};

/// A resource that has a name of the stack but does not belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    pub resource: Resource,
    pub whose: Whose,
}

/// What AWS says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Its tags name another stack or another stage.
    Other {
        stack: String,
        stage: String,
        /// Whether these are called like this one, but for upper and lower case.
        like_this: bool,
    },
    /// A role with the tags of this stack, which is not under its path.
    Elsewhere { path: String, expected: String },
    /// It lacks these tags of the stack.
    Untagged(Tags),
}

impl Foreign {
    /// `None` if it belongs to the stack.
    pub fn of(stack: &Stack, kind: Kind, held: &Held<'_>) -> Option<Self> {
        (!held.is_of(stack)).then(|| Self {
            resource: kind.named(held.name),
            whose: Whose::of(stack, held),
        })
    }

    /// The same of a state machine.
    pub fn state_machine(stack: &Stack, state: &StateMachineState) -> Option<Self> {
        let held = Held {
            name: &state.name,
            tags: &state.tags,
            path: None,
            region: None,
        };
        Self::of(stack, Kind::StateMachine, &held)
    }

    /// Whether only tags are missing, which can be put back.
    pub fn is_untagged(&self) -> bool {
        matches!(self.whose, Whose::Untagged(_))
    }

    /// All that exists under the names of the stack and is not its own, but for rules, which are looked for by how their names
    /// begin.
    pub fn all(stack: &Stack, observed: &Observed) -> Vec<Self> {
        let kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Rule);
        let held = kinds.flat_map(|kind| {
            let held = kind.held(observed).into_iter();
            held.filter_map(move |held| Self::of(stack, kind, &held))
        });
        held.collect()
    }
}

impl Whose {
    fn of(stack: &Stack, held: &Held<'_>) -> Self {
        let missing = stack.missing_tags(held.tags);
        match (Stack::owner(held.tags), held.path) {
            (Some((name, stage)), _) if !missing.is_empty() => {
                let prefix = format!("{name}-{stage}");
                Self::Other {
                    like_this: prefix.eq_ignore_ascii_case(&stack.prefix()),
                    stack: name.to_owned(),
                    stage: stage.to_owned(),
                }
            }
            (Some(_), Some(path)) => Self::Elsewhere {
                path: path.to_owned(),
                expected: stack.role_path(),
            },
            _ => Self::Untagged(missing),
        }
    }
}

/// The stack as it is once the tags are back that somebody took away from a part of it, and this part. What lacks them may
/// be somebody else's if nothing of the stack has them.
pub fn with_tags_back(stack: &Stack, observed: &Observed) -> (Observed, Vec<Foreign>) {
    let mut whole = observed.clone();
    let mut held = Kind::ALL.into_iter().flat_map(|kind| kind.held(observed));
    if !held.any(|held| held.is_of(stack)) {
        return (whole, Vec::new());
    }
    let path = stack.role_path();
    let roles = { whole.roles.values_mut() }
        .filter(|role| role.path == path)
        .map(|role| &mut role.tags);
    let log_groups = whole.log_groups.values_mut().map(|group| &mut group.tags);
    let functions = { whole.functions.values_mut() }.map(|function| &mut function.tags);
    let machines = { whole.state_machines.values_mut() }.map(|machine| &mut machine.tags);
    let schedules = { whole.schedule_group.iter_mut() }.map(|group| &mut group.tags);
    let others = log_groups.chain(functions).chain(machines).chain(schedules);
    for tags in roles.chain(others) {
        let missing = stack.missing_tags(tags);
        // One that is there says that it is another stack's.
        if !missing.keys().any(|key| tags.contains_key(key)) {
            tags.extend(missing);
        }
    }
    let left = Foreign::all(stack, &whole);
    let untagged = Foreign::all(stack, observed).into_iter();
    let untagged = untagged.filter(|one| !left.contains(one));
    (whole, untagged.collect())
}

/// Says of all of them whose they are; those that are the same one's together.
pub(super) fn told(foreign: &[Foreign]) -> String {
    let groups = groups(foreign).into_iter();
    let told: Vec<String> = groups.map(|(whose, names)| of_one(whose, &names)).collect();
    told.join("; ")
}

fn groups(foreign: &[Foreign]) -> Vec<(&Whose, Vec<&Resource>)> {
    let mut groups: Vec<(&Whose, Vec<&Resource>)> = Vec::new();
    for Foreign { resource, whose } in foreign {
        match groups.iter_mut().find(|(known, _)| *known == whose) {
            Some((_, resources)) => resources.push(resource),
            None => groups.push((whose, vec![resource])),
        }
    }
    groups
}

fn list(resources: &[&Resource]) -> String {
    let names: Vec<String> = resources.iter().map(ToString::to_string).collect();
    names.join(", ")
}

fn of_one(whose: &Whose, resources: &[&Resource]) -> String {
    let verb = |one, several| if resources.len() == 1 { one } else { several };
    let what = match whose {
        Whose::Other { stack, stage, .. } => {
            let belongs = verb("belongs", "belong");
            format!("{belongs} to stage `{stage}` of stack `{stack}`")
        }
        Whose::Elsewhere { path, expected } => {
            let is = verb("is", "are");
            format!("{is} under the path `{path}`, not under `{expected}`")
        }
        Whose::Untagged(tags) => {
            let keys: Vec<String> = tags.keys().map(|key| format!("`{key}`")).collect();
            let tags = if keys.len() == 1 { "tag" } else { "tags" };
            let (exists, does) = (verb("exists", "exist"), verb("does", "do"));
            let keys = keys.join(" and ");
            format!("{exists} and {does} not have this stack's {tags}, {keys}")
        }
    };
    format!("{} {what}", list(resources))
}

/// What can be done about them.
pub(super) fn hint(foreign: &[Foreign]) -> String {
    let whose = || foreign.iter().map(|one| &one.whose);
    let is_like_this = |whose: &Whose| {
        matches!(
            whose,
            Whose::Other {
                like_this: true,
                ..
            }
        )
    };
    if whose().any(is_like_this) {
        return "choose a `name` or a `--stage` that differs in more than case: IAM compares the names of roles without regard to case"
            .to_owned();
    }
    if let Some(missing) = missing(foreign) {
        return format!(
            "choose another `name` or `--stage`, or remove what exists by hand; if somebody took the tags away, put them back, {missing}: txflow changes only what has them"
        );
    }
    if whose().any(|whose| matches!(whose, Whose::Elsewhere { .. })) {
        return "choose another `name` or `--stage`, or remove the role by hand: IAM cannot move it"
            .to_owned();
    }
    "choose another `name` or `--stage`: txflow changes only what is the stack's own".to_owned()
}

/// The tags to put back, and on what, unless that is all.
fn missing(foreign: &[Foreign]) -> Option<String> {
    let groups = groups(foreign);
    let is_one = groups.len() == 1;
    let untagged = groups.iter().filter_map(|(whose, resources)| match whose {
        Whose::Untagged(tags) if is_one => Some(tag_list(tags)),
        Whose::Untagged(tags) => Some(format!("{} on {}", tag_list(tags), list(resources))),
        _ => None,
    });
    let untagged: Vec<String> = untagged.collect();
    (!untagged.is_empty()).then(|| untagged.join("; "))
}

/// Such as `txflow:stack=shop` and `txflow:stage=dev`.
fn tag_list(tags: &Tags) -> String {
    let tags: Vec<String> = { tags.iter() }
        .map(|(key, value)| format!("`{key}={value}`"))
        .collect();
    tags.join(" and ")
}
