//! What the states of definitions need → statements.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use txflow_asl::permissions::{Condition, Need, NeededResource};

use super::statement::{Because, Statement, covers};

/// What one action is needed on, and by what.
type Actions = BTreeMap<String, BTreeSet<Because>>;

/// The least statements for these needs that no other statement covers: what is allowed on the same resources stands in
/// one, and resources that need the same actions share one. A statement that covers a need says what needs it.
///
/// What only an execution knows has no statement here.
pub(super) fn derived<'a>(
    needs: impl IntoIterator<Item = (Because, &'a Need)>,
    others: &mut [Statement],
) -> Vec<Statement> {
    let mut by_resource: BTreeMap<(&str, &[Condition]), Actions> = BTreeMap::new();
    for (because, need) in needs {
        let Some(resource) = resource(need) else {
            continue;
        };
        if let Some(narrower) = others.iter_mut().find(|other| narrows(other, need)) {
            narrower.because.insert(because);
            continue;
        }
        let mut covering = others
            .iter_mut()
            .filter(|o| o.covers(&need.action, resource));
        if let Some(other) = covering.next() {
            other.because.insert(because);
            continue;
        }
        let actions = by_resource.entry((resource, &need.conditions)).or_default();
        let reasons = actions.entry(need.action.clone()).or_default();
        reasons.insert(because);
        match &need.resource {
            NeededResource::Any(unlimited) => {
                reasons.insert(Because::Unlimited(*unlimited));
            }
            NeededResource::OfType { arn, kind } => {
                let pattern = arn.clone();
                reasons.insert(Because::OfType { pattern, kind });
            }
            NeededResource::Arn(_) | NeededResource::Unknown { .. } => {}
        }
    }
    merged(by_resource)
}

fn resource(need: &Need) -> Option<&str> {
    match &need.resource {
        NeededResource::Arn(arn) | NeededResource::OfType { arn, .. } => Some(arn),
        NeededResource::Any(_) => Some("*"),
        NeededResource::Unknown { .. } => None,
    }
}

/// Whether a declared statement says which resources of a type a call is on, so that it need not be allowed on all of them.
fn narrows(declared: &Statement, need: &Need) -> bool {
    let NeededResource::OfType { arn, .. } = &need.resource else {
        return false;
    };
    let mut resources = declared.resources.iter();
    declared.because.contains(&Because::Declared)
        && resources.any(|one| covers(arn, one) && declared.covers(&need.action, one))
}

fn merged(by_resource: BTreeMap<(&str, &[Condition]), Actions>) -> Vec<Statement> {
    type Shared<'a> = (BTreeSet<&'a str>, BTreeSet<Because>);
    let mut by_actions: BTreeMap<(Vec<String>, &[Condition]), Shared<'_>> = BTreeMap::new();
    for ((resource, conditions), actions) in by_resource {
        let because = actions.values().flatten().cloned();
        let because: Vec<Because> = because.collect();
        let names = actions.into_keys().collect();
        let (resources, all) = by_actions.entry((names, conditions)).or_default();
        resources.insert(resource);
        all.extend(because);
    }
    let statement =
        |((actions, conditions), (resources, because)): ((_, &[Condition]), Shared<'_>)| {
            Statement {
                actions,
                resources: resources.into_iter().map(str::to_owned).collect(),
                condition: block(conditions),
                because,
            }
        };
    by_actions.into_iter().map(statement).collect()
}

/// A condition block, as in IAM.
fn block(conditions: &[Condition]) -> Option<Value> {
    let mut block: Map<String, Value> = Map::new();
    for condition in conditions {
        let keys = block.entry(condition.operator).or_insert_with(|| json!({}));
        keys[condition.key] = json!(condition.values);
    }
    (!block.is_empty()).then(|| block.into())
}

/// The needs whose resource only an execution knows, unless a declared statement allows the action: then whoever wrote
/// that has said on what.
pub(in crate::resources) fn unknown<'a>(
    needs: &'a [Need],
    declared: &[Statement],
) -> impl Iterator<Item = &'a Need> {
    let said = |action: &str| {
        let mut statements = declared.iter();
        statements.any(|statement| {
            let mut resources = statement.resources.iter();
            resources.any(|resource| statement.covers(action, resource))
        })
    };
    let needs = needs.iter();
    needs.filter(move |need| resource(need).is_none() && !said(&need.action))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = "arn:aws:glue:eu-west-1:123456789012:database/*";

    fn databases() -> Need {
        Need {
            state: vec!["List".to_owned()],
            place: "/States/List/Resource".to_owned(),
            action: "glue:GetDatabases".to_owned(),
            resource: NeededResource::OfType {
                arn: ALL.to_owned(),
                kind: "database",
            },
            conditions: Vec::new(),
        }
    }

    #[test]
    fn all_of_a_type_is_derived_with_its_reason() {
        let need = databases();
        let found = derived([(Because::state(&need), &need)], &mut []);
        let [statement] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!(statement.resources, [ALL]);
        let why: Vec<String> = statement.because.iter().map(ToString::to_string).collect();
        assert_eq!(
            why,
            ["state `List`", "the call does not say which `database`"]
        );
    }

    #[test]
    fn a_declared_statement_says_which_ones_of_a_type() {
        let need = databases();
        let sales = ALL.replace('*', "sales");
        let declared = |actions: &[&str], resource: &str| {
            Statement::new(Because::Declared, actions, &[resource.to_owned()])
        };
        for (declared, left) in [
            (declared(&["glue:GetDatabases"], &sales), 0),
            (declared(&["glue:*"], ALL), 0),
            (declared(&["glue:GetTable"], &sales), 1),
            (
                declared(
                    &["glue:GetDatabases"],
                    "arn:aws:glue:eu-west-1:123456789012:catalog",
                ),
                1,
            ),
        ] {
            let mut others = [declared];
            let found = derived([(Because::state(&need), &need)], &mut others);
            assert_eq!(found.len(), left, "{others:?}");
        }
    }
}
