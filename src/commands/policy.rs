//! `txflow policy`.

use anyhow::Result;
use regex_lite::Regex;
use serde::Serialize;
use serde_json::Value;
use txflow_asl::Arn;

use super::error::CommandError;
use super::session::{LOCAL_REGION, Ui};
use crate::cli::{PolicyOptions, TrustOptions};
use crate::config::{self, Deployment};
use crate::exit::Exit;
use crate::policy::{self, Command, Repository, SIZE_LIMIT, Scope, Subject};
use crate::report::{Answer, Event};
use crate::resources;
use crate::stack::{Account, Stack};

/// Prints what an administrator sets up in AWS before a pipeline can deploy. AWS is not called.
pub fn policy(ui: &Ui, options: &PolicyOptions) -> Result<Exit> {
    let deployment = ui.load_for(options.stages.as_deref())?;
    let stages = options.stages.as_ref();
    // Before any note about the output.
    if options.trust.trust && deployment.account.is_none() && !ui.global.local {
        return Err(CommandError::NoAccount.into());
    }
    let stack = Stack {
        name: deployment.name.clone(),
        stage: stages.unwrap_or(&deployment.stage).clone(),
        account: ui.account(&deployment),
    };
    let document = if options.boundary {
        ui.boundary(&deployment, &stack, &options.functions)
    } else if options.trust.trust {
        ui.trust(&stack, stages.is_some(), &options.trust)
    } else {
        ui.least_policy(&deployment, &stack, options)
    };
    ui.answer(&Policy(document))?;
    Ok(Exit::Done)
}

impl Ui {
    /// The deployment of the stage. For a pattern, it is that of a stage without settings of its own.
    fn load_for(&self, pattern: Option<&str>) -> Result<Deployment> {
        let Some(pattern) = pattern else {
            return self.load_names();
        };
        let deployment = self.load_stage(&stage_of(pattern))?;
        for stage in deployment
            .stages
            .iter()
            .filter(|stage| covers(pattern, stage))
        {
            if self.load_stage(stage)?.protect {
                let (pattern, stage) = (pattern.to_owned(), stage.clone());
                return Err(CommandError::CoversProtected { pattern, stage }.into());
            }
        }
        Ok(deployment)
    }

    fn least_policy(
        &self,
        deployment: &Deployment,
        stack: &Stack,
        options: &PolicyOptions,
    ) -> Value {
        let scope = Scope {
            stack,
            functions: &deployment.functions,
            former: &options.functions,
            boundary: deployment.permissions_boundary.as_deref(),
        };
        let commands = match options.commands.as_slice() {
            [] => &Command::ALL,
            commands => commands,
        };
        if scope.boundary.is_none() && commands.contains(&Command::Deploy) {
            self.note(&format!(
                "without a permissions boundary, whoever has this policy can take over the account: it allows them to \
                 create a role under `{}` with any permissions, and to run code as that role; `txflow policy \
                 --boundary` prints a boundary, which `permissions-boundary` under `[roles]` in deploy.toml puts on \
                 every role and this policy then requires",
                stack.role_path()
            ));
        }
        let document = policy::document(&scope, commands);
        self.note_size(
            "policy",
            &document,
            "split it with `--command`, or make it an inline policy of the role, which may have 10,240",
        );
        document
    }

    fn boundary(&self, deployment: &Deployment, stack: &Stack, former: &[String]) -> Value {
        let document = boundary(deployment, stack, former);
        let everything = |function: &config::FunctionConfig| {
            let mut actions = function.statements.iter().flat_map(|one| &one.actions);
            actions.any(|action| action == "*")
        };
        for (name, function) in &deployment.functions {
            if everything(function) {
                self.note(&format!(
                    "the function `{name}` declares the action `*`, so the boundary allows it to every role"
                ));
            }
        }
        self.note_size(
            "boundary",
            &document,
            "use a wildcard for resources that `statements` in deploy.toml name one by one",
        );
        document
    }

