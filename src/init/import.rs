//! An existing state machine → a project that deploys one like it.

use std::collections::BTreeMap;

use super::definition::with_placeholders;
use super::deploy_toml::deploy_toml;
use super::environment::environment;
use super::existing::{Existing, Function};
use super::handlers::handlers;
use super::{InitError, Project, ProjectFile, name, template};
use crate::config::{LogLevel, StateMachineKind};

impl Existing {
    /// The project, under this name.
    ///
    /// # Errors
    ///
    /// If a name would be longer than AWS accepts.
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

    /// What is missing or different in the project.
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
            "write these functions in Rust, since they run on something else:",
            runtimes.collect(),
        );
        let missing = self.functions.iter().filter(|f| f.found.is_none());
        push_list(
            &mut notes,
            "these functions are in the definition but do not exist, so they have the defaults:",
            missing.map(|f| format!("`{}`", f.name)).collect(),
        );
        let variables = environment(&self.functions).sources();
        push_list(
            &mut notes,
            "the values of environment variables may be secrets and are not written; set these before you deploy:",
            variables.iter().map(|name| format!("`{name}`")).collect(),
        );
        let others = self.others.iter();
        push_list(
            &mut notes,
            "the role that txflow creates may only call the functions, and does not allow these:",
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

/// The function and its runtime, unless that is one for Rust.
fn foreign_runtime(function: &Function) -> Option<String> {
    let runtime = function.runtime()?;
    (!runtime.starts_with("provided")).then(|| format!("`{}` ({runtime})", function.name))
}

fn push_list(notes: &mut Vec<String>, what: &str, items: Vec<String>) {
    if !items.is_empty() {
        notes.push(format!("{what} {}", items.join(", ")));
    }
}
