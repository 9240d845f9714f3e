//! The versions of a secret and their stages.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{CURRENT, SecretsManager, content, invalid_parameter, invalid_request, not_found};
use crate::clock::seconds;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutSecretValue {
    secret_id: String,
    client_request_token: Option<String>,
    secret_string: Option<String>,
    secret_binary: Option<String>,
    version_stages: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateSecretVersionStage {
    secret_id: String,
    version_stage: String,
    remove_from_version_id: Option<String>,
    move_to_version_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListVersions {
    secret_id: String,
    #[serde(default)]
    include_deprecated: bool,
}

impl SecretsManager {
    pub(super) async fn put_secret_value(&self, call: &Call) -> Result<Answer, Fault> {
        let request: PutSecretValue = call.json()?;
        let content = content(request.secret_string, request.secret_binary)?;
        let Some(content) = content else {
            return Err(invalid_request(
                "You must provide either SecretString or SecretBinary.",
            ));
        };
        let now = self.conditions.now();
        let token = request.client_request_token;
        let id = token.unwrap_or_else(|| self.conditions.random.uuid().to_string());
        let stages = request.version_stages;
        let stages = stages.unwrap_or_else(|| vec![CURRENT.to_owned()]);
        let put = self.edit(call, &request.secret_id, |secret| {
            secret.add(&id, content, &stages, now)?;
            let stages = secret.versions.get(&id).map(|version| &version.stages);
            Ok(json!({
                "ARN": secret.arn, "Name": secret.name, "VersionId": id, "VersionStages": stages,
            }))
        });
        Ok(Answer::json(put.await?))
    }

    pub(super) async fn update_secret_version_stage(&self, call: &Call) -> Result<Answer, Fault> {
        let request: UpdateSecretVersionStage = call.json()?;
        let stage = request.version_stage;
        let update = self.edit(call, &request.secret_id, |secret| {
            let has = secret.staged(&stage).map(|(id, _)| id.clone());
            if has != request.remove_from_version_id && has.is_some() {
                let message = format!(
                    "The parameter RemoveFromVersionId must be the version that has the staging label {stage}."
                );
                return Err(invalid_parameter(message));
            }
            match &request.move_to_version_id {
                Some(to) if !secret.versions.contains_key(to) => {
                    let message =
                        format!("Secrets Manager can't find the specified secret version: {to}.");
                    return Err(not_found(message));
                }
                Some(to) => secret.stage(&stage, to),
                None if stage == CURRENT => {
                    let message = "You can't remove the staging label AWSCURRENT without moving it to another version.";
                    return Err(invalid_parameter(message));
                }
                None => {
                    for version in secret.versions.values_mut() {
                        version.stages.remove(&stage);
                    }
                }
            }
            Ok(json!({ "ARN": secret.arn, "Name": secret.name }))
        });
        Ok(Answer::json(update.await?))
    }

    pub(super) fn list_secret_version_ids(&self, call: &Call) -> Result<Answer, Fault> {
        let request: ListVersions = call.json()?;
        let (_, secret) = self.find(&call.scope, &request.secret_id)?;
        let versions = secret.versions.iter();
        let versions = versions
            .filter(|(_, version)| request.include_deprecated || !version.stages.is_empty())
            .map(|(id, version)| {
                json!({
                    "VersionId": id,
                    "VersionStages": version.stages,
                    "CreatedDate": seconds(version.created),
                })
            });
        let versions: Vec<Value> = versions.collect();
        Ok(Answer::json(
            json!({ "ARN": secret.arn, "Name": secret.name, "Versions": versions }),
        ))
    }
}
