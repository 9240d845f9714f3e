use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::budget::Budget;
use crate::execution::child_execution::ChildExecution;
use crate::jsonpath::{JsonPath, NotFound, Segment};
use crate::{Payload, StartOptions, Timestamp};

/// The context object, `$$` or `$states.context`, of one visit of a state.
///
/// It is built only as far as an expression asks for it, because it holds the whole input of the execution.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) execution: &'a StartOptions,
    /// The execution that it is about, if that is a child of a distributed Map.
    pub(crate) child: Option<&'a ChildExecution>,
    pub(crate) role_arn: Option<&'a str>,
    pub(crate) started: Timestamp,
    pub(crate) state_name: &'a str,
    pub(crate) entered: Timestamp,
    /// Only set for states that can retry.
    pub(crate) retry_count: Option<u64>,
    pub(crate) task_token: Option<&'a str>,
    pub(crate) item: Option<&'a MapItem>,
    /// Replaces all but the item, if a test provides it.
    pub(crate) replaced: Option<&'a Value>,
}

/// The item that an iteration of a Map processes.
#[derive(Clone, Debug)]
pub(crate) struct MapItem {
    pub(crate) index: usize,
    /// Set if the item is a member of an object.
    pub(crate) key: Option<Box<str>>,
    pub(crate) value: Payload,
    /// Where it comes from: the input, or an object or a bucket of S3.
    pub(crate) source: Arc<str>,
}

impl<'a> Context<'a> {
    const PARTS: [&'static str; 5] = ["Execution", "StateMachine", "State", "Task", "Map"];

    /// The whole object, or the parts that `wanted` names.
    pub(crate) fn to_value(self, wanted: impl Fn(&str) -> bool) -> Value {
        if let Some(replaced) = self.replaced {
            let mut replaced = replaced.clone();
            // Nobody can give an item: a Map that is tested has it.
            if let (Some(map), Some(parts)) = (self.part("Map"), replaced.as_object_mut()) {
                parts.insert("Map".into(), map);
            }
            return replaced;
        }
        let parts = Self::PARTS.iter().filter(|name| wanted(name));
        let parts = parts.filter_map(|name| Some(((*name).to_owned(), self.part(name)?)));
        Value::Object(parts.collect())
    }

    /// What a path that starts with `$$` finds.
    pub(crate) fn find(self, path: &JsonPath, budget: &Budget) -> Result<Value, NotFound> {
        if let Some(found) = self.find_shared(path, budget) {
            return found;
        }
        let first = match path.segments().first() {
            Some(Segment::Name(name)) => Some(name.as_str()),
            _ => None,
        };
        let context = self.to_value(|part| first.is_none_or(|first| first == part));
        path.find_within(&context, budget)?
            .into_value_within(budget)
    }

    /// Looks up a path into one of the two payloads without copying the rest. `None` if the path does not lead into one
    /// of them, or finds nothing.
    fn find_shared(self, path: &JsonPath, budget: &Budget) -> Option<Result<Value, NotFound>> {
        if self.replaced.is_some() {
            return None;
        }
        let names = path.segments().iter().map_while(|segment| match segment {
            Segment::Name(name) => Some(name.as_str()),
            _ => None,
        });
        let names: Vec<&str> = names.take(3).collect();
        let (root, skip) = match names[..] {
            ["Execution", "Input", ..] => (self.execution_input(), 2),
            ["Map", "Item", "Value"] => (&self.item?.value, 3),
            _ => return None,
        };
        match path.find_from(skip, root.value(), budget)? {
            Err(missing) if missing.exhausted().is_none() => None,
            found => Some(found),
        }
    }

    fn execution_input(self) -> &'a Payload {
        self.child
            .map_or(&self.execution.input, |child| &child.input)
    }

    fn part(self, name: &str) -> Option<Value> {
        let options = self.execution;
        Some(match name {
            "Execution" => {
                let mut part = Map::new();
                let (id, name, started) = match self.child {
                    Some(child) => (&*child.arn, child.name.as_str(), child.started),
                    None => (
                        options.execution_arn.as_str(),
                        options.name.as_str(),
                        self.started,
                    ),
                };
                part.insert("Id".into(), id.into());
                part.insert("Input".into(), self.execution_input().value().clone());
                part.insert("StartTime".into(), started.to_string().into());
                part.insert("Name".into(), name.into());
                part.insert("RoleArn".into(), self.role_arn.into());
                let redrive = options.redrive.as_ref();
                let count = match self.child {
                    Some(child) => child.redrive_count,
                    None => redrive.map_or(0, |redrive| redrive.count),
                };
                if !options.synchronous {
                    part.insert("RedriveCount".into(), count.into());
                }
                if let Some(redrive) = redrive.filter(|_| count > 0) {
                    part.insert("RedriveTime".into(), redrive.time.to_string().into());
                }
                part.into()
            }
            "StateMachine" => json!({
                "Id": options.state_machine_arn,
                "Name": options.state_machine_name,
            }),
            "State" => {
                let mut part = Map::new();
                part.insert("Name".into(), self.state_name.into());
                part.insert("EnteredTime".into(), self.entered.to_string().into());
                if let Some(count) = self.retry_count {
                    part.insert("RetryCount".into(), count.into());
                }
                part.into()
            }
            "Task" => json!({ "Token": self.task_token? }),
            "Map" => {
                let item = self.item?;
                let mut shown = Map::new();
                shown.insert("Index".into(), item.index.into());
                if let Some(key) = &item.key {
                    shown.insert("Key".into(), (&**key).into());
                }
                shown.insert("Value".into(), item.value.value().clone());
                shown.insert("Source".into(), (&*item.source).into());
                json!({ "Item": shown })
            }
            _ => return None,
        })
    }
}
