//! What is derived, and what users are told to write, is of a form that IAM's reference has for the action: for each
//! action of each operation of each service.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use txflow_asl::integrations::{
    MemberKind, Operation, ResourceType, Service, action, operations, services,
};
use txflow_asl::permissions::{NeededResource, example_resources, needs};

use super::OWNER;

fn every_operation() -> impl Iterator<Item = (&'static Service, Operation)> {
    let services = services().iter();
    services.flat_map(|service| operations(service).map(move |operation| (service, operation)))
}

pub(super) fn types(name: &str) -> Vec<ResourceType> {
    action(name).map_or_else(Vec::new, |action| action.types)
}

/// Whether all of `text` is what the template has, with any text for each variable.
pub(super) fn is_of_form(template: &str, text: &str) -> bool {
    let Some((literal, behind)) = template.split_once("${") else {
        return template == text;
    };
    let Some((_, template)) = behind.split_once('}') else {
        return false;
    };
    let Some(text) = text.strip_prefix(literal) else {
        return false;
    };
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let mut ends = ends.filter(|end| !template.starts_with(':') || text[*end..].starts_with(':'));
    ends.any(|end| is_of_form(template, &text[end..]))
}

/// For the methods, the reference has the resources of the first version of API Gateway under other actions only.
fn fits(action: &str, arn: &str) -> bool {
    let is_path =
        |arn: &str| arn.starts_with("arn:aws:apigateway:eu-west-1:") && arn.contains(":/");
    types(action).iter().any(|kind| is_of_form(kind.arn, arn))
        || action.starts_with("apigateway:") && is_path(arn)
}

/// A call with a value for each member that is a text or a list of texts.
fn call(service: &Service, operation: &Operation, value: impl Fn(&str) -> Option<Value>) -> Value {
    let members = operation.members().filter_map(|member| {
        let text = value(member.name)?;
        match member.kind {
            MemberKind::Text => Some((member.name.to_owned(), text)),
            MemberKind::List => Some((member.name.to_owned(), json!([text]))),
            MemberKind::Number | MemberKind::Boolean | MemberKind::Object => None,
        }
    });
    let state = json!({
        "Type": "Task",
        "Resource": format!("arn:aws:states:::aws-sdk:{}:{}", service.name, operation.camel_case()),
        "Parameters": members.collect::<serde_json::Map<_, _>>(),
    });
    json!({ "States": { "Call": state } })
}

#[test]
fn an_example_of_a_statement_is_of_a_form_that_the_action_has() {
    let mut wrong = BTreeSet::new();
    for (service, operation) in every_operation() {
        for action in operation.actions(service) {
            let examples = example_resources(&action, &[], &OWNER, &json!({}));
            let fits = match types(&action).is_empty() {
                true => examples == ["*"],
                false => examples.iter().all(|example| fits(&action, example)),
            };
            if !fits || examples.is_empty() {
                wrong.insert(format!("{action}: {examples:?}"));
            }
        }
    }
    assert_eq!(wrong, BTreeSet::new());
}

#[test]
fn what_is_derived_is_of_a_form_that_the_action_has() {
    let mut wrong = BTreeMap::new();
    for (service, operation) in every_operation() {
        let definition = call(service, &operation, |_| Some("x".into()));
        for need in needs(&definition, &OWNER) {
            let fits = match &need.resource {
                NeededResource::Arn(arn) | NeededResource::OfType { arn, .. } => {
                    fits(&need.action, arn)
                }
                NeededResource::Any(_) => types(&need.action).iter().all(|kind| !kind.required),
                NeededResource::Unknown { .. } => true,
            };
            if !fits {
                let call = format!("{}:{}", service.name, operation.camel_case());
                wrong.insert((need.action, call), need.resource);
            }
        }
    }
    assert_eq!(wrong, BTreeMap::new());
}

/// The actions of API Gateway are methods on paths, which have what the request names.
#[test]
fn a_call_that_names_nothing_of_optional_types_needs_nothing_said_by_hand() {
    let mut refused = BTreeSet::new();
    for (service, operation) in every_operation() {
        let definition = call(service, &operation, |_| None);
        for need in needs(&definition, &OWNER) {
            let optional = types(&need.action).iter().all(|kind| !kind.required);
            let known = action(&need.action).is_some() && service.prefix != "apigateway";
            let unknown = matches!(need.resource, NeededResource::Unknown { .. });
            if optional && known && unknown {
                refused.insert(need.action);
            }
        }
    }
    assert_eq!(refused, BTreeSet::new());
}
