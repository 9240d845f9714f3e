//! What a Task calls, and with which role.

use serde_json::Value;

use super::at::At;
use super::checker::{CheckContext, Checker};
use super::finding::Code;
use super::placeholder::has_placeholder;
use super::report::Mark;
use super::request::require;
use super::{expression, integration, template};
use crate::definition::{Pattern, Resource, ResourceKind};
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