    /// The boundary that an administrator would have created, unless it is one of AWS's own policies. One that a stage
    /// has in common with others covers them all.
    pub(super) fn local_boundary<'a>(
        &self,
        deployment: &'a Deployment,
        stack: &Stack,
        former: &[String],
    ) -> Result<Option<(&'a str, Value)>> {
        let own = |arn: &&str| Arn::parse(arn).is_none_or(|arn| arn.account != "aws");
        let Some(arn) = deployment.permissions_boundary.as_deref().filter(own) else {
            return Ok(None);
        };
        let mut stack = stack.clone();
        if self
            .load_stage(&stage_of("*"))?
            .permissions_boundary
            .as_deref()
            == Some(arn)
        {
            stack.stage = any();
        }
        Ok(Some((arn, boundary(deployment, &stack, former))))
    }

    fn trust(&self, stack: &Stack, preview: bool, options: &TrustOptions) -> Value {
        let (owner, name) = options.repository.clone().unwrap_or_default();
        let repository = Repository {
            owner,
            name,
            owner_id: options.owner_id,
            id: options.repository_id,
        };
        let subject = subject(stack, preview, options);
        if repository.owner_id.is_none() {
            self.note(
                "the subject of a repository created since 15 July 2026 contains numeric ids: pass `--owner-id` and \
                 `--repository-id`, which `gh api repos/OWNER/NAME --jq '.owner.id, .id'` prints",
            );
        }
        if let (
            Subject::Environment {
                name,
                git_ref: None,
            },
            false,
        ) = (&subject, preview)
        {
            self.note(&format!(
                "jobs on any branch may use the environment `{name}`: limit it to one in the settings of the repository, or \
                 pass `--ref`"
            ));
        }
        policy::trust(&stack.account, &repository, &subject)
    }

    fn note_size(&self, what: &str, document: &Value, way_out: &str) {
        let text = document.to_string();
        let size = text.chars().filter(|c| !c.is_whitespace()).count();
        if size > SIZE_LIMIT {
            self.note(&format!(
                "the {what} has {size} characters, and IAM allows {SIZE_LIMIT} in a managed policy: {way_out}"
            ));
        }
    }

    /// The account, as far as it is known without calling AWS. What is not known may be anything.
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
            partition: config::partition_of(&region).to_owned(),
            id: id.unwrap_or_else(any),
            region,
        }
    }

    fn note(&self, text: &str) {
        self.reporter.report(&Event::Note { text: text.into() });
    }
}

/// The boundary of the stack's roles, including those of functions that deploy.toml no longer names.
fn boundary(deployment: &Deployment, stack: &Stack, former: &[String]) -> Value {
    let roles = resources::roles(deployment, stack);
    let former = resources::former_policy(stack, former);
    policy::boundary(roles.values().map(|role| &role.policy).chain([&former]))
}

fn subject(stack: &Stack, preview: bool, options: &TrustOptions) -> Subject {
    if options.pull_request {
        return Subject::PullRequest;
    }
    let git_ref = options.git_ref.clone();
    match (&options.environment, git_ref) {
        (Some(name), git_ref) => Subject::Environment {
            name: name.clone(),
            git_ref,
        },
        (None, Some(git_ref)) => Subject::Ref(git_ref),
        (None, None) => Subject::Environment {
            name: if preview {
                PREVIEW.to_owned()
            } else {
                stack.stage.clone()
            },
            git_ref: None,
        },
    }
}

/// The environment of pull requests in the workflow that `txflow init` writes.
const PREVIEW: &str = "preview";

/// A stage that matches the pattern.
fn stage_of(pattern: &str) -> String {
    pattern.replace(['*', '?'], "x")
}

/// The pattern has only letters, digits, `-`, `_`, `*` and `?`.
fn covers(pattern: &str, stage: &str) -> bool {
    let regex = pattern.replace('*', ".*").replace('?', ".");
    Regex::new(&format!("^{regex}$")).is_ok_and(|regex| regex.is_match(stage))
}

fn any() -> String {
    "*".to_owned()
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Policy(Value);

impl Answer for Policy {
    fn text(&self) -> String {
        format!("{:#}", self.0)
    }
}
