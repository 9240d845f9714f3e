//! The permissions that DynamoDB's operations need.

use serde_json::Value;

use super::arns::table_arn;
use crate::http::call::Call;
use crate::permission::{Permission, body, filled};

pub(super) fn needed(call: &Call) -> Option<Vec<Permission>> {
    let body = body(call);
    let table = |name: &Value| Some(table_arn(&call.scope, name.as_str()?));
    let resource = match call.operation.as_str() {
        "DescribeLimits" | "DescribeEndpoints" => return Some(vec![Permission::of(call, "*")]),
        "ListTables" => {
            let all = call.scope.arn("dynamodb", "table/*");
            return Some(vec![Permission::of(call, "*").shown_as(all)]);
        }
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object()?.keys();
            let needed = tables.map(|name| Permission::of(call, table_arn(&call.scope, name)));
            return Some(needed.collect());
        }
        "TransactGetItems" | "TransactWriteItems" => return of_transaction(call, &body),
        "TagResource" | "UntagResource" | "ListTagsOfResource" => {
            body["ResourceArn"].as_str()?.to_owned()
        }
        "Query" | "Scan" if body["IndexName"].is_string() => {
            let index = body["IndexName"].as_str().unwrap_or_default();
            format!("{}/index/{index}", table(&body["TableName"])?)
        }
        _ => table(&body["TableName"])?,
    };
    let mut needed = vec![Permission::of(call, &resource)];
    if call.operation == "CreateTable" && filled(&body["Tags"]) {
        needed.push(Permission::new("dynamodb:TagResource", &resource));
    }
    Some(needed)
}

/// A transaction needs what its actions need on their own.
fn of_transaction(call: &Call, body: &Value) -> Option<Vec<Permission>> {
    let mut needed = Vec::new();
    for actions in body["TransactItems"].as_array()? {
        for (action, parameters) in actions.as_object()? {
            let name = match action.as_str() {
                "ConditionCheck" => "ConditionCheckItem".to_owned(),
                action => format!("{action}Item"),
            };
            let table = table_arn(&call.scope, parameters["TableName"].as_str()?);
            needed.push(Permission::new(format!("dynamodb:{name}"), table));
        }
    }
    Some(needed)
}
