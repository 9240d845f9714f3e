//! Whether a `Resource` names something that Step Functions can call.

use crate::Arn;
use crate::integrations::{
    Optimized, operation, operations, optimized, optimized_services, service, services,
};
use crate::nearest::nearest;

/// Whether AWS knows it; if not, what its author probably meant, as a hint.
pub(super) fn recognize(resource: &str) -> Result<(), Option<String>> {
    let Some(arn) = Arn::parse(resource) else {
        return Ok(());
    };
    match (arn.service, arn.resource_type()) {
        // The specification's own examples call tasks of SWF.
        ("lambda" | "swf", _) | ("states", Some("activity")) => Ok(()),
        ("states", _) => match arn.resource.strip_prefix("aws-sdk:") {
            Some(call) => sdk(call),
            None => optimized_call(arn.resource),
        },
        _ => Err(None),
    }
}

/// The service of an `aws-sdk` integration, if AWS's documentation does not list it.
pub(super) fn unlisted(resource: &str) -> Option<&str> {
    let call = Arn::parse(resource)?.resource.strip_prefix("aws-sdk:")?;
    let (name, _) = call.split_once(':')?;
    service(name).filter(|service| !service.listed)?;
    Some(name)
}

fn sdk(call: &str) -> Result<(), Option<String>> {
    let (name, action) = call.split_once(':').ok_or(None)?;
    let (action, suffix) = split(action);
    let Some(found) = service(name) else {
        return Err(meant(service_names(name)));
    };
    // Of what AWS has withdrawn, the operations are not known any more.
    let mut all = operations(found).peekable();
    if all.peek().is_some() && operation(found, action).is_none() {
        let names: Vec<String> = all.map(|operation| operation.camel_case()).collect();
        return Err(meant(nearest(action, names.iter().map(String::as_str))));
    }
    match suffix {
        "" | ".waitForTaskToken" => Ok(()),
        suffix => Err(optimized_of(found.name, action)
            .filter(|entry| entry.suffixes.contains(&suffix))
            .map(|entry| format!("did you mean `{}:{}{suffix}`?", entry.service, entry.action))
            .or_else(|| meant(nearest(suffix, [".waitForTaskToken"])))),
    }
}

/// The name that Step Functions has for a service: one that is spelled alike, or that has the prefix in IAM.
fn service_names(name: &str) -> Option<&'static str> {
    let named = || services().iter().map(|service| service.name);
    let prefixed = services().iter().find(|service| service.prefix == name);
    match name {
        "stepfunctions" => Some("sfn"),
        _ => nearest(name, named()).or_else(|| prefixed.map(|service| service.name)),
    }
}

/// The optimized integration that makes the call of an `aws-sdk` integration.
fn optimized_of(service: &str, action: &str) -> Option<&'static Optimized> {
    optimized_services().iter().find(|entry| {
        let (name, operation) = entry.operation;
        name == service && operation.eq_ignore_ascii_case(action)
    })
}

fn optimized_call(call: &str) -> Result<(), Option<String>> {
    let (name, action) = call.split_once(':').ok_or(None)?;
    let (action, suffix) = split(action);
    let Some(entry) = optimized(name, action) else {
        return Err(optimized_hint(name, action));
    };
    if suffix.is_empty() || entry.suffixes.contains(&suffix) {
        return Ok(());
    }
    let near = nearest(suffix, entry.suffixes.iter().copied());
    Err(near.map(|suffix| format!("did you mean `{action}{suffix}`?")))
}

