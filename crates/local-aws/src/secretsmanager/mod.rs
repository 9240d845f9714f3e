//! Secrets Manager: secrets and their versions.

mod create;
mod delete;
mod password;
mod read;
mod tags;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Millis;
use crate::conditions::Conditions;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::api::{Api, Protocol};
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::permission::{Permission, body, filled};
use crate::service::Operations;
use crate::store::{Durable, Edit, Store, StoreError};
use crate::tags::Tags;

const API: Api = Api {
    name: "secretsmanager",
    protocol: Protocol::Json {
        target: "secretsmanager",
        content_type: "application/x-amz-json-1.1",
        error_type: str::to_owned,
    },
};

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

pub(crate) struct SecretsManager {
    conditions: Arc<Conditions>,
    /// By `<account>/<region>/<name>`.
    secrets: Durable<Secret>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Secret {
    name: String,
    /// Ends in six characters that differ from those of a former secret with this name.
    arn: String,
    description: Option<String>,
    kms_key: Option<String>,
    created: Millis,
    changed: Millis,
    /// When the secret is deleted for good, if it was deleted: since when and until when it can be restored.
    deleted: Option<(Millis, Millis)>,
    tags: Tags,
    /// By id.
    versions: BTreeMap<String, Version>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Version {
    content: Content,
    stages: BTreeSet<String>,
    created: Millis,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Content {
    Text(String),
    /// Base64.
    Binary(String),
}

impl SecretsManager {
    pub(crate) fn load(
        store: &Arc<Store>,
        conditions: &Arc<Conditions>,
    ) -> Result<SecretsManager, StoreError> {
        Ok(SecretsManager {
            conditions: Arc::clone(conditions),
            secrets: Durable::load(store, conditions, "secret")?,
        })
    }

    /// The key and the secret that a call names, by its name, its ARN, or its ARN without the six characters.
    fn find(&self, scope: &Scope, id: &str) -> Result<(String, Arc<Secret>), Fault> {
        let now = self.conditions.now();
        let named = self.secrets.get(&key(scope, id));
        let found = match named {
            Some(secret) => Some(secret),
            None if id.starts_with("arn:") => {
                let all = self.secrets.list(&key(scope, ""));
                let mut all = all.into_iter().map(|(_, secret)| secret);
                all.find(|secret| secret.arn == id || secret.partial_arn() == id)
            }
            None => None,
        };
        let found = found.filter(|secret| !secret.is_gone(now));
        let secret = found.ok_or_else(no_secret)?;
        Ok((key(scope, &secret.name), secret))
    }

    /// Changes a secret that is not deleted.
    async fn edit<R>(
        &self,
        call: &Call,
        id: &str,
        edit: impl FnOnce(&mut Secret) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        let (key, _) = self.find(&call.scope, id)?;
        self.secrets
            .change(|secrets| {
                let mut secret = secret(secrets, &key)?;
                secret.not_deleted()?;
                let result = edit(&mut secret)?;
                secrets.put(&key, secret);
                Ok(result)
            })
            .await
    }
}

fn secret(secrets: &Edit<'_, Secret>, key: &str) -> Result<Secret, Fault> {
    let secret = secrets.get(key).ok_or_else(no_secret)?;
    Ok(Secret::clone(secret))
}

impl Secret {
    /// Whether the time to restore it is over.
    fn is_gone(&self, now: Millis) -> bool {
        self.deleted.is_some_and(|(_, until)| until <= now)
    }

    fn partial_arn(&self) -> &str {
        self.arn.rsplit_once('-').map_or("", |(arn, _)| arn)
    }

    fn not_deleted(&self) -> Result<(), Fault> {
        match self.deleted {
            None => Ok(()),
            Some(_) => Err(invalid_request(
                "You can't perform this operation on the secret because it was marked for deletion.",
            )),
        }
    }

    /// The version with a stage.
    fn staged(&self, stage: &str) -> Option<(&String, &Version)> {
        let mut versions = self.versions.iter();
        versions.find(|(_, version)| version.stages.contains(stage))
    }

    /// Moves a stage to a version. What was current is then the previous one.
    fn stage(&mut self, stage: &str, to: &str) {
        let from = self.staged(stage).map(|(id, _)| id.clone());
        if from.as_deref() == Some(to) {
            return;
        }
        for version in self.versions.values_mut() {
            version.stages.remove(stage);
        }
        if let Some(version) = self.versions.get_mut(to) {
            version.stages.insert(stage.to_owned());
        }
        if let (CURRENT, Some(from)) = (stage, from) {
            self.stage(PREVIOUS, &from);
        }
    }
}

impl Operations for SecretsManager {
    const API: &'static Api = &API;

    fn permissions(&self, call: &Call) -> Option<Vec<Permission>> {
        let body = body(call);
        let resource = match call.operation.as_str() {
            "ListSecrets" | "BatchGetSecretValue" | "GetRandomPassword" => "*".to_owned(),
            "CreateSecret" => {
                let name = format!("secret:{}-", body["Name"].as_str()?);
                // AWS matches the ARN that the secret will have.
                call.scope.arn("secretsmanager", &format!("{name}AbCdEf"))
            }
            _ => {
                let id = body["SecretId"].as_str()?;
                match self.find(&call.scope, id) {
                    Ok((_, secret)) => secret.arn.clone(),
                    Err(_) if id.starts_with("arn:") => id.to_owned(),
                    Err(_) => call.scope.arn("secretsmanager", &format!("secret:{id}")),
                }
            }
        };
        let mut needed = vec![Permission::of(call, &resource)];
        if call.operation == "BatchGetSecretValue" {
            let get = |secret: &str| Permission::new("secretsmanager:GetSecretValue", secret);
            let named = body["SecretIdList"].as_array().into_iter().flatten();
            let named = named.filter_map(|id| self.find(&call.scope, id.as_str()?).ok());
            needed.extend(named.map(|(_, secret)| get(&secret.arn)));
            needed.extend(body["SecretIdList"].is_null().then(|| get("*")));
        }
        if call.operation == "CreateSecret" && filled(&body["Tags"]) {
            needed.push(Permission::new("secretsmanager:TagResource", &resource));
        }
        Some(needed)
    }

    async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        match call.operation.as_str() {
            "CreateSecret" => self.create_secret(call).await,
            "PutSecretValue" => self.put_secret_value(call).await,
            "UpdateSecret" => self.update_secret(call).await,
            "UpdateSecretVersionStage" => self.update_secret_version_stage(call).await,
            "GetSecretValue" => self.get_secret_value(call),
            "DescribeSecret" => self.describe_secret(call),
            "ListSecrets" => self.list_secrets(call),
            "BatchGetSecretValue" => self.batch_get_secret_value(call),
            "GetRandomPassword" => self.get_random_password(call),
            "GetResourcePolicy" => self.get_resource_policy(call),
            "ListSecretVersionIds" => self.list_secret_version_ids(call),
            "DeleteSecret" => self.delete_secret(call).await,
            "RestoreSecret" => self.restore_secret(call).await,
            "TagResource" => self.tag_resource(call).await,
            "UntagResource" => self.untag_resource(call).await,
            operation => Err(Fault::not_implemented("secretsmanager", operation)),
        }
    }
}

fn key(scope: &Scope, name: &str) -> String {
    format!("{}/{}/{name}", scope.account, scope.region)
}

fn no_secret() -> Fault {
    not_found("Secrets Manager can't find the specified secret.")
}

fn not_found(message: impl Into<String>) -> Fault {
    Fault::bad("ResourceNotFoundException", message)
}

fn invalid_request(message: impl Into<String>) -> Fault {
    Fault::bad("InvalidRequestException", message)
}

fn invalid_parameter(message: impl Into<String>) -> Fault {
    Fault::bad("InvalidParameterException", message)
}

/// The content of a request that has one.
fn content(text: Option<String>, binary: Option<String>) -> Result<Option<Content>, Fault> {
    const LIMIT: usize = 65_536;
    let content = match (text, binary) {
        (Some(_), Some(_)) => {
            let message = "You can't specify both a binary secret value and a string secret value in the same secret.";
            return Err(invalid_parameter(message));
        }
        (Some(text), None) => Content::Text(text),
        (None, Some(binary)) => Content::Binary(binary),
        (None, None) => return Ok(None),
    };
    let (Content::Text(value) | Content::Binary(value)) = &content;
    if value.is_empty() || value.len() > LIMIT {
        let message = format!(
            "1 validation error detected: Value at 'secretString' failed to satisfy constraint: \
             Member must have length between 1 and {LIMIT}"
        );
        return Err(Fault::bad("ValidationException", message));
    }
    Ok(Some(content))
}

/// Adds the content to an answer.
fn with_content(answer: &mut Value, content: &Content) {
    match content {
        Content::Text(text) => answer["SecretString"] = text.as_str().into(),
        Content::Binary(bytes) => answer["SecretBinary"] = bytes.as_str().into(),
    }
}
