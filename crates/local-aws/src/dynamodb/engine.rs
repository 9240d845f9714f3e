//! The operations that are served, and how the engine runs them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dynoxide::Database;
use dynoxide::errors::DynoxideError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::expressions;
use super::refusals::{refusal, unreadable};
use crate::fault::Fault;

/// For 4 KB of nested operators. Memory is only taken as far as it is used.
const STACK: usize = 256 * 1024 * 1024;

pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) effect: Effect,
    serve: fn(&Database, Value) -> Result<Value, Fault>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Reads,
    WritesItems,
    /// The table, its tags, its time to live; or it describes these.
    ConcernsTable,
}

macro_rules! operations {
    ($($name:literal => $method:ident, $effect:ident;)*) => {
        const OPERATIONS: &[Operation] = &[$(Operation {
            name: $name,
            effect: Effect::$effect,
            serve: |database, input| {
                let request = read($name, input)?;
                written($name, database.$method(request))
            },
        }),*];
    };
}

operations! {
    "PutItem" => put_item, WritesItems;
    "GetItem" => get_item, Reads;
    "UpdateItem" => update_item, WritesItems;
    "DeleteItem" => delete_item, WritesItems;
    "Query" => query, Reads;
    "Scan" => scan, Reads;
    "BatchGetItem" => batch_get_item, Reads;
    "BatchWriteItem" => batch_write_item, WritesItems;
    "TransactGetItems" => transact_get_items, Reads;
    "TransactWriteItems" => transact_write_items, WritesItems;
    "CreateTable" => create_table, ConcernsTable;
    "DescribeTable" => describe_table, ConcernsTable;
    "UpdateTable" => update_table, ConcernsTable;
    "DeleteTable" => delete_table, ConcernsTable;
    "ListTables" => list_tables, Reads;
    "UpdateTimeToLive" => update_time_to_live, ConcernsTable;
    "DescribeTimeToLive" => describe_time_to_live, Reads;
    "TagResource" => tag_resource, ConcernsTable;
    "UntagResource" => untag_resource, ConcernsTable;
    "ListTagsOfResource" => list_tags_of_resource, Reads;
}

/// `None` if it is not served.
pub(super) fn operation(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}

impl Operation {
    pub(super) fn run(&self, database: &Database, input: Value) -> Result<Value, Fault> {
        let depth = expressions::depth(&input)?;
        // A panic of the engine must not end more than the call that met it.
        let serve = || catch_unwind(AssertUnwindSafe(|| (self.serve)(database, input)));
        let run = match expressions::is_shallow(depth) {
            true => serve().ok(),
            false => with_room(serve),
        };
        run.unwrap_or_else(|| {
            let message = format!("The local AWS could not serve `dynamodb:{}`", self.name);
            Err(Fault::new(500, "InternalServerError", message))
        })
    }
}

/// Runs what may recurse as deep as the longest expression allows, on a stack that is large enough for that.
fn with_room<T: Send>(serve: impl FnOnce() -> std::thread::Result<T> + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let served = thread.spawn_scoped(scope, serve).ok()?;
        served.join().ok()?.ok()
    })
}

/// Runs an operation for the service itself.
pub(super) fn run(database: &Database, name: &str, input: Value) -> Result<Value, Fault> {
    match operation(name) {
        Some(operation) => operation.run(database, input),
        None => Err(Fault::not_implemented("dynamodb", name)),
    }
}

fn read<T: DeserializeOwned>(operation: &str, input: Value) -> Result<T, Fault> {
    serde_json::from_value(input).map_err(|error| unreadable(operation, &error.to_string()))
}

fn written<T: Serialize>(
    operation: &str,
    output: Result<T, DynoxideError>,
) -> Result<Value, Fault> {
    let output = output.map_err(|error| refusal(operation, &error))?;
    let mut output = serde_json::to_value(output).map_err(Fault::storage)?;
    // The engine holds attributes in maps of random order, and the same calls are to get the same answers.
    output.sort_all_objects();
    Ok(output)
}
