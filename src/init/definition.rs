//! An existing definition → the same with placeholders.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use serde_json::Value;
use txflow_asl::definition::{Resource, ResourceKind};
use txflow_asl::walk::{all_states, change_all_states, data};
use txflow_asl::{Arn, FunctionReference};

use super::StateMachineArn;
use crate::config::{Placeholder, escaped};

/// The names of the functions of the state machine's own account and region that Tasks call, without repetition.
pub(super) fn called(definition: &Value, home: &StateMachineArn) -> Vec<String> {
    let mut functions = Vec::new();
    for (_, task) in all_states(definition).filter(|(_, state)| is_task(state)) {
        let reference = reference(task).map(|pointer| text(task.pointer(pointer)));
        let function = reference.as_deref().and_then(|text| function(text, home));
        functions.extend(function.filter(|name| !functions.contains(name)));
    }
    functions
}

/// The state machines that Tasks start, by their names, with versions and aliases as they are written.
pub(super) fn started(definition: &Value) -> BTreeSet<String> {
    let states = all_states(definition);
    let arns = states.filter_map(|(_, state)| {
        let fields = ["/Parameters/StateMachineArn", "/Arguments/StateMachineArn"];
        fields
            .into_iter()
            .find_map(|field| state.pointer(field)?.as_str())
    });
    let named = arns.filter_map(|arn| Arn::parse(arn)?.resource.strip_prefix("stateMachine:"));
    named.map(str::to_owned).collect()
}

/// Puts the placeholder of its handler in place of each function, and pseudo parameters in
/// place of the state machine's own partition, region and account in all other ARNs. Text that looks like a placeholder is
/// escaped.
pub(super) fn with_placeholders(
    mut definition: Value,
    home: &StateMachineArn,
    handlers: &BTreeMap<String, String>,
) -> Value {
    escape(&mut definition);
    escape_keys(&mut definition);
    change_all_states(&mut definition, &mut |_, state| {
        let pointer = is_task(state).then(|| reference(state)).flatten();
        if let Some(reference) = pointer.and_then(|pointer| state.pointer_mut(pointer)) {
            let function = function(&text(Some(&*reference)), home);
            if let Some(handler) = function.and_then(|name| handlers.get(&name)) {
                *reference = Placeholder::Named(handler.clone()).to_string().into();
                remove_qualifier(state);
            }
        }
    });
    generalize(&mut definition, home);
    for pointer in data(&definition) {
        if let Some(data) = definition.pointer_mut(&pointer) {
            change_keys(data, &|key| general_arn(key, home));
        }
    }
    definition
}

/// The same for texts that are not of a definition.
pub(super) fn general(value: &mut Value, home: &StateMachineArn) {
    escape(value);
    generalize(value, home);
}

/// The placeholder is a version, and Lambda refuses a second one.
fn remove_qualifier(task: &mut Value) {
    for arguments in ["/Parameters", "/Arguments"] {
        if let Some(Value::Object(arguments)) = task.pointer_mut(arguments) {
            arguments.retain(|name, _| !matches!(name.as_str(), "Qualifier" | "Qualifier.$"));
        }
    }
}

fn is_task(state: &Value) -> bool {
    state.get("Type").and_then(Value::as_str) == Some("Task")
}

/// The JSON pointer to the name of the function that a Task calls, if the name is a literal.
fn reference(task: &Value) -> Option<&'static str> {
    let resource = Resource::parse(task.get("Resource")?.as_str()?);
    match resource.kind {
        ResourceKind::LambdaFunction => Some("/Resource"),
        ResourceKind::Service { resource_type, .. }
            if matches!(resource_type.as_str(), "lambda" | "aws-sdk:lambda") =>
        {
            let pointer = match task.get("Arguments") {
                Some(_) => "/Arguments/FunctionName",
                None => "/Parameters/FunctionName",
            };
            task.pointer(pointer).map(|_| pointer)
        }
        _ => None,
    }
}

/// The name of a function that is in the state machine's own account and region: from the name, the
/// ARN or the part of an ARN that Lambda takes, with or without a version or an alias.
fn function(reference: &str, home: &StateMachineArn) -> Option<String> {
    // Anything else, such as an expression, is only known when it runs.
    let function = FunctionReference::parse(reference)?;
    let here = [
        (function.partition, &home.partition),
        (function.region, &home.region),
        (function.account, &home.account),
    ]
    .iter()
    .all(|(said, own)| said.is_none_or(|said| said == *own));
    here.then(|| function.name.to_owned())
}

fn escape(value: &mut Value) {
    match value {
        Value::String(text) => *text = escaped(text),
        Value::Array(items) => items.iter_mut().for_each(escape),
        Value::Object(members) => members.values_mut().for_each(escape),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// All keys: a placeholder in one is escaped in a definition wherever it is.
fn escape_keys(definition: &mut Value) {
    change_keys(definition, &|key| {
        let escaped = escaped(key);
        (escaped != key).then_some(escaped)
    });
}

/// Gives keys another name, in the order that they have.
fn change_keys(value: &mut Value, change: &impl Fn(&str) -> Option<String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| change_keys(item, change)),
        Value::Object(members) => {
            let named = mem::take(members).into_iter();
            let renamed = named.map(|(key, mut member)| {
                change_keys(&mut member, change);
                (change(&key).unwrap_or(key), member)
            });
            *members = renamed.collect();
        }
        _ => {}
    }
}

