//! Deleting parameters.

use serde::Deserialize;
use serde_json::json;

use super::{Ssm, key, no_parameter, plain};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteParameter {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteParameters {
    names: Vec<String>,
}

impl Ssm {
    pub(super) async fn delete_parameter(&self, call: &Call) -> Result<Answer, Fault> {
        let request: DeleteParameter = call.json()?;
        match self.remove(call, &request.name).await? {
            true => Ok(Answer::json(json!({}))),
            false => Err(no_parameter()),
        }
    }

    pub(super) async fn delete_parameters(&self, call: &Call) -> Result<Answer, Fault> {
        let request: DeleteParameters = call.json()?;
        let (mut deleted, mut invalid) = (Vec::new(), Vec::new());
        for name in request.names {
            match self.remove(call, &name).await? {
                true => deleted.push(name),
                false => invalid.push(name),
            }
        }
        Ok(Answer::json(
            json!({ "DeletedParameters": deleted, "InvalidParameters": invalid }),
        ))
    }

    /// Whether it existed.
    async fn remove(&self, call: &Call, name: &str) -> Result<bool, Fault> {
        let key = key(&call.scope, plain(name));
        let remove = self.parameters.change(|parameters| {
            let existed = parameters.get(&key).is_some();
            parameters.remove(&key);
            Ok(existed)
        });
        remove.await
    }
}
