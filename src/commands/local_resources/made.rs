//! What `[local]` has made, which the local AWS remembers in a parameter for each thing and each stage that uses it: so what
//! deploy.toml no longer names is found, what was not filled to the end, and what other stages still use.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use txflow_local_aws::DirectError;

use super::{Calls, Kind, Local};
use crate::services::{is_absent, is_existing};
use crate::stack::Stack;

/// The things that this stage uses.
#[derive(Default)]
pub(super) struct Made(BTreeMap<(Kind, String), Use>);

/// How a stage uses a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Use {
    /// Whether the thing has all that deploy.toml puts into it.
    complete: bool,
    /// Whether the stage is about to give it up.
    ends: bool,
}

/// A thing that `[local]` asks for.
pub(super) struct Wanted<'a> {
    kind: Kind,
    name: &'a str,
    /// Whether something is put into it once it exists.
    is_filled: bool,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Obtained {
    New,
    Existed,
}

impl<'a> Wanted<'a> {
    /// It is complete once it exists.
    pub(super) fn empty(kind: Kind, name: &'a str) -> Self {
        Self {
            kind,
            name,
            is_filled: false,
        }
    }

    pub(super) fn to_fill(kind: Kind, name: &'a str) -> Self {
        Self {
            kind,
            name,
            is_filled: true,
        }
    }
}

impl Made {
    /// Whether filling it was begun and not completed.
    pub(super) fn is_unfinished(&self, kind: Kind, name: &str) -> bool {
        let known = self.0.get(&(kind, name.to_owned()));
        known.is_some_and(|known| !known.complete)
    }

    pub(super) fn all(&self) -> Vec<(Kind, String)> {
        self.0.keys().cloned().collect()
    }

    fn is_used(&self, kind: Kind, name: &str) -> bool {
        let known = self.0.get(&(kind, name.to_owned()));
        known.is_some_and(|known| !known.ends)
    }
}