/// An ARN with pseudo parameters in place of what is the state machine's own.
fn general_arn(text: &str, home: &StateMachineArn) -> Option<String> {
    let arn = Arn::parse(text).filter(|arn| arn.partition == home.partition)?;
    let region = (arn.region == home.region).then(|| Placeholder::Region.to_string());
    let account = (arn.account == home.account).then(|| Placeholder::AccountId.to_string());
    let general = Arn {
        partition: &Placeholder::Partition.to_string(),
        region: region.as_deref().unwrap_or(arn.region),
        account: account.as_deref().unwrap_or(arn.account),
        ..arn
    };
    Some(general.to_string())
}

fn generalize(value: &mut Value, home: &StateMachineArn) {
    match value {
        Value::String(text) => {
            if let Some(general) = general_arn(text, home) {
                *text = general;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| generalize(item, home)),
        Value::Object(members) => {
            let members = members.values_mut();
            members.for_each(|member| generalize(member, home));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn text(value: Option<&Value>) -> String {
    let text = value.and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn home() -> StateMachineArn {
        let arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:orders";
        arn.parse().unwrap()
    }

    fn task(resource: &str, parameters: Value) -> Value {
        json!({ "Type": "Task", "Resource": resource, "Parameters": parameters })
    }

    const INVOKE: &str = "arn:aws:states:::lambda:invoke";
    const HERE: &str = "arn:aws:lambda:eu-west-1:123456789012:function";

    #[test]
    fn a_function_is_known_by_each_of_its_names() {
        for reference in [
            "charge",
            "charge:live",
            "123456789012:function:charge",
            "123456789012:function:charge:3",
            &format!("{HERE}:charge"),
            &format!("{HERE}:charge:$LATEST"),
        ] {
            assert_eq!(
                function(reference, &home()).as_deref(),
                Some("charge"),
                "{reference}"
            );
        }
        for reference in [
            "arn:aws:lambda:us-east-1:123456789012:function:charge",
            "arn:aws:lambda:eu-west-1:210987654321:function:charge",
            "210987654321:function:charge",
            "{% $states.input.function %}",
            "",
        ] {
            assert_eq!(function(reference, &home()), None, "{reference}");
        }
    }

    #[test]
    fn functions_are_found_wherever_a_task_names_them() {
        let jsonata =
            json!({ "Type": "Task", "Resource": INVOKE, "Arguments": { "FunctionName": "c" } });
        let inner = |state: Value| json!({ "States": { "Inner": state } });
        let definition = json!({ "States": {
            "A": task(&format!("{HERE}:a:1"), json!({})),
            "B": task("arn:aws:states:::lambda:invoke.waitForTaskToken", json!({ "FunctionName": "b:2" })),
            "C": jsonata,
            "D": { "Type": "Map", "ItemProcessor": inner(task(INVOKE, json!({ "FunctionName": "d" }))) },
            "E": { "Type": "Parallel", "Branches": [inner(task("arn:aws:states:::aws-sdk:lambda:invoke", json!({ "FunctionName": "a" })))] },
            "F": task(INVOKE, json!({ "FunctionName.$": "$.f" })),
            "G": task("arn:aws:states:::sns:publish", json!({ "FunctionName": "g" })),
            "H": { "Type": "Pass", "Result": task(INVOKE, json!({ "FunctionName": "h" })) },
        }});
        assert_eq!(called(&definition, &home()), ["a", "b", "c", "d"]);
    }

    #[test]
    fn what_is_the_state_machines_own_becomes_a_placeholder_and_nothing_else() {
        let definition = json!({ "States": { "A": task(INVOKE, json!({
            "FunctionName": format!("{HERE}:charge:1"),
            "Qualifier": "1",
            "Queue": "arn:aws:sqs:eu-west-1:123456789012:orders",
            "Elsewhere": "arn:aws:sqs:us-east-1:210987654321:orders",
            "Bucket": "arn:aws:s3:::orders:eu-west-1",
            "China": "arn:aws-cn:sqs:eu-west-1:123456789012:orders",
            "Text": "the account 123456789012",
            "Price": "States.Format('${}', $.price)",
            "Template": "${name} ${AWS::Region}",
            "RequestItems": { "arn:aws:dynamodb:eu-west-1:123456789012:table/orders": 1, "${orders}": 2 },
        })) } });
        let handlers = BTreeMap::from([("charge".to_owned(), "charge-handler".to_owned())]);
        let written = with_placeholders(definition, &home(), &handlers);
        let task = &written["States"]["A"];
        assert_eq!(
            task["Resource"],
            "arn:${AWS::Partition}:states:::lambda:invoke"
        );
        assert_eq!(
            task["Parameters"],
            json!({
                "FunctionName": "${charge-handler}",
                "Queue": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:orders",
                "Elsewhere": "arn:${AWS::Partition}:sqs:us-east-1:210987654321:orders",
                "Bucket": "arn:${AWS::Partition}:s3:::orders:eu-west-1",
                "China": "arn:aws-cn:sqs:eu-west-1:123456789012:orders",
                "Text": "the account 123456789012",
                "Price": "States.Format('${}', $.price)",
                "Template": "${!name} ${!AWS::Region}",
                "RequestItems": {
                    "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/orders": 1,
                    "${!orders}": 2,
                },
            })
        );
    }
}
