//! What a deploy is to achieve: a project of its own for each.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use fastrand::Rng;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use txflow::world::Prepared;

/// A `deploy.toml`, a definition and code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// By handler: which code it has.
    pub code: BTreeMap<&'static str, u8>,
    pub memory: u32,
    pub reserved: Option<u32>,
    pub secret: Option<&'static str>,
    pub logging: bool,
    pub tag: Option<u8>,
    pub keep: usize,
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

    /// Writes `deploy.toml` and the definition.
    pub fn write(&self, folder: &Path) {
        std::fs::write(folder.join("deploy.toml"), self.deploy_toml()).unwrap();
        let definition = format!("{:#}", self.definition());
        std::fs::write(folder.join("definition.asl.json"), definition).unwrap();
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
        text.push_str("[tests.BUY]\ninput = {}\n");
        text
    }

    fn definition(&self) -> Value {
        let handlers: Vec<&str> = self.code.keys().copied().collect();
        let mut states = Map::new();
        for (i, handler) in handlers.iter().enumerate() {
            let mut state = json!({
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": { "FunctionName": format!("${{{handler}}}") },
            });
            match handlers.get(i + 1) {
                Some(next) => state["Next"] = json!(next),
                None => state["End"] = json!(true),
            }
            states.insert((*handler).to_owned(), state);
        }
        json!({ "StartAt": handlers[0], "States": states })
    }
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