impl<C: Calls> Local<'_, C> {
    pub(super) async fn recall(&mut self) -> Result<(), DirectError> {
        let own = self.entries(&path(self.stack)).await?;
        let own = own.into_iter().map(|entry| (entry.thing, entry.state));
        self.made.0.extend(own);
        Ok(())
    }

    /// Makes a thing that does not exist, and remembers before that this stage uses it: what is interrupted then is not
    /// forgotten.
    pub(super) async fn obtain(
        &mut self,
        wanted: Wanted<'_>,
        exists: bool,
        (service, operation): (&str, &str),
        input: Value,
    ) -> Result<Obtained, DirectError> {
        let Wanted {
            kind,
            name,
            is_filled,
        } = wanted;
        if exists {
            self.share(kind, name).await?;
            return Ok(Obtained::Existed);
        }
        self.remember(kind, name, !is_filled).await?;
        let created = self.calls.call(service, operation, input).await;
        // What is refused was not made by this stage.
        if matches!(created, Err(DirectError::Refused { .. })) {
            self.forget(kind, name).await?;
        }
        match created {
            Ok(_) => Ok(Obtained::New),
            // A deploy of another stage has made it in the meantime.
            Err(error) if is_existing(&error) => {
                self.share(kind, name).await?;
                Ok(Obtained::Existed)
            }
            Err(error) => Err(error),
        }
    }

    /// Remembers that this stage as well uses what another one has made. What txflow has not made is nobody's.
    async fn share(&mut self, kind: Kind, name: &str) -> Result<(), DirectError> {
        if self.made.is_used(kind, name) {
            return Ok(());
        }
        let others = self.others(kind, name).await?;
        let known = self.made.0.get(&(kind, name.to_owned()));
        let mut uses = others.iter().map(|other| &other.state).chain(known);
        if uses.clone().next().is_none() {
            return Ok(());
        }
        let complete = uses.all(|one| one.complete);
        self.remember(kind, name, complete).await
    }

    pub(super) async fn remember(
        &mut self,
        kind: Kind,
        name: &str,
        complete: bool,
    ) -> Result<(), DirectError> {
        let state = Use {
            complete,
            ends: false,
        };
        self.put(kind, name, state).await
    }

    /// The stage that still uses what this one gives up, if there is one. Each says first that it gives a thing up: so one of
    /// two that do so at once removes it.
    pub(super) async fn give_up(
        &mut self,
        kind: Kind,
        name: &str,
    ) -> Result<Option<String>, DirectError> {
        let known = self.made.0.get(&(kind, name.to_owned()));
        let complete = known.is_none_or(|known| known.complete);
        let ends = Use {
            complete,
            ends: true,
        };
        self.put(kind, name, ends).await?;
        self.other_user(kind, name).await
    }

    /// A stage other than this one that uses a thing.
    pub(super) async fn other_user(
        &self,
        kind: Kind,
        name: &str,
    ) -> Result<Option<String>, DirectError> {
        let others = self.others(kind, name).await?;
        let user = others.into_iter().find(|other| !other.state.ends);
        Ok(user.map(|user| user.stage(self.stack)))
    }

    pub(super) async fn forget(&mut self, kind: Kind, name: &str) -> Result<(), DirectError> {
        if self.made.0.remove(&(kind, name.to_owned())).is_some() {
            let input = json!({ "Name": parameter(self.stack, kind, name) });
            self.read("ssm", "DeleteParameter", input).await?;
        }
        Ok(())
    }

    async fn put(&mut self, kind: Kind, name: &str, state: Use) -> Result<(), DirectError> {
        let entry = json!({
            "kind": kind.word(),
            "name": name,
            "complete": state.complete,
            "ends": state.ends,
        });
        let input = json!({
            "Name": parameter(self.stack, kind, name),
            "Value": entry.to_string(),
            "Type": "String",
            "Overwrite": true,
            "Description": "txflow made this for `[local]` of deploy.toml",
        });
        self.calls.call("ssm", "PutParameter", input).await?;
        self.made.0.insert((kind, name.to_owned()), state);
        Ok(())
    }

    /// How other stages use a thing, of whatever stack.
    async fn others(&self, kind: Kind, name: &str) -> Result<Vec<Entry>, DirectError> {
        let own = format!("{}/", path(self.stack));
        let mut entries = self.entries(ALL).await?;
        entries.retain(|entry| {
            let (its_kind, its_name) = &entry.thing;
            *its_kind == kind && its_name == name && !entry.parameter.starts_with(&own)
        });
        Ok(entries)
    }

    /// What is remembered below a path.
    async fn entries(&self, path: &str) -> Result<Vec<Entry>, DirectError> {
        let mut entries = Vec::new();
        let mut token = Value::Null;
        loop {
            let mut input = json!({ "Path": path, "Recursive": true });
            if !token.is_null() {
                input["NextToken"] = token;
            }
            let page = self.calls.call("ssm", "GetParametersByPath", input).await;
            let page = match page {
                Err(error) if is_absent(&error) => return Ok(entries),
                page => page?,
            };
            let parameters = page["Parameters"].as_array().into_iter().flatten();
            entries.extend(parameters.filter_map(Entry::read));
            token = page["NextToken"].clone();
            if token.is_null() {
                return Ok(entries);
            }
        }
    }
}

/// One thing that one stage uses.
struct Entry {
    parameter: String,
    thing: (Kind, String),
    state: Use,
}

impl Entry {
    /// `None` if the parameter is about something else.
    fn read(parameter: &Value) -> Option<Entry> {
        let entry: Value = serde_json::from_str(parameter["Value"].as_str()?).ok()?;
        let kind = Kind::named(entry["kind"].as_str()?)?;
        Some(Entry {
            parameter: parameter["Name"].as_str()?.to_owned(),
            thing: (kind, entry["name"].as_str()?.to_owned()),
            state: Use {
                complete: entry["complete"] == true,
                ends: entry["ends"] == true,
            },
        })
    }

    /// ``stage `pr-7` ``, with its stack if that is another one.
    fn stage(&self, own: &Stack) -> String {
        let mut parts = self.parameter.split('/').skip(2);
        let stack = parts.next().unwrap_or_default();
        let stage = format!("stage `{}`", parts.next().unwrap_or_default());
        match stack == own.name {
            true => stage,
            false => format!("{stage} of `{stack}`"),
        }
    }
}

/// The path of all stages.
const ALL: &str = "/txflow";

fn path(stack: &Stack) -> String {
    format!("{ALL}/{}/{}/local", stack.name, stack.stage)
}

/// Not every name can be part of that of a parameter.
fn parameter(stack: &Stack, kind: Kind, name: &str) -> String {
    let hash = Sha256::digest(format!("{} {name}", kind.word()));
    format!("{}/{}", path(stack), &hex::encode(hash)[..16])
}
