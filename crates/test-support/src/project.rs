//! A project of its own for a test: `deploy.toml`, `definition.asl.json` and handler crates in a temporary directory.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::txflow::Txflow;

const HANDLER: &str = include_str!("handler.rs.txt");

/// The root of the repository, whose own workflow is deployed as well.
pub fn repository() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = own.ancestors().nth(2);
    root.expect("this crate lies in `crates/`").to_owned()
}

/// A project on disk. It is removed when it is dropped.
pub struct Project {
    directory: TempDir,
    name: String,
    /// The revision that each handler answers with.
    handlers: BTreeMap<String, u32>,
    /// The text below `[functions.NAME]`.
    function_settings: BTreeMap<String, String>,
    definition: Value,
    /// Those of the state machines beside the main one, by name.
    beside: BTreeMap<String, Value>,
    top_level: String,
    settings: String,
}

impl Project {
    /// A workflow that chooses between the two handlers by `$.type`, as the repository's own does, but builds in
    /// seconds: its handlers need the standard library only.
    pub fn transactions() -> Self {
        let choice = |variable: &str, next: &str| json!({ "Variable": "$.type", "StringEquals": variable, "Next": next });
        Self::new("transactions")
            .handler("purchase-handler")
            .handler("refund-handler")
            .definition(json!({
                "StartAt": "Choose",
                "States": {
                    "Choose": {
                        "Type": "Choice",
                        "Choices": [choice("PURCHASE", "Purchase"), choice("REFUND", "Refund")],
                        "Default": "Unknown"
                    },
                    "Purchase": task("purchase-handler"),
                    "Refund": task("refund-handler"),
                    "Unknown": { "Type": "Fail", "Error": "UnknownType", "Cause": "no such type" }
                }
            }))
            .settings(
                r#"
[tests.PURCHASE]
input = { type = "PURCHASE", id = "p-1" }
expect = { status = "SUCCEEDED", path = ["Choose", "Purchase"], output = { handler = "purchase-handler", event = { id = "p-1" } } }

[tests.REFUND]
input = { type = "REFUND", id = "r-1" }
expect = { status = "SUCCEEDED", path = ["Choose", "Refund"], output = { handler = "refund-handler" } }
"#,
            )
    }

    /// One handler and two tests of it: one passes, one fails.
    pub fn shop() -> Self {
        let tests = r#"
[tests.GOOD]
input = {}

[tests.BAD]
input = { fail = true }
"#;
        Self::new("shop")
            .handler("buy")
            .definition(json!({ "StartAt": "Buy", "States": { "Buy": task("buy") } }))
            .settings(tests)
    }

    pub fn new(name: &str) -> Self {
        Self {
            directory: TempDir::with_prefix("txflow-it-").expect("a temporary directory"),
            name: name.into(),
            handlers: BTreeMap::new(),
            function_settings: BTreeMap::new(),
            definition: json!({}),
            beside: BTreeMap::new(),
            top_level: String::new(),
            settings: String::new(),
        }
    }

    pub fn handler(mut self, name: &str) -> Self {
        self.handlers.insert(name.into(), 1);
        self
    }

    pub fn without_handler(mut self, name: &str) -> Self {
        self.handlers.remove(name);
        self
    }

    /// Text that stands below the function's heading in `deploy.toml`.
    pub fn function_settings(mut self, name: &str, toml: &str) -> Self {
        self.function_settings.insert(name.into(), toml.into());
        self
    }

    pub fn definition(mut self, definition: Value) -> Self {
        self.definition = definition;
        self
    }

    /// A state machine beside the main one, in the file that its name says.
    pub fn beside(mut self, name: &str, definition: Value) -> Self {
        self.beside.insert(name.into(), definition);
        self
    }

    pub fn without_beside(mut self, name: &str) -> Self {
        self.beside.remove(name);
        self
    }

