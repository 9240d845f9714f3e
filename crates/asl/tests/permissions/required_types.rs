//! Each type of resource that IAM's reference requires for an action is in what is derived of a call that names all that it
//! can: by a field, or with `*` for what no field says. AWS denies a call whose role lacks one of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use txflow_asl::integrations::{
    MemberKind, Operation, ResourceType, Service, operations, services,
};
use txflow_asl::permissions::{Need, NeededResource, needs};

use super::OWNER;
use super::every_service::{is_of_form, types};

/// What is left are types of which a call is on one or the other, such as those of `ResourceArn`.
const FLOOR: usize = 12_700;

#[test]
fn each_required_type_is_in_what_is_derived() {
    let (mut pairs, mut missing) = (0, BTreeMap::new());
    for service in services() {
        for operation in operations(service) {
            for action in operation.actions(service) {
                let required: Vec<ResourceType> = { types(&action).into_iter() }
                    .filter(|kind| kind.required)
                    .collect();
                if required.is_empty() {
                    continue;
                }
                let found = needs(&call(service, &operation, &required), &OWNER);
                for kind in &required {
                    pairs += 1;
                    if !has(&found, &action, kind) {
                        let call = format!("{}:{}", service.name, operation.camel_case());
                        missing.insert((action.clone(), kind.name), call);
                    }
                }
            }
        }
    }
    let derived = pairs - missing.len();
    println!("required types: {derived} of {pairs} derived");
    for ((action, kind), call) in &missing {
        println!("not derived: {kind} for {action}, called by {call}");
    }
    assert!(derived >= FLOOR, "{derived}");
}

fn has(found: &[Need], action: &str, kind: &ResourceType) -> bool {
    found
        .iter()
        .filter(|need| need.action == action)
        .any(|need| match &need.resource {
            NeededResource::Arn(arn) | NeededResource::OfType { arn, .. } => {
                is_of_form(kind.arn, arn)
            }
            NeededResource::Any(_) => true,
            NeededResource::Unknown { .. } => true,
        })
}

/// With a value for each member that is a text, or a list of texts: an ARN, if it is called after a required type.
fn call(service: &Service, operation: &Operation, required: &[ResourceType]) -> Value {
    let members = operation.members().filter_map(|member| {
        let text = value(member.name, required);
        match member.kind {
            MemberKind::Text => Some((member.name.to_owned(), text)),
            MemberKind::List => Some((member.name.to_owned(), json!([text]))),
            MemberKind::Number => Some((member.name.to_owned(), json!(1))),
            MemberKind::Boolean | MemberKind::Object => None,
        }
    });
    let state = json!({
        "Type": "Task",
        "Resource": format!("arn:aws:states:::aws-sdk:{}:{}", service.name, operation.camel_case()),
        "Parameters": members.collect::<serde_json::Map<_, _>>(),
    });
    json!({ "States": { "Call": state } })
}

fn value(member: &str, required: &[ResourceType]) -> Value {
    let name = member.to_ascii_lowercase();
    let Some(stem) = name.strip_suffix("arn").or(name.strip_suffix("arns")) else {
        return "x".into();
    };
    if stem.ends_with("role") {
        return "arn:aws:iam::123456789012:role/x".into();
    }
    let plain = |kind: &ResourceType| kind.name.to_ascii_lowercase().replace(['-', '_'], "");
    let of = required.iter().find(|kind| plain(kind) == stem);
    let of = of.or_else(|| {
        required
            .iter()
            .find(|kind| plain(kind).contains(stem) || stem.contains(&plain(kind)))
    });
    match of.or(required.first()) {
        Some(kind) => filled(kind.arn).into(),
        None => "x".into(),
    }
}

fn filled(template: &str) -> String {
    let mut rest = template;
    let mut arn = String::new();
    while let Some((text, behind)) = rest.split_once("${") {
        arn.push_str(text);
        let (variable, behind) = behind.split_once('}').unwrap();
        arn.push_str(match variable {
            "Partition" => OWNER.partition,
            "Region" => OWNER.region,
            "Account" => OWNER.account,
            _ => "x",
        });
        rest = behind;
    }
    arn + rest
}
