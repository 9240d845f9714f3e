//! The request of a service integration: `Parameters`, or `Arguments` in JSONata.

use serde_json::{Map, Value};

use super::at::At;
use super::checker::{CheckContext, Checker};
use super::literal;
use super::placeholder::has_placeholder;
use super::report::Mark;
use crate::definition::{Resource, ResourceKind};
use crate::integrations::{must_be_text, operation, optimized, service, wrongly_typed};

/// Checks what a Task sends.
pub(super) fn check(
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
    let request = state.get(name);
    if request.is_none() && !resource_type.starts_with("aws-sdk:") {
        let message = format!("{name} field is required for resource ARN: {arn}");
        checker.report.value(&at.key("Resource"), message);
    }
    let Some(request) = request.and_then(Value::as_object) else {
        return;
    };
    let at = at.key(name);
    literal::check(checker, &resource_type, request, &at, context);
    let meant = match Members::of(&resource_type, action) {
        Some(members) => unknown(checker, request, &members, &at, context),
        None => Vec::new(),
    };
    for field in wrongly_typed(&resource_type, action, request) {
        let message = must_be_text(field);
        checker
            .report
            .schema_elsewhere(&at, &at.key(field), Mark::Value, message);
        let text = request.get(field).map(Value::to_string).unwrap_or_default();
        checker
            .report
            .hint(Some(format!("write it as a text: `\"{text}\"`")));
    }
    for field in optimized(&resource_type, action).map_or(&[][..], |entry| entry.required) {
        let before = checker.report.count();
        require(checker, request, field, &at, context);
        if meant.contains(field) {
            checker.report.follow(before);
        }
    }
}

/// Reports a field that AWS requires in a request, if it is missing.
pub(super) fn require(
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

/// Reports fields that the request does not have, and returns what their author probably meant.
fn unknown(
    checker: &mut Checker<'_>,
    request: &Map<String, Value>,
    members: &Members,
    at: &At<'_>,
    context: CheckContext,
) -> Vec<&'static str> {
    let mut meant = Vec::new();
    for key in request.keys() {
        let path = key.strip_suffix(".$").filter(|_| !context.is_jsonata());
        let field = path.unwrap_or(key);
        if !members.have(field) && !has_placeholder(field) {
            let message = format!("The field \"{field}\" is not supported by Step Functions");
            checker
                .report
                .schema_elsewhere(at, &at.key(key), Mark::Key, message);
            let near = checker.report.suggest(field, members.names.iter().copied());
            meant.extend(near);
        }
    }
    meant
}

/// What a request may contain.
struct Members {
    names: Vec<&'static str>,
    /// Whether the names are documented letter by letter. How Step Functions spells an abbreviation in a member of
    /// another operation, such as `DBInstance`, is known from a few examples only.
    exact: bool,
}

impl Members {
    /// `None` if they are not known.
    fn of(resource_type: &str, action: &str) -> Option<Self> {
        let members = |service_name: &str, operation_name: &str| -> Option<Vec<&'static str>> {
            let found = operation(service(service_name)?, operation_name)?;
            Some(found.members().map(|member| member.name).collect())
        };
        if let Some(service_name) = resource_type.strip_prefix("aws-sdk:") {
            return Some(Self {
                names: members(service_name, action)?,
                exact: false,
            });
        }
        let entry = optimized(resource_type, action)?;
        let own = { OWN.iter() }.find(|(own, _)| *own == (entry.service, entry.action));
        let names = match own {
            Some((_, fields)) => fields.to_vec(),
            None => {
                let (service_name, name) = entry.operation;
                let (first, rest) = name.split_at_checked(1)?;
                members(service_name, &(first.to_ascii_lowercase() + rest))?
            }
        };
        Some(Self { names, exact: true })
    }

    fn have(&self, field: &str) -> bool {
        if self.exact {
            return self.names.contains(&field);
        }
        // `equals` is `EqualsValue` in a definition.
        let plain = field.strip_suffix("Value").unwrap_or(field);
        let known = |member: &&str| {
            member.eq_ignore_ascii_case(field) || member.eq_ignore_ascii_case(plain)
        };
        // All of them begin with a capital letter, whatever the service's API does.
        !field.starts_with(|first: char| first.is_ascii_lowercase()) && self.names.iter().any(known)
    }
}

type Own = ((&'static str, &'static str), &'static [&'static str]);

/// Optimized integrations whose requests are not those of an operation. Source: the page of each service under
/// <https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html>.
#[rustfmt::skip]
const OWN: &[Own] = &[
    (("apigateway", "invoke"), &[
        "ApiEndpoint", "Method", "Headers", "Stage", "Path", "QueryParameters", "RequestBody", "AllowNullValues", "AuthType",
    ]),
    (("bedrock", "invokeModel"), &[
        "ModelId", "Accept", "ContentType", "Body", "Input", "Output", "GuardrailIdentifier", "GuardrailVersion", "Trace",
        "PerformanceConfigLatency", "ServiceTier",
    ]),
    (("bedrockagentcore", "invokeHarness"), &[
        "HarnessArn", "Qualifier", "RuntimeSessionId", "RuntimeUserId", "TraceParent", "TraceState", "TraceId", "Baggage",
        "Messages", "Model", "SystemPrompt", "Tools", "Skills", "AllowedTools", "MaxIterations", "MaxTokens",
        "TimeoutSeconds", "ActorId",
    ]),
    (("eks", "call"), &[
        "ClusterName", "CertificateAuthority", "Endpoint", "Method", "Path", "QueryParameters", "RequestBody",
    ]),
    (("eks", "runJob"), &["ClusterName", "CertificateAuthority", "Endpoint", "Namespace", "Job", "LogOptions"]),
    (("elasticmapreduce", "addStep"), &["ClusterId", "Step", "ExecutionRoleArn"]),
    (("elasticmapreduce", "cancelStep"), &["ClusterId", "StepId"]),
    (("elasticmapreduce", "modifyInstanceFleetByName"), &["ClusterId", "InstanceFleetName", "InstanceFleet"]),
    (("elasticmapreduce", "modifyInstanceGroupByName"), &["ClusterId", "InstanceGroupName", "InstanceGroup"]),
    (("elasticmapreduce", "setClusterTerminationProtection"), &["ClusterId", "TerminationProtected"]),
    (("elasticmapreduce", "terminateCluster"), &["ClusterId"]),
    (("http", "invoke"), &[
        "ApiEndpoint", "Method", "Authentication", "InvocationConfig", "Headers", "QueryParameters", "RequestBody",
        "Transform",
    ]),
];
