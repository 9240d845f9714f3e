//! Deleting secrets, and taking that back.

use serde::Deserialize;
use serde_json::json;

use super::{SecretsManager, invalid_parameter, invalid_request, secret};
use crate::clock::{Millis, seconds};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::http::scope::Scope;

const DAY: Millis = 24 * 60 * 60 * 1000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteSecret {
    secret_id: String,
    recovery_window_in_days: Option<u64>,
    #[serde(default)]
    force_delete_without_recovery: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RestoreSecret {
    secret_id: String,
}

impl SecretsManager {
    pub(super) async fn delete_secret(&self, call: &Call) -> Result<Answer, Fault> {
        let request: DeleteSecret = call.json()?;
        let force = request.force_delete_without_recovery;
        let window = request.recovery_window_in_days;
        if force && window.is_some() {
            return Err(invalid_parameter(
                "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
            ));
        }
        let days = window.unwrap_or(30);
        if !(7..=30).contains(&days) {
            return Err(invalid_parameter(
                "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
            ));
        }
        let now = self.conditions.now();
        let (key, found) = match self.find(&call.scope, &request.secret_id) {
            Err(_) if force => return Ok(absent(&call.scope, &request.secret_id, now)),
            found => found?,
        };
        let until = now + days * DAY;
        let delete = self.secrets.change(|secrets| {
            if force {
                secrets.remove(&key);
                return Ok(());
            }
            let mut secret = secret(secrets, &key)?;
            secret.not_deleted()?;
            secret.deleted = Some((now, until));
            secrets.put(&key, secret);
            Ok(())
        });
        delete.await?;
        let at = if force { now } else { until };
        Ok(Answer::json(json!({
            "ARN": found.arn, "Name": found.name, "DeletionDate": seconds(at),
        })))
    }

    pub(super) async fn restore_secret(&self, call: &Call) -> Result<Answer, Fault> {
        let request: RestoreSecret = call.json()?;
        let (key, found) = self.find(&call.scope, &request.secret_id)?;
        let restore = self.secrets.change(|secrets| {
            let mut secret = secret(secrets, &key)?;
            if secret.deleted.take().is_none() {
                return Err(invalid_request(
                    "You can't restore this secret because it is not scheduled for deletion.",
                ));
            }
            secrets.put(&key, secret);
            Ok(())
        });
        restore.await?;
        Ok(Answer::json(
            json!({ "ARN": found.arn, "Name": found.name }),
        ))
    }
}

/// A deletion by force succeeds for a secret that does not exist.
fn absent(scope: &Scope, id: &str, now: Millis) -> Answer {
    let arn = match id.starts_with("arn:") {
        true => id.to_owned(),
        false => scope.arn("secretsmanager", &format!("secret:{id}")),
    };
    Answer::json(json!({ "ARN": arn, "Name": id, "DeletionDate": seconds(now) }))
}
