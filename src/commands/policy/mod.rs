//! `txflow policy`.

mod boundary;
mod options;
mod pattern;
mod role;
mod size;
mod trust;

pub(super) use boundary::local_boundary;
pub(super) use options::PolicyOptions;
pub(super) use role::RolePolicy;

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use self::boundary::boundary;
use self::pattern::{any, covers, stage_of};
use self::trust::trust;
use super::context::{Context, Printer, Project};
use super::embedded::LOCAL_REGION;
use super::error::CommandError;
use crate::config::{self, Deployment, Diagnostic, Diagnostics, Severity};
use crate::exit::Exit;
use crate::policy::{self, Command, Scope};
use crate::report::Answer;
use crate::stack::{Account, Stack};
use crate::world::unbroken;

/// Prints what an administrator sets up in AWS before a pipeline can deploy. AWS is not called.
pub fn policy(context: &Context, options: &PolicyOptions) -> Result<Exit> {
    let stages = options.stages.as_ref();
    let deployment = match stages {
        Some(pattern) => load_for(&context.project, pattern)?,
        None => context.project.load_names()?,
    };
    // Before any note about the output.
    if options.trust.trust && deployment.account.is_none() && !context.global.local {
        return Err(CommandError::NoAccount.into());
    }
    let stack = Stack {
        stage: stages.unwrap_or(&deployment.stage).clone(),
        ..Stack::of(&deployment.stack_config(), account(context, &deployment))
    };
    if options.role.is_some() || options.boundary {
        refuse_unset(&deployment)?;
    }
    let printer = &context.printer;
    if let Some(role) = &options.role {
        return role::role(&deployment, &stack, role, printer);
    }
    let document = if options.boundary {
        boundary(&deployment, &stack, &options.former(), printer)
    } else if options.trust.trust {
        trust(&stack, stages.is_some(), &options.trust, printer)
    } else {
        least_policy(&deployment, &stack, options, printer)
    };
    size::check(&document)?;
    printer.answer(&Policy(document))?;
    Ok(Exit::Done)
}

/// What a role allows is printed as it is deployed, or not at all.
fn refuse_unset(deployment: &Deployment) -> Result<(), Diagnostics> {
    let unset = deployment.warnings.iter();
    let unset = unset.filter(|warning| warning.code == config::UNSET_VALUE);
    let unset: Vec<Diagnostic> = { unset.cloned() }
        .map(|warning| Diagnostic {
            severity: Severity::Error,
            ..warning
        })
        .collect();
    if unset.is_empty() {
        Ok(())
    } else {
        Err(Diagnostics(unset))
    }
}

/// The deployment of a stage without settings of its own, for all stages that match the pattern.
fn load_for(project: &Project, pattern: &str) -> Result<Deployment> {
    let deployment = project.load_stage(&stage_of(pattern))?;
    // One of the stages that a pattern declares has the settings of all of them.
    let declared = deployment.stages.iter().map(|stage| stage_of(stage));
    for stage in declared.filter(|stage| covers(pattern, stage)) {
        if project.load_stage(&stage)?.protect {
            let pattern = pattern.to_owned();
            return Err(CommandError::CoversProtected { pattern, stage }.into());
        }
    }
    Ok(deployment)
}

fn least_policy(
    deployment: &Deployment,
    stack: &Stack,
    options: &PolicyOptions,
    printer: &Printer,
) -> Value {
    let all = any();
    let scope = Scope {
        all: None,
        stack,
        functions: &deployment.functions,
        state_machines: &deployment.state_machines,
        event_buses: deployment.event_buses(),
        answers_tasks: deployment.answers_tasks(),
        former: &options.former(),
        boundary: deployment.permissions_boundary.as_deref(),
    };
    let commands = match options.commands.as_slice() {
        [] => &Command::ALL,
        commands => commands,
    };
    if scope.boundary.is_none() && commands.contains(&Command::Deploy) {
        printer.note(&format!(
            "without a permissions boundary, whoever has this policy can take over the account: it allows them to \
             create a role under `{}` with any permissions, and to run code as that role; `txflow policy \
             --boundary` prints a boundary, which `permissions-boundary` under `[roles]` in deploy.toml puts on \
             every role and this policy then requires",
            stack.role_path()
        ));
    }
    let exact = policy::document(&scope, commands);
    if size::fits(&exact) {
        return exact;
    }
    let scope = Scope {
        all: Some(&all),
        ..scope
    };
    let document = policy::document(&scope, commands);
    if size::fits(&document) {
        size::note_pattern("policy", &exact, stack, printer);
    }
    document
}

/// The account, as far as it is known without calling AWS. What is not known may be anything.
fn account(context: &Context, deployment: &Deployment) -> Account {
    let Context {
        global,
        world,
        printer,
        ..
    } = context;
    let local = |value: &str| global.local.then(|| value.to_owned());
    let id = deployment.account.clone();
    let id = id.or_else(|| local(txflow_local_aws::DEFAULT_ACCOUNT));
    let region = { global.region.clone() }
        .or_else(|| deployment.region.clone())
        .or_else(|| local(LOCAL_REGION))
        .or_else(|| world.variable("AWS_REGION"))
        .or_else(|| world.variable("AWS_DEFAULT_REGION"));
    if id.is_none() {
        printer.note("deploy.toml sets no `account`, so the policy says `*` in its place");
    }
    if region.is_none() {
        printer.note("no region is set, so the policy says `*` in its place; `--region` names one");
    }
    let region = region.unwrap_or_else(any);
    Account {
        partition: config::partition_of(&region).to_owned(),
        id: id.unwrap_or_else(any),
        region,
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Policy(Value);

impl Answer for Policy {
    fn text(&self) -> String {
        unbroken(&format!("{:#}", self.0))
    }
}