    /// Text that stands above the first heading in `deploy.toml`.
    pub fn top_level(mut self, toml: &str) -> Self {
        self.top_level.push_str(toml);
        self
    }

    /// Without the tests: they name states that another definition may not have.
    pub fn without_tests(mut self) -> Self {
        self.settings.clear();
        self
    }

    /// Text that is added to `deploy.toml` as it is.
    pub fn settings(mut self, toml: &str) -> Self {
        self.settings.push_str(toml);
        self
    }

    /// Writes all files. A later call writes what has changed since.
    pub fn write(self) -> Self {
        let members: Vec<_> = self
            .handlers
            .keys()
            .map(|name| format!("lambdas/{name}"))
            .collect();
        self.file(
            "Cargo.toml",
            &format!(
                "[workspace]\nmembers = {members:?}\nresolver = \"3\"\n\n\
                 [profile.lambda]\ninherits = \"dev\"\ndebug = false\nstrip = \"symbols\"\n"
            ),
        );
        for (name, revision) in &self.handlers {
            self.file(
                &format!("lambdas/{name}/Cargo.toml"),
                &format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
            );
            let source = HANDLER
                .replace("@NAME@", name)
                .replace("@REVISION@", &revision.to_string());
            self.file(&format!("lambdas/{name}/src/main.rs"), &source);
        }
        let definition = serde_json::to_string_pretty(&self.definition).expect("JSON");
        self.file("definition.asl.json", &definition);
        for (name, definition) in &self.beside {
            let definition = serde_json::to_string_pretty(definition).expect("JSON");
            self.file(&format!("{name}.asl.json"), &definition);
        }
        self.file("deploy.toml", &self.deploy_toml());
        self
    }

    fn deploy_toml(&self) -> String {
        let mut functions = String::new();
        for name in self.handlers.keys() {
            let settings = self.function_settings.get(name).map_or("", String::as_str);
            functions.push_str(&format!("[functions.{name}]\n{settings}\n"));
        }
        for name in self.beside.keys() {
            functions.push_str(&format!("[state-machines.{name}]\n"));
        }
        // At the end, so that it moves no line that a test names. Tests take stages as they need them.
        format!(
            "name = \"{}\"\ndefinition = \"definition.asl.json\"\nregion = \"us-east-1\"\n{}\n\
             [build]\narchitecture = \"x86_64\"\n\n{functions}{}\n[stages.\"*\"]\n",
            self.name, self.top_level, self.settings
        )
    }

    /// Gives a handler other code.
    pub fn change_handler(self, name: &str) -> Self {
        let mut project = self;
        *project
            .handlers
            .get_mut(name)
            .expect("a handler of the project") += 1;
        project.write()
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    fn file(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        // An unchanged file keeps its time, so that cargo does not build it again.
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            return;
        }
        fs::create_dir_all(path.parent().expect("a folder")).expect("create the folder");
        fs::write(path, text).expect("write the file");
    }

    /// The command `txflow ARGUMENTS…` in this project, against an endpoint.
    pub fn txflow(&self, endpoint: &str, arguments: &[&str]) -> Txflow {
        Txflow::new(self.path(), endpoint, arguments)
    }

    /// The command `txflow ARGUMENTS…` in this project, on a machine without an AWS account.
    pub fn alone(&self, arguments: &[&str]) -> Txflow {
        Txflow::without_account(self.path(), arguments)
    }
}

/// A task state that invokes a handler and ends the execution with its answer.
pub fn task(handler: &str) -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": { "FunctionName": format!("${{{handler}}}"), "Payload.$": "$" },
        "OutputPath": "$.Payload",
        "End": true
    })
}

/// A task state that starts another state machine of the stack, waits for its end and ends the execution with its output.
pub fn start_and_wait(state_machine: &str) -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": { "StateMachineArn": format!("${{{state_machine}}}"), "Input.$": "$" },
        "OutputPath": "$.Output",
        "End": true
    })
}
