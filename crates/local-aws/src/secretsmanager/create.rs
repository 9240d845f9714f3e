//! Creating and updating secrets.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::json;

use super::{
    CURRENT, Secret, SecretsManager, Version, content, invalid_parameter, invalid_request, key,
};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::tags::{self, Tag};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateSecret {
    name: String,
    client_request_token: Option<String>,
    description: Option<String>,
    kms_key_id: Option<String>,
    secret_string: Option<String>,
    secret_binary: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateSecret {
    secret_id: String,
    client_request_token: Option<String>,
    description: Option<String>,
    kms_key_id: Option<String>,
    secret_string: Option<String>,
    secret_binary: Option<String>,
}

impl SecretsManager {
    pub(super) async fn create_secret(&self, call: &Call) -> Result<Answer, Fault> {
        let request: CreateSecret = call.json()?;
        let name = request.name;
        let known = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-!".contains(c);
        if name.is_empty() || name.len() > 512 || !name.chars().all(known) {
            return Err(Fault::bad(
                "ValidationException",
                "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
            ));
        }
        let tags = Tag::map(request.tags);
        tags::check("InvalidParameterException", &tags)?;
        let content = content(request.secret_string, request.secret_binary)?;
        let now = self.conditions.now();
        let token = request.client_request_token;
        let id = token.unwrap_or_else(|| self.conditions.random.uuid().to_string());
        let version = content.map(|content| Version {
            content,
            stages: BTreeSet::from([CURRENT.to_owned()]),
            created: now,
        });
        let key = key(&call.scope, &name);
        let arn = call.scope.arn(
            "secretsmanager",
            &format!("secret:{name}-{}", self.suffix()),
        );
        let create = self.secrets.change(|secrets| {
            let existing = secrets.get(&key).filter(|secret| !secret.is_gone(now));
            if let Some(existing) = existing {
                if existing.deleted.is_some() {
                    return Err(invalid_request(
                        "You can't create this secret because a secret with this name is already scheduled for deletion.",
                    ));
                }
                // The same request again.
                let same = version.as_ref().zip(existing.versions.get(&id));
                if same.is_some_and(|(new, old)| new.content == old.content) {
                    return Ok(existing.arn.clone());
                }
                let message = format!(
                    "The operation failed because the secret {} already exists.",
                    existing.name
                );
                return Err(Fault::bad("ResourceExistsException", message));
            }
            let versions = version.clone().map(|version| (id.clone(), version));
            let secret = Secret {
                name: name.clone(),
                arn: arn.clone(),
                description: request.description,
                kms_key: request.kms_key_id,
                created: now,
                changed: now,
                deleted: None,
                tags,
                versions: BTreeMap::from_iter(versions),
            };
            secrets.put(&key, secret);
            Ok(arn)
        });
        let arn = create.await?;
        let mut answer = json!({ "ARN": arn, "Name": name });
        if version.is_some() {
            answer["VersionId"] = json!(id);
        }
        Ok(Answer::json(answer))
    }

    pub(super) async fn update_secret(&self, call: &Call) -> Result<Answer, Fault> {
        let request: UpdateSecret = call.json()?;
        let content = content(request.secret_string, request.secret_binary)?;
        let now = self.conditions.now();
        let token = request.client_request_token;
        let id = token.unwrap_or_else(|| self.conditions.random.uuid().to_string());
        let has_content = content.is_some();
        let update = self.edit(call, &request.secret_id, |secret| {
            secret.description = request.description.or(secret.description.take());
            secret.kms_key = request.kms_key_id.or(secret.kms_key.take());
            secret.changed = now;
            if let Some(content) = content {
                secret.add(&id, content, &[CURRENT.to_owned()], now)?;
            }
            Ok((secret.arn.clone(), secret.name.clone()))
        });
        let (arn, name) = update.await?;
        let mut answer = json!({ "ARN": arn, "Name": name });
        if has_content {
            answer["VersionId"] = json!(id);
        }
        Ok(Answer::json(answer))
    }

    /// The end of an ARN.
    fn suffix(&self) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let letter = || {
            let index = self.conditions.random.below(LETTERS.len() as u64);
            usize::try_from(index)
                .ok()
                .and_then(|index| LETTERS.get(index))
        };
        (0..6)
            .filter_map(|_| Some(char::from(*letter()?)))
            .collect()
    }
}

impl Secret {
    /// Adds a version with these stages. The same request again changes nothing.
    pub(super) fn add(
        &mut self,
        id: &str,
        content: super::Content,
        stages: &[String],
        now: u64,
    ) -> Result<(), Fault> {
        if !(32..=64).contains(&id.len()) {
            return Err(invalid_parameter(
                "ClientRequestToken must be 32-64 characters long.",
            ));
        }
        match self.versions.get(id) {
            Some(existing) if existing.content == content => return Ok(()),
            Some(_) => {
                let message = format!(
                    "You can't use ClientRequestToken {id} because that value is already in use for a version of secret {}.",
                    self.arn
                );
                return Err(Fault::bad("ResourceExistsException", message));
            }
            None => {}
        }
        let version = Version {
            content,
            stages: BTreeSet::new(),
            created: now,
        };
        let is_first = self.versions.is_empty();
        self.versions.insert(id.to_owned(), version);
        if is_first {
            self.stage(CURRENT, id);
        }
        for stage in stages {
            self.stage(stage, id);
        }
        // Secrets Manager keeps no version that has no stage, once there are others.
        self.versions
            .retain(|other, version| other == id || !version.stages.is_empty());
        self.changed = now;
        Ok(())
    }
}
