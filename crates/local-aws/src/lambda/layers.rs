//! Layers are names here: any that is well formed exists, and does not say which architectures it supports.

use serde_json::json;

use super::Lambda;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;

impl Lambda {
    pub(super) fn get_layer_version_by_arn(&self, call: &Call) -> Result<Answer, Fault> {
        let arn = arn(call);
        let found = arn.rsplit_once(':').and_then(|(layer, version)| {
            let version: u64 = version.parse().ok()?;
            layer.contains(":layer:").then_some((layer, version))
        });
        let Some((layer, version)) = found else {
            let message = format!("Layer version {arn} does not exist.");
            return Err(Fault::new(404, "ResourceNotFoundException", message));
        };
        Ok(Answer::json(json!({
            "LayerArn": layer,
            "LayerVersionArn": arn,
            "Version": version,
        })))
    }
}

/// The layer version that the query names.
pub(super) fn arn(call: &Call) -> &str {
    call.query.get("Arn").unwrap_or_default()
}
