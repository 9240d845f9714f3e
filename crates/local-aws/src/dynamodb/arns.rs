//! ARNs of tables: calls may name a table by its ARN, and answers tell it. The engine knows only names, and has one
//! account in one region.

use serde_json::Value;
use txflow_asl::Arn;

use crate::fault::Fault;
use crate::http::scope::Scope;

/// How the ARNs of the engine begin.
const ENGINE: &str = "arn:aws:dynamodb:dynoxide:000000000000:";

/// The name of a table that a call names, maybe by its ARN.
pub(super) fn table_name(name: &str) -> &str {
    match Arn::parse(name).and_then(|arn| arn.resource.strip_prefix("table/")) {
        Some(table) => table.split('/').next().unwrap_or_default(),
        None => name,
    }
}

/// The ARN of a table that a call names, maybe by its ARN.
pub(super) fn table_arn(scope: &Scope, name: &str) -> String {
    match Arn::parse(name) {
        Some(_) => name.to_owned(),
        None => scope.arn("dynamodb", &format!("table/{name}")),
    }
}

/// Puts the names of tables in the place of their ARNs, and refuses those of other accounts or regions.
pub(super) fn name_tables(scope: &Scope, input: &mut Value) -> Result<(), Fault> {
    if let Some(arn) = input["ResourceArn"].as_str() {
        own(scope, arn)?;
    }
    name_table(scope, input)?;
    for item in input["TransactItems"].as_array_mut().into_iter().flatten() {
        for action in item.as_object_mut().into_iter().flatten() {
            name_table(scope, action.1)?;
        }
    }
    if let Some(tables) = input.get_mut("RequestItems").and_then(Value::as_object_mut)
        && tables.keys().any(|table| table.starts_with("arn:"))
    {
        let named = std::mem::take(tables);
        for (table, requests) in named {
            own(scope, &table)?;
            tables.insert(table_name(&table).to_owned(), requests);
        }
    }
    Ok(())
}

fn name_table(scope: &Scope, input: &mut Value) -> Result<(), Fault> {
    if let Some(Value::String(table)) = input.get_mut("TableName")
        && table.starts_with("arn:")
    {
        own(scope, table)?;
        *table = table_name(table).to_owned();
    }
    Ok(())
}

fn own(scope: &Scope, arn: &str) -> Result<(), Fault> {
    match Arn::parse(arn) {
        Some(arn) if arn.account != scope.account || arn.region != scope.region => Err(Fault::bad(
            "ResourceNotFoundException",
            "Requested resource not found",
        )),
        _ => Ok(()),
    }
}

/// Puts the account and the region into the ARNs of the engine.
pub(super) fn localize(scope: &Scope, output: &mut Value) {
    match output {
        Value::String(text) if text.starts_with(ENGINE) => {
            *text = scope.arn("dynamodb", &text[ENGINE.len()..]);
        }
        Value::Array(values) => values.iter_mut().for_each(|value| localize(scope, value)),
        Value::Object(members) => {
            for value in members.values_mut() {
                localize(scope, value);
            }
        }
        _ => {}
    }
}

/// The text with the ARNs that callers know.
pub(super) fn in_text(scope: &Scope, text: &str) -> String {
    text.replace(ENGINE, &scope.arn("dynamodb", ""))
}