fn optimized_hint(name: &str, action: &str) -> Option<String> {
    let entries = optimized_services().iter();
    let own: Vec<&str> = entries
        .filter(|entry| entry.service == name)
        .map(|entry| entry.action)
        .collect();
    let names = optimized_services().iter().map(|entry| entry.service);
    let near = nearest(name, names).filter(|near| optimized(near, action).is_some());
    if own.is_empty() && near.is_some() {
        return meant(near);
    }
    // `dynamodb:scan` is not optimized, but can be called.
    let of_sdk = service(name)
        .or_else(|| service(service_names(name)?))
        .filter(|found| operation(found, action).is_some());
    match of_sdk {
        Some(found) => Some(format!("did you mean `aws-sdk:{}:{action}`?", found.name)),
        None => meant(nearest(action, own)),
    }
}

/// `.sync:2` of `startExecution.sync:2`.
fn split(action: &str) -> (&str, &str) {
    action.split_at(action.find('.').unwrap_or(action.len()))
}

fn meant(name: Option<&str>) -> Option<String> {
    name.map(|name| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognized(call: &str) -> Result<(), Option<String>> {
        recognize(&format!("arn:aws:states:::{call}"))
    }

    #[test]
    fn what_exists_is_recognized() {
        for call in [
            "lambda:invoke",
            "lambda:invoke.waitForTaskToken",
            "states:startExecution.sync:2",
            "elasticmapreduce:addStep.sync",
            "bedrockagentcore:invokeHarness",
            "aws-sdk:dynamodb:putItem",
            "aws-sdk:sfn:startExecution.waitForTaskToken",
            "aws-sdk:rds:startDBInstance",
            "aws-sdk:qldb:listLedgers",
        ] {
            assert_eq!(recognized(call), Ok(()), "{call}");
        }
        for arn in [
            "arn:aws:lambda:eu-west-1:123456789012:function:f",
            "arn:aws:states:eu-west-1:123456789012:activity:a",
        ] {
            assert_eq!(recognize(arn), Ok(()), "{arn}");
        }
    }

    #[test]
    fn what_does_not_exist_has_the_nearest_name_as_hint() {
        for (call, hint) in [
            ("dynamodb:putItm", "putItem"),
            ("lambda:invok", "invoke"),
            ("lamda:invoke", "lambda"),
            ("states:startExecution.sync:3", "startExecution.sync:2"),
            (
                "sqs:sendMessage.waitForToken",
                "sendMessage.waitForTaskToken",
            ),
            ("dynamodb:scan", "aws-sdk:dynamodb:scan"),
            ("s3:getObject", "aws-sdk:s3:getObject"),
            ("aws-sdk:dynamodb:putItm", "putItem"),
            ("aws-sdk:dynamodb:PutItem", "putItem"),
            ("aws-sdk:DynamoDB:putItem", "dynamodb"),
            ("aws-sdk:events:putEvents", "eventbridge"),
            ("aws-sdk:logs:putLogEvents", "cloudwatchlogs"),
            ("aws-sdk:stepfunctions:startExecution", "sfn"),
            ("aws-sdk:ecs:runTask.sync", "ecs:runTask.sync"),
        ] {
            let hint = format!("did you mean `{hint}`?");
            assert_eq!(recognized(call), Err(Some(hint)), "{call}");
        }
        for call in [
            "aws-sdk:nosuch:putThing",
            "sqs:sendMessage.sync",
            // Documented for the request-response pattern only.
            "bedrockagentcore:invokeHarness.sync",
            "bedrockagentcore:invokeHarness.waitForTaskToken",
            "aws-sdk:sts:assumeRole.sync",
            "nothing",
        ] {
            assert!(recognized(call).is_err(), "{call}");
        }
        assert_eq!(
            recognize("arn:aws:sns:eu-west-1:123456789012:topic"),
            Err(None)
        );
    }

    #[test]
    fn a_service_that_aws_does_not_list_is_known() {
        let call = |name: &str| format!("arn:aws:states:::aws-sdk:{name}");
        let name = "apigatewaymanagementapi:postToConnection";
        assert_eq!(unlisted(&call(name)), Some("apigatewaymanagementapi"));
        assert_eq!(unlisted(&call("dynamodb:putItem")), None);
    }
}
