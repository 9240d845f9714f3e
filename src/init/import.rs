//! An existing state machine → a project that deploys one like it.

use std::collections::{BTreeMap, BTreeSet};

use super::definition::{started, with_placeholders};
use super::deploy_toml::deploy_toml;
use super::environment::environment;
use super::existing::{Existing, Function};
use super::generated::in_template;
use super::handlers::{Called, handlers};
use super::name::{fitting, room, without_stage};
use super::roles::kept;
use super::template::with_schema;
use super::{InitError, Project, ProjectFile, name, template};
use crate::config::{LogLevel, StateMachineKind};

impl Existing {
    /// The name for the stack that the state machine's suggests, if it makes one.
    pub fn stack_name(&self, stage: &str) -> Option<String> {
        let own = in_template(&self.arn.name, &self.state_machine.tags);
        let (bare, _) = without_stage(own.unwrap_or(&self.arn.name), stage);
        fitting(bare)
    }

    /// The project, under this name.
    ///
    /// # Errors
    ///
    /// If a name would be longer than AWS accepts.
    pub fn project(mut self, name: &str, stage: &str) -> Result<Project, InitError> {
        let names: Vec<Called> = self.functions.iter().map(called).collect();
        let (bare, end) = without_stage(&self.arn.name, stage);
        let prefixes = [
            format!("{}-", self.arn.name),
            format!("{name}-{stage}-"),
            format!("{bare}-"),
        ];
        let handlers: BTreeMap<String, String> =
            handlers(&names, &prefixes, end, room(name, stage));
        for function in &mut self.functions {
            function.handler = handlers[&function.name].clone();
        }
        name::fits(name, stage, handlers.values().map(String::as_str))?;

        let definition = with_placeholders(self.definition.clone(), &self.arn, &handlers);
        let mut files = vec![
            ProjectFile::new("deploy.toml", with_schema(&deploy_toml(&self, name))),
            ProjectFile::new("definition.asl.json", format!("{definition:#}\n")),
        ];
        files.extend(template::workspace());
        for Function { handler, name, .. } in &self.functions {
            files.extend(template::stub(handler, name));
        }
        Ok(Project {
            todo: self.todo(name),
            notes: self.notes(),
            files,
            additions: Vec::new(),
        })
    }

    /// What is different in the project.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
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

    /// What the user still has to do.
    fn todo(&self, name: &str) -> Vec<String> {
        let mut todo = Vec::new();
        let own = self.arn.name.strip_prefix(name);
        if let Some(stage) = own.and_then(|rest| rest.strip_prefix('-')) {
            todo.push(format!(
                "change `name` before you deploy with `--stage {stage}`: `{}` is the name of what this was written from",
                self.arn.name
            ));
        }
        if !self.functions.is_empty() {
            todo.push(
                "write the handlers in `lambdas/`: until then each returns what it is given"
                    .to_owned(),
            );
        }
        let runtimes = self.functions.iter().filter_map(foreign_runtime);
        push_list(
            &mut todo,
            "write these functions in Rust, since they run on something else:",
            runtimes.collect(),
        );
        let missing = self.functions.iter().filter(|f| f.found.is_none());
        push_list(
            &mut todo,
            "check the settings of these functions, which are in the definition but do not exist:",
            missing.map(|f| format!("`{}`", f.name)).collect(),
        );
        let variables = environment(&self.functions).sources();
        push_list(
            &mut todo,
            "set these variables before you deploy; their values may be secrets, and are not written:",
            variables.iter().map(|name| format!("`{name}`")).collect(),
        );
        let started = started(&self.definition).into_iter();
        push_list(
            &mut todo,
            "check that each stage is to start these state machines, which the definition names by ARN:",
            started.map(|name| format!("`{name}`")).collect(),
        );
        self.todo_for_roles(&mut todo);
        self.todo_for_triggers(&mut todo);
        todo
    }

    fn todo_for_roles(&self, todo: &mut Vec<String>) {
        let kept = kept(&self.functions);
        push_list(
            todo,
            "the roles of these functions may not be read, so the functions keep them; to give them roles of the stack, \
             write `statements` instead of `role`:",
            kept.map(|(function, _)| format!("`{}`", function.name))
                .collect(),
        );
        if self.role.is_none() {
            todo.push(format!(
                "the role of the state machine, `{}`, may not be read: check with `txflow plan` what the new one allows",
                self.state_machine.settings.role_arn
            ));
        }
        let of_functions = self.functions.iter();
        let of_functions = of_functions.flat_map(|function| self.statements_of(function).left);
        let left: BTreeSet<String> = self
            .statements()
            .left
            .into_iter()
            .chain(of_functions)
            .collect();
        push_list(
            todo,
            "add what is needed of the following to deploy.toml as `statements`:",
            left.into_iter().collect(),
        );
    }

    fn todo_for_triggers(&self, todo: &mut Vec<String>) {
        match &self.triggers {
            None => todo.push(format!(
                "look for schedules and rules that start `{}`: the credentials may not list them",
                self.arn.name
            )),
            Some(found) if !found.is_empty() => todo.push(format!(
                "turn the triggers on (`enabled = true`) once those of `{}` are off: until then both would start executions",
                self.arn.name
            )),
            Some(_) => {}
        }
    }
}

fn called(function: &Function) -> Called {
    let found = function.found.as_ref();
    let in_template = found.and_then(|found| in_template(&function.name, &found.tags));
    Called {
        function: function.name.clone(),
        called: in_template.unwrap_or(&function.name).to_owned(),
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
