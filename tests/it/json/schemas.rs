//! The schemas that txflow prints, and what it prints beside them.

use std::collections::BTreeMap;

use boon::{Compiler, SchemaIndex, Schemas as Compiled};
use serde_json::{Value, json};

use crate::support::project::Project;
use crate::support::txflow::Outcome;

pub struct Schemas {
    compiled: Compiled,
    /// By result, and how many values it had.
    known: BTreeMap<String, (SchemaIndex, usize)>,
    order: Vec<String>,
}

impl Schemas {
    pub async fn of(project: &Project) -> Self {
        let mut schemas = Self {
            compiled: Compiled::new(),
            known: BTreeMap::new(),
            order: super::results(),
        };
        for name in schemas.order.clone() {
            let print = ["schema", "--result", &name];
            let printed = project.alone(&print).run().await.succeeded();
            schemas.add(&name, printed.json());
        }
        schemas
    }

    fn add(&mut self, name: &str, mut schema: Value) {
        // `canary` may be null since version 2.
        let version = if name == "canary" { 2 } else { 1 };
        assert_eq!(schema["$id"], format!("urn:txflow:{name}:{version}"));
        // Of an object there must be no key that the schema does not have. A policy may be any document.
        if name != "policy" {
            schema["unevaluatedProperties"] = json!(false);
        }
        let place = format!("urn:test:{name}");
        schema["$id"] = place.clone().into();
        let mut compiler = Compiler::new();
        compiler.add_resource(&place, schema).expect("a resource");
        let index = compiler.compile(&place, &mut self.compiled);
        let index = index.unwrap_or_else(|error| panic!("{name}: {error}"));
        self.known.insert(name.to_owned(), (index, 0));
    }

    /// Checks what stands on stdout, and all lines on stderr.
    pub fn hold(&mut self, name: &str, outcome: &Outcome) {
        self.check(name, &outcome.json());
        self.hold_lines("event", &outcome.stderr);
    }

    /// Checks the last of several documents.
    pub fn hold_last(&mut self, name: &str, outcome: &Outcome) {
        let documents = serde_json::Deserializer::from_str(&outcome.stdout).into_iter();
        let last = documents.last().expect("a document").expect("JSON");
        self.check(name, &last);
        self.hold_lines("event", &outcome.stderr);
    }

    /// Checks lines that are an object each.
    pub fn hold_lines(&mut self, name: &str, lines: &str) {
        for line in lines.lines() {
            let value = serde_json::from_str(line);
            let value = value.unwrap_or_else(|error| panic!("{error}: {line}"));
            self.check(name, &value);
        }
    }

    fn check(&mut self, name: &str, value: &Value) {
        let (index, count) = self.known.get_mut(name).expect("a result");
        *count += 1;
        if let Err(error) = self.compiled.validate(value, *index) {
            panic!("{name}: {error}\n{value:#}");
        }
    }

    /// The results of which there was a value.
    pub fn held(&self) -> Vec<String> {
        let held = self.order.iter().filter(|name| self.known[*name].1 > 0);
        held.cloned().collect()
    }
}
