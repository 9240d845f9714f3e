//! `txflow validate`.

use anyhow::Result;
use serde_json::json;

use super::session::Ui;
use crate::error::Exit;
use crate::report::counted;

/// Checks deploy.toml and the definition, without AWS.
pub fn validate(ui: &Ui) -> Result<Exit> {
    let deployment = ui.load()?;
    let functions = deployment.functions.len();
    let tests = deployment.tests.len();
    let value = json!({
        "name": deployment.name,
        "stage": deployment.stage,
        "functions": deployment.functions.keys().collect::<Vec<_>>(),
        "tests": deployment.tests.iter().map(|test| &test.name).collect::<Vec<_>>(),
        "warnings": deployment.warnings,
    });
    ui.result(&value, || {
        format!(
            "Stack `{}`, stage `{}`: {}, {} in {}, {}. Valid.",
            deployment.name,
            deployment.stage,
            counted(functions, "function"),
            counted(deployment.definition.states().len(), "state"),
            deployment.definition.path.display(),
            counted(tests, "test"),
        )
    })?;
    Ok(Exit::Done)
}
