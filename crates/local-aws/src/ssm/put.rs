//! Writing parameters.

use serde::Deserialize;
use serde_json::json;

use super::{Parameter, Ssm, VERSIONS, Version, arn, key, validation};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::tags::{self, Tag};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutParameter {
    name: String,
    value: String,
    r#type: Option<String>,
    description: Option<String>,
    key_id: Option<String>,
    #[serde(default)]
    overwrite: bool,
    allowed_pattern: Option<String>,
    tier: Option<String>,
    data_type: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

const KINDS: [&str; 3] = ["String", "StringList", "SecureString"];

impl Ssm {
    pub(super) async fn put_parameter(&self, call: &Call) -> Result<Answer, Fault> {
        let request: PutParameter = call.json()?;
        check_name(&request.name)?;
        let tags = Tag::map(request.tags);
        tags::check("ValidationException", &tags)?;
        if request.overwrite && !tags.is_empty() {
            return Err(validation(
                "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
            ));
        }
        if let Some(kind) = &request.r#type
            && !KINDS.contains(&kind.as_str())
        {
            return Err(validation(format!(
                "1 validation error detected: Value '{kind}' at 'type' failed to satisfy constraint: \
                 Member must satisfy enum value set: [SecureString, StringList, String]"
            )));
        }
        let tier = request.tier.unwrap_or_else(|| "Standard".to_owned());
        let most = if tier == "Advanced" { 8192 } else { 4096 };
        if request.value.is_empty() {
            return Err(validation(
                "1 validation error detected: Value '' at 'value' failed to satisfy constraint: \
                 Member must have length greater than or equal to 1",
            ));
        }
        if request.value.len() > most {
            return Err(validation(format!(
                "{tier} tier parameters support a maximum parameter value of {most} characters. \
                 To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."
            )));
        }
        let now = self.conditions.now();
        let key = key(&call.scope, &request.name);
        let put = self.parameters.change(|parameters| {
            let existing = parameters.get(&key).map(|found| Parameter::clone(found));
            let before = existing.as_ref().and_then(Parameter::newest).cloned();
            if existing.is_some() && !request.overwrite {
                return Err(Fault::bad(
                    "ParameterAlreadyExists",
                    "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
                ));
            }
            let kind = request.r#type.or_else(|| Some(before.as_ref()?.kind.clone()));
            let Some(kind) = kind else {
                return Err(validation(
                    "A parameter type is required when you create a parameter.",
                ));
            };
            let secure = kind == "SecureString";
            let version = Version {
                version: before.as_ref().map_or(1, |before| before.version + 1),
                value: request.value,
                data_type: request.data_type.unwrap_or_else(|| "text".to_owned()),
                tier: tier.clone(),
                description: request.description,
                allowed_pattern: request.allowed_pattern,
                key_id: secure
                    .then(|| request.key_id.unwrap_or_else(|| "alias/aws/ssm".to_owned())),
                kind,
                modified: now,
            };
            let number = version.version;
            let mut parameter = existing.unwrap_or_else(|| Parameter {
                arn: arn(&call.scope, &request.name),
                name: request.name.clone(),
                tags,
                versions: Vec::new(),
            });
            parameter.versions.push(version);
            let superfluous = parameter.versions.len().saturating_sub(VERSIONS);
            parameter.versions.drain(..superfluous);
            parameters.put(&key, parameter);
            Ok(number)
        });
        let version = put.await?;
        Ok(Answer::json(json!({ "Version": version, "Tier": tier })))
    }
}

fn check_name(name: &str) -> Result<(), Fault> {
    let known = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty()).collect();
    if name.is_empty() || !name.chars().all(known) || name.contains("//") {
        return Err(validation(
            "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist of \
             sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_",
        ));
    }
    let first = parts.first().map(|part| part.to_ascii_lowercase());
    for reserved in ["aws", "ssm"] {
        if first
            .as_deref()
            .is_some_and(|first| first.starts_with(reserved))
        {
            return Err(validation(format!(
                "Parameter name: can't be prefixed with \"{reserved}\" (case-insensitive)."
            )));
        }
    }
    if parts.len() > 1 && !name.starts_with('/') {
        return Err(validation("Parameter name must be a fully qualified name."));
    }
    if parts.len() > 15 {
        let message = "A hierarchy can have a maximum of 15 levels. For more information, see Requirements and \
                       constraints for parameter names in the AWS Systems Manager User Guide.";
        return Err(Fault::bad("HierarchyLevelLimitExceededException", message));
    }
    Ok(())
}
