//! A deployment to test with: two handlers, `buy` and `sell`, each with a state.
#![allow(clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Desired;
use crate::build::Artifact;
use crate::config::{
    Architecture, BuildConfig, Definition, Deployment, EnvironmentValue, FunctionConfig, Linker,
    LogLevel, StateMachineConfig, StateMachineKind,
};
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
    }
}

/// The deployment of a `deploy.toml` that has nothing but the names.
pub(crate) fn deployment() -> Deployment {
    let handlers = ["buy", "sell"];
    Deployment {
        root: PathBuf::from("/shop"),
        name: "shop".to_owned(),
        stage: "dev".to_owned(),
        stages: Vec::new(),
        region: None,
        account: None,
        keep_versions: 5,
        protect: false,
        build: BuildConfig {
            architecture: Architecture::X86_64,
            profile: "lambda".to_owned(),
            linker: Linker::Auto,
            features: Vec::new(),
            pass_environment: Vec::new(),
        },
        functions: handlers
            .map(|handler| (handler.to_owned(), function()))
            .into(),
        secret_variables: BTreeSet::new(),
        permissions_boundary: None,
        state_machine: StateMachineConfig {
            kind: StateMachineKind::Standard,
            logging: LogLevel::Off,
            include_execution_data: false,
            log_retention: Some(30),
            tracing: false,
            timeout: None,
        },
        definition: definition(&handlers),
        tags: BTreeMap::new(),
        tests: Vec::new(),
        warnings: Vec::new(),
    }
}

pub(crate) fn function() -> FunctionConfig {
    let mut function = FunctionConfig::unwritten();
    function.settings.timeout = 30;
    function
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
    }
}

pub(crate) fn plain(value: &str) -> EnvironmentValue {
    EnvironmentValue {
        value: value.to_owned(),
        secret: false,
    }
}

pub(crate) fn secret(value: &str) -> EnvironmentValue {
    EnvironmentValue {
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
    super::desired(deployment, &artifacts, &stack(), origin).expect("every handler has an artifact")
}
