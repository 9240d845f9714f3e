//! What DynamoDB says of an account and of backups, which nothing here can change.

use serde_json::{Value, json};

use crate::http::scope::Scope;

/// The answer to an operation; `None` if it is another one.
pub(super) fn of(operation: &str, scope: &Scope) -> Option<Value> {
    Some(match operation {
        "DescribeLimits" => json!({
            "AccountMaxReadCapacityUnits": 80_000,
            "AccountMaxWriteCapacityUnits": 80_000,
            "TableMaxReadCapacityUnits": 40_000,
            "TableMaxWriteCapacityUnits": 40_000,
        }),
        "DescribeEndpoints" => json!({ "Endpoints": [{
            "Address": format!("dynamodb.{}.amazonaws.com", scope.region),
            "CachePeriodInMinutes": 1440,
        }] }),
        "DescribeContinuousBackups" => json!({ "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": { "PointInTimeRecoveryStatus": "DISABLED" },
        } }),
        _ => return None,
    })
}
