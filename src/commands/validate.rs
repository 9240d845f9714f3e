//! `txflow validate`.

use anyhow::Result;
use serde::Serialize;
use serde_json::json;

use super::build::find_crates;
use super::context::Context;
use crate::config::Deployment;
use crate::exit::Exit;
use crate::report::{Answer, counted};
use crate::world::one_line;

/// Checks deploy.toml, the definition, and that each function has a crate, without AWS.
pub async fn validate(context: &Context) -> Result<Exit> {
    let deployment = context.project.load_to_check()?;
    find_crates(context, &deployment).await?;
    context.printer.answer(&Valid(&deployment))?;
    Ok(Exit::Done)
}

struct Valid<'a>(&'a Deployment);

impl Serialize for Valid<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(deployment) = self;
        let tests = deployment.tests.iter();
        json!({
            "name": deployment.name,
            "stage": deployment.stage,
            "functions": deployment.functions.keys().collect::<Vec<_>>(),
            "tests": tests.map(|test| &test.name).collect::<Vec<_>>(),
            "warnings": deployment.warnings,
        })
        .serialize(serializer)
    }
}

impl Answer for Valid<'_> {
    fn text(&self) -> String {
        let Self(deployment) = self;
        let machines = deployment.state_machines.iter();
        let definitions = machines.map(|(_, machine)| {
            let path = machine.definition.path.display().to_string();
            let states = counted(machine.definition.states().len(), "state");
            format!("{states} in {}", one_line(&path))
        });
        format!(
            "Stack `{}`, stage `{}`: {}, {}, {}. Valid.",
            deployment.name,
            deployment.stage,
            counted(deployment.functions.len(), "function"),
            definitions.collect::<Vec<_>>().join(", "),
            counted(deployment.tests.len(), "test"),
        )
    }
}
