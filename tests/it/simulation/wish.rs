//! What a deploy is to achieve: a project of its own for each.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use fastrand::Rng;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use txflow::world::Prepared;

/// A `deploy.toml`, definitions and code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// By handler: which code it has.
    pub code: BTreeMap<&'static str, u8>,
    /// The state machines beside the main one.
    pub children: BTreeMap<&'static str, Child>,
    pub triggers: BTreeMap<&'static str, Trigger>,
    pub memory: u32,
    pub reserved: Option<u32>,
    pub secret: Option<&'static str>,
    pub logging: bool,
    pub tag: Option<u8>,
    pub keep: usize,
}

/// A state machine that another one starts, and waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// The handler that it calls.
    pub calls: &'static str,
    /// The child that it starts itself.
    pub starts: Option<&'static str>,
    pub comment: u8,
}

/// What starts executions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    pub source: Source,
    pub enabled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Each so many hours.
    Schedule { hours: u8 },
    /// An event with this `number` in its detail.
    Event { number: u8 },
}

impl Wish {
    pub fn any(rng: &mut Rng) -> Self {
        let mut code = BTreeMap::from([("buy", rng.u8(..3))]);
        for handler in ["sell", "tell"] {
            if rng.bool() {
                code.insert(handler, rng.u8(..2));
            }
        }
        Self {
            children: any_children(rng, &code),
            triggers: any_triggers(rng),
            code,
            memory: if rng.bool() { 128 } else { 256 },
            reserved: rng.bool().then(|| rng.u32(1..3)),
            secret: rng.bool().then_some("a word"),
            logging: rng.bool(),
            tag: rng.bool().then(|| rng.u8(..2)),
            keep: rng.usize(1..4),
        }
    }

    /// The handlers as built. They are no programs: nothing of them runs.
    pub fn prepared(&self) -> Arc<Prepared> {
        let zips = self.code.iter().map(|(handler, code)| {
            let zip: Arc<[u8]> = zip(handler, *code).into();
            ((*handler).to_owned(), zip)
        });
        Arc::new(Prepared {
            zips: zips.collect(),
            commit: format!(
                "{:x}",
                self.code.values().map(|code| u32::from(*code)).sum::<u32>()
            ),
        })
    }

    /// By handler: the `CodeSha256` of its zip.
    pub fn hashes(&self) -> BTreeMap<&'static str, String> {
        let hash = |handler: &str, code: u8| {
            let hash = Sha256::digest(zip(handler, code));
            base64::engine::general_purpose::STANDARD.encode(hash)
        };
        let code = self.code.iter();
        code.map(|(handler, code)| (*handler, hash(handler, *code)))
            .collect()
    }

    /// Writes `deploy.toml` and the definitions.
    pub fn write(&self, folder: &Path) {
        std::fs::write(folder.join("deploy.toml"), self.deploy_toml()).unwrap();
        for (machine, definition) in self.definitions() {
            let file = format!("{}.asl.json", machine.unwrap_or("definition"));
            std::fs::write(folder.join(file), format!("{definition:#}")).unwrap();
        }
    }

    /// Those of all state machines, with placeholders. The main one has no name.
    pub fn definitions(&self) -> BTreeMap<Option<&'static str>, Value> {
        let children = self.children.iter();
        let children = children.map(|(name, child)| {
            let started = child.starts.iter().copied();
            (
                Some(*name),
                definition(&[child.calls], started, child.comment),
            )
        });
        let handlers: Vec<&str> = self.code.keys().copied().collect();
        let is_inner = |name: &str| {
            let mut children = self.children.values();
            children.any(|child| child.starts == Some(name))
        };
        let started = self.children.keys().copied().filter(|name| !is_inner(name));
        let main = (None, definition(&handlers, started, 0));
        children.chain([main]).collect()
    }

    fn deploy_toml(&self) -> String {
        let mut text = format!("name = \"shop\"\nkeep-versions = {}\n", self.keep);
        if self.logging {
            text.push_str("[state-machine]\nlogging = \"ERROR\"\n");
        }
        if let Some(tag) = self.tag {
            text.push_str(&format!("[tags]\nteam = \"{tag}\"\n"));
        }
        for handler in self.code.keys() {
            text.push_str(&format!(
                "[functions.{handler}]\nmemory = {}\n",
                self.memory
            ));
            if *handler == "buy" {
                if let Some(reserved) = self.reserved {
                    text.push_str(&format!("reserved-concurrency = {reserved}\n"));
                }
                if let Some(secret) = self.secret {
                    text.push_str(&format!("environment = {{ WORD = \"{secret}\" }}\n"));
                }
            }
        }
        for name in self.children.keys() {
            text.push_str(&format!("[state-machines.{name}]\n"));
            if self.logging {
                text.push_str("logging = \"ALL\"\n");
            }
        }
        for (name, trigger) in &self.triggers {
            let source = match trigger.source {
                Source::Schedule { hours } => format!("schedule = \"rate({hours} hours)\""),
                Source::Event { number } => {
                    format!(
                        "event-pattern = {{ source = [\"shop\"], detail = {{ number = [{number}] }} }}"
                    )
                }
            };
            let enabled = trigger.enabled;
            text.push_str(&format!(
                "[[triggers]]\nname = \"{name}\"\n{source}\nenabled = {enabled}\n"
            ));
        }
        text.push_str("[tests.BUY]\ninput = {}\n");
        text
    }
}

