//! `txflow validate`.

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;

use super::build::find_crates;
use super::context::Context;
use crate::config::{Deployment, Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::report::{Answer, counted};
use crate::world::one_line;

/// Checks deploy.toml, the definition, and that each function has a crate, without AWS.
pub async fn validate(context: &Context) -> Result<Exit> {
    let checked = context.project.load_to_check();
    if let Err(error) = &checked
        && let Some(Diagnostics(findings)) = error.downcast_ref()
        && context.global.json
    {
        let valid = false;
        context.printer.answer(&Invalid { valid, findings })?;
    }
    let deployment = checked?;
    find_crates(context, &deployment).await?;
    context.printer.answer(&Valid::new(&deployment))?;
    Ok(Exit::Done)
}

/// The result if the files are valid.
#[derive(Serialize, JsonSchema)]
pub(super) struct Valid<'a> {
    valid: bool,
    name: &'a str,
    stage: &'a str,
    functions: Vec<&'a str>,
    tests: Vec<&'a str>,
    /// The warnings.
    findings: &'a [Diagnostic],
    #[serde(skip)]
    deployment: &'a Deployment,
}

/// The result if they are not.
#[derive(Serialize, JsonSchema)]
pub(super) struct Invalid<'a> {
    valid: bool,
    /// The errors and the warnings.
    findings: &'a [Diagnostic],
}

impl<'a> Valid<'a> {
    fn new(deployment: &'a Deployment) -> Self {
        let tests = deployment.tests.iter();
        Self {
            valid: true,
            name: &deployment.name,
            stage: &deployment.stage,
            functions: deployment.functions.keys().map(String::as_str).collect(),
            tests: tests.map(|test| test.name.as_str()).collect(),
            findings: &deployment.warnings,
            deployment,
        }
    }
}

impl Answer for Valid<'_> {
    fn text(&self) -> String {
        let deployment = self.deployment;
        let machines = deployment.state_machines.iter();
        let definitions = machines.map(|(_, machine)| {
            let path = machine.definition.path.display().to_string();
            let states = counted(machine.definition.states().len(), "state");
            format!("{states} in {}", one_line(&path))
        });
        format!(
            "Stack `{}`, stage `{}`: {}, {}, {}. Valid.",
            self.name,
            self.stage,
            counted(self.functions.len(), "function"),
            definitions.collect::<Vec<_>>().join(", "),
            counted(self.tests.len(), "test"),
        )
    }
}

/// As text the findings are the error.
impl Answer for Invalid<'_> {
    fn text(&self) -> String {
        counted(self.findings.len(), "finding")
    }
}
