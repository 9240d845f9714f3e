//! A deployment to test with: two handlers, `buy` and `sell`, each with a state.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::Desired;
use crate::build::Artifact;
use crate::config::{self, Definition, Deployment, EnvironmentValue, FILE_NAME};
use crate::stack::{Account, Origin, Stack};

pub(crate) fn stack() -> Stack {
    Stack {
        name: "shop".to_owned(),
        stage: "dev".to_owned(),
        account: Account {
            partition: "aws".to_owned(),
            id: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
        },
        roles: config::RolesConfig::default(),
        has_triggers: false,
    }
}

/// The result of a `deploy.toml` that says little but the names.
pub(crate) fn deployment() -> Deployment {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let handlers = ["buy", "sell"];
    let functions = handlers.map(|handler| format!("[functions.{handler}]\ntimeout = 30\n"));
    let text = format!("name = \"shop\"\n{}", functions.concat());
    let definition = definition(&handlers);
    let write = |name: &Path, text: &str| fs::write(dir.path().join(name), text).expect("write it");
    write(Path::new(FILE_NAME), &text);
    write(&definition.path, &definition.template.to_string());
    let deployment = config::load(dir.path(), "dev", &|_| None).expect("a good deploy.toml");
    let mut deployment = Deployment {
        root: PathBuf::from("/shop"),
        ..deployment
    };
    deployment.state_machines.main.definition = definition;
    deployment
}

/// A state for each handler, one after the other.
pub(crate) fn definition(handlers: &[&str]) -> Definition {
    let states = handlers.iter().enumerate().map(|(i, handler)| {
        let mut state = json!({
            "Type": "Task",
            "Resource": "arn:${AWS::Partition}:states:::lambda:invoke",
            "Parameters": { "FunctionName": format!("${{{handler}}}"), "Payload.$": "$" },
        });
        match handlers.get(i + 1) {
            Some(next) => state["Next"] = Value::from(*next),
            None => state["End"] = Value::from(true),
        }
        ((*handler).to_owned(), state)
    });
    let states: serde_json::Map<String, Value> = states.collect();
    Definition {
        path: PathBuf::from("definition.asl.json"),
        template: json!({ "StartAt": handlers[0], "States": states }),
        text: config::DefinitionText::default(),
        incomplete: false,
    }
}

pub(crate) fn plain(value: &str) -> EnvironmentValue {
    EnvironmentValue::Known {
        value: value.to_owned(),
        secret: false,
    }
}

pub(crate) fn secret(value: &str) -> EnvironmentValue {
    EnvironmentValue::Known {
        value: value.to_owned(),
        secret: true,
    }
}

/// The code of each handler: `code of buy`, unless `code` names another.
pub(crate) fn desired(deployment: &Deployment, code: &BTreeMap<String, String>) -> Desired {
    let artifacts: Vec<Artifact> = deployment
        .functions
        .keys()
        .map(|handler| Artifact {
            function: handler.clone(),
            zip: Arc::from([]),
            sha256: code
                .get(handler)
                .cloned()
                .unwrap_or_else(|| format!("code of {handler}")),
        })
        .collect();
    let origin = Origin {
        commit: Some("1f2e3d4".to_owned()),
    };
    let stack = Stack {
        has_triggers: !deployment.triggers.is_empty(),
        ..stack()
    };
    super::desired(deployment, &artifacts, &stack, origin).expect("every handler has an artifact")
}
