//! What `[local]` has made, which the local AWS remembers in a parameter for each thing: so what deploy.toml no longer names is
//! found, and what was not filled to the end.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use txflow_local_aws::DirectError;

use super::{Calls, Kind, Local};
use crate::stack::Stack;

/// The things, and whether each has all that deploy.toml puts into it.
#[derive(Default)]
pub(super) struct Made(BTreeMap<(Kind, String), bool>);

impl Made {
    /// Whether filling it was begun and not completed.
    pub(super) fn is_unfinished(&self, kind: Kind, name: &str) -> bool {
        self.0.get(&(kind, name.to_owned())) == Some(&false)
    }

    pub(super) fn all(&self) -> Vec<(Kind, String)> {
        self.0.keys().cloned().collect()
    }
}

impl<C: Calls> Local<'_, C> {
    pub(super) async fn recall(&mut self) -> Result<(), DirectError> {
        let mut token = Value::Null;
        loop {
            let mut input = json!({ "Path": path(self.stack), "Recursive": true });
            if !token.is_null() {
                input["NextToken"] = token;
            }
            let Some(page) = self.read("ssm", "GetParametersByPath", input).await? else {
                return Ok(());
            };
            for parameter in page["Parameters"].as_array().into_iter().flatten() {
                let entry = parameter["Value"].as_str().unwrap_or_default();
                let entry: Value = serde_json::from_str(entry).unwrap_or_default();
                let kind = entry["kind"].as_str().and_then(Kind::named);
                if let (Some(kind), Some(name)) = (kind, entry["name"].as_str()) {
                    let complete = entry["complete"] == true;
                    self.made.0.insert((kind, name.to_owned()), complete);
                }
            }
            token = page["NextToken"].clone();
            if token.is_null() {
                return Ok(());
            }
        }
    }

    /// Remembers a thing before it is made: what is interrupted then is not forgotten.
    pub(super) async fn remember(
        &mut self,
        kind: Kind,
        name: &str,
        complete: bool,
    ) -> Result<(), DirectError> {
        let entry = json!({ "kind": kind.word(), "name": name, "complete": complete });
        let input = json!({
            "Name": parameter(self.stack, kind, name),
            "Value": entry.to_string(),
            "Type": "String",
            "Overwrite": true,
            "Description": "txflow made this for `[local]` of deploy.toml",
        });
        self.calls.call("ssm", "PutParameter", input).await?;
        self.made.0.insert((kind, name.to_owned()), complete);
        Ok(())
    }

    /// Makes a thing, and remembers it before. What is refused was not made, such as what another stage has made meanwhile.
    pub(super) async fn create(
        &mut self,
        (kind, name, complete): (Kind, &str, bool),
        (service, operation): (&str, &str),
        input: Value,
    ) -> Result<(), DirectError> {
        self.remember(kind, name, complete).await?;
        let created = self.calls.call(service, operation, input).await;
        if matches!(created, Err(DirectError::Refused { .. })) {
            self.forget(kind, name).await?;
        }
        created.map(drop)
    }

    pub(super) async fn forget(&mut self, kind: Kind, name: &str) -> Result<(), DirectError> {
        if self.made.0.remove(&(kind, name.to_owned())).is_some() {
            let input = json!({ "Name": parameter(self.stack, kind, name) });
            self.read("ssm", "DeleteParameter", input).await?;
        }
        Ok(())
    }
}

fn path(stack: &Stack) -> String {
    format!("/txflow/{}/{}/local", stack.name, stack.stage)
}

/// Not every name can be part of that of a parameter.
fn parameter(stack: &Stack, kind: Kind, name: &str) -> String {
    let hash = Sha256::digest(format!("{} {name}", kind.word()));
    format!("{}/{}", path(stack), &hex::encode(hash)[..16])
}
