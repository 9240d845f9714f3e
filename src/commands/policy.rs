//! `txflow policy`.

use anyhow::Result;
use serde::Serialize;
use serde_json::Value;

use super::session::{LOCAL_REGION, Ui};
use crate::cli::PolicyOptions;
use crate::config::Deployment;
use crate::desired::{Account, Stack};
use crate::error::Exit;
use crate::policy::{Command, Scope, document};
use crate::report::{Answer, Event};

/// Prints the least policy that a pipeline's role needs. AWS is not asked.
pub fn policy(ui: &Ui, options: &PolicyOptions) -> Result<Exit> {
    let deployment = ui.load_names()?;
    let stages = options.stages.as_ref();
    let stack = Stack {
        name: deployment.name.clone(),
        stage: stages.unwrap_or(&deployment.stage).clone(),
        account: ui.account(&deployment),
    };
    let scope = Scope {
        stack: &stack,
        functions: &deployment.functions,
    };
    let commands = match options.commands.as_slice() {
        [] => &Command::ALL,
        commands => commands,
    };
    ui.answer(&Policy(document(&scope, commands)))?;
    Ok(Exit::Done)
}

impl Ui {
    /// As far as it is known without asking AWS. What is not known may be anything.
    fn account(&self, deployment: &Deployment) -> Account {
        let local = |value: &str| self.global.local.then(|| value.to_owned());
        let variable = |name: &str| self.world.variable(name);
        let id = deployment.account.clone();
        let id = id.or_else(|| local(txflow_local_aws::DEFAULT_ACCOUNT));
        let region = self.global.region.clone().or(deployment.region.clone());
        let region = region
            .or_else(|| local(LOCAL_REGION))
            .or_else(|| variable("AWS_REGION"))
            .or_else(|| variable("AWS_DEFAULT_REGION"));
        if id.is_none() {
            self.note("deploy.toml sets no `account`, so the policy says `*` in its place");
        }
        if region.is_none() {
            self.note(
                "no region is set, so the policy says `*` in its place; `--region` names one",
            );
        }
        let region = region.unwrap_or_else(any);
        Account {
            partition: partition(&region).to_owned(),
            id: id.unwrap_or_else(any),
            region,
        }
    }

    fn note(&self, text: &str) {
        self.reporter.report(&Event::Note { text: text.into() });
    }
}

fn any() -> String {
    "*".to_owned()
}

fn partition(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Policy(Value);

impl Answer for Policy {
    fn text(&self) -> String {
        format!("{:#}", self.0)
    }
}
