//! A state machine that exists, with its functions → a project that deploys the like.

use std::collections::BTreeMap;

use serde_json::Value;

use super::definition::{OtherTask, called, with_placeholders};
use super::deploy_toml::deploy_toml;
use super::environment::environment;
use super::handlers::handlers;
use super::{InitError, Project, ProjectFile, StateMachineArn, name, template};
use crate::config::{LogLevel, StateMachineKind};
use crate::resources::{ExistingFunction, ExistingStateMachine};

/// What a project is written from.
pub struct Existing {
    pub arn: StateMachineArn,
    pub state_machine: ExistingStateMachine,
    pub definition: Value,
    /// Those that the definition names.
    pub functions: Vec<Function>,
    others: Vec<OtherTask>,
}

pub struct Function {
    pub name: String,
    /// The name of its handler.
    pub handler: String,
    /// `None` where the definition names one that is not there.
    pub found: Option<ExistingFunction>,
}

impl Existing {
    /// # Errors
    ///
    /// Where the definition is not JSON.
    pub fn new(
        arn: StateMachineArn,
        state_machine: ExistingStateMachine,
    ) -> Result<Self, InitError> {
        let definition = serde_json::from_str(&state_machine.definition);
        let definition: Value = definition.map_err(|source| InitError::Definition {
            arn: arn.to_string(),
            source,
        })?;
        let (functions, others) = called(&definition, &arn);
        let functions = functions.into_iter().map(|name| Function {
            handler: name.clone(),
            name,
            found: None,
        });
        Ok(Self {
            functions: functions.collect(),
            arn,
            state_machine,
            definition,
            others,
        })
    }

    /// The project, under this name.
    ///
    /// # Errors
    ///
    /// Where a name would be longer than AWS takes.
    pub fn project(mut self, name: &str, stage: &str) -> Result<Project, InitError> {
        let names: Vec<String> = self.functions.iter().map(|f| f.name.clone()).collect();
        let prefixes = [format!("{}-", self.arn.name), format!("{name}-{stage}-")];
        let handlers: BTreeMap<String, String> = handlers(&names, &prefixes);
        for function in &mut self.functions {
            function.handler = handlers[&function.name].clone();
        }
        name::fits(name, stage, handlers.values().map(String::as_str))?;

        let definition = with_placeholders(self.definition.clone(), &self.arn, &handlers);
        let mut files = vec![
            ProjectFile::new("deploy.toml", deploy_toml(&self, name)),
            ProjectFile::new("definition.asl.json", format!("{definition:#}\n")),
        ];
        files.extend(template::workspace());
        for Function { handler, name, .. } in &self.functions {
            files.extend(template::stub(handler, name));
        }
        Ok(Project {
            files,
            notes: self.notes(),
        })
    }

    /// What the project does not hold, or holds differently.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.functions.is_empty() {
            notes.push(
                "the handlers in `lambdas/` are stubs that fail with `NotWritten`: put your code there"
                    .to_owned(),
            );
            notes.push(
                "what the functions' roles allow is not copied: add it to deploy.toml as `statements`"
                    .to_owned(),
            );
        }
        let runtimes = self.functions.iter().filter_map(foreign_runtime);
        push_list(
            &mut notes,
            "to be written in Rust, since these functions run on something else:",
            runtimes.collect(),
        );
        let missing = self.functions.iter().filter(|f| f.found.is_none());
        push_list(
            &mut notes,
            "named in the definition and not there, so written with the defaults:",
            missing.map(|f| format!("`{}`", f.name)).collect(),
        );
        let variables = environment(&self.functions).sources();
        push_list(
            &mut notes,
            "the values of environment variables may be secrets and are not written; to be set before you deploy:",
            variables.iter().map(|name| format!("`{name}`")).collect(),
        );
        let others = self.others.iter();
        push_list(
            &mut notes,
            "not allowed by the role that txflow makes, which may call the functions only:",
            others
                .map(|task| format!("`{}` calls {}", task.state, task.calls))
                .collect(),
        );
        let mut architectures = self.functions.iter().filter_map(Function::architecture);
        if let Some(first) = architectures.next()
            && architectures.any(|other| other != first)
        {
            notes.push(format!(
                "the functions have several architectures, and txflow builds all of them for `{}`",
                first.as_str()
            ));
        }
        let settings = &self.state_machine.settings;
        if settings.kind == StateMachineKind::Express && settings.logging.level == LogLevel::Off {
            notes.push(
                "the state machine has no logs, and txflow gives an EXPRESS one the level `ALL`"
                    .to_owned(),
            );
        }
        notes
    }
}

impl Function {
    /// Its runtime, as Lambda names it.
    pub fn runtime(&self) -> Option<&str> {
        let runtime = self.found.as_ref()?.configuration.runtime.as_str();
        Some(if runtime.is_empty() {
            "a container image"
        } else {
            runtime
        })
    }

    pub fn architecture(&self) -> Option<crate::config::Architecture> {
        let found = self.found.as_ref()?;
        Some(found.configuration.architecture)
    }
}

/// The function and its runtime, where that is not one for Rust.
fn foreign_runtime(function: &Function) -> Option<String> {
    let runtime = function.runtime()?;
    (!runtime.starts_with("provided")).then(|| format!("`{}` ({runtime})", function.name))
}

fn push_list(notes: &mut Vec<String>, what: &str, items: Vec<String>) {
    if !items.is_empty() {
        notes.push(format!("{what} {}", items.join(", ")));
    }
}
