//! Whether the layers of the functions are made for their architecture.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;

use crate::aws::{Aws, AwsError, Class, failed};
use crate::config::Deployment;
use crate::plan::Refusal;

/// The layers of a deployment with the architectures that they say they support. Lambda accepts others, and then the
/// function fails when it starts.
#[derive(Debug, Default)]
pub struct Layers {
    /// By ARN. Empty if the layer does not say.
    supported: BTreeMap<String, Vec<String>>,
    /// Those that could not be read.
    unread: BTreeSet<String>,
}

/// Reads the layers that `deploy.toml` names; without any it makes no call.
///
/// # Errors
///
/// The first read that fails, unless the caller may not read the layer, or Lambda will say what is wrong with it.
pub async fn layers(aws: &Aws, deployment: &Deployment) -> Result<Layers, AwsError> {
    let functions = deployment.functions.values();
    let named: BTreeSet<&String> = functions
        .flat_map(|function| &function.settings.layers)
        .collect();
    let read = named.into_iter().map(async |arn| {
        let answer = aws.lambda.get_layer_version_by_arn().arn(arn).send().await;
        Ok(match answer.map_err(failed("GetLayerVersionByArn")) {
            Ok(answer) => {
                let supported = answer.compatible_architectures().iter();
                let supported = supported.map(|one| one.as_str().to_owned());
                (arn, Some(supported.collect()))
            }
            Err(error) if error.class == Class::NotFound => (arn, Some(Vec::new())),
            Err(error) if matches!(error.class, Class::Denied | Class::Other) => (arn, None),
            Err(error) => return Err(error),
        })
    });
    let mut layers = Layers::default();
    for (arn, supported) in try_join_all(read).await? {
        match supported {
            Some(supported) => drop(layers.supported.insert(arn.clone(), supported)),
            None => drop(layers.unread.insert(arn.clone())),
        }
    }
    Ok(layers)
}

impl Layers {
    /// Checks that each function can use its layers.
    ///
    /// # Errors
    ///
    /// [`Refusal::OtherArchitecture`] with the first layer that is made for another architecture.
    pub fn check(&self, deployment: &Deployment) -> Result<(), Refusal> {
        let architecture = deployment.build.architecture.as_str();
        for (handler, function) in &deployment.functions {
            for layer in &function.settings.layers {
                let supported = self.supported.get(layer).filter(|all| !all.is_empty());
                if let Some(supported) = supported
                    && !supported.iter().any(|one| one == architecture)
                {
                    return Err(Refusal::OtherArchitecture {
                        handler: handler.clone(),
                        layer: layer.clone(),
                        supported: supported.join(" and "),
                        architecture,
                    });
                }
            }
        }
        Ok(())
    }

    /// What could not be checked.
    pub fn notes(&self) -> impl Iterator<Item = String> {
        self.unread.iter().map(|layer| {
            format!(
                "layer `{layer}` was not checked for its architecture, since `lambda:GetLayerVersion` is refused"
            )
        })
    }
}
