//! Reading secrets.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    CURRENT, Secret, SecretsManager, Version, invalid_parameter, key, not_found, with_content,
};
use crate::clock::seconds;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::page::page;
use crate::tags::Tag;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetSecretValue {
    secret_id: String,
    version_id: Option<String>,
    version_stage: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    secret_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListSecrets {
    max_results: Option<usize>,
    next_token: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    sort_order: Option<String>,
    #[serde(default)]
    include_planned_deletion: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchGet {
    secret_id_list: Option<Vec<String>>,
    #[serde(default)]
    filters: Vec<Filter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: String,
    values: Vec<String>,
}

impl Filter {
    /// Whether one of the values is what the secret starts with; a `!` before it turns it round.
    fn admits(&self, secret: &Secret) -> bool {
        let texts: Vec<&str> = match self.key.as_str() {
            "name" => vec![&secret.name],
            "description" => secret.description.as_deref().into_iter().collect(),
            "tag-key" => secret.tags.keys().map(String::as_str).collect(),
            "tag-value" => secret.tags.values().map(String::as_str).collect(),
            _ => { [secret.name.as_str()].into_iter() }
                .chain(secret.description.as_deref())
                .chain(
                    secret
                        .tags
                        .iter()
                        .flat_map(|(key, value)| [key.as_str(), value]),
                )
                .collect(),
        };
        self.values.iter().any(|value| {
            let (value, negated) = match value.strip_prefix('!') {
                Some(value) => (value, true),
                None => (value.as_str(), false),
            };
            texts.iter().any(|text| text.starts_with(value)) != negated
        })
    }
}

impl SecretsManager {
    pub(super) fn get_secret_value(&self, call: &Call) -> Result<Answer, Fault> {
        let request: GetSecretValue = call.json()?;
        let (_, secret) = self.find(&call.scope, &request.secret_id)?;
        secret.not_deleted()?;
        let stage = request.version_stage.as_deref();
        let found = match &request.version_id {
            Some(id) => secret.versions.get_key_value(id),
            None => secret.staged(stage.unwrap_or(CURRENT)),
        };
        let Some((id, version)) = found else {
            let (what, value) = match &request.version_id {
                Some(id) => ("VersionId", id.as_str()),
                None => ("staging label", stage.unwrap_or(CURRENT)),
            };
            return Err(not_found(format!(
                "Secrets Manager can't find the specified secret value for {what}: {value}"
            )));
        };
        if request.version_id.is_some()
            && stage.is_some_and(|stage| !version.stages.contains(stage))
        {
            return Err(invalid_parameter(
                "You provided a VersionStage that is not associated to the provided VersionId.",
            ));
        }
        Ok(Answer::json(shown(&secret, Some((id, version)))?))
    }

    /// The secrets that are named, or that the filters admit. One that cannot be read is told beside the others.
    pub(super) fn batch_get_secret_value(&self, call: &Call) -> Result<Answer, Fault> {
        let request: BatchGet = call.json()?;
        let named = match request.secret_id_list {
            Some(ids) => ids,
            None => { self.secrets.list(&key(&call.scope, "")).into_iter() }
                .filter(|(_, secret)| request.filters.iter().all(|it| it.admits(secret)))
                .filter(|(_, secret)| secret.deleted.is_none())
                .map(|(_, secret)| secret.arn.clone())
                .collect(),
        };
        let (mut values, mut errors) = (Vec::new(), Vec::new());
        for id in named {
            let found = self.find(&call.scope, &id);
            let value = found.and_then(|(_, secret)| {
                secret.not_deleted()?;
                shown(&secret, secret.staged(CURRENT))
            });
            match value {
                Ok(value) => values.push(value),
                Err(fault) => errors.push(json!({
                    "SecretId": id, "ErrorCode": fault.code, "Message": fault.message
                })),
            }
        }
        Ok(Answer::json(
            json!({ "SecretValues": values, "Errors": errors }),
        ))
    }

    /// Resource policies are not kept here.
    pub(super) fn get_resource_policy(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Named = call.json()?;
        let (_, secret) = self.find(&call.scope, &request.secret_id)?;
        Ok(Answer::json(
            json!({ "ARN": secret.arn, "Name": secret.name }),
        ))
    }

    pub(super) fn describe_secret(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Named = call.json()?;
        let (_, secret) = self.find(&call.scope, &request.secret_id)?;
        let mut described = described(&secret);
        described["VersionIdsToStages"] = stages(&secret);
        Ok(Answer::json(described))
    }

    pub(super) fn list_secrets(&self, call: &Call) -> Result<Answer, Fault> {
        let request: ListSecrets = call.json()?;
        let now = self.conditions.now();
        let mut secrets = self.secrets.seen_list(&key(&call.scope, ""), call.view);
        secrets.retain(|(_, secret)| {
            let shown = secret.deleted.is_none() || request.include_planned_deletion;
            let admitted = request.filters.iter().all(|filter| filter.admits(secret));
            shown && admitted && !secret.is_gone(now)
        });
        let size = request.max_results.unwrap_or(100).clamp(1, 100);
        let (mut secrets, next) = page(secrets, request.next_token.as_deref(), size)
            .map_err(|_| Fault::bad("InvalidNextTokenException", "Invalid NextToken"))?;
        if request.sort_order.as_deref() != Some("asc") {
            // The newest first, as without an order.
            secrets.sort_by_key(|(_, secret)| std::cmp::Reverse(secret.created));
        }
        let secrets = secrets.iter().map(|(_, secret)| {
            let mut described = described(secret);
            described["SecretVersionsToStages"] = stages(secret);
            described
        });
        let secrets: Vec<Value> = secrets.collect();
        let mut answer = json!({ "SecretList": secrets });
        if let Some(next) = next {
            answer["NextToken"] = json!(next);
        }
        Ok(Answer::json(answer))
    }
}

fn stages(secret: &Secret) -> Value {
    let versions = secret.versions.iter();
    let staged = versions.filter(|(_, version)| !version.stages.is_empty());
    let staged = staged.map(|(id, version)| (id.clone(), json!(version.stages)));
    Value::Object(Map::from_iter(staged))
}

fn described(secret: &Secret) -> Value {
    let mut described = json!({ "ARN": secret.arn, "Name": secret.name });
    if let Some(description) = &secret.description {
        described["Description"] = json!(description);
    }
    if let Some(key) = &secret.kms_key {
        described["KmsKeyId"] = json!(key);
    }
    described["LastChangedDate"] = json!(seconds(secret.changed));
    if let Some((since, _)) = secret.deleted {
        described["DeletedDate"] = json!(seconds(since));
    }
    if !secret.tags.is_empty() {
        described["Tags"] = json!(Tag::list(&secret.tags));
    }
    described["CreatedDate"] = json!(seconds(secret.created));
    described
}

/// A version of a secret with its content.
fn shown(secret: &Secret, version: Option<(&String, &Version)>) -> Result<Value, Fault> {
    let (id, version) = version.ok_or_else(|| {
        not_found(format!(
            "Secrets Manager can't find the specified secret value for staging label: {CURRENT}"
        ))
    })?;
    let mut answer = json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": id,
    });
    with_content(&mut answer, &version.content);
    answer["VersionStages"] = json!(version.stages);
    answer["CreatedDate"] = json!(seconds(version.created));
    Ok(answer)
}
