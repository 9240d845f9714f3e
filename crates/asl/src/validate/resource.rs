//! What a Task calls, and with which role.

use serde_json::{Map, Value};

use super::at::At;
use super::checker::{CheckContext, Checker};
use super::finding::Code;
use super::placeholder::has_placeholder;
use super::report::Mark;
use super::{expression, integration, template};
use crate::definition::{Pattern, Resource, ResourceKind};
use crate::integrations::{operation, optimized, service};
use crate::{Arn, FunctionReference};

impl<'s> Checker<'s> {
    pub(super) fn resource(&mut self, value: &'s Value, at: &At<'_>, context: CheckContext) {
        let Some(text) = self.text(value, at) else {
            return;
        };
        if has_placeholder(text) && !names_integration(text) {
            return;
        }
        if !is_arn(text) {
            self.report.value(at, "Value is not a valid resource ARN");
            return;
        }
        let resource = Resource::parse(text);
        if let Err(hint) = integration::recognize(text) {
            let message = format!(
                "The resource provided {text} is not recognized. The value is not a valid resource ARN, or the resource \
                 is not available in this region."
            );
            self.report.value(at, message);
            self.report.hint(hint);
            return;
        }
        if let Some(name) = integration::unlisted(text) {
            let message = format!(
                "Step Functions' documentation does not list the service '{name}', so it may refuse the definition"
            );
            let code = Code::UnlistedService;
            self.report.warning(code, at, Mark::Value, message);
        }
        if context.express
            && let Some(message) = not_in_express(&resource.kind)
        {
            self.report.value(at, message);
        }
    }

    pub(super) fn credentials(&mut self, value: &'s Value, at: &At<'_>, context: CheckContext) {
        match value.as_object() {
            None if context.is_jsonata() => {
                expression::check(self, value, at, context, "Object");
            }
            None => self.report.value(at, "Expected value of type Object"),
            Some(fields) => {
                template::check(self, value, at, context);
                require(self, fields, "RoleArn", at, context);
            }
        }
    }
}

/// Whether it names an integration, whatever its partition will be: `arn:${AWS::Partition}:states:::lambda:invoke`.
fn names_integration(text: &str) -> bool {
    Arn::parse(text).is_some_and(|arn| arn.service == "states" && !has_placeholder(arn.resource))
}

/// Whether a Task can call it. A Lambda ARN must be that of a function.
fn is_arn(text: &str) -> bool {
    let Some(arn) = Arn::parse(text) else {
        return false;
    };
    let complete = [arn.partition, arn.service, arn.resource]
        .iter()
        .all(|part| !part.is_empty());
    complete && (arn.service != "lambda" || FunctionReference::parse(text).is_some())
}

fn not_in_express(kind: &ResourceKind) -> Option<&'static str> {
    match kind {
        ResourceKind::Activity => Some("Express state machine does not support Activity ARN"),
        ResourceKind::Service { pattern, .. } => match pattern {
            Pattern::RequestResponse => None,
            Pattern::Sync => {
                Some("Express state machine does not support '.sync' service integration")
            }
            // AWS's message ends with a space.
            Pattern::WaitForTaskToken => Some(
                "Express state machine does not support '.waitForTaskToken' service integration ",
            ),
        },
        ResourceKind::LambdaFunction | ResourceKind::Other => None,
    }
}

/// Checks the request of a service integration.
pub(super) fn check_parameters(
    checker: &mut Checker<'_>,
    state: &Map<String, Value>,
    at: &At<'_>,
    context: CheckContext,
) {
    let Some(arn) = state.get("Resource").and_then(Value::as_str) else {
        return;
    };
    let kind = Resource::parse(arn).kind;
    if kind == ResourceKind::Activity && state.contains_key("Credentials") {
        let message = "The field 'Credentials' is not supported for activities";
        checker.report.value(&at.key("Credentials"), message);
    }
    let ResourceKind::Service {
        resource_type,
        resource,
        ..
    } = kind
    else {
        return;
    };
    let name = match context.is_jsonata() {
        true => "Arguments",
        false => "Parameters",
    };
    let action = resource.split('.').next().unwrap_or_default();
    if let Some(service) = resource_type.strip_prefix("aws-sdk:") {
        if let Some(request) = state.get(name).and_then(Value::as_object) {
            check_members(checker, service, action, request, &at.key(name), context);
        }
        return;
    }
    let Some(request) = state.get(name) else {
        let message = format!("{name} field is required for resource ARN: {arn}");
        checker.report.schema(at, Mark::Key, message);
        return;
    };
    let required = optimized(&resource_type, action).map(|entry| entry.required);
    if let (Some(fields), Some(request)) = (required, request.as_object()) {
        for field in fields {
            require(checker, request, field, &at.key(name), context);
        }
    }
}

/// Reports fields that the request of an `aws-sdk` integration does not have.
fn check_members(
    checker: &mut Checker<'_>,
    service_name: &str,
    action: &str,
    request: &Map<String, Value>,
    at: &At<'_>,
    context: CheckContext,
) {
    let Some(operation) = service(service_name).and_then(|found| operation(found, action)) else {
        return;
    };
    let members: Vec<&str> = operation.members().map(|member| member.name).collect();
    for key in request.keys() {
        let path = key.strip_suffix(".$").filter(|_| !context.is_jsonata());
        let field = path.unwrap_or(key);
        // `equals` is `EqualsValue` in a definition.
        let plain = field.strip_suffix("Value").unwrap_or(field);
        let known = |member: &&str| {
            member.eq_ignore_ascii_case(field) || member.eq_ignore_ascii_case(plain)
        };
        if !members.iter().any(known) {
            let message = format!("The field \"{field}\" is not supported by Step Functions");
            checker
                .report
                .schema_elsewhere(at, &at.key(key), Mark::Key, message);
            checker.report.suggest(field, members.iter().copied());
        }
    }
}

/// Reports a field that AWS requires in a request, if it is missing.
fn require(
    checker: &mut Checker<'_>,
    request: &Map<String, Value>,
    field: &str,
    at: &At<'_>,
    context: CheckContext,
) {
    let dynamic = !context.is_jsonata() && request.contains_key(&format!("{field}.$"));
    if !dynamic && !request.contains_key(field) {
        let message = format!("The field '{field}' is required but was missing");
        checker.report.schema(at, Mark::Key, message);
    }
}
