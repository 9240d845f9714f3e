//! Roles that a call hands to the service, for which it needs `iam:PassRole`.

use super::argument::{Argument, Unknown};
use super::collector::{Collector, passed_to};
use super::each::known;
use super::{Condition, NeededResource};
use crate::integrations::{MemberKind, Operation};

/// A role by its ARN or its name.
pub(super) fn of(role: &Argument<'_>, request: &Argument<'_>) -> Vec<NeededResource> {
    known(role, |name| {
        let owner = request.owner;
        let arn = format!("arn:{}:iam::{}:role/{name}", owner.partition, owner.account);
        vec![NeededResource::Arn(arn)]
    })
}

/// All roles in a request: the fields `Role`, `RoleArn`, `ExecutionRoleArn`, however deep. If it shows none, one may be in an
/// object that only an execution knows.
pub(super) fn in_request(operation: &Operation, request: &Argument<'_>) -> Vec<NeededResource> {
    if request.is_dynamic() {
        return vec![request.unknown().resource()];
    }
    let fields = request.deep_fields(|name| {
        let name = name.to_ascii_lowercase();
        name.ends_with("role") || name.ends_with("rolearn")
    });
    let profiles = request.deep_fields(|name| name == "IamInstanceProfile");
    // One in the request takes the place of the template's.
    let templates = request.deep_fields(|name| name == "LaunchTemplate");
    if let Some(template) = templates.first()
        && profiles.is_empty()
        && operation.name == "RunInstances"
    {
        let because = "the launch template may have an instance profile, which has a role";
        return vec![Unknown::new(because, template).resource()];
    }
    if !fields.is_empty() || !profiles.is_empty() {
        // Whoever launches an instance passes it the role in its profile:
        // <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>.
        let of_profile = |profile| {
            let because = "the instance profile has the role";
            Unknown::new(because, profile).resource()
        };
        let named = fields.iter().flat_map(|field| of(field, request));
        return named.chain(profiles.iter().map(of_profile)).collect();
    }
    let objects = operation
        .members()
        .filter(|member| member.kind == MemberKind::Object && !is_without_role(member.name));
    objects
        .filter_map(|member| request.field(member.name))
        .filter(Argument::is_dynamic)
        .map(|field| field.unknown().resource())
        .collect()
}

/// Whether an object never has a role in it, by its shape in the API reference of the operations that may pass one.
fn is_without_role(member: &str) -> bool {
    const NONE: [&str; 19] = [
        "CapacityReservationSpecification",
        "CloudwatchLogsExportConfiguration",
        "CpuOptions",
        "CreditSpecification",
        "EnclaveOptions",
        "FlexibleTimeWindow",
        "HibernationOptions",
        "InstanceMarketOptions",
        "MaintenanceOptions",
        "MetadataOptions",
        "Monitoring",
        "NetworkPerformanceOptions",
        "Operator",
        "Placement",
        "PrivateDnsNameOptions",
        "ServerlessV2ScalingConfiguration",
        "SpotOptions",
        "SslProperties",
        "VpcConnectionProperties",
    ];
    member.ends_with("Tags") || NONE.contains(&member)
}

/// The roles that a request gives to a service, though IAM's reference does not say so of the action: whoever gives a
/// service a role needs the right to, see <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>.
pub(super) fn given(action: &str, request: &Argument<'_>) -> Vec<NeededResource> {
    // Their requests are about the role, or another condition guards it.
    const NONE: [&str; 6] = [
        "iam",
        "sts",
        "emr-containers",
        "lakeformation",
        "organizations",
        "sso",
    ];
    const READS: [&str; 4] = ["Get", "List", "Describe", "Search"];
    let (prefix, name) = action.split_once(':').unwrap_or_default();
    if NONE.contains(&prefix) || READS.iter().any(|verb| name.starts_with(verb)) {
        return Vec::new();
    }
    // The last one is a parameter of automations: <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup-iam.html>.
    let fields = request.deep_fields(|name| {
        name.to_ascii_lowercase().ends_with("rolearn") || name == "AutomationAssumeRole"
    });
    let roles = fields.iter().flat_map(Argument::items);
    roles.flat_map(|role| of(&role, request)).collect()
}

/// The condition that a role is only passed to the service that is called, if that service is all that uses the role.
///
/// Sources: the policies in each service's documentation, such as
/// <https://docs.aws.amazon.com/comprehend/latest/dg/security_iam_id-based-policy-examples.html>,
/// <https://docs.aws.amazon.com/textract/latest/dg/api-async-roles.html>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/access-control-identity-based.html> and
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-identity-based.html>.
pub(super) fn only_to_service(action: &str) -> Vec<Condition> {
    const SAME: [&str; 12] = [
        "comprehend",
        "databrew",
        "events",
        "glue",
        "lambda",
        "rekognition",
        "sagemaker",
        "scheduler",
        "states",
        "textract",
        "transcribe",
        "translate",
    ];
    let (prefix, _) = action.split_once(':').unwrap_or_default();
    match SAME.contains(&prefix) {
        true => passed_to(&format!("{prefix}.amazonaws.com")),
        false => Vec::new(),
    }
}

/// The roles of a task of ECS: those of its definition, unless the call overrides them.
pub(super) fn of_task(needs: &mut Collector<'_>, place: &str, request: &Argument<'_>) {
    let fields = ["Overrides.TaskRoleArn", "Overrides.ExecutionRoleArn"];
    let mut roles: Vec<NeededResource> = Vec::new();
    let mut overridden = 0;
    for field in fields {
        if !request.is_dynamic()
            && let Some(role) = request.path(field)
        {
            overridden += 1;
            roles.extend(of(&role, request));
        }
    }
    if overridden < fields.len() {
        let because = "the roles of the task are those of its task definition";
        roles.push(Unknown::new(because, request).resource());
    }
    needs.add_if(
        place,
        "iam:PassRole",
        roles,
        &passed_to("ecs-tasks.amazonaws.com"),
    );
}
