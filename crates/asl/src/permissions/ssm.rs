//! What Systems Manager knows: parameters by their names or paths, and documents.

use super::NeededResource;
use super::argument::{Argument, Text};
use super::arn_template::fill;
use super::each::{arns, each, known};
use crate::integrations::ResourceType;

/// A parameter by its name or path; `None` for what is not about parameters.
pub(super) fn parameters(action: &str, request: &Argument<'_>) -> Option<Vec<NeededResource>> {
    let parameter = |name: &str| arns(request, "ssm", "parameter/", name.trim_start_matches('/'));
    Some(match action {
        "ssm:GetParametersByPath" => each(request, "Path", |path| {
            let path = path.trim_end_matches('/');
            let mut found = parameter(path);
            found.extend(parameter(&format!("{path}/*")));
            found
        }),
        "ssm:GetParameters" | "ssm:DeleteParameters" => each(request, "Names", parameter),
        "ssm:GetParameter"
        | "ssm:PutParameter"
        | "ssm:DeleteParameter"
        | "ssm:GetParameterHistory" => each(request, "Name", parameter),
        _ => return None,
    })
}

/// The document that a request names, and its version as a definition of an automation; `None` for other types, and if it
/// names none.
///
/// A document of AWS belongs to no account:
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup-identity-based-policies.html>. Its policies
/// name one version of an automation as `automation-definition/NAME:VERSION`.
pub(super) fn documents(
    kind: &ResourceType,
    request: &Argument<'_>,
) -> Option<Vec<NeededResource>> {
    let is_document = kind.arn.contains(":ssm:") && kind.name == "document";
    if !is_document && kind.name != "automation-definition" {
        return None;
    }
    let name = request.field("DocumentName")?;
    if is_document {
        return Some(known(&name, |name| document(request, "document", name)));
    }
    let versions = match request.field("DocumentVersion") {
        None => vec!["$DEFAULT".to_owned()],
        Some(version) => version.texts().into_iter().map(any_version).collect(),
    };
    let of_version = |version: &String| {
        known(&name, |name| {
            let name = format!("{name}:{version}");
            document(request, "automation-definition", &name)
        })
    };
    Some(versions.iter().flat_map(of_version).collect())
}

/// The instances that a command is sent to by `Targets`: each of them must be allowed, and those that tags choose are any.
///
/// Source: <https://docs.aws.amazon.com/systems-manager/latest/userguide/run-command-setting-up.html>.
pub(super) fn targets(
    action: &str,
    kind: &ResourceType,
    request: &Argument<'_>,
) -> Option<Vec<NeededResource>> {
    let start = match kind.name {
        "instance" => "i-",
        "managed-instance" => "mi-",
        _ => return None,
    };
    if action != "ssm:SendCommand" || request.is_dynamic() {
        return None;
    }
    let mut found = Vec::new();
    for target in request.field("Targets")?.items() {
        match target.known_texts("Key").as_deref() {
            Some([key]) if key == "InstanceIds" => {
                found.extend(each(&target, "Values", |id| match id.starts_with(start) {
                    true => of_id(kind, id, request),
                    false => Vec::new(),
                }));
            }
            _ => found.extend(of_id(kind, "*", request).into_iter().map(|of_type| {
                let arn = of_type.arn().unwrap_or_default().to_owned();
                let kind = kind.name;
                NeededResource::OfType { arn, kind }
            })),
        }
    }
    Some(found).filter(|found| !found.is_empty())
}

fn of_id(kind: &ResourceType, id: &str, request: &Argument<'_>) -> Vec<NeededResource> {
    let value = |_: &str| Some(vec![Text::Known(id.to_owned())]);
    fill(kind.arn, &request.owner, value).unwrap_or_default()
}

fn any_version(version: Text) -> String {
    match version {
        Text::Known(version) => version,
        Text::Starts(..) | Text::Unknown(_) => "*".to_owned(),
    }
}

fn document(request: &Argument<'_>, kind: &str, name: &str) -> Vec<NeededResource> {
    let owner = request.owner;
    let account = match is_of_aws(name) {
        true => "",
        false => owner.account,
    };
    let (partition, region) = (owner.partition, owner.region);
    vec![NeededResource::Arn(format!(
        "arn:{partition}:ssm:{region}:{account}:{kind}/{name}"
    ))]
}

/// Nobody else may have a document with such a name:
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html>.
fn is_of_aws(document: &str) -> bool {
    let name = document.to_ascii_lowercase();
    ["aws", "amazon", "amzn"]
        .iter()
        .any(|start| name.starts_with(start))
}