/// None, one, one that starts another, or two beside each other.
fn any_children(rng: &mut Rng, code: &BTreeMap<&'static str, u8>) -> BTreeMap<&'static str, Child> {
    let handlers: Vec<&'static str> = code.keys().copied().collect();
    let mut child = |starts| Child {
        calls: handlers[rng.usize(..handlers.len())],
        starts,
        comment: rng.u8(..2),
    };
    let [pack, inner, outer] = [child(None), child(None), child(Some("pack"))];
    match rng.u8(..5) {
        0 => BTreeMap::from([("pack", pack)]),
        1 => BTreeMap::from([("pack", inner), ("ship", outer)]),
        2 => BTreeMap::from([("pack", pack), ("ship", inner)]),
        _ => BTreeMap::new(),
    }
}

/// A schedule, a rule, both or none.
fn any_triggers(rng: &mut Rng) -> BTreeMap<&'static str, Trigger> {
    let schedule = Source::Schedule {
        hours: rng.u8(2..4),
    };
    let event = Source::Event {
        number: rng.u8(..2),
    };
    let sources = [("hourly", schedule), ("orders", event)];
    let mut triggers = BTreeMap::new();
    for (name, source) in sources {
        if rng.u8(..3) == 0 {
            let enabled = rng.u8(..4) > 0;
            triggers.insert(name, Trigger { source, enabled });
        }
    }
    triggers
}

/// Calls the handlers, then starts the state machines, one after the other.
fn definition<'a>(
    handlers: &[&'a str],
    started: impl Iterator<Item = &'a str>,
    comment: u8,
) -> Value {
    let calls = handlers.iter().map(|handler| {
        let parameters = json!({ "FunctionName": format!("${{{handler}}}") });
        (*handler, "lambda:invoke", parameters)
    });
    let starts = started.map(|machine| {
        let parameters =
            json!({ "StateMachineArn": format!("${{{machine}}}"), "Input": { "from": "a parent" } });
        (machine, "states:startExecution.sync:2", parameters)
    });
    let tasks: Vec<(&str, &str, Value)> = calls.chain(starts).collect();
    let mut states = Map::new();
    for (i, (name, integration, parameters)) in tasks.iter().enumerate() {
        let mut state = json!({
            "Type": "Task",
            "Resource": format!("arn:aws:states:::{integration}"),
            "Parameters": parameters,
        });
        match tasks.get(i + 1) {
            Some((next, ..)) => state["Next"] = json!(next),
            None => state["End"] = json!(true),
        }
        states.insert((*name).to_owned(), state);
    }
    json!({ "Comment": comment.to_string(), "StartAt": tasks[0].0, "States": states })
}

/// A zip with one stored file that says whose code it is.
fn zip(handler: &str, code: u8) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .unix_permissions(0o755);
    writer.start_file("bootstrap", options).unwrap();
    std::io::Write::write_all(&mut writer, format!("{handler} {code}").as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}
